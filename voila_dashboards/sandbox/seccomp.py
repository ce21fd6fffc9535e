"""Seccomp: system calls that a kernel has no use for are refused, for every thread of it.

https://www.kernel.org/doc/html/latest/userspace-api/seccomp_filter.html . What Landlock does not know of, or an
older one not yet: other processes, other families of sockets, running programs, metadata of files. A list of what
is forbidden, and everything newer than the list: what Python, ZeroMQ and DuckDB need differs from one C library to
the next, what they never need does not.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import platform
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from voila_dashboards.sandbox.libc import syscall
from voila_dashboards.sandbox.syscalls import HIGHEST_KNOWN, is_known_machine, number_of

_SET_MODE_FILTER: Final = 1
_GET_ACTION_AVAIL: Final = 2
_FLAG_TSYNC: Final = 1

_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050000
_KILL_PROCESS: Final = 0x80000000

#: `AUDIT_ARCH_*` of linux/audit.h: a program may switch to another table of numbers.
_ARCHITECTURES: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
#: The x32 table of x86_64: the same calls under other numbers.
_X32_BIT: Final = 0x40000000

# Offsets in `struct seccomp_data`, in bytes; both architectures are little-endian.
_NUMBER_AT: Final = 0
_ARCHITECTURE_AT: Final = 4
_ARGUMENTS_AT: Final = 16

# BPF: load a word, mask it, jump, return.
_LOAD: Final = 0x20
_AND: Final = 0x54
_JUMP_IF_EQUAL: Final = 0x15
_JUMP_IF_GREATER: Final = 0x25
_JUMP_IF_GREATER_OR_EQUAL: Final = 0x35
_RETURN: Final = 0x06

_ALL_BITS: Final = 0xFFFFFFFF


class Word(NamedTuple):
    """One half of an argument, and what it must be: ``(word & mask) == value``."""

    argument: int
    value: int
    mask: int = _ALL_BITS
    is_high: bool = False


@dataclass(frozen=True)
class Refuse:
    """System calls that fail with ``error``; ``unless`` every word of one pattern is as it says, or ``only`` then."""

    names: tuple[str, ...]
    unless: tuple[tuple[Word, ...], ...] = ()
    only: tuple[tuple[Word, ...], ...] = ()
    error: int = errno.EPERM


_CLONE_THREAD: Final = 0x00010000
_CLONE_NEW_NAMESPACES: Final = 0x7E020000
_SCHED_OTHER: Final = 0
_CLONE3_MISSING: Final = Refuse(("clone3",), error=errno.ENOSYS)  # then the C library takes `clone`

_NEVER: Final = (
    # programs and processes
    Refuse(("execve", "execveat", "fork", "vfork", "uselib")),
    Refuse(("clone",), unless=((Word(0, _CLONE_THREAD, _CLONE_THREAD | _CLONE_NEW_NAMESPACES),),)),
    _CLONE3_MISSING,
    # other processes
    Refuse(
        ("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease", "kcmp")
    ),
    Refuse(("pidfd_open", "pidfd_getfd", "pidfd_send_signal", "perf_event_open", "get_robust_list")),
    Refuse(("move_pages", "migrate_pages", "setpriority", "ioprio_set", "setpgid")),
    Refuse(("sched_setaffinity", "sched_setparam", "sched_setattr")),
    # ZeroMQ gives its threads the policy that they have, and aborts where it may not
    Refuse(("sched_setscheduler",), unless=((Word(1, _SCHED_OTHER),),)),
    # parts of Linux that have no business here
    Refuse(("io_uring_setup", "io_uring_enter", "io_uring_register", "bpf", "userfaultfd", "vmsplice")),
    Refuse(("keyctl", "add_key", "request_key", "personality", "modify_ldt", "iopl", "ioperm", "syslog")),
    Refuse(("init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot")),
    Refuse(
        ("swapon", "swapoff", "acct", "quotactl", "quotactl_fd", "lookup_dcookie", "nfsservctl", "vhangup")
    ),
    Refuse(("settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "sethostname", "setdomainname")),
    Refuse(("sync", "syncfs", "ustat", "sysfs", "_sysctl")),
    # mounts, namespaces, users
    Refuse(("mount", "umount2", "pivot_root", "chroot", "open_tree", "move_mount", "mount_setattr")),
    Refuse(("fsopen", "fsconfig", "fsmount", "fspick", "unshare", "setns")),
    Refuse(("setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setfsuid", "setfsgid")),
    Refuse(("setgroups", "capset")),
    # what Landlock leaves open: metadata of files, and watching folders that one cannot read
    Refuse(("chmod", "fchmod", "fchmodat", "chown", "fchown", "lchown", "fchownat", "truncate")),
    Refuse(("setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr")),
    Refuse(("utime", "utimes", "utimensat", "futimesat", "mknod", "mknodat")),
    Refuse(("link", "linkat", "symlink", "symlinkat", "rename", "renameat", "renameat2")),
    Refuse(("name_to_handle_at", "open_by_handle_at", "fanotify_init", "fanotify_mark")),
    Refuse(("inotify_init", "inotify_init1", "inotify_add_watch")),
    # memory that no limit counts, and that others of the user could open
    Refuse(("memfd_create", "memfd_secret", "shmget", "shmat", "shmctl", "semget", "semctl", "semop")),
    Refuse(("semtimedop", "msgget", "msgsnd", "msgrcv", "msgctl", "mq_open", "mq_unlink")),
)

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_MM: Final = 35
_PR_SET_PTRACER: Final = 0x59616D61
_TIOCLINUX: Final = 0x541C
_TIOCSTI: Final = 0x5412
_FIOSETOWN: Final = 0x8901
_SIOCSPGRP: Final = 0x8902
_F_SETSIG: Final = 10
_F_SETOWN_EX: Final = 15


def _one_of(argument: int, values: Sequence[int]) -> tuple[tuple[Word, ...], ...]:
    return tuple((Word(argument, value),) for value in values)


_SOMETIMES: Final = (
    # typing into the operator's terminal; having signals sent to others
    Refuse(("ioctl",), only=_one_of(1, (_TIOCSTI, _TIOCLINUX, _FIOSETOWN, _SIOCSPGRP))),
    Refuse(("fcntl",), only=_one_of(1, (fcntl.F_SETOWN, _F_SETSIG, _F_SETOWN_EX, fcntl.F_SETLEASE))),
    # outliving the parent; being read by others again
    Refuse(("prctl",), only=_one_of(0, (_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_MM, _PR_SET_PTRACER))),
)

_SOCK_TYPE_MASK: Final = 0xF
#: Two connected streams, as event loops have them: neither can be aimed at anybody else.
_PAIR_OF_STREAMS: Final = ((Word(0, socket.AF_UNIX), Word(1, socket.SOCK_STREAM, _SOCK_TYPE_MASK)),)
_LOCAL_SOCKETS_ONLY: Final = (
    Refuse(("socket",), unless=((Word(0, socket.AF_UNIX),),), error=errno.EACCES),
    Refuse(("socketpair",), unless=_PAIR_OF_STREAMS, error=errno.EACCES),
)
_NO_NEW_SOCKETS: Final = (
    Refuse(("socket", "connect", "bind", "listen", "sendmsg", "sendmmsg"), error=errno.EACCES),
    Refuse(("sendto",), unless=((Word(4, 0), Word(4, 0, is_high=True)),), error=errno.EACCES),
)


def is_available() -> bool:
    """Whether this kernel filters system calls, on a machine whose numbers we know."""
    if not is_known_machine() or platform.machine() not in _ARCHITECTURES:
        return False
    try:
        syscall(_seccomp_number(), _GET_ACTION_AVAIL, 0, ctypes.byref(ctypes.c_uint32(_KILL_PROCESS)))
    except OSError:
        return False
    return True


def filter_system_calls(pid: int) -> None:
    """Refuse what a kernel never needs; ``pid`` is this process, the only one it may send signals to."""
    _install((*_NEVER, *_SOMETIMES, *_own_signals_only(pid), *_LOCAL_SOCKETS_ONLY))


def close_the_network() -> None:
    """No socket can be made, connected, bound or aimed from now on; those that exist go on."""
    _install(_NO_NEW_SOCKETS)


def program(rules: Sequence[Refuse], machine: str) -> list[tuple[int, int, int, int]]:
    """The BPF program of ``rules``: (code, jump if true, jump if false, constant) of each step."""
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_JUMP_IF_EQUAL, 1, 0, _ARCHITECTURES[machine]),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_JUMP_IF_GREATER_OR_EQUAL, 0, 1, _X32_BIT),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_JUMP_IF_GREATER, 0, 1, HIGHEST_KNOWN),
        (_RETURN, 0, 0, _REFUSE | errno.ENOSYS),
    ]
    for rule in rules:
        for name in rule.names:
            number = number_of(name, machine)
            if number is not None:
                block = _verdict_of(rule)
                steps += [(_JUMP_IF_EQUAL, 0, len(block), number), *block]
    return [*steps, (_RETURN, 0, 0, _ALLOW)]


def _verdict_of(rule: Refuse) -> list[tuple[int, int, int, int]]:
    refuse, allow = (_RETURN, 0, 0, _REFUSE | rule.error), (_RETURN, 0, 0, _ALLOW)
    if rule.only:
        return [step for pattern in rule.only for step in _if_all(pattern, refuse)] + [allow]
    return [step for pattern in rule.unless for step in _if_all(pattern, allow)] + [refuse]


def _if_all(pattern: Sequence[Word], then: tuple[int, int, int, int]) -> list[tuple[int, int, int, int]]:
    """Steps that end with ``then`` where all words match, and go on behind it where one does not."""
    steps: list[tuple[int, int, int, int]] = [then]
    for word in reversed(pattern):
        offset = _ARGUMENTS_AT + 8 * word.argument + (4 if word.is_high else 0)
        jump = (_JUMP_IF_EQUAL, 0, len(steps), word.value)
        steps = [(_LOAD, 0, 0, offset), (_AND, 0, 0, word.mask), jump, *steps]
    return steps


def _own_signals_only(pid: int) -> tuple[Refuse, ...]:
    own = ((Word(0, pid),),)
    return (
        Refuse(("kill", "tgkill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"), unless=own),
        Refuse(("prlimit64",), unless=((Word(0, 0),), (Word(0, pid),))),
    )


def _install(rules: Sequence[Refuse]) -> None:
    """Put a filter on every thread of this process; raises `OSError` where one cannot take it."""
    steps = program(rules, platform.machine())
    code = b"".join(struct.pack("=HBBI", *step) for step in steps)
    code_buffer = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("@HP", len(steps), ctypes.addressof(code_buffer))
    threads_that_refused = syscall(_seccomp_number(), _SET_MODE_FILTER, _FLAG_TSYNC, header)
    if threads_that_refused:
        raise OSError(errno.ESRCH, "a thread did not take the filter")


def _seccomp_number() -> int:
    number = number_of("seccomp")
    if number is None:
        raise OSError(errno.ENOSYS, "seccomp is not known on this machine")
    return number
