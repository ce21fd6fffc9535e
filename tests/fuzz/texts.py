"""Logs as JSON text, legal and not, and what a parser that is not ours says of them.

A text is made of pieces of text, not of values: much of what senders write has no value in Python to be written from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final

from caselog.model import LOG_FIELDS

#: Stands in what logs hold, and must not be found in an answer or in the service log. No field is named like this.
MARK: Final = "customer 7q"
BOM: Final = b"\xef\xbb\xbf"
_DEEPEST: Final = 200

_REAL_RUNS: Final = Path(__file__).resolve().parents[3] / "shared" / "data" / "real_runs.ndjson"
_NUMBERS: Final = (
    *("0", "-0", "-0.0", "1e5", "1E+2", "0.1e-400", "9007199254740993", "18446744073709551616"),
    *("1e400", "-1e999", "1.7976931348623157e308", "1.7976931348623159e308", "1" + "0" * 400, "7" * 5000),
)
_STRINGS: Final = (
    *(
        "",
        MARK,
        "\\ud83d",
        "\\ude00",
        "\\ud83d\\ude00",
        "\\ude00\\ud83d",
        "\\ud83d\\ud83d\\ude00",
        "\\\\ud83d",
    ),
    *(
        "\\u0000",
        "\\u2028",
        "\u2028",
        "\u0085",
        "\ufeff",
        "\x7f",
        "\u202e",
        "\U0001f600",
        "e\u0301",
        "\\/\\b\\f",
    ),
    *("\\\\", '\\"', "\\uFFFF", "\uffff", "x" * 10_000, "\\n" * 500, "{[", "]}", "null", "a\\r\\nb: c"),
)
_NAMES: Final = (
    *(
        "a",
        "",
        "a",
        "__proto__",
        "constructor",
        "\\ud83d",
        "\u202e",
        "\\u0000",
        "x" * 300,
        "trace",
        "client_id",
    ),
    *(
        "nodes",
        "react_iterations",
        "tool_calls",
        "errors",
        "messages",
        "final_response",
        "arguments",
        "result",
    ),
)
_SPACES: Final = ("", "", "", " ", "\t", "\r\n", "\n  ", "\r")
_KNOWN: Final = frozenset(field.name for field in LOG_FIELDS)
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*+"?')
_PLAIN_NAME: Final = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,128}")
_HALF: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Text:
    """One log; ``is_legal`` is None where only the collector's own rules could say."""

    content: bytes
    log_id: str
    is_legal: bool | None


def make_text(rng: Random, log_id: str) -> Text:
    """A log with the id, or what is left of one."""
    known = _known_members(rng, log_id)
    members = [*known, *_own_members(rng), ("trace", _trace(rng))]
    rng.shuffle(members)
    text = _object(rng, members).encode("utf-8", "surrogatepass")
    if rng.random() < 0.1:
        text = BOM + text
    if rng.random() < 0.3:
        text = mutate(rng, text, rng.randint(1, 3))
    return Text(text, log_id, judge(text, json.loads(_object(rng, known), **_READ_AS_TEXT)))


def _known_members(rng: Random, log_id: str) -> list[tuple[str, str]]:
    optional = [
        ("category", f'"{MARK}"'),
        ("environment", "null"),
        ("execution_time_seconds", rng.choice(["0", "1.5", "1e9", "1E-300"])),
        ("metrics", '{"input_tokens": 12, "overall_confidence": 0.5, "note": "' + MARK + '"}'),
        ("schema_version", "1"),
    ]
    return [
        ("log_id", json.dumps(log_id)),
        ("ticket_id", rng.choice([f'"T {MARK}"', '"\\ud83d cut"', '"\\ud83d\\ude00"'])),
        ("executed_at", rng.choice(['"2026-11-23T14:05:00Z"', '"1970-01-01t00:00:00.123456789z"'])),
        ("status", rng.choice(['"SUCCESS"', '" failed "', '"ß"'])),
        *rng.sample(optional, rng.randint(0, len(optional))),
    ]


def _own_members(rng: Random) -> list[tuple[str, str]]:
    return [(f"own_{number}", _value(rng, 3)) for number in range(rng.choice([0, 0, 1, 3]))]


