"""What a kernel may use: memory, processor time, threads, descriptors. It writes no file at all."""

from __future__ import annotations

import resource
from dataclasses import dataclass
from pathlib import Path

_GIGABYTE = 1 << 30


@dataclass(frozen=True)
class Limits:
    """Bounds of one kernel."""

    #: What it may write to in memory, its heap before it was forked included.
    memory_bytes: int = _GIGABYTE
    #: A back-stop: questions have a limit of their own.
    processor_s: int = 1800
    descriptors: int = 1024
    #: Counted for the whole user, so it only binds where the kernel has a user of its own.
    threads: int = 64


def limit_resources(limits: Limits, *, has_own_user: bool) -> None:
    """Bind this process to ``limits``, for good."""
    for name, most in _bounds(limits, has_own_user=has_own_user).items():
        _lower(name, most)


def _bounds(limits: Limits, *, has_own_user: bool) -> dict[int, int]:
    bounds = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_DATA: limits.memory_bytes,
        # Memory that is shared does not count as data, so the address space has a bound too: wider,
        # since allocators reserve what they never touch.
        resource.RLIMIT_AS: _address_space_bytes() + 2 * limits.memory_bytes,
        resource.RLIMIT_CPU: limits.processor_s,
        resource.RLIMIT_NOFILE: limits.descriptors,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_MEMLOCK: 0,
    }
    if has_own_user:
        bounds[resource.RLIMIT_NPROC] = limits.threads
    return bounds


def _lower(name: int, most: int) -> None:
    _, hard = resource.getrlimit(name)
    bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(name, (bound, bound))


def _address_space_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[0])
    return pages * resource.getpagesize()
