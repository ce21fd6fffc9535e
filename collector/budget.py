"""How many bytes the process may hold for all requests together."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from collector.errors import Overloaded

#: What a request costs beside its body: parser, task, headers.
REQUEST_BYTES = 4096


class Budget:
    """Bytes in flight, against one limit."""

    def __init__(self, limit: int, retry_after_s: int) -> None:
        self.in_flight_bytes = 0
        self._limit = limit
        self._retry_after_s = retry_after_s

    def reserve(self, size: int) -> None:
        """Count ``size`` more bytes as held; raises `Overloaded`, and counts nothing, above the limit."""
        if self.in_flight_bytes + size > self._limit:
            raise Overloaded(self._retry_after_s)
        self.in_flight_bytes += size

    def release(self, size: int) -> None:
        """Count ``size`` bytes as gone."""
        self.in_flight_bytes -= size

    def hold(self) -> Hold:
        """A reservation that grows while a request is read, and ends with its ``with`` block."""
        return Hold(self)


class Hold:
    """What one request holds; released as a whole, however the request ends."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._size = 0

    def grow(self, size: int) -> None:
        """Reserve ``size`` more bytes; raises `Overloaded`."""
        self._budget.reserve(size)
        self._size += size

    def __enter__(self) -> Self:
        self.grow(REQUEST_BYTES)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._budget.release(self._size)