def _trace(rng: Random) -> str:
    if rng.random() < 0.1:
        depth = rng.choice([199, 200, 201, 1000, 100_000])
        return (
            '{"a": ' * (depth // 2)
            + "[" * (depth - depth // 2)
            + "]" * (depth - depth // 2)
            + "}" * (depth // 2)
        )
    if (real := _real_traces()) and rng.random() < 0.1:
        return rng.choice(real)
    if rng.random() < 0.1:
        return rng.choice(["null", "[]", '"text"', "1", "{}", '{"nodes": 5}', '{"errors": {}}'])
    return _object(rng, [(rng.choice(_NAMES), _value(rng, 5)) for _ in range(rng.randint(0, 5))])


@cache
def _real_traces() -> list[str]:
    """What real workflows were asked and did, where it is at hand."""
    if not _REAL_RUNS.exists():
        return []
    with _REAL_RUNS.open(encoding="utf-8") as lines:
        states = [json.loads(line)["state"] for line in lines]
    return [json.dumps(state, ensure_ascii=bool(number % 2)) for number, state in enumerate(states)]


def _value(rng: Random, depth: int) -> str:
    kind = rng.choice(["number", "string", "string", "word", "array", "object", "object"])
    if kind in {"array", "object"} and depth == 0:
        return "[]"
    if kind == "array":
        return f"[{','.join(_padded(rng, _value(rng, depth - 1)) for _ in range(rng.randint(0, 4)))}]"
    if kind == "object":
        return _object(rng, [(rng.choice(_NAMES), _value(rng, depth - 1)) for _ in range(rng.randint(0, 4))])
    return _scalar(rng, kind)


def _scalar(rng: Random, kind: str) -> str:
    if kind == "number":
        return rng.choice(_NUMBERS)
    if kind == "word":
        return rng.choice(["true", "false", "null", *(["NaN", "-Infinity"] if rng.random() < 0.05 else [])])
    return f'"{rng.choice(_STRINGS)}"'


def _object(rng: Random, members: list[tuple[str, str]]) -> str:
    return (
        "{" + ",".join(_padded(rng, f'"{name}"{rng.choice(_SPACES)}:{text}') for name, text in members) + "}"
    )


def _padded(rng: Random, text: str) -> str:
    return rng.choice(_SPACES) + text + rng.choice(_SPACES)


# ---------------------------------------------------------------- bytes that changed


_BYTES: Final = (
    b"\x00",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\xbd",
    b'"',
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\n",
    b"\r",
)


def mutate(rng: Random, text: bytes, times: int) -> bytes:
    """The bytes after so many changes: some left out, put in, changed, doubled, swapped or cut off."""
    for _ in range(times):
        start, end = sorted(rng.randint(0, len(text)) for _ in range(2))
        end = min(end, start + rng.choice([1, 1, 2, 8, 100]))
        text = rng.choice(_CHANGES)(rng, text, start, end)
    return text


_CHANGES: Final[tuple[Callable[[Random, bytes, int, int], bytes], ...]] = (
    lambda _rng, text, start, end: text[:start] + text[end:],
    lambda rng, text, start, _end: text[:start] + rng.choice(_BYTES) + text[start:],
    lambda rng, text, start, _end: text[:start] + rng.randbytes(1) + text[start + 1 :],
    lambda _rng, text, start, end: text[:end] + text[start:end] + text[end:],
    lambda _rng, text, start, end: text[:start] + text[start:end][::-1] + text[end:],
    lambda _rng, text, start, _end: text[: max(1, start)],
)


# ---------------------------------------------------------------- another parser


def _refuse(word: str) -> None:
    raise ValueError(word)


#: Numbers as they are written: none of them is out of range, and 1.0 is not 1.
_READ_AS_TEXT: Final[dict[str, Any]] = {"parse_constant": _refuse, "parse_float": str, "parse_int": str}


def judge(text: bytes, known: dict[str, Any]) -> bool | None:
    """Whether ``text`` is a legal log, by the standard library; None where its ``known`` fields are not those."""
    try:
        found = json.loads(str(text.removeprefix(BOM), "utf-8"), **_READ_AS_TEXT)
    except (ValueError, RecursionError):
        return False
    if not isinstance(found, dict):
        return False
    names = found.keys() - _KNOWN
    if {name: found[name] for name in found.keys() - names - {"trace"}} != known:
        return None
    if not all(_PLAIN_NAME.fullmatch(name) for name in names):
        return None
    return isinstance(found.get("trace", {}), dict | None) and depth_of(text.decode()) <= _DEEPEST + 1


def depth_of(text: str) -> int:
    """How many arrays and objects are open at once, at most."""
    depth = deepest = 0
    for bracket in re.findall(r"[\[\]{}]", _STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def as_read(text: str | bytes) -> Any:
    """The value of JSON text with all its members, numbers as they are written, halves of surrogate pairs mended."""
    return _mended(json.loads(text, object_pairs_hook=list, **_READ_AS_TEXT))


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, list | tuple):
        return [_mended(item) for item in value]
    return value


def trace_of(text: bytes) -> Any:
    """The trace of a log, read as `as_read` does; of several the last one; None where there is none."""
    members = json.loads(str(text.removeprefix(BOM), "utf-8"), object_pairs_hook=list, **_READ_AS_TEXT)
    return _mended(dict(members).get("trace"))
