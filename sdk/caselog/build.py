"""From the state of a workflow to its one log: pure, without I/O, clock or randomness.

Only what a log is made of is taken from a state, because a state may hold anything: the fields of
`model.LOG_FIELDS`, the known metrics, the parts of a trace, and whatever the state itself puts under ``extra``.
What is missing stays missing; `ship_log_async` fills in ``log_id``, ``client_id`` and ``executed_at``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .guard import never_raises
from .model import LOG_FIELDS, METRICS, SCHEMA_VERSION, TRACE_PARTS
from .serialize import plain_object
from .shapes import shape_part
from .times import read_seconds, read_time, seconds_between

#: Other names that states use for a field; the field's own name comes first.
_ALIASES: dict[str, tuple[str, ...]] = {
    "executed_at": ("started_at", "start_time"),
    "execution_time_seconds": ("execution_time", "duration_seconds"),
    "overall_confidence": ("confidence",),
}
_ENDS = ("finished_at", "ended_at", "end_time")
_SMALL_FIELDS = tuple(
    field.name for field in LOG_FIELDS if field.name not in ("schema_version", "metrics", "trace")
)
_METRIC_NAMES = tuple(metric.name for metric in METRICS)
_METRIC_NAMES_AND_ALIASES = (*_METRIC_NAMES, *(a for name in _METRIC_NAMES for a in _ALIASES.get(name, ())))
_FIELD_NAMES = frozenset(field.name for field in LOG_FIELDS)
#: Every name that is looked for in a state; a keyword of another name is a field of the sender's own.
_KNOWN = tuple(
    dict.fromkeys(
        (
            *(*_FIELD_NAMES, *_METRIC_NAMES, *TRACE_PARTS, *_ENDS, "extra"),
            *(alias for names in _ALIASES.values() for alias in names),
        )
    )
)
_TOKENS = ("input_tokens", "output_tokens")
_NUMBERS = (int, float, bool)
_MAX_METRIC_CHARS = 200
#: What is more is no cost of a call.
_MOST_COST = 1e12
_MAX_METRIC_DEPTH = 8


@never_raises(dict)
def build_workflow_log(state: Any, /, **overrides: Any) -> dict[str, Any]:
    """The log of a finished run, from its state: a mapping, or an object with attributes.

    Keywords come before what the state says (``client_id=``, ``environment=``, ``workflow_version=``, any field,
    metric or part of the trace); a keyword that is none of these becomes a field of its own.

    >>> log = build_workflow_log({"ticket_id": "T-1", "status": "success", "confidence": 0.9, "scratch": "not sent"})
    >>> log["status"], log["metrics"], "scratch" in log
    ('SUCCESS', {'overall_confidence': 0.9}, False)
    """
    sources = (overrides, state) if overrides else (state,)
    said = _gather(sources, _KNOWN)
    trace = _read_trace(said, _inside(sources, "trace"))
    metrics = {**_count_parts(trace), **_read_metrics(said, _inside(sources, "metrics"))}
    log = {"schema_version": SCHEMA_VERSION, **_read_small_fields(_resolve_aliases(said))}
    if metrics:
        log["metrics"] = metrics
    log.update(_read_extra(overrides, state))
    if trace:
        log["trace"] = trace
    return log


def _gather(sources: Sequence[Any], names: Iterable[str]) -> dict[str, Any]:
    """What the sources say under these names; the first that has a value counts."""
    said: dict[str, Any] = {}
    for source in reversed(sources):
        # The usual state is a dict, and asking for the type is far cheaper than asking for an abstract class.
        if type(source) is dict:
            said.update({name: source[name] for name in names if source.get(name) is not None})
        else:
            said.update({name: value for name in names if (value := _read(source, name)) is not None})
    return said


def _read(source: Any, name: str) -> Any:
    try:
        if isinstance(source, Mapping):
            return source.get(name)
        value = getattr(source, name, None)
    except Exception:  # noqa: BLE001 - a property of a foreign object may raise anything
        return None
    return None if callable(value) else value


def _inside(sources: Sequence[Any], name: str) -> list[Any]:
    return [part for part in [_read(source, name) for source in sources] if part is not None]


def _resolve_aliases(said: dict[str, Any]) -> dict[str, Any]:
    """The same, with fields that are missing under their own name taken from the first alias that is there."""
    for name, aliases in _ALIASES.items():
        alias = next((alias for alias in aliases if alias in said), None)
        if alias and name not in said:
            said = {**said, name: said[alias]}
    return said


@never_raises(dict)
def _read_small_fields(said: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: said[name] for name in _SMALL_FIELDS if name in said}
    if "status" in found:
        found["status"] = _read_status(found["status"])
    if "execution_time_seconds" not in found:
        end = next((said[name] for name in _ENDS if name in said), None)
        found["execution_time_seconds"] = seconds_between(found.get("executed_at"), end)
    found["executed_at"] = read_time(found.get("executed_at"))
    found["execution_time_seconds"] = read_seconds(found["execution_time_seconds"])
    return {name: value for name, value in found.items() if value is not None}


def _read_status(status: Any) -> Any:
    status = getattr(status, "value", status)
    return status.strip().upper() if isinstance(status, str) else status


@never_raises(dict)
def _read_metrics(said: Mapping[str, Any], inner: list[Any]) -> dict[str, Any]:
    metrics: dict[str, Any] = {}
    for given in reversed(inner):
        metrics.update(_flatten(given))
    everywhere = _resolve_aliases({**_gather(inner, _METRIC_NAMES_AND_ALIASES), **said})
    for name in _METRIC_NAMES:
        value = everywhere.get(name)
        if value is not None and (type(value) in _NUMBERS or not isinstance(value, (list, tuple, Mapping))):
            metrics[name] = value
    return {name: value for name, value in metrics.items() if value is not None}


def _flatten(metrics: Any, prefix: str = "", depth: int = 0) -> dict[str, Any]:
    """Metrics as one level of names to numbers, booleans and short strings; deeper names joined by dots."""
    flat: dict[str, Any] = {}
    for name, value in _fields_of(metrics).items():
        if type(value) in _NUMBERS:
            flat[f"{prefix}{name}"] = value
        elif isinstance(value, Mapping) and depth < _MAX_METRIC_DEPTH:
            flat.update(_flatten(value, f"{prefix}{name}.", depth + 1))
        else:
            flat[f"{prefix}{name}"] = value[:_MAX_METRIC_CHARS] if isinstance(value, str) else value
    return flat


def _fields_of(value: Any) -> dict[str, Any]:
    """Names and values of a mapping, a dataclass, a model or a plain object; empty for anything else."""
    if type(value) is dict or isinstance(value, Mapping):
        return dict(value)
    if value is None or isinstance(value, (str, int, float, list, tuple)):
        return {}
    fields = plain_object(value)
    return dict(fields) if isinstance(fields, Mapping) else dict(getattr(value, "__dict__", {}))


@never_raises(dict)
def _read_trace(said: Mapping[str, Any], inner: list[Any]) -> dict[str, Any]:
    trace: dict[str, Any] = {}
    for given in reversed(inner):
        trace.update(_fields_of(given))
    everywhere = {**_gather(inner, TRACE_PARTS), **said} if inner else said
    for name in TRACE_PARTS:
        value = everywhere.get(name)
        if value is not None and not (name == "react_iterations" and isinstance(value, (int, float))):
            trace[name] = shape_part(name, value)
    return trace


def _count_parts(trace: Mapping[str, Any]) -> dict[str, float]:
    """What a log without its trace still tells: how many iterations, tool calls, errors and tokens, and the cost."""
    steps, calls, errors = (trace.get(name) for name in ("react_iterations", "tool_calls", "errors"))
    found: dict[str, float | None] = {
        "react_iterations": _length(steps),
        "error_count": _length(errors),
        "tool_call_count": _length(calls),
    }
    if isinstance(steps, list):
        inside = [count for count in map(_length, _each(steps, "tool_calls")) if count is not None]
        if inside:
            found["tool_call_count"] = (_length(calls) or 0) + sum(inside)
        for name in _TOKENS:
            counts = [count for count in _each(steps, name) if type(count) is int]
            found[name] = sum(counts) if counts else None
        found["cost_usd"] = _add_costs(_each(steps, "cost_usd"))
    return {name: count for name, count in found.items() if count is not None}


def _add_costs(costs: Sequence[Any]) -> float | None:
    known = [cost for cost in costs if type(cost) in (int, float) and 0 <= cost < _MOST_COST]
    return math.fsum(known) if known else None


def _each(steps: list[Any], name: str) -> list[Any]:
    return [step.get(name) if type(step) is dict else _read(step, name) for step in steps]


def _length(part: Any) -> int | None:
    return len(part) if isinstance(part, (list, tuple)) else None


@never_raises(dict)
def _read_extra(overrides: Mapping[str, Any], state: Any) -> dict[str, Any]:
    extra: dict[str, Any] = {}
    for given in (_read(state, "extra"), overrides.get("extra")):
        extra.update(given if isinstance(given, Mapping) else {} if given is None else {"extra": given})
    extra = {str(name): value for name, value in extra.items() if name not in _FIELD_NAMES}
    return {**extra, **{name: value for name, value in overrides.items() if name not in _KNOWN}}
