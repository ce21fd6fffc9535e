"""What the adapters of frameworks say of one call of a model: what it was given, what it decided, what came of it.

What a model is given is copied when it is given, for a framework goes on changing it; what the same model was given
before is not written down again, or a conversation would make the log grow with its square.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from .serialize import dump, load, plain

#: Of one argument in the headline of a step; the call itself has it whole.
_MAX_ARGUMENT_CHARS = 200


def copy_whole(value: Any) -> Any:
    """The value as it is now, as plain data."""
    return value if value is None or isinstance(value, (str, bool, int, float)) else load(dump(value))


class Given:
    """What the models of one ticket were given last, by the node that asks."""

    def __init__(self) -> None:
        self._before: dict[Any, list[Any]] = {}

    def take(self, node: Any, messages: Sequence[Any]) -> list[Any]:
        """The messages as plain data, those left out that the model of this node was given before."""
        before = self._before.get(node, [])
        self._before[node] = list(messages)
        known = {id(message) for message in before}
        is_known = [
            id(message) in known or message in before[place : place + 1]
            for place, message in enumerate(messages)
        ]
        return _leave_out(messages, is_known)


def _leave_out(items: Sequence[Any], is_known: Sequence[bool]) -> list[Any]:
    """The items as plain data, with a marker in place of those that are known."""
    left: list[Any] = []
    for known, group in groupby(zip(is_known, items), key=itemgetter(0)):
        members = [item for _, item in group]
        left += [f"[{len(members)} as before]"] if known else [load(dump(item)) for item in members]
    return left


def describe_calls(calls: Iterable[Mapping[str, Any]]) -> str:
    """What a model decided to do, in one line."""
    return "; ".join(map(describe_call, calls))


def describe_call(call: Mapping[str, Any]) -> str:
    """A tool call as one reads it.

    >>> describe_call({"name": "find_order", "arguments": {"order_id": 7, "since": "May"}})
    'find_order(order_id=7, since="May")'
    """
    arguments = call.get("arguments")
    if isinstance(arguments, Mapping):
        parts = [f"{name}={_shorten(value)}" for name, value in arguments.items()]
    else:
        parts = [] if arguments is None else [_shorten(arguments)]
    return f"{call.get('name') or 'tool'}({', '.join(parts)})"


def _shorten(value: Any) -> str:
    text = json.dumps(plain(value), ensure_ascii=False)
    return text if len(text) <= _MAX_ARGUMENT_CHARS else f"{text[:_MAX_ARGUMENT_CHARS]}…"


def read_observation(calls: Iterable[Mapping[str, Any]]) -> Any:
    """What came of an iteration's tool calls: the one result or error, or all of them; None where there is none."""
    results = [call.get("result", call.get("error")) for call in calls if "result" in call or "error" in call]
    return results[0] if len(results) == 1 else results or None
