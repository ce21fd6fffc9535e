"""What the list of tickets is narrowed by, as it stands in an address: words, choices, and conditions on numbers. Pure.

Untrusted text in, clamped values out; nothing here raises. A condition that cannot be understood narrows nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, unquote

from lake.columns import LIFTED_METRICS, SPENT
from lake.folding import fold

#: Columns that a condition may name; any other name is that of a metric.
NUMBERS: Final = ("execution_time_seconds", "failed_tool_calls", "trace_bytes", *LIFTED_METRICS, *SPENT)
#: How a condition compares, as it is written and as SQL has it.
OPERATORS: Final = {">=": ">=", "<=": "<=", "!=": "<>", ">": ">", "<": "<", "=": "="}
#: Choices of one value each, to the column that has it.
COLUMNS: Final = {"category": "category", "version": "workflow_version", "environment": "environment"}
#: What an error of a wanted ticket has; the names are those of the page of errors, a message is its pattern.
OF_ERROR: Final = ("type", "message", "node", "tool")

_MOST_WORDS: Final = 8
_MOST_CONDITIONS: Final = 8
_MOST_STATUSES: Final = 20
_LONGEST: Final = 1_000
_LONGEST_LIST: Final = 4_000
_CONDITION: Final = re.compile(
    r"(?P<name>[^<>=!]{1,200}?)\s*(?P<op>>=|<=|!=|>|<|=)\s*(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?)"
)
#: A phrase between quotation marks, or a word.
_WORD: Final = re.compile(r'"([^"]*)"?|([^\s"]+)')


@dataclass(frozen=True)
class Condition:
    """A number of a log compared with one that was asked for.

    >>> Condition("cost_usd", ">=", 0.5).text
    'cost_usd>=0.5'
    """

    name: str
    operator: str
    number: float

    @property
    def text(self) -> str:
        """The condition as it stands in an address."""
        number = repr(self.number) if self.number % 1 else f"{self.number:.0f}"
        return f"{self.name}{self.operator}{number}"


@dataclass(frozen=True)
class Conditions:
    """Everything that narrows the list beside its time and its client."""

    search: str = ""
    statuses: tuple[str, ...] = ()
    choices: Mapping[str, str] = field(default_factory=dict)
    of_error: Mapping[str, str] = field(default_factory=dict)
    numbers: tuple[Condition, ...] = ()
    has_failed_calls: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """What a ticket must say, all of it, folded as the search text is; a phrase counts as one word.

        >>> Conditions(search='Crème "to  Paris"  返金').words
        ('creme', 'to paris', '返金')
        """
        found = (fold(phrase or word) for phrase, word in _WORD.findall(self.search))
        return tuple(dict.fromkeys(word for word in found if word))[:_MOST_WORDS]

    def as_params(self) -> dict[str, str]:
        """The conditions as they stand in an address."""
        return {
            "q": self.search,
            "status": _joined(self.statuses),
            **{name: self.choices.get(name, "") for name in COLUMNS},
            **{name: self.of_error.get(name, "") for name in OF_ERROR},
            "where": _joined([condition.text for condition in self.numbers]),
            "failed_calls": "1" if self.has_failed_calls else "",
        }


def read_conditions(params: Mapping[str, str]) -> Conditions:
    """What ``params`` say; what is not understood is as if it were not given.

    >>> read_conditions({"status": "FAILED,A%2CB"}).statuses
    ('FAILED', 'A,B')
    >>> read_conditions({"where": "hallucination_risk > 0.5,cost_usd<=x"}).numbers
    (Condition(name='hallucination_risk', operator='>', number=0.5),)
    """
    numbers = (_read_condition(text) for text in _listed(params.get("where")))
    return Conditions(
        search=_text(params.get("q"), 200).strip(),
        statuses=tuple(_listed(params.get("status")))[:_MOST_STATUSES],
        choices={name: _text(params.get(name)) for name in COLUMNS},
        of_error={name: _text(params.get(name)) for name in OF_ERROR},
        numbers=tuple(condition for condition in numbers if condition)[:_MOST_CONDITIONS],
        has_failed_calls=params.get("failed_calls") == "1",
    )


def unread_conditions(text: str) -> list[str]:
    """Which of the conditions on numbers are none, or are too many.

    >>> unread_conditions("cost_usd>1,cost_usd>a lot"), unread_conditions("x" * 5000) == ["x" * 5000]
    (['cost_usd>a lot'], True)
    """
    if not _text(text, _LONGEST_LIST):
        return [text]
    read = {told: _read_condition(told) for told in _listed(text)}
    good = [told for told, condition in read.items() if condition]
    return [told for told, condition in read.items() if not condition] + good[_MOST_CONDITIONS:]


def unread_statuses(text: str) -> list[str]:
    """Statuses beyond those that may be asked for at once; all of them where the text is too long.

    >>> unread_statuses("FAILED,SUCCESS"), unread_statuses(",".join(map(str, range(22))))
    ([], ['20', '21'])
    """
    return _listed(text)[_MOST_STATUSES:] if _text(text, _LONGEST_LIST) else [text]


def _read_condition(text: str) -> Condition | None:
    found = _CONDITION.fullmatch(text.strip())
    if found is None or not math.isfinite(number := float(found["number"])):
        return None
    return Condition(found["name"].strip(), found["op"], number)


def _listed(value: object) -> list[str]:
    words = (unquote(word) for word in _text(value, _LONGEST_LIST).split(","))
    return list(dict.fromkeys(word for word in words if word.strip()))


def _joined(values: tuple[str, ...] | list[str]) -> str:
    """Values with a comma between them; a comma within one, and what stands for it, is written otherwise."""
    return ",".join(value.replace("%", "%25").replace(",", quote(",")) for value in values)


def _text(value: object, longest: int = _LONGEST) -> str:
    """Text to the letter; nothing where a log could not hold it, or where it is too long."""
    if not isinstance(value, str) or len(value) > longest:
        return ""
    return "" if any("\ud800" <= letter <= "\udfff" or letter == "\0" for letter in value) else value
