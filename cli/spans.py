"""How a span of time and a moment are written on the command line."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import click

_SPAN: Final = re.compile(r"(\d{1,6})([smhd])", re.ASCII)
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_WORDS: Final = "a number of seconds, minutes, hours or days, such as 90s, 30m, 12h or 7d"


def parse_span(text: str) -> timedelta | None:
    """The span that ``text`` names; ``None`` where it is none.

    >>> parse_span("90m")
    datetime.timedelta(seconds=5400)
    """
    found = _SPAN.fullmatch(text)
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None


class Span(click.ParamType[timedelta]):
    """A span of time: `30m`, `12h`, `7d`; `0s` is none."""

    name = "span"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """The span; fails in words."""
        span = value if isinstance(value, timedelta) else parse_span(str(value))
        if span is None:
            self.fail(f"{value!r} is not {_WORDS}.", param, ctx)
        return span


class End(click.ParamType[datetime]):
    """A moment to come: a span from now, or RFC 3339 with an offset; in UTC."""

    name = "end"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """What `--help` shows."""
        del param, ctx
        return "SPAN|TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment; fails in words."""
        if isinstance(value, datetime):
            return value
        span = parse_span(str(value))
        try:
            moment = datetime.now(UTC) + span if span is not None else datetime.fromisoformat(str(value))
        except (ValueError, OverflowError):
            moment = None
        if moment is None or moment.tzinfo is None:
            self.fail(f"{value!r} is neither {_WORDS}, nor a time such as 2027-01-31T00:00:00Z.", param, ctx)
        return moment.astimezone(UTC)
