"""Answers that are the same for everybody: made once, when somebody first asks, and bytes from then on.

Who asks need not be known, so that to answer him again has to cost next to nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cached_property

from fastapi import Request, Response


class FixedAnswer:
    """An address's content with its mark (ETag); ``make`` is asked for it once."""

    def __init__(self, make: Callable[[], bytes], media_type: str, headers: Mapping[str, str]) -> None:
        self._make = make
        self._media_type = media_type
        self._headers = headers

    @cached_property
    def _content(self) -> bytes:
        return self._make()

    @cached_property
    def _mark(self) -> str:
        return f'"{hashlib.sha256(self._content).hexdigest()[:16]}"'

    async def answer(self, request: Request) -> Response:
        """The content, or 304 where the other side has it already."""
        headers = {**self._headers, "ETag": self._mark}
        if _has(request.headers.getlist("if-none-match"), self._mark):
            return Response(status_code=304, headers=headers)
        return Response(self._content, headers=headers, media_type=self._media_type)


def _has(asked: list[str], mark: str) -> bool:
    """Whether one of the marks that were sent is ``mark``; a proxy that compresses makes a weak one of it."""
    marks = (given.strip().removeprefix("W/") for line in asked for given in line.split(","))
    return any(given in {mark, "*"} for given in marks)
