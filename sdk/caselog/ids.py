"""Identities of logs."""

from __future__ import annotations

import os
import time


def uuid7(now_ms: int | None = None, random: bytes | None = None) -> str:
    """A UUID version 7: sorts by time; RFC 9562, section 5.7.

    ``now_ms`` is Unix time in milliseconds, ``random`` ten bytes; both are taken from the system where missing.

    >>> uuid7(0x017F22E279B0, bytes.fromhex("0cc318c4dc0c0c07398f"))
    '017f22e2-79b0-7cc3-98c4-dc0c0c07398f'
    """
    now_ms = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    tail = int.from_bytes(os.urandom(10) if random is None else random, "big")
    high, low = (tail >> 64) & 0xFFF, tail & 0x3FFF_FFFF_FFFF_FFFF
    digits = f"{(now_ms << 80 | 0x7 << 76 | high << 64 | 0x2 << 62 | low):032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
