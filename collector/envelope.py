"""A log as it may be sent: the pydantic model that checks it, and that the API's reference is made from.

The fields are those of `caselog.model.LOG_FIELDS`, spelled out; a test holds the two together. Known metrics
are derived from `caselog.model.METRICS`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    WithJsonSchema,
    create_model,
)
from pydantic_core import PydanticCustomError

from caselog.model import CLIENT_ID_PATTERN, LOG_FIELDS, METRICS, Metric
from collector.schemas import (
    LOG_EXAMPLE,
    METRIC_VALUE_SCHEMA,
    TIMESTAMP_SCHEMA,
    JsonSchema,
    metric_schema,
    trace_schema,
)

MAX_METRICS: Final = 256
MAX_METRIC_TEXT: Final = 1024
MAX_NAME: Final = 128
#: Of JSON: 256 names and texts of the greatest length, most of their characters escaped.
MAX_METRICS_BYTES: Final = 1024 * 1024
#: Of JSON: far beyond the longest text that a field may have, each of its characters escaped.
MAX_FIELD_BYTES: Final = 16 * 1024
MAX_UNKNOWN_FIELDS: Final = 64
MAX_UNKNOWN_BYTES: Final = 256 * 1024
#: Months become partitions: a clock gone wild must not make one for each year of the calendar.
YEARS: Final = (1970, 2200)
LOG_ID_PATTERN: Final = r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}"

_INT64: Final = 2**63
_NO_CONTROLS: Final = r"^[^\x00-\x1f\x7f-\x9f]*$"
#: What is left of a status once it is trimmed must be something.
_NOT_BLANK: Final = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
_RFC3339: Final = re.compile(
    r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d):(\d\d)((?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d))", re.ASCII
)
#: The second that is added now and then: https://www.rfc-editor.org/rfc/rfc3339#section-5.7
_LEAP: Final = "60"
_MEANINGS: Final = {field.name: field.meaning for field in LOG_FIELDS}


def _wrong(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("caselog", sentence)


def _as_utc(value: Any) -> datetime:
    """The moment that RFC 3339 text names, in UTC; digits beyond microseconds are cut."""
    written = _RFC3339.fullmatch(value) if isinstance(value, str) else None
    if written is None:
        raise _wrong("must be RFC 3339 text with an offset, such as 2026-11-23T14:05:00Z")
    try:
        moment = _moment(*written.groups())
    except (ValueError, OverflowError):
        raise _wrong("is no moment of the calendar") from None
    if not YEARS[0] <= moment.year <= YEARS[1]:
        raise _wrong(f"must be between the years {YEARS[0]} and {YEARS[1]}")
    return moment


def _moment(minute: str, second: str, rest: str) -> datetime:
    """In UTC, a leap second as the one after it; raises `ValueError`, `OverflowError`."""
    if second != _LEAP:
        return datetime.fromisoformat(f"{minute}:{second}{rest}".upper()).astimezone(UTC)
    after = datetime.fromisoformat(f"{minute}:59{rest}".upper()).astimezone(UTC) + timedelta(seconds=1)
    if (after.day, after.hour, after.minute, after.second) != (1, 0, 0, 0):
        raise ValueError("leap seconds end the last day of a month of UTC")
    return after


def _is_number(value: Any) -> bool:
    return type(value) is int or (type(value) is float and math.isfinite(value))


def _whole(value: Any) -> Any:
    """1 for 1.0, which is the same number in JSON."""
    return int(value) if type(value) is float and value.is_integer() else value


def _known_metric(metric: Metric) -> Callable[[Any], float]:
    """A check of one known metric: a number within its bounds, and whole where it counts something."""
    low, high = (
        math.inf * sign if bound is None else bound
        for bound, sign in zip(metric.bounds, (-1, 1), strict=True)
    )
    wanted = "a whole number" if metric.kind == "integer" else "a number"
    sentence = f"must be {wanted} in [{low:g}, {high:g}]".replace(", inf]", ", ...]").replace(
        "[-inf, ", "[..., "
    )

    def check(value: Any) -> float:
        if (
            not _is_number(value)
            or not low <= value <= high
            or (metric.kind == "integer" and value != int(value))
        ):
            raise _wrong(sentence)
        if metric.kind == "integer":
            return int(value) if value < _INT64 else value  # 1e300 has no more digits than that
        return float(value)

    return check


def _other_metric(value: Any) -> float | bool | str:
    if type(value) is bool or _is_number(value):
        return value  # type: ignore[no-any-return]
    if type(value) is str and len(value.encode()) <= MAX_METRIC_TEXT:
        return value
    raise _wrong(f"must be a number, a boolean or text of at most {MAX_METRIC_TEXT} bytes: metrics are flat")


def _at_most(count: int, what: str) -> BeforeValidator:
    def check(value: Any) -> Any:
        if isinstance(value, dict) and len(value) > count:
            raise _wrong(f"holds more than {count} {what}")
        return value

    return BeforeValidator(check)


def _trace_bytes(value: Any) -> bytes:
    """The sender's own bytes, which are legal JSON and not too deep, once they are known to be an object."""
    text = bytes(value)
    if not text.startswith(b"{"):
        raise _wrong("must be an object")
    return text


