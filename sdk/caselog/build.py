"""From the state of a workflow to its one log: pure, without I/O, clock or randomness.

Only what a log is made of is taken from a state, because a state may hold anything: the fields of
`model.LOG_FIELDS`, the known metrics, the parts of a trace, and whatever the state itself puts under ``extra``.
What is missing stays missing; `ship_log_async` fills in ``log_id``, ``client_id`` and ``executed_at``.
"""

from __future__ import annotations

from collections.abc import Mapping
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
_FIELD_NAMES = frozenset(field.name for field in LOG_FIELDS)
_MAX_METRIC_CHARS = 200


@never_raises(dict)
def build_workflow_log(state: Any, **overrides: Any) -> dict[str, Any]:
    """The log of a finished run, from its state: a mapping, or an object with attributes.

    Keywords come before what the state says (``client_id=``, ``environment=``, ``workflow_version=``, any field,
    metric or part of the trace); a keyword that is none of these becomes a field of its own.

    >>> log = build_workflow_log({"ticket_id": "T-1", "status": "success", "confidence": 0.9, "scratch": "not sent"})
    >>> log["status"], log["metrics"], "scratch" in log
    ('SUCCESS', {'overall_confidence': 0.9}, False)
    """
    sources = [overrides, state] if overrides else [state]
    trace = _read_trace(sources)
    metrics = {**_count_parts(trace), **_read_metrics(sources)}
    log = {"schema_version": SCHEMA_VERSION, **_read_small_fields(sources)}
    if metrics:
        log["metrics"] = metrics
    log.update(_read_extra(overrides, state))
    if trace:
        log["trace"] = trace
    return log


def _look_up(name: str, sources: list[Any]) -> Any:
    """The value of the first source that has the name, or one of its aliases, with a value."""
    for alias in (name, *_ALIASES.get(name, ())):
        for source in sources:
            value = _read(source, alias)
            if value is not None:
                return value
    return None


def _read(source: Any, name: str) -> Any:
    # The usual state is a dict, and asking for the type is far cheaper than asking for an abstract class.
    if type(source) is dict or isinstance(source, Mapping):
        return source.get(name)
    try:
        value = getattr(source, name, None)
    except Exception:  # noqa: BLE001 - a property of a foreign object may raise anything
        return None
    return None if callable(value) else value


def _inside(sources: list[Any], name: str) -> list[Any]:
    return [part for part in (_read(source, name) for source in sources) if part is not None]


def _read_small_fields(sources: list[Any]) -> dict[str, Any]:
    found = {name: _look_up(name, sources) for name in _SMALL_FIELDS}
    found["status"] = _read_status(found["status"])
    if found["execution_time_seconds"] is None:
        ends = [value for value in (_look_up(name, sources) for name in _ENDS) if value is not None]
        found["execution_time_seconds"] = seconds_between(found["executed_at"], ends[0]) if ends else None
    found["executed_at"] = read_time(found["executed_at"])
    found["execution_time_seconds"] = read_seconds(found["execution_time_seconds"])
    return {name: value for name, value in found.items() if value is not None}


def _read_status(status: Any) -> Any:
    status = getattr(status, "value", status)
    return status.strip().upper() if isinstance(status, str) else status


def _read_metrics(sources: list[Any]) -> dict[str, Any]:
    inner = _inside(sources, "metrics")
    everywhere = sources + inner
    metrics: dict[str, Any] = {}
    for given in reversed(inner):
        metrics.update(_flatten(given))
    for name in _METRIC_NAMES:
        value = _look_up(name, everywhere)
        if value is not None and not isinstance(value, (list, tuple, Mapping)):
            metrics[name] = value
    return {name: value for name, value in metrics.items() if value is not None}


def _flatten(metrics: Any, prefix: str = "") -> dict[str, Any]:
    """Metrics as one level of names to numbers, booleans and short strings; deeper names joined by dots."""
    flat: dict[str, Any] = {}
    for name, value in _fields_of(metrics).items():
        if isinstance(value, Mapping):
            flat.update(_flatten(value, f"{prefix}{name}."))
        else:
            flat[f"{prefix}{name}"] = value[:_MAX_METRIC_CHARS] if isinstance(value, str) else value
    return flat


def _fields_of(value: Any) -> dict[str, Any]:
    """Names and values of a mapping, a dataclass, a model or a plain object; empty for anything else."""
    if isinstance(value, Mapping):
        return dict(value)
    if value is None or isinstance(value, (str, int, float, list, tuple)):
        return {}
    fields = plain_object(value)
    return dict(fields) if isinstance(fields, Mapping) else dict(getattr(value, "__dict__", {}))


def _read_trace(sources: list[Any]) -> dict[str, Any]:
    inner = _inside(sources, "trace")
    everywhere = sources + inner
    trace: dict[str, Any] = {}
    for given in reversed(inner):
        trace.update(_fields_of(given))
    for name in TRACE_PARTS:
        value = _look_up(name, everywhere)
        if value is not None and not (name == "react_iterations" and isinstance(value, (int, float))):
            trace[name] = shape_part(name, value)
    return trace


def _count_parts(trace: Mapping[str, Any]) -> dict[str, int]:
    """What a log without its trace still tells: how many iterations, tool calls, errors and tokens there were."""
    iterations, calls, errors = (trace.get(name) for name in ("react_iterations", "tool_calls", "errors"))
    counts = {"react_iterations": _length(iterations), "error_count": _length(errors)}
    inside = (
        [_length(_read(step, "tool_calls")) for step in iterations] if isinstance(iterations, list) else []
    )
    if isinstance(calls, list) or any(count is not None for count in inside):
        counts["tool_call_count"] = (_length(calls) or 0) + sum(count or 0 for count in inside)
    sums = {name: _sum(iterations, name) for name in ("input_tokens", "output_tokens")}
    return {name: count for name, count in {**counts, **sums}.items() if count is not None}


def _sum(iterations: Any, name: str) -> int | None:
    found = [_read(step, name) for step in iterations] if isinstance(iterations, list) else []
    counts = [count for count in found if type(count) is int]
    return sum(counts) if counts else None


def _length(part: Any) -> int | None:
    return len(part) if isinstance(part, (list, tuple)) else None


def _read_extra(overrides: Mapping[str, Any], state: Any) -> dict[str, Any]:
    known = {
        *_FIELD_NAMES,
        *_METRIC_NAMES,
        *TRACE_PARTS,
        "extra",
        *_ENDS,
        *(a for names in _ALIASES.values() for a in names),
    }
    given = _read(state, "extra")
    extra = {**(given if isinstance(given, Mapping) else {}), **(overrides.get("extra") or {})}
    extra = {str(name): value for name, value in extra.items() if name not in _FIELD_NAMES}
    return {**extra, **{name: value for name, value in overrides.items() if name not in known}}
