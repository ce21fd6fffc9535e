"""``docs/shapes.md``: what frameworks hand over, printed from the SDK's table, with what each example becomes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from caselog.blocks import CALL, REFUSAL, RESULT, SHAPES, THOUGHT, WORDS, Shape, read_words
from caselog.shapes import shape_tool_call
from cli.markdown import WRITTEN, code, table

_INTRO: Final = """# What frameworks hand over, and what becomes of it

`build_workflow_log` and the callback handler bring messages, tool calls, results and reasoning of other people's
libraries into [the parts of a trace](log.md), dicts and objects alike. A block is known by the word in its field
`type`, else by how that word ends, else by a field that no other shape has, and has what its shape must have; never by
common names. **What is not in this table stays as it is, and what a shape does not name is kept** in the call beside
what it becomes. Arguments that are JSON in a text are read; a `status` is said as `ok` or `error`.

A result that stands beside its call among `tool_calls` becomes part of it, by their `id`. Where the final response is a
message object (LangChain's, or of OpenAI's or Anthropic's client), it is the message's words and refusals, joined as
they are; reasoning never stands in it: the callback handler writes it to the iteration's `thought`. In `messages` the
blocks of a content stay as they are.

"""
_BECOMES: Final = {
    CALL: "tool call",
    RESULT: "result of a tool call",
    WORDS: "words",
    THOUGHT: "`thought`",
    REFUSAL: "refusal, as words",
}


def shapes_page() -> str:
    """``docs/shapes.md``."""
    rows = [
        (
            shape.name,
            "<br>".join(_known_by(shape)),
            "<br>".join(_becomes(shape)),
            code(_json(shape.example)),
            code(become(shape)),
        )
        for shape in SHAPES
    ]
    return f"{WRITTEN}{_INTRO}" + table(("shape", "known by", "becomes", "example", "in the log"), rows)


def become(shape: Shape) -> str:
    """What a shape's example is in a log."""
    made = shape_tool_call(shape.example) if shape.becomes in (CALL, RESULT) else read_words(shape.example)
    return _json(made)


def _known_by(shape: Shape) -> Iterator[str]:
    if shape.types:
        yield f"`type` is {_or(shape.types)}"
    if shape.ends:
        yield f"`type` ends with {_or(shape.ends)}"
    if shape.inside:
        yield f"{'and has ' if shape.types else ''}a field `{shape.inside}` that holds {_all_of(shape.must)}"
    elif shape.must and not shape.flags:
        yield f"and has {_all_of(shape.must)}"
    if shape.flags:
        yield f"{_or(shape.flags)} is true or false" + (
            f", beside {_all_of(shape.must)}" if shape.must else ""
        )


def _becomes(shape: Shape) -> Iterator[str]:
    yield _BECOMES[shape.becomes]
    for name, names in shape.names.items():
        if shape.becomes in (CALL, RESULT):
            yield f"`{name}` from {_or(names)}"
        else:
            yield f"from {_or(names)}"


def _all_of(fields: Sequence[Sequence[str]]) -> str:
    return " and ".join(_or(names) for names in fields)


def _or(names: Sequence[str]) -> str:
    *others, last = (f"`{name}`" for name in names)
    return f"{', '.join(others)} or {last}" if others else last


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
