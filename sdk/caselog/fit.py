"""A log as the collector takes it: a field that breaks its rule is kept under another name, not lost with the log.

A workflow that reports a confidence of 87 or a category of a thousand letters still gets its log through; what
did not fit stands under ``metrics`` as ``invalid.<name>``. The rules are those of `model` and of the collector.
"""

from __future__ import annotations

import json
import re
from typing import Any, Callable

from .model import CLIENT_ID_PATTERN, LOG_FIELDS, METRICS, Metric
from .times import is_time, read_figure, read_seconds, read_time

_MAX_WORD, _MAX_STATUS, _MAX_NAME, _MAX_METRIC_TEXT = 256, 64, 128, 1024
_MAX_METRICS, _MAX_UNKNOWN, _MAX_UNKNOWN_CHARS = 240, 60, 64_000
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_LOG_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_CLIENT_ID = re.compile(CLIENT_ID_PATTERN)
_TIME = re.compile(
    r"(?:19[7-9]|20\d|21\d)\d-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_KNOWN = frozenset(field.name for field in LOG_FIELDS)
_RULES: dict[str, Metric] = {metric.name: metric for metric in METRICS}
_INT64 = 2**63


def fit_log(log: dict[str, Any], shipped_at: str, *, keeps_trace: bool = True) -> dict[str, Any]:
    """The log with each field in its form; null fields are left out.

    ``shipped_at`` takes the place of an ``executed_at`` that is no time. Fields of the sender's own that are too
    many or too large go into the trace; without a trace only their names are kept, under ``cut``.
    """
    fitted = {_fit_text(name, _MAX_NAME) or "_": value for name, value in log.items() if value is not None}
    invalid = _set_aside_invalid(fitted)
    metrics = _fit_metrics(fitted.pop("metrics", {}))
    metrics.update({f"invalid.{name}": _fit_metric_value(value) for name, value in invalid.items()})
    fitted.setdefault("executed_at", shipped_at)
    # A log that lacks what it must have is of more use than none.
    fitted["ticket_id"] = fitted.get("ticket_id") or str(fitted.get("log_id", "unknown"))
    fitted["status"] = fitted.get("status") or "UNKNOWN"
    trace, excess = fitted.pop("trace", {}), _take_excess(fitted)
    metrics, too_many = _split(metrics, _MAX_METRICS)
    excess.update({"metrics": too_many} if too_many else {})
    if keeps_trace:
        trace = _fit_trace(trace, excess)
    elif excess:
        trace, fitted["cut"] = {}, list(excess)[:_MAX_UNKNOWN]
    ends = {"metrics": metrics, "trace": trace}
    return {**fitted, **{name: part for name, part in ends.items() if part}}


def _split(fields: dict[str, Any], count: int) -> tuple[dict[str, Any], dict[str, Any]]:
    pairs = list(fields.items())
    return dict(pairs[:count]), dict(pairs[count:])


def _set_aside_invalid(log: dict[str, Any]) -> dict[str, Any]:
    """Bring the small fields into form; what has no form that fits is taken out and returned."""
    for name in ("ticket_id", "environment", "workflow_version", "category", "status"):
        if name in log:
            log[name] = _fit_text(log[name], _MAX_STATUS if name == "status" else _MAX_WORD)
    if "status" in log:
        log["status"] = log["status"].upper()
    log["executed_at"] = read_time(log.get("executed_at"))
    if "execution_time_seconds" in log:
        log["execution_time_seconds"] = read_seconds(log["execution_time_seconds"])
    wrong = [name for name, is_right in _CHECKS.items() if name in log and not is_right(log[name])]
    return {name: log.pop(name) for name in wrong}


def _fit_text(value: Any, max_chars: int) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    text = _CONTROLS.sub(" ", text).strip()
    return text if len(text) <= max_chars else f"{text[: max_chars - 1]}…"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and -_INT64 <= value < _INT64


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "schema_version": lambda value: type(value) is int and value >= 1,
    "log_id": lambda value: isinstance(value, str) and bool(_LOG_ID.fullmatch(value)),
    "client_id": lambda value: isinstance(value, str) and bool(_CLIENT_ID.fullmatch(value)),
    "executed_at": lambda value: isinstance(value, str) and bool(_TIME.fullmatch(value)) and is_time(value),
    "execution_time_seconds": lambda value: _is_number(value) and 0 <= value <= 1e9,
}


def _fit_metrics(metrics: Any) -> dict[str, Any]:
    given = metrics if isinstance(metrics, dict) else {"invalid.metrics": metrics}
    fitted: dict[str, Any] = {}
    for name, value in given.items():
        if value is not None:
            rule = _RULES.get(name)
            value = read_figure(value) if rule else value  # noqa: PLW2901 - a number as text is one
            kept = name if rule is None or _obeys(rule, value) else f"invalid.{name}"
            fitted[_fit_text(kept, _MAX_NAME) or "_"] = _fit_metric_value(value)
    return fitted


def _obeys(rule: Metric, value: Any) -> bool:
    low, high = rule.bounds
    if not _is_number(value) or (rule.kind == "integer" and value != int(value)):
        return False
    return bool((low is None or low <= value) and (high is None or value <= high))


def _fit_metric_value(value: Any) -> Any:
    if isinstance(value, bool) or _is_number(value):
        return value
    text = value if isinstance(value, str) else json.dumps(value)
    # Four bytes at most for a character of UTF-8.
    return text if len(text) <= _MAX_METRIC_TEXT // 4 else f"{text[: _MAX_METRIC_TEXT // 4 - 1]}…"


def _take_excess(log: dict[str, Any]) -> dict[str, Any]:
    """Fields of the sender's own that are too many or too large for a small field."""
    excess: dict[str, Any] = {}
    room, places = _MAX_UNKNOWN_CHARS, _MAX_UNKNOWN
    for name in [name for name in log if name not in _KNOWN]:
        size = len(json.dumps(log[name]))
        if size > room or places == 0:
            excess[name] = log.pop(name)
        else:
            room, places = room - size, places - 1
    return excess


def _fit_trace(trace: Any, excess: dict[str, Any]) -> dict[str, Any]:
    parts = trace if isinstance(trace, dict) else {"value": trace}
    return {**parts, "extra": excess} if excess else parts
