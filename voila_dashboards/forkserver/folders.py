"""The two folders of a kernel: where it binds its sockets, and where the gateway puts what it may read.

Their names start with the kernel's process id and end in chance that only the kernel drew: the fork server, and so
the kernels forked after this one, never knew it.
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from voila_dashboards.forkserver.messages import Setup
from voila_dashboards.sandbox import Account

_CHANCE_BYTES: Final = 12
#: Files made below it belong to its group, https://man7.org/linux/man-pages/man7/inode.7.html .
_OTHERS_OF_GROUP_ENTER: Final = stat.S_ISGID | stat.S_IRWXU | stat.S_IXGRP


@dataclass(frozen=True)
class Folders:
    """Folders of one kernel."""

    sockets: Path
    data: Path


def make_folders(setup: Setup, account: Account | None) -> Folders:
    """Make both; call it in the kernel's own process, before it becomes ``account``."""
    name = f"{os.getpid()}-{secrets.token_hex(_CHANCE_BYTES)}"
    folders = Folders(Path(setup.sockets_folder) / name, Path(setup.data_folder) / name)
    folders.sockets.mkdir(mode=0o700)
    folders.data.mkdir(mode=0o700)
    if account is not None and setup.reader_gid is not None:
        os.chown(folders.sockets, account.uid, setup.reader_gid)
        folders.sockets.chmod(_OTHERS_OF_GROUP_ENTER)
    return folders


def remove_folders(setup: Setup, pid: int) -> None:
    """Remove those of a kernel that is gone."""
    for parent in (setup.data_folder, setup.sockets_folder):  # the gateway finds what is left by the second
        for folder in Path(parent).glob(f"{pid}-*"):
            shutil.rmtree(folder, ignore_errors=True)  # follows no link
