"""Identities that sort by time: of logs, objects and deletions. Pure."""

from __future__ import annotations

from datetime import datetime

#: Random bytes that an identity is made with.
RANDOM_BYTES = 10
#: For each hexadecimal digit the one whose upper two bits tell the variant, 0b10.
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def uuid7(unix_ms: int, random: bytes) -> str:
    """A UUID version 7 (RFC 9562, section 5.7), of `RANDOM_BYTES` bytes, of which 74 bits are used.

    >>> uuid7(0x017F22E279B0, bytes.fromhex("0cc318c4dc0c0c07398f"))
    '017f22e2-79b0-7cc3-98c4-dc0c0c07398f'
    """
    # Digits are put together, not bits: a workflow waits for this.
    time, noise = f"{unix_ms & 0xFFFF_FFFF_FFFF:012x}", random.hex()
    return f"{time[:8]}-{time[8:]}-7{noise[1:4]}-{_VARIANT[noise[4]]}{noise[5:8]}-{noise[8:]}"


def uuid7_at(moment: datetime, random: bytes) -> str:
    """The same, of a moment.

    >>> from datetime import timezone
    >>> uuid7_at(datetime(2026, 11, 23, tzinfo=timezone.utc), bytes(10))
    '01a205b3-d000-7000-8000-000000000000'
    """
    return uuid7(int(moment.timestamp() * 1000), random)
