"""What kernels say on their standard error, bounded and without control characters: they may be in strange hands."""

from __future__ import annotations

import os
import sys
from typing import Final

#: A traceback or two of each kernel; what it says beyond that is read and dropped.
_MOST_BYTES: Final = 16 * 1024
_PIECE: Final = 64 * 1024


class ErrorLog:
    """The reading end ``pipe`` of one kernel's standard error."""

    def __init__(self, pipe: int) -> None:
        self.pipe = pipe
        self.is_closed = False
        self._left = _MOST_BYTES
        os.set_blocking(pipe, False)

    def pass_on(self) -> bool:
        """Write what came to our own standard error; False once nothing more will come."""
        try:
            piece = os.read(self.pipe, _PIECE)
        except BlockingIOError:
            return True
        shown, self._left = piece[: self._left], max(0, self._left - len(piece))
        sys.stderr.write(printable(shown.decode(errors="replace")))
        sys.stderr.flush()
        return bool(piece)

    def close(self) -> None:
        """Close the pipe, once."""
        self.is_closed = True
        os.close(self.pipe)


def printable(text: str) -> str:
    r"""``text`` without what a terminal would obey.

    >>> printable("a\x1b[31mb\n\u202ec")
    'a�[31mb\n�c'
    """
    return "".join(
        each if each.isprintable() or each in "\n\t" else "\N{REPLACEMENT CHARACTER}" for each in text
    )
