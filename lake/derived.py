"""Rows of the derived tables, from logs and their traces: iterations, tool calls, errors, nodes. Pure.

The columns are those of `lake.columns.DERIVED`. Rows stand in the order of their logs, and within a log in the order
of its trace. The same logs in the same order make the same rows, whether they come from a batch or from the tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Generic, TypeVar

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from caselog.endings import is_failed_status
from lake import columns, schema
from lake.error_row import ErrorRow
from lake.error_rows import error_rows
from lake.failures import NOTHING, read_error
from lake.part_columns import integers, moments, numbers, taken, texts
from lake.search_text import search_text
from lake.trace_parts import NO_PARTS, Iteration, Node, Part, ToolCall, TraceParts, read_parts

T = TypeVar("T")

#: What a name, and what a message has at most, in bytes of UTF-8.
NAME_BYTES: Final = 200
MESSAGE_BYTES: Final = 2048
#: The name of an action, or several with a comma between them; a sentence is none.
_ACTION_NAME: Final = re.compile(rb'"([\w.:/\x80-\xff-]+(?:, [\w.:/\x80-\xff-]+)*)"')
#: An action that is longer is looked at no further for a name.
_ACTION_BYTES: Final = 1024
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class _Named(msgspec.Struct):
    name: str | None = None


_as_named = msgspec.json.Decoder(_Named | list[_Named]).decode


class DerivedRows:
    """Rows of the derived tables, log by log; `tables` makes columns of them."""

    def __init__(self) -> None:
        #: Parts that are in no table, because their log has too many: see `lake.part_bound`.
        self.beyond = 0
        self._logs: list[Mapping[str, Any]] = []
        self._iterations = _Rows[Iteration]()
        self._calls = _Rows[ToolCall]()
        self._errors = _Rows[ErrorRow]()
        self._nodes = _Rows[Node]()
        self._calls_in: list[int] = []
        self._argument_bytes: list[int | None] = []
        self._result_bytes: list[int | None] = []
        #: Of each call: the row of its iteration, and the position of that.
        self._rows_of_calls: list[int | None] = []
        self._places_of_calls: list[int | None] = []

    def __len__(self) -> int:
        return len(self._iterations) + len(self._calls) + len(self._errors) + len(self._nodes)

    def add(self, log: Mapping[str, Any], parts: TraceParts) -> None:
        """The parts of the next log, of which the fields of the same names are taken."""
        number = len(self._logs)
        self._logs.append(log)
        # What refers to the trace is read now, while it is at hand, and let go: results after the errors they tell.
        for step in parts.iterations:
            self._calls_in.append(len(step.tool_calls or ()))
            step.name = step.name or _name_of_action(step.action)
            step.action, step.tool_calls = NOTHING, None
        if parts.errors or _has_failure(parts):
            errors, beyond = error_rows(parts)
            self._errors.extend(number, errors)
            self.beyond += beyond
        if parts.calls:
            first = len(self._iterations)
            self._rows_of_calls += [None if place is None else first + place for place in parts.places]
            self._places_of_calls += parts.places
            self._argument_bytes += [_size_of(call.arguments) for call in parts.calls]
            self._result_bytes += [_size_of(call.result) for call in parts.calls]
            for call in parts.calls:
                call.arguments = call.result = NOTHING
            self._calls.extend(number, parts.calls)
        self._iterations.extend(number, parts.iterations)
        self._nodes.extend(number, parts.nodes)
        self.beyond += parts.beyond

    def tables(self) -> dict[str, pa.Table]:
        """The rows of each derived table, by its name."""
        logs = _columns_of_logs(self._logs)
        steps = _fields(Iteration, self._iterations.parts)
        made: dict[str, tuple[_Rows[Any], dict[str, pa.Array]]] = {
            "iterations": (self._iterations, self._iterations_columns(steps)),
            "tool_calls": (self._calls, self._calls_columns(steps)),
            "errors": (self._errors, self._errors_columns()),
            "nodes": (self._nodes, self._nodes_columns()),
        }
        return {name: _table(name, logs, *made[name]) for name in columns.DERIVED}

    def _iterations_columns(self, steps: Mapping[str, Sequence[Any]]) -> dict[str, pa.Array]:
        return {
            **_step(steps),
            "iteration": integers(steps["iteration"]),
            "tool_calls": integers(self._calls_in),
        }

    def _calls_columns(self, steps: Mapping[str, Sequence[Any]]) -> dict[str, pa.Array]:
        calls = _fields(ToolCall, self._calls.parts)
        made = _step(calls)
        for name in ("node", "model"):  # where and for which model it ran is told by its iteration
            made[name] = pc.coalesce(made[name], taken(_names(steps[name]), self._rows_of_calls))
        return {
            **made,
            "iteration_position": integers(self._places_of_calls),
            "argument_bytes": integers(self._argument_bytes),
            "result_bytes": integers(self._result_bytes),
        }

    def _nodes_columns(self) -> dict[str, pa.Array]:
        nodes = _fields(Node, self._nodes.parts)
        made = _step(nodes)
        return {**made, "node": pc.coalesce(_names(nodes["parent"]), made["node"])}

    def _errors_columns(self) -> dict[str, pa.Array]:
        errors = self._errors.parts
        return {
            "started_at": moments([error.started_at for error in errors]),
            "name": _names([error.name for error in errors]),
            "node": _names([error.node for error in errors]),
            "type": _names([error.type for error in errors]),
            "message": texts([error.message for error in errors], MESSAGE_BYTES),
            "source": _names([error.source for error in errors]),
            "source_position": integers([error.place for error in errors]),
        }


def derive(logs: Iterable[tuple[Mapping[str, Any], bytes | memoryview | str | None]]) -> DerivedRows:
    """The derived rows of these logs, each with its trace."""
    rows = DerivedRows()
    for log, trace in logs:
        if trace is not None:
            rows.add(log, read_parts(trace))
    return rows


def made_of_trace(log: Mapping[str, Any], parts: TraceParts) -> dict[str, Any]:
    """Those columns of a log that its trace tells: `lake.columns.MADE_BY_ETL`."""
    failed = None if parts is NO_PARTS else parts.failed_calls
    text = search_text(log.get("extra"), parts, log.get("ticket_id"))
    return {"failed_tool_calls": failed, "search_text": text}


class _Rows(Generic[T]):
    """Parts of one kind, each with the number of its log and its position in it."""

    def __init__(self) -> None:
        self.parts: list[T] = []
        self.logs: list[int] = []
        self.positions: list[int] = []

    def __len__(self) -> int:
        return len(self.parts)

    def extend(self, log: int, parts: Sequence[T]) -> None:
        self.parts += parts
        self.logs += [log] * len(parts)
        self.positions += range(len(parts))


def _has_failure(parts: TraceParts) -> bool:
    """Whether a part may say that it failed; most say nothing about it."""
    steps: tuple[Sequence[Part], ...] = (parts.calls, parts.iterations, parts.nodes)
    return any(part.error is not NOTHING or is_failed_status(part.status) for each in steps for part in each)


def _columns_of_logs(logs: Sequence[Mapping[str, Any]]) -> dict[str, pa.Array]:
    micros = [(log["executed_at"] - _EPOCH) // _MICROSECOND for log in logs]
    return {
        **{
            name: pa.array([log[name] for log in logs], pa.string())
            for name in ("client_id", "month", "log_id", "ticket_id")
        },
        **{name: pa.array([log.get(of) for log in logs], pa.string()) for name, of in columns.OF_LOG.items()},
        "executed_at": pa.array(micros, pa.int64()).view(schema.UTC_MICROS),
    }


def _table(
    name: str, logs: Mapping[str, pa.Array], rows: _Rows[Any], own: Mapping[str, pa.Array]
) -> pa.Table:
    made = {
        **{column: taken(values, rows.logs) for column, values in logs.items()},
        "position": integers(rows.positions),
        **own,
    }
    wanted = schema.DERIVED[name]
    return pa.table([made[field.name] for field in wanted], schema=wanted)


def _fields(kind: type[Part], parts: Sequence[Part]) -> dict[str, Sequence[Any]]:
    """The values of each field of some parts; far quicker than to ask each part for each field."""
    names = kind.__struct_fields__
    if not parts:
        return dict.fromkeys(names, ())
    return dict(zip(names, zip(*map(msgspec.structs.astuple, parts), strict=True), strict=True))


def _step(told: Mapping[str, Sequence[Any]]) -> dict[str, pa.Array]:
    """The columns that iterations, tool calls and nodes have in common, of the values of their fields."""
    return {
        "started_at": moments(told["started_at"]),
        **{name: _names(told[name]) for name in ("name", "node", "status", "model")},
        **{name: numbers(told[name]) for name in ("duration_ms", "cost_usd")},
        **{name: integers(told[name]) for name in ("input_tokens", "output_tokens")},
        "error": texts([None if e is NOTHING else _error_of(e) for e in told["error"]], MESSAGE_BYTES),
    }


def _names(values: Sequence[str | None]) -> pa.Array:
    return texts(values, NAME_BYTES)


def _size_of(value: msgspec.Raw) -> int | None:
    """Bytes of a value's JSON; nothing where there is none."""
    return None if value is NOTHING else len(value)