Name = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME, pattern=_NO_CONTROLS)]
_NAMES_SCHEMA: Final[JsonSchema] = {"minLength": 1, "maxLength": MAX_NAME, "pattern": _NO_CONTROLS}
Word = Annotated[str, StringConstraints(max_length=256, pattern=_NO_CONTROLS)]
LogId = Annotated[str, StringConstraints(pattern=f"^{LOG_ID_PATTERN}$")]
ClientId = Annotated[str, StringConstraints(pattern=f"^{CLIENT_ID_PATTERN}$")]
TicketId = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=_NO_CONTROLS)]
Status = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, to_upper=True, min_length=1, max_length=64, pattern=_NO_CONTROLS
    ),
    WithJsonSchema({"type": "string", "maxLength": 64, "pattern": _NOT_BLANK}),
]
Moment = Annotated[datetime, PlainValidator(_as_utc), WithJsonSchema(TIMESTAMP_SCHEMA)]
Version = Annotated[int, Field(strict=True, ge=1, le=1_000_000), BeforeValidator(_whole)]
Seconds = Annotated[float, Field(strict=True, ge=0, le=1e9, allow_inf_nan=False)]
MetricValue = Annotated[Any, PlainValidator(_other_metric), WithJsonSchema(METRIC_VALUE_SCHEMA)]
TraceBytes = Annotated[bytes, PlainValidator(_trace_bytes), WithJsonSchema(trace_schema())]


class OpenMetrics(BaseModel):
    """Flat figures of one run; names that Caselog does not know are kept."""

    model_config = ConfigDict(
        extra="allow", json_schema_extra={"propertyNames": _NAMES_SCHEMA, "maxProperties": MAX_METRICS}
    )
    __pydantic_extra__: dict[Name, MetricValue]


def _metric_fields() -> dict[str, Any]:
    """Each known metric as a field of its own, optional."""
    return {
        metric.name: (
            Annotated[Any, PlainValidator(_known_metric(metric)), WithJsonSchema(metric_schema(metric))],
            Field(None, description=metric.meaning),
        )
        for metric in METRICS
    }


Metrics: type[OpenMetrics] = create_model("Metrics", __base__=OpenMetrics, **_metric_fields())
BoundedMetrics = Annotated[Metrics, _at_most(MAX_METRICS, "metrics")]


class Envelope(BaseModel):
    """One log: the run of a workflow on one ticket. Fields that Caselog does not know are kept."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [LOG_EXAMPLE],
            "propertyNames": _NAMES_SCHEMA,
            "maxProperties": len(LOG_FIELDS) + MAX_UNKNOWN_FIELDS,
        },
    )
    __pydantic_extra__: dict[Name, Any]

    schema_version: Version | None = Field(1, description=_MEANINGS["schema_version"])
    log_id: LogId | None = Field(None, description=_MEANINGS["log_id"])
    client_id: ClientId | None = Field(None, description=_MEANINGS["client_id"])
    environment: Word | None = Field(None, description=_MEANINGS["environment"])
    workflow_version: Word | None = Field(None, description=_MEANINGS["workflow_version"])
    ticket_id: TicketId = Field(description=_MEANINGS["ticket_id"])
    executed_at: Moment = Field(description=_MEANINGS["executed_at"])
    execution_time_seconds: Seconds | None = Field(None, description=_MEANINGS["execution_time_seconds"])
    status: Status = Field(description=_MEANINGS["status"])
    category: Word | None = Field(None, description=_MEANINGS["category"])
    metrics: BoundedMetrics | None = Field(None, description=_MEANINGS["metrics"])
    trace: TraceBytes | None = Field(None, description=_MEANINGS["trace"])


KNOWN_FIELDS: Final = frozenset(Envelope.model_fields)
