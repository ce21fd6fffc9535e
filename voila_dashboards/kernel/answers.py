"""Answers a page's questions from one scope's logs. What a question says about the scope is never believed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar, cast

from access.viewer import Viewer
from lake.errors import QueryTooLong, SnapshotGone, StoreUnavailable
from voila_dashboards.finding import LONGEST_WORDS
from voila_dashboards.kernel.errors import BadQuestion, NotFound, PageError, StoreSilent, TooLong, Unexpected
from voila_dashboards.pages import PAGES
from voila_dashboards.payload import FailedPayload, page_payload
from voila_dashboards.queries import PageNotFound, Source

_Asked = TypeVar("_Asked")


class LiveSource(Source, Protocol):
    """A source that grows."""

    @property
    def as_of_ms(self) -> int:
        """Up to when it is known, UTC epoch ms."""

    @property
    def is_current(self) -> bool:
        """Whether the store answered when it was asked last."""

    def refresh(self) -> None:
        """Show what came meanwhile, where that is worth a look."""


class Answers:
    """One page's source, and whose eyes it is read for. One question at a time."""

    def __init__(self, source: LiveSource, viewer: Viewer) -> None:
        self._source = source
        self._viewer = viewer

    def page(self, page: str, params: Mapping[str, str]) -> dict[str, Any]:
        """The first data of a page; where there is none, the reason in its place. Never raises."""
        try:
            return self.payload(page, params)
        except PageError as error:
            return failed_page(page, params, error)

    def answer(self, question: object) -> dict[str, Any] | None:
        """What to send back for a message from the page; None where there is nobody to answer. Never raises."""
        match question:
            case {"kind": "query", "id": int(number), "page": str(page), "params": dict(params)}:
                return self._answer(number, page, params)
            case {
                "kind": "find",
                "id": int(number),
                "page": str(page),
                "params": dict(params),
                "param": str(param),
                "words": str(words),
            }:
                return self._find(number, page, params, param, words)
            case {"id": int(number)}:
                return _error(number, BadQuestion())
            case _:
                return None

    def payload(self, page: str, params: Mapping[str, str]) -> dict[str, Any]:
        """The data of a page; raises `PageError`."""
        return self._ask(page, lambda: self._payload(page, params))

    def _payload(self, page: str, params: Mapping[str, str]) -> dict[str, Any]:
        return page_payload(
            self._source,
            self._viewer,
            page,
            params,
            _now_ms(),
            as_of_ms=self._source.as_of_ms,
            is_current=self._source.is_current,
        )

    def _ask(self, page: str, ask: Callable[[], _Asked]) -> _Asked:
        """What ``ask`` gets of the source as it is now; raises `PageError`."""
        try:
            self._source.refresh()
            return ask()
        except PageError:
            raise
        except PageNotFound as error:
            raise NotFound from error
        except QueryTooLong as error:
            raise TooLong from error
        except (StoreUnavailable, SnapshotGone) as error:
            raise StoreSilent from error
        except Exception as error:
            # The class alone: an error's text may quote what is in a log.
            print(f"caselog: the page {page!r} failed with {type(error).__name__}", file=sys.__stderr__)
            raise Unexpected from error

    def _answer(self, number: int, page: str, params: Mapping[object, object]) -> dict[str, Any]:
        if page not in PAGES:
            return _error(number, BadQuestion())
        try:
            return {"kind": "result", "id": number, "payload": self.payload(page, _texts(params))}
        except PageError as error:
            return _error(number, error)

    def _find(
        self, number: int, page: str, params: Mapping[object, object], param: str, words: str
    ) -> dict[str, Any]:
        finding = PAGES[page].finding if page in PAGES else None
        if finding is None or param not in finding.params or len(words) > LONGEST_WORDS:
            return _error(number, BadQuestion())
        given = (self._source, self._viewer, _texts(params), _now_ms(), param, words)
        try:
            return {"kind": "found", "id": number, "found": self._ask(page, lambda: finding.find(*given))}
        except PageError as error:
            return _error(number, error)


def failed_page(page: str, params: Mapping[str, str], error: PageError) -> dict[str, Any]:
    """What a page shows in place of its data, shaped as `FailedPayload`."""
    payload: FailedPayload = {
        "page": page,
        "params": dict(params),
        "now_ms": _now_ms(),
        "error": {"code": error.code, "message": str(error)},
    }
    return cast("dict[str, Any]", payload)


def _texts(params: Mapping[object, object]) -> dict[str, str]:
    return {key: value for key, value in params.items() if isinstance(key, str) and isinstance(value, str)}


def _error(number: int, error: PageError) -> dict[str, Any]:
    return {"kind": "error", "id": number, "code": error.code, "message": str(error)}


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