def _error_of(error: msgspec.Raw) -> str | None:
    """In one line, type and message of what a part says of its failure."""
    kind, message = read_error(error)
    return ": ".join(said for said in (kind, message) if said) or None


def _name_of_action(action: msgspec.Raw) -> str | None:
    """What an action is called: a word, or the ``name`` of an object or of several."""
    if action is NOTHING or len(action) > _ACTION_BYTES:
        return None
    json = bytes(action)
    if json[:1] == b'"':
        found = _ACTION_NAME.fullmatch(json)
        return str(found[1], "utf-8", "replace") if found else None
    try:
        named = _as_named(json)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    names = [named.name] if isinstance(named, _Named) else [each.name for each in named]
    return ", ".join(name for name in names if name) or None


#: Rows in memory at once: a trace of nothing but empty parts must not fill it.
_MOST_ROWS: Final = 300_000


class Derived:
    """The derived rows of the logs of a batch: in one portion, or in several where they are very many."""

    def __init__(self, rows: Iterable[tuple[dict[str, Any], bytes | memoryview | str | None]]) -> None:
        """``rows`` are logs, in the order of their files, with their traces.

        Each log gets those of its columns that the trace tells: `lake.columns.MADE_BY_ETL`.
        """
        self.portions: list[dict[str, pa.Table]] = []
        self.beyond = 0
        made = DerivedRows()
        for log, trace in rows:
            parts = read_parts(trace)
            log.update(made_of_trace(log, parts))
            if trace is not None:
                made.add(log, parts)
            if len(made) > _MOST_ROWS:
                self._end(made)
                made = DerivedRows()
        self._end(made)

    def _end(self, made: DerivedRows) -> None:
        if len(made) or not self.portions:
            self.portions.append(made.tables())
        self.beyond += made.beyond
