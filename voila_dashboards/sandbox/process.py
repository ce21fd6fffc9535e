"""What a process gives up about itself: privileges, its parent's death, being looked into by others of its user."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Final

from voila_dashboards.sandbox.libc import prctl, syscall
from voila_dashboards.sandbox.syscalls import is_known_machine, number_of

# https://man7.org/linux/man-pages/man2/prctl.2.html
_SET_PDEATHSIG: Final = 1
_GET_PDEATHSIG: Final = 2
_GET_DUMPABLE: Final = 3
_SET_DUMPABLE: Final = 4
_CAPBSET_READ: Final = 23
_CAPBSET_DROP: Final = 24
_SET_NO_NEW_PRIVS: Final = 38
_GET_NO_NEW_PRIVS: Final = 39
_CAP_AMBIENT: Final = 47
_CAP_AMBIENT_CLEAR_ALL: Final = 4

# https://man7.org/linux/man-pages/man7/capabilities.7.html
_CAP_SETGID: Final = 6
_CAP_SETUID: Final = 7
_CAP_SETPCAP: Final = 8
_CAPABILITY_VERSION_3: Final = 0x20080522
_LAST_POSSIBLE_CAPABILITY: Final = 63
_CapabilitySets = ctypes.c_uint32 * 6
_CAPABILITY_HEADER: Final = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)


def hide_memory() -> None:
    """Make this process not dumpable: `/proc/<pid>/{environ,mem,fd}` and ptrace are root's alone. Linux only.

    Without it any other process of the same user reads this one's secrets.
    """
    if sys.platform == "linux":
        prctl(_SET_DUMPABLE, 0)


def is_memory_hidden() -> bool:
    """Whether others of this user are kept from this process's memory."""
    return prctl(_GET_DUMPABLE) == 0


def forbid_new_privileges() -> None:
    """From now on no program that is run may gain privileges; what seccomp and Landlock ask for first."""
    prctl(_SET_NO_NEW_PRIVS, 1)


def may_gain_privileges() -> bool:
    """Whether a program with the set-user-ID bit would still work."""
    return prctl(_GET_NO_NEW_PRIVS) == 0


def end_with_parent(parent: int, number: signal.Signals = signal.SIGKILL) -> None:
    """Get this signal when the parent ends. Linux only. Call it after the user was changed, which undoes it.

    Exits at once where the parent is gone already.
    """
    if sys.platform == "linux":
        prctl(_SET_PDEATHSIG, number)
    if os.getppid() != parent:
        os._exit(0)


def ends_with_parent() -> bool:
    """Whether this process is killed when its parent ends."""
    wanted = ctypes.c_int()
    prctl(_GET_PDEATHSIG, ctypes.addressof(wanted))
    return wanted.value == signal.SIGKILL


def may_change_user() -> bool:
    """Whether this process may become any user: root has that right, unless it was taken from it."""
    return os.geteuid() == 0 and all(_has_capability(each) for each in (_CAP_SETGID, _CAP_SETUID))


def become(uid: int, gid: int) -> None:
    """Be this user and group for good, with no supplementary group."""
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)


def shrink_bounding_set() -> None:
    """Take every capability out of the bounding set; only who has `CAP_SETPCAP` can, nobody else needs to."""
    if not _has_capability(_CAP_SETPCAP):
        return
    for capability in range(_LAST_POSSIBLE_CAPABILITY + 1):
        try:
            prctl(_CAPBSET_READ, capability)
        except OSError:  # this kernel knows no more of them
            return
        prctl(_CAPBSET_DROP, capability)


def drop_capabilities() -> None:
    """Hold no capability in any set, even where the user is still root."""
    prctl(_CAP_AMBIENT, _CAP_AMBIENT_CLEAR_ALL)
    syscall(_number("capset"), _CAPABILITY_HEADER, _CapabilitySets())


def held_capabilities() -> int:
    """A bit for each capability that is effective or permitted; Linux only."""
    sets = _CapabilitySets()
    syscall(_number("capget"), _CAPABILITY_HEADER, sets)
    low, high = sets[0:3], sets[3:6]  # effective, permitted, inheritable: 32 of them, then the others
    return low[0] | low[1] | (high[0] | high[1]) << 32


def _has_capability(number: int) -> bool:
    return bool(held_capabilities() >> number & 1) if sys.platform == "linux" else os.geteuid() == 0


def _number(name: str) -> int:
    number = number_of(name) if is_known_machine() else None
    if number is None:
        raise OSError(f"{name} is not known on this machine")
    return number
