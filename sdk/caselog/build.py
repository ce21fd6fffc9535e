"""From the state of a workflow to its one log: pure, without I/O, clock or randomness.

Only what a log is made of is taken from a state, because a state may hold anything: the fields of
`model.LOG_FIELDS`, the known metrics, the parts of a trace, and whatever the state itself puts under ``extra``.
What is missing stays missing; `ship_log_async` fills in ``log_id``, ``client_id`` and ``executed_at``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Callable

from .blocks import is_said
from .call_counts import count_calls
from .endings import says_failed
from .guard import let_pass, never_raises
from .model import LOG_FIELDS, METRICS, SCHEMA_VERSION, TRACE_PARTS
from .objects import read_field as _read
from .objects import read_or
from .said_calls import read_said
from .serialize import plain_key, read_mapping, read_object, tell_apart
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
    resolved = _resolve_aliases(said)
    trace = _read_trace(said, _inside(sources, "trace", said))
    inner = _inside(sources, "metrics", said)
    metrics = {**_count_parts(trace), **_read_metrics(resolved, said if inner else {}, inner)}
    log = {"schema_version": SCHEMA_VERSION, **_read_small_fields(resolved)}
    if metrics:
        log["metrics"] = metrics
    if overrides or "extra" in said:
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
            get = source.get
            for name in names:
                value = get(name)
                if value is not None:
                    said[name] = value
        else:
            said.update({name: value for name in names if (value := _read(source, name)) is not None})
    return said


def _inside(sources: Sequence[Any], name: str, said: Mapping[str, Any]) -> list[Any]:
    """What each of the sources says under this name; ``said`` is what any of them says."""
    if name not in said:
        return []
    return [part for part in [_read(source, name) for source in sources] if part is not None]


def _resolve_aliases(said: dict[str, Any]) -> dict[str, Any]:
    """The same, with fields that are missing under their own name taken from the first alias that is there."""
    for name, aliases in _ALIASES.items():
        if name not in said:
            for alias in aliases:
                if alias in said:
                    said = {**said, name: said[alias]}
                    break
    return said


@never_raises(dict)
def _read_small_fields(said: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: said[name] for name in _SMALL_FIELDS if name in said}
    if "execution_time_seconds" not in found:
        end = next((said[name] for name in _ENDS if name in said), None)
        found["execution_time_seconds"] = read_or(None, seconds_between, found.get("executed_at"), end)
    for name, read in _FORMS.items():
        if name in found:
            found[name] = read_or(found[name], read, found[name])
    return {name: value for name, value in found.items() if value is not None}


def _read_status(status: Any) -> Any:
    if type(status) is not str:
        status = getattr(status, "value", status)
    return status.strip().upper() if isinstance(status, str) else status


_FORMS: dict[str, Callable[[Any], Any]] = {
    "status": _read_status,
    "executed_at": read_time,
    "execution_time_seconds": read_seconds,
}


@never_raises(dict)
def _read_metrics(resolved: dict[str, Any], said: dict[str, Any], inner: list[Any]) -> dict[str, Any]:
    metrics: dict[str, Any] = {}
    for given in reversed(inner):
        metrics.update(read_or({}, _flatten, given))
    everywhere = resolved
    if inner:
        everywhere = _resolve_aliases({**_gather(inner, _METRIC_NAMES_AND_ALIASES), **said})
    for name in _METRIC_NAMES:
        value = everywhere.get(name)
        if type(value) in _NUMBERS or not (value is None or _is_a(value, list, tuple) or _is_mapping(value)):
            metrics[name] = value
    return {name: value for name, value in metrics.items() if value is not None} if inner else metrics


def _flatten(metrics: Any, prefix: str = "", depth: int = 0) -> dict[str, Any]:
    """Metrics as one level of names to numbers, booleans and short strings; deeper names joined by dots."""
    flat: list[tuple[str, Any]] = []
    for key, value in _fields_of(metrics).items():
        name = f"{prefix}{plain_key(key)}"
        is_nested = type(value) not in _NUMBERS and depth < _MAX_METRIC_DEPTH and _is_mapping(value)
        inner = read_or(None, _flatten, value, f"{name}.", depth + 1) if is_nested else None
        if inner is not None:
            flat += inner.items()
        else:
            is_long = _is_a(value, str) and str.__len__(value) > _MAX_METRIC_CHARS
            flat.append((name, f"{value[: _MAX_METRIC_CHARS - 1]}…" if is_long else value))
    return tell_apart(flat)


def _fields_of(value: Any) -> dict[str, Any]:
    """Names and values of a mapping, a dataclass, a model or a plain object; empty for anything else."""
    if type(value) is dict or isinstance(value, Mapping):
        return read_mapping(value)
    if value is None or isinstance(value, (str, int, float, list, tuple)):
        return {}
    fields = read_object(value)
    return read_mapping(fields) if isinstance(fields, Mapping) else {}


@never_raises(dict)
def _read_trace(said: Mapping[str, Any], inner: list[Any]) -> dict[str, Any]:
    trace: dict[str, Any] = {}
    for given in reversed(inner):
        trace.update(read_or({}, _fields_of, given))
    everywhere = {**_gather(inner, TRACE_PARTS), **said} if inner else said
    for name in TRACE_PARTS:
        value = everywhere.get(name)
        if value is not None and not (name == "react_iterations" and _is_a(value, int, float)):
            trace[name] = shape_part(name, value)
    return trace


def _count_parts(trace: Mapping[str, Any]) -> dict[str, float]:
    """What a log without its trace still tells: how many iterations, tool calls, errors and tokens, and the cost."""
    get: Callable[[str], Any] = trace.get
    steps, errors, calls = get("react_iterations"), get("errors"), get("tool_calls")
    found: dict[str, float | None] = {}
    if _is_a(steps, list, tuple):
        found["react_iterations"] = len(steps)
    if _is_a(errors, list, tuple):
        found["error_count"] = len(errors)
    groups: list[Any] = [calls]
    asked: list[Any] = []  # but for those that a cache answered: they cost nothing
    has_figures = False
    for step in steps if _is_a(steps, list) else ():
        read = step.get if type(step) is dict else partial(_read, step)
        groups.append(read("tool_calls"))
        if read("cached") is True:
            continue
        if not _FIGURES.isdisjoint(step) if type(step) is dict else any(map(_is_said, map(read, _FIGURES))):
            asked.append(read)
            has_figures = True
        elif _is_said(read("model")) or _is_said(read("thought")) or _is_said(read("input")):
            asked.append(read)
    lists = [group for group in groups if _is_a(group, list, tuple)]
    made = [
        call
        for group in lists
        for call in group
        if not (type(call) is dict and "type" in call and is_said(call))
    ]
    messages = get("messages")
    said = read_or([], read_said, messages) if _is_a(messages, list, tuple) else []
    if lists or any(each.is_call for each in said):
        found.update(count_calls(made, said))
    if has_figures:
        found.update({name: _sum(asked, name, *how) for name, how in _SUMMED.items()})
    return {name: count for name, count in found.items() if count is not None}


def _is_said(value: Any) -> bool:
    return value is not None and (type(value) not in _EMPTIABLE or bool(value))


def _sum(
    steps: Sequence[Callable[[str], Any]],
    name: str,
    read_figure: Callable[[Any], float | None],
    add: Callable[[list[float]], float],
) -> float | None:
    """The whole sum of a figure over the steps that asked a model, or none: one with a gap would pass for whole.

    A step that failed and says no figure cost nothing: no answer came.
    """
    figures: list[float] = []
    for read in steps:
        said = read(name)
        if said is None and read_or(False, says_failed, read):  # noqa: FBT003 - its answer
            continue
        figure = None if said is None else read_figure(said)
        if figure is None:
            return None
        figures.append(figure)
    return add(figures) if figures else None


def _read_count(value: Any) -> int | None:
    if type(value) is int:
        return value if value >= 0 else None
    count = _read_cost(value)
    return int(count) if count is not None and count.is_integer() else None


def _read_cost(value: Any) -> float | None:
    try:
        cost = math.nan if isinstance(value, bool) else float(value)
    except BaseException as error:  # noqa: BLE001 - an object of the workflow's may raise anything
        let_pass(error)
        return None
    return cost if 0 <= cost < _MOST_COST else None


def _is_a(value: Any, *kinds: type) -> Any:
    """Whether its class is one of these: `isinstance` would believe what the object says, or raise what it raises."""
    return issubclass(type(value), kinds)


def _is_mapping(value: Any) -> bool:
    return type(value) is dict or read_or(False, isinstance, value, Mapping) is True  # noqa: FBT003 - its answer


def _read_pairs(given: Any) -> dict[str, Any]:
    return read_mapping(given) if isinstance(given, Mapping) else {} if given is None else {"extra": given}


#: What is summed up over the steps: how a figure is read, and how they are added.
_SUMMED: dict[str, tuple[Callable[[Any], float | None], Callable[[list[float]], float]]] = {
    "input_tokens": (_read_count, sum),
    "output_tokens": (_read_count, sum),
    "cost_usd": (_read_cost, math.fsum),
}
_FIGURES = frozenset(_SUMMED)
_EMPTIABLE = frozenset((str, list, dict))


@never_raises(dict)
def _read_extra(overrides: Mapping[str, Any], state: Any) -> dict[str, Any]:
    extra: dict[str, Any] = {}
    for given in (_read(state, "extra"), overrides.get("extra")):
        extra.update(read_or({"extra": given}, _read_pairs, given))
    extra = tell_apart(
        [(name, value) for key, value in extra.items() if (name := plain_key(key)) not in _FIELD_NAMES]
    )
    return {**extra, **{name: value for name, value in overrides.items() if name not in _KNOWN}}
