"""What stands beside a value tells of it: ``{"name": "api_key", "value": ...}``, ``["--password", ...]``."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Callable, NamedTuple

from .field_names import judge_key
from .kinds import NAME
from .name_words import join_name, split_name
from .people import is_persons_name
from .possible_values import can_be

_NAMES = frozenset(
    ("name", "key", "field", "header", "param", "parameter", "variable", "property", "attribute")
)
# These name the kind of an object as often as its value: {"type": "token", "content": "Hello"} is streamed text.
_KINDS = frozenset(("id", "label", "type", "system"))
_VALUES = frozenset(("value", "values", "val", "default"))
_CONTENTS = frozenset(("content", "data", "text"))
#: Beside one of these, a name is a node's, a tool's or a speaker's.
_OF_STEPS = frozenset(("role", "toolcallid", "duration", "durationms", "arguments"))
_SCORES = frozenset(("logprob", "logprobs", "toplogprobs", "tokenlogprobs", "score"))

#: What is longer is a text: judging it would keep it in memory.
_LONGEST_NAME = 200
_IDENTIFIER = re.compile(r"\S{1,60}")
_WORD = re.compile(r"[a-z]+(?:_[a-z]+)*|[A-Za-z]+(?:\.[A-Za-z]+)+|(?:[A-Z][a-z]+){2,}")
#: "Forgot it?": what is shown beside a field.
_SENTENCE = re.compile(r"[^\W\d_]+(?:[ '’,-]{1,2}[^\W\d_]+)+[.?!…]")
#: What a browser's tool names: "Password field", "#password", "input[name=password]".
_CONTROL = re.compile(
    r"\W*(?:input)?\W*(?:(?:name|id|type)\W{1,3})?(?P<name>[A-Za-z][\w -]{1,60}?)\W*"
    r"(?:\b(?:field|input|box|textbox))?\W*",
    re.IGNORECASE,
)
_CONTROLS = frozenset(("element", "selector", "locator"))
_FLAG = re.compile(r"--?(?=[A-Za-z])([\w.-]{1,60})")
_NEXT_FLAG = re.compile(r"--[A-Za-z].*|-[A-Za-z]", re.DOTALL)


class Together(NamedTuple):
    """What the names of fields that stand in one object say together."""

    #: Fields that may hold a name, each with the fields that hold what it names.
    named: tuple[tuple[str, tuple[str, ...]], ...]
    #: Fields named ``token`` that are pieces of text: models give how likely each was.
    texts: tuple[str, ...]


@lru_cache(maxsize=1024)
def read_together(fields: tuple[str, ...]) -> Together:
    """What these fields of one object say together; cached, since few shapes of objects make up a log."""
    joined = [join_name(field) for field in fields]
    scored = not _SCORES.isdisjoint(joined)
    texts = tuple(field for field, name in zip(fields, joined) if scored and name in ("token", "tokens"))
    return Together(() if not _OF_STEPS.isdisjoint(joined) else _read_named(fields), texts)


def _read_named(fields: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    last = {field: words[-1] for field in fields for words in [split_name(field)] if words}
    values = tuple(field for field, word in last.items() if word in _VALUES)
    contents = tuple(field for field, word in last.items() if word in _VALUES or word in _CONTENTS)
    sides = [
        (field, contents if word in _NAMES | _CONTROLS else values)
        for field, word in last.items()
        if word in _NAMES | _KINDS | _CONTROLS
    ]
    return tuple((field, held) for field, held in sides if held)


#: Puts what is to be sent in the place of a private value of a kind.
Replace = Callable[[Any, str], Any]


def mask_named(
    fields: dict[str, Any], named: tuple[tuple[str, tuple[str, ...]], ...], replace: Replace
) -> dict[str, Any]:
    """``{"name": "api_key", "value": "..."}`` with the value masked: headers and variables come so."""
    for field, held in named:
        name = fields[field]
        kind = judge_name(name) or _judge_control(field, name) if isinstance(name, str) else None
        if kind:
            return {
                key: replace(value, kind)
                if key in held and key != field and can_be(value, kind, name)
                else value
                for key, value in fields.items()
            }
    return fields


def _judge_control(field: str, name: str) -> str | None:
    """What a control of a page asks for, where a field says that it is one."""
    control = (
        _CONTROL.fullmatch(name) if split_name(field)[-1:] and split_name(field)[-1] in _CONTROLS else None
    )
    return judge_name(control["name"]) if control else None


def mask_listed(items: list[Any], replace: Replace) -> list[Any]:
    """A list with the values masked that an item before them names: pairs of headers, arguments of a command."""
    if isinstance(items[0], str):
        flagged = _mask_after_flags(items, replace) if any(map(_is_flag, items)) else items
        return _mask_pair(flagged, replace) if len(items) == 2 and _is_pair_alone(items) else flagged
    if all(isinstance(item, (list, tuple)) and len(item) == 2 for item in items):
        return [_mask_pair(item, replace) for item in items]
    return items


def _is_pair_alone(items: list[Any]) -> bool:
    """Whether two items are a name and its value: ``["phone", "email"]`` are two names."""
    name, value = items
    if not _IDENTIFIER.fullmatch(name) or _is_flag(name):
        return False
    if "=" in name:
        return False
    return not isinstance(value, str) or not (
        _WORD.fullmatch(value) or _SENTENCE.fullmatch(value) or judge_name(value)
    )


def _mask_pair(pair: Any, replace: Replace) -> list[Any]:
    name, value = pair
    kind = judge_name(name) if isinstance(name, str) else None
    return [name, replace(value, kind)] if kind and can_be(value, kind, name) else [name, value]


def _is_flag(item: Any) -> bool:
    return isinstance(item, str) and item[:1] == "-"


def _mask_after_flags(items: list[Any], replace: Replace) -> list[Any]:
    """``["mysql", "--password", "...", "-u"]`` with what follows the flag masked."""
    return [items[0], *(_mask_argument(value, before, replace) for before, value in zip(items, items[1:]))]


def _mask_argument(value: Any, before: Any, replace: Replace) -> Any:
    flag = _FLAG.fullmatch(before) if isinstance(before, str) else None
    kind = judge_name(flag[1]) if flag else None
    if (
        not kind
        or not can_be(value, kind, before)
        or (isinstance(value, str) and _NEXT_FLAG.fullmatch(value))
    ):
        return value
    return replace(value, kind)


def judge_name(name: str) -> str | None:
    """What a text that may be a name says on its own of a value beside it: that it is a secret, a card, ..."""
    if len(name) > _LONGEST_NAME:
        return None
    return judge_key(name) or (NAME if is_persons_name(name) else None)
