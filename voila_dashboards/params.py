"""URL parameters of the three pages: untrusted text in, clamped values out; nothing here raises.

Days are days in UTC, so that a link shows everybody the same tickets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal
from urllib.parse import unquote

from caselog.model import CLIENT_ID_PATTERN

Direction = Literal["asc", "desc"]

DAY_MS: Final = 86_400_000
RANGES: Final = {"7d": 7, "30d": 30, "90d": 90}
PAGE_SIZE: Final = 50
#: What the page sends to ask for logs without a category.
NO_CATEGORY: Final = "(none)"
SORTS: Final = (
    "executed_at",
    "ticket_id",
    "client_id",
    "category",
    "status",
    "overall_confidence",
    "execution_time_seconds",
    "react_iterations",
    "tool_call_count",
    "error_count",
)
#: Sorted by a word people read from A; everything else begins with the newest, longest, most.
_ASCENDING_FIRST: Final = frozenset({"ticket_id", "client_id", "category", "status"})

_MAX_TEXT: Final = 200
_MAX_STATUSES: Final = 20
_MAX_PAGE: Final = 1_000_000
_CLIENT_ID: Final = re.compile(CLIENT_ID_PATTERN)
_FIRST_DAY: Final = date(1970, 1, 1)
_LAST_DAY: Final = date(9998, 12, 31)


@dataclass(frozen=True)
class Window:
    """A span of days: ``start_ms`` inclusive, ``end_ms`` exclusive, either open (None); UTC epoch ms."""

    range: str
    start_ms: int | None
    end_ms: int | None

    def as_params(self) -> dict[str, str]:
        """The window as it stands in a URL."""
        custom = self.range == "custom"
        return {
            "range": "" if custom else self.range,
            "from": _day_of(self.start_ms) if custom else "",
            "to": _day_of(None if self.end_ms is None else self.end_ms - 1) if custom else "",
        }

    def previous(self, now_ms: int) -> Window | None:
        """The equally long window just before, cut where now cuts this one; None where this one is open.

        >>> Window("7d", 7 * DAY_MS, 14 * DAY_MS).previous(now_ms=10 * DAY_MS)
        Window(range='previous', start_ms=0, end_ms=259200000)
        """
        if self.start_ms is None or self.end_ms is None:
            return None
        length = self.end_ms - self.start_ms
        until = max(self.start_ms, min(self.end_ms, now_ms))
        return Window("previous", self.start_ms - length, until - length)


@dataclass(frozen=True)
class OverviewParams:
    """What the overview shows."""

    window: Window
    client_id: str | None

    def as_params(self) -> dict[str, str]:
        """The parameters as they stand in a URL."""
        return {**self.window.as_params(), "client": self.client_id or ""}


@dataclass(frozen=True)
class TicketsParams:
    """What the list shows: filters, order, and the page (from 1)."""

    window: Window
    client_id: str | None
    search: str
    statuses: tuple[str, ...]
    category: str
    sort: str
    direction: Direction
    page: int

    def as_params(self) -> dict[str, str]:
        """The parameters as they stand in a URL."""
        return {
            **self.window.as_params(),
            "client": self.client_id or "",
            "q": self.search,
            "status": ",".join(_escape(status) for status in self.statuses),
            "category": self.category,
            "sort": self.sort,
            "dir": self.direction,
            "page": str(self.page),
        }


def read_overview(params: Mapping[str, str], now_ms: int) -> OverviewParams:
    """The overview's parameters; 30 days where none are given."""
    return OverviewParams(read_window(params, now_ms, default="30d"), read_client(params.get("client")))


def read_tickets(params: Mapping[str, str], now_ms: int) -> TicketsParams:
    """The list's parameters; everything, newest first, where none are given."""
    sort = _text(params.get("sort"))
    sort = sort if sort in SORTS else "executed_at"
    direction: Direction = "asc" if sort in _ASCENDING_FIRST else "desc"
    given = _text(params.get("dir"))
    if given in {"asc", "desc"}:
        direction = "asc" if given == "asc" else "desc"
    return TicketsParams(
        window=read_window(params, now_ms, default="all"),
        client_id=read_client(params.get("client")),
        search=_text(params.get("q")),
        statuses=_read_statuses(params.get("status")),
        category=_text(params.get("category")),
        sort=sort,
        direction=direction,
        page=_read_page(params.get("page")),
    )


def read_window(params: Mapping[str, str], now_ms: int, default: str) -> Window:
    """The days of ``range``, or of ``from`` and ``to`` (inclusive, swapped where they are the wrong way round).

    >>> read_window({"from": "1970-01-02", "to": "1970-01-02"}, now_ms=0, default="30d")
    Window(range='custom', start_ms=86400000, end_ms=172800000)
    """
    chosen = _text(params.get("range"))
    first, last = _read_day(params.get("from")), _read_day(params.get("to"))
    if chosen not in RANGES and chosen != "all" and (first or last):
        return _custom(first, last, now_ms)
    chosen = chosen if chosen in RANGES or chosen == "all" else default
    if chosen == "all":
        return Window("all", None, None)
    tomorrow = (now_ms // DAY_MS + 1) * DAY_MS
    return Window(chosen, tomorrow - RANGES[chosen] * DAY_MS, tomorrow)


def read_client(value: object) -> str | None:
    """A well-formed client id, or None."""
    text = _text(value)
    return text if _CLIENT_ID.fullmatch(text) else None


def _custom(first: date | None, last: date | None, now_ms: int) -> Window:
    last = last or max(_today(now_ms), first or _FIRST_DAY)
    if first and first > last:
        first, last = last, first
    return Window("custom", None if first is None else _start_of(first), _start_of(last + timedelta(days=1)))


def _today(now_ms: int) -> date:
    return _FIRST_DAY + timedelta(days=min(max(now_ms // DAY_MS, 0), (_LAST_DAY - _FIRST_DAY).days))


def _start_of(day: date) -> int:
    return (day - _FIRST_DAY).days * DAY_MS


def _day_of(ms: int | None) -> str:
    return "" if ms is None else datetime.fromtimestamp(ms // 1000, UTC).date().isoformat()


def _read_day(value: object) -> date | None:
    try:
        day = date.fromisoformat(_text(value))
    except ValueError:
        return None
    return min(max(day, _FIRST_DAY), _LAST_DAY)


def _read_page(value: object) -> int:
    text = _text(value)
    is_number = text.isascii() and text.isdigit() and len(text) < 10
    return min(max(int(text), 1), _MAX_PAGE) if is_number else 1


def _read_statuses(value: object) -> tuple[str, ...]:
    words = (_text(unquote(word)) for word in _text(value, longest=4_000).split(","))
    return tuple(dict.fromkeys(word for word in words if word))[:_MAX_STATUSES]


def _escape(status: str) -> str:
    return status.replace("%", "%25").replace(",", "%2C")


def _text(value: object, longest: int = _MAX_TEXT) -> str:
    """Printable text: no control characters, not longer than ``longest``."""
    if not isinstance(value, str):
        return ""
    return "".join(c for c in value[:longest] if c.isprintable()).strip()
