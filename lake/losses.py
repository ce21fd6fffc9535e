"""What a log says of logs that were lost before it: the field ``sdk.lost``. Pure."""

from __future__ import annotations

from typing import Final

import msgspec

_as_parts = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class _Sdk(msgspec.Struct):
    lost: msgspec.Raw = msgspec.Raw(b"{}")


_as_sdk = msgspec.json.Decoder(_Sdk).decode
#: No sender loses more between two logs; what says so is no count.
_MAX_LOST: Final = 10**9


def sum_losses(sdk: bytes) -> int:
    """How many logs the ``sdk`` field of a log says were lost.

    >>> sum_losses(b'{"name": "caselog-python", "lost": {"queue_full": 3, "network": 1}}')
    4
    """
    try:
        lost = bytes(_as_sdk(sdk).lost)
    except (msgspec.DecodeError, RecursionError):
        return 0
    return sum(read_losses(lost).values())


def read_losses(lost: bytes) -> dict[str, int]:
    """Lost logs by reason, of the JSON of ``sdk.lost``; what is no count is left out, and spoils no other.

    >>> read_losses(b'{"queue_full": 3, "network": -1, "expired": 1e999, "odd": "7"}')
    {'queue_full': 3}
    """
    try:
        told = _as_parts(lost)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return {}
    # As text: a number that no parser takes must not hide the others.
    counts = {reason: bytes(value) for reason, value in told.items()}
    return {
        reason: int(n) for reason, n in counts.items() if n.isdigit() and len(n) <= 10 and int(n) <= _MAX_LOST
    }
