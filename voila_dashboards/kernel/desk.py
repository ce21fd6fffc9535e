"""Answers a page's questions from one scope's logs. What a question says about the scope is never believed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from lake.errors import SnapshotGone, StoreUnavailable
from lake.reader import Reader
from lake.snapshot import Snapshot
from voila_dashboards.kernel.errors import BadQuestion, NotFound, PageError, StoreSilent, Unexpected
from voila_dashboards.names import PAGES
from voila_dashboards.queries import PageNotFound, page_payload
from voila_dashboards.viewer import Viewer

#: How often a snapshot may go stale under one question; compaction moves a file once.
_ATTEMPTS: Final = 3

TakeSnapshot = Callable[[], Snapshot]


class Desk:
    """One page's reader, and whose eyes it reads for. One question at a time."""

    def __init__(self, reader: Reader, viewer: Viewer, take_snapshot: TakeSnapshot, max_age_s: float) -> None:
        self._reader = reader
        self._viewer = viewer
        self._take_snapshot = take_snapshot
        self._max_age_s = max_age_s

    def page(self, page: str, params: Mapping[str, str]) -> dict[str, Any]:
        """The first data of a page; where there is none, the reason in its place. Never raises."""
        try:
            return self.payload(page, params)
        except PageError as error:
            return failed_page(page, params, self._viewer, error)

    def answer(self, question: object) -> dict[str, Any] | None:
        """What to send back for a message from the page; None where there is nobody to answer. Never raises."""
        match question:
            case {"kind": "query", "id": int(number), "page": str(page), "params": dict(params)}:
                return self._answer(number, page, params)
            case {"id": int(number)}:
                return _error(number, BadQuestion())
            case _:
                return None

    def payload(self, page: str, params: Mapping[str, str]) -> dict[str, Any]:
        """The data of a page; raises `PageError`."""
        try:
            return self._fresh_payload(page, params)
        except PageError:
            raise
        except PageNotFound as error:
            raise NotFound from error
        except (StoreUnavailable, SnapshotGone) as error:
            raise StoreSilent from error
        except Exception as error:
            # The class alone: an error's text may quote what is in a log.
            print(f"caselog: the page {page!r} failed with {type(error).__name__}", file=sys.__stderr__)
            raise Unexpected from error

    def _answer(self, number: int, page: str, params: Mapping[object, object]) -> dict[str, Any]:
        if page not in PAGES:
            return _error(number, BadQuestion())
        texts = {
            key: value for key, value in params.items() if isinstance(key, str) and isinstance(value, str)
        }
        try:
            return {"kind": "result", "id": number, "payload": self.payload(page, texts)}
        except PageError as error:
            return _error(number, error)

    def _fresh_payload(self, page: str, params: Mapping[str, str]) -> dict[str, Any]:
        self._renew_if_stale()
        for _ in range(_ATTEMPTS - 1):
            try:
                return page_payload(self._reader, self._viewer, page, params, _now_ms())
            except SnapshotGone:
                self._renew()
        return page_payload(self._reader, self._viewer, page, params, _now_ms())

    def _renew_if_stale(self) -> None:
        snapshot, now = self._reader.snapshot, datetime.now(UTC)
        age_s = (now - snapshot.taken_at).total_seconds()
        has_expired = snapshot.expires_at is not None and now >= snapshot.expires_at
        if age_s > self._max_age_s or has_expired:
            self._renew()

    def _renew(self) -> None:
        for attempt in range(_ATTEMPTS):
            try:
                self._reader.renew(self._take_snapshot())
            except SnapshotGone:
                if attempt == _ATTEMPTS - 1:
                    raise
            else:
                return


def failed_page(
    page: str, params: Mapping[str, str], viewer: Viewer | None, error: PageError
) -> dict[str, Any]:
    """What a page shows in place of its data."""
    seen = (
        {}
        if viewer is None
        else {"role": viewer.role, "client_id": viewer.client_id, "display_name": viewer.display_name}
    )
    return {
        "page": page,
        "viewer": seen,
        "params": dict(params),
        "now_ms": _now_ms(),
        "error": {"code": error.code, "message": str(error)},
    }


def _error(number: int, error: PageError) -> dict[str, Any]:
    return {"kind": "error", "id": number, "code": error.code, "message": str(error)}


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
