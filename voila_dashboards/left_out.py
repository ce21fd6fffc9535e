"""What of a page's address was not understood and is left out, to be told in a sentence. Pure.

An address is made by anybody: it is told bounded, in pieces that are texts to show and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypedDict

from voila_dashboards.params import Param, read_text

_MOST_TOLD: Final = 4
_LONGEST_TOLD: Final = 40


class Unread(TypedDict):
    """A parameter and the piece of it that was not understood, each cut to some forty letters."""

    param: str
    text: str


class LeftOut(TypedDict):
    """What was not understood of a page's parameters; ``more`` are left out beside these."""

    told: list[Unread]
    more: int


def left_out(
    params: Mapping[str, Param],
    given: Mapping[str, str],
    understood: Mapping[str, str],
    own_client: str | None,
) -> LeftOut:
    """What of ``given`` the page of these ``params`` left out; ``understood`` is what it says back.

    ``own_client`` is the only one that the viewer sees: naming it narrows nothing, and is no mistake.

    >>> sort = {"sort": Param("time", ("time", "cost"))}
    >>> left_out(sort, {"sort": "nonsense", "min_cost": "5"}, {"sort": "time"}, None)["told"]
    [{'param': 'sort', 'text': 'nonsense'}, {'param': 'min_cost', 'text': '5'}]
    >>> left_out(sort, {"sort": "cost"}, {"sort": "cost"}, None)
    {'told': [], 'more': 0}
    """
    asked = {name: value for name, value in given.items() if (name, value) != ("client", own_client)}
    unread = list(_unread(params, asked, understood))
    told: list[Unread] = [{"param": _cut(name), "text": _cut(text)} for name, text in unread[:_MOST_TOLD]]
    return {"told": told, "more": len(unread) - len(told)}


def _unread(
    params: Mapping[str, Param], given: Mapping[str, str], understood: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    for name, value in given.items():
        pieces = _pieces(params.get(name), value, understood.get(name, "")) if value.strip() else ()
        yield from ((name, piece) for piece in pieces)


def _pieces(param: Param | None, value: str, understood: str) -> Sequence[str]:
    """The pieces of a value that mean nothing; all of it where there is no such parameter."""
    if param is None:
        return (value,)
    if param.words:
        return () if value in param.words else (value,)
    if param.unread is not None:
        return param.unread(value)
    return () if understood else (value,)


def _cut(text: str) -> str:
    shown = read_text(text)
    return shown if len(shown) <= _LONGEST_TOLD else f"{shown[: _LONGEST_TOLD - 1]}…"
