"""Users of the operating system that kernels become: each has its own, and it is free again when the kernel is gone."""

from __future__ import annotations

import grp
import pwd
from collections import deque
from pathlib import Path

from voila_dashboards.sandbox import Account


class Accounts:
    """The numbers of ``[first, end)`` that nobody has, neither an account of this machine nor a running process."""

    def __init__(self, first: int, end: int) -> None:
        taken = _known_numbers() | _running_users()
        self._free = deque(number for number in range(first, end) if number not in taken)

    def take(self) -> Account | None:
        """The one that has been free for longest; None where all are taken."""
        return Account(number := self._free.popleft(), number) if self._free else None

    def give_back(self, account: Account) -> None:
        """Make it free; call it when no process of it is left."""
        self._free.append(account.uid)


def _known_numbers() -> set[int]:
    return {each.pw_uid for each in pwd.getpwall()} | {each.gr_gid for each in grp.getgrall()}


def _running_users() -> set[int]:
    users: set[int] = set()
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            lines = status.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:  # it ended meanwhile
            continue
        users.update(int(number) for line in lines if line.startswith("Uid:") for number in line.split()[1:])
    return users
