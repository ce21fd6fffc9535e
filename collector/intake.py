"""From a sender's bytes to the lines that are stored: decoded, checked, put in order. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import datetime
from typing import Any, Final

import msgspec
from pydantic import ValidationError

from access.clients import UNLIMITED, ClientLimits
from caselog.model import is_kept_without_trace
from collector.body import check_log_size
from collector.envelope import (
    KNOWN_FIELDS,
    MAX_FIELD_BYTES,
    MAX_METRICS_BYTES,
    MAX_UNKNOWN_BYTES,
    MAX_UNKNOWN_FIELDS,
    Envelope,
    OpenMetrics,
)
from collector.errors import CollectorError, FieldError, ForeignClient, InvalidLog, TooLarge
from collector.json_path import byte_of_depth, path_of
from collector.strict_json import (
    MAX_DEPTH,
    Members,
    NotJson,
    TooDeep,
    check_depth,
    decode_strictly,
    split_object,
    told_apart,
)
from lake import rawhead, rawlog
from lake.part_counts import count_parts

#: Namespace of log ids derived for senders that have none; a fixed random UUID.
_DERIVED: Final = uuid.UUID("6f1d6ac3-6f0e-4d43-9a54-5f8ac1f8a5c1")
#: A sender's field by such a name is kept under another: the collector writes its own.
_RENAMED: Final = frozenset({"received_at", rawhead.NAME})
_OF_SENDER: Final = "sender_"
#: More errors than anybody reads; a body of rubbish must not be answered with megabytes.
_MAX_ERRORS: Final = 100
_MAX_SHOWN_NAME: Final = 64

#: Our own sentence for each rule that pydantic checks: its own ones may quote the value.
_SENTENCES: Final = {
    "missing": "is missing",
    "string_type": "must be text",
    "string_too_short": "must not be empty",
    "string_too_long": "is longer than {max_length} characters",
    "string_pattern_mismatch": "holds characters that are not allowed here",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "greater_than_equal": "must be {ge:,.0f} or more",
    "less_than_equal": "must be {le:,.0f} or less",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "caselog": "",
}


@dataclass(frozen=True)
class Sender:
    """Who sends, as the API key says, and what is done with the logs.

    ``keeps_traces`` is false for a METRICS_ONLY client, ``is_off`` true where nothing is kept, ``is_removed`` where
    nothing is taken; the key works until ``expires_at``, exclusive, in UTC.
    """

    client_id: str
    keeps_traces: bool = True
    is_off: bool = False
    is_removed: bool = False
    limits: ClientLimits = UNLIMITED
    key_hash: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReceivedLog:
    """One log ready to be stored: its identity and its raw line."""

    log_id: str
    line: bytes


@dataclass(slots=True)
class ReceivedLines:
    """The logs of a body in their order, and the lines that cannot be stored; ``fields`` explains the first ones."""

    logs: list[ReceivedLog] = dataclass_field(default_factory=list)
    refused_lines: list[int] = dataclass_field(default_factory=list)
    fields: list[FieldError] = dataclass_field(default_factory=list)
    _errors: dict[type[CollectorError], CollectorError] = dataclass_field(default_factory=dict)

    def refuse(self, line: int, error: CollectorError) -> None:
        """Note that ``line`` cannot be stored, and why."""
        fields = error.fields or [FieldError("", "is larger than a log may be")]
        room = _MAX_ERRORS - len(self.fields)
        self.fields += [FieldError(field.path, field.message, line) for field in fields[:room]]
        self.refused_lines.append(line)
        self._errors.setdefault(type(error), error)

    def as_error(self) -> CollectorError:
        """What is wrong with a body of which nothing can be stored: one thing, or several."""
        error = next(iter(self._errors.values())) if len(self._errors) == 1 else InvalidLog(())
        error.fields = tuple(self.fields)
        return error


def read_log(text: bytes, sender: Sender, received_at: datetime, *, is_explained: bool = True) -> ReceivedLog:
    """The log that ``text`` is, as a raw line; raises `InvalidLog` with every field's error, or `ForeignClient`.

    Where text is no JSON, to find the field takes long: it is left out where it ``is_explained`` to nobody.
    """
    parts = _split(text, is_explained=is_explained)
    envelope = _validate(parts)
    if envelope.client_id not in (None, sender.client_id):
        raise ForeignClient
    log_id = envelope.log_id or derive_log_id(
        sender.client_id, told_apart(text, "ticket_id", envelope.ticket_id), envelope.executed_at
    )
    fields = _stored_fields(envelope, sender, log_id)
    trace = envelope.trace if sender.keeps_traces else None
    return ReceivedLog(log_id, rawlog.encode_line(fields, trace, received_at))


def read_lines(
    lines: Iterable[tuple[int, bytes]], sender: Sender, received_at: datetime, max_log_bytes: int
) -> ReceivedLines:
    """The logs of numbered NDJSON lines, and which lines hold none; raises where not one of them holds a log."""
    found = ReceivedLines()
    for number, line in lines:
        try:
            check_log_size(line, max_log_bytes)
            is_explained = len(found.fields) < _MAX_ERRORS
            found.logs.append(read_log(line, sender, received_at, is_explained=is_explained))
        except (TooLarge, InvalidLog, ForeignClient) as error:
            found.refuse(number, error)
    if not found.logs:
        raise found.as_error()
    return found


def derive_log_id(client_id: str, ticket_id: str, executed_at: datetime) -> str:
    """The same id for the same run of the same ticket, however often it is sent; ``executed_at`` in UTC.

    >>> from datetime import UTC
    >>> derive_log_id("acme", "T-1", datetime(2026, 11, 23, tzinfo=UTC))
    'af49a407-25ac-501f-abef-81591ac0ab7d'
    """
    return str(uuid.uuid5(_DERIVED, f"{client_id}\n{executed_at.isoformat()}\n{ticket_id}"))


def _split(text: bytes, *, is_explained: bool) -> Members:
    try:
        return split_object(text)
    except NotJson as error:
        path = _place_of(error, text) if is_explained else []
        raise InvalidLog([FieldError(_path(path), str(error))]) from None


def _place_of(error: NotJson, text: bytes) -> list[str]:
    """The names and positions that lead to what is wrong; of what is too deep the field alone."""
    if isinstance(error, TooDeep):
        at = byte_of_depth(text, MAX_DEPTH + 1) if text.lstrip().startswith(b"{") else None
        return [] if at is None else path_of(text, at)[:1]
    return [] if error.at is None else path_of(text, error.at)


def _validate(members: Members) -> Envelope:
    """The log's fields, all checked before any is reported."""
    parts = members.by_name
    wrong = _excess(parts)
    kept = {name: raw for name, raw in parts.items() if name in KNOWN_FIELDS} if wrong else parts
    values = _decode(Members(kept, members.is_shallow), wrong)
    unreadable = {error.path for error in wrong}
    try:
        envelope = Envelope.model_validate(values)
    except ValidationError as error:
        wrong += [field for field in _field_errors(error) if field.path not in unreadable]
        raise InvalidLog(wrong[:_MAX_ERRORS]) from None
    if wrong:
        raise InvalidLog(wrong[:_MAX_ERRORS])
    return envelope


def _decode(members: Members, wrong: list[FieldError]) -> dict[str, Any]:
    """The value of each field but the trace, which stays bytes; null is the same as not sent."""
    values: dict[str, Any] = {}
    for name, raw in members.by_name.items():
        try:
            value = _trace_of(raw, members) if name == "trace" else _decode_field(name, raw)
        except NotJson as error:
            wrong.append(FieldError(_shown(name), str(error)))
            continue
        if value is not None:
            values[name] = value
    if type(values.get("metrics")) is dict:
        values["metrics"] = {name: value for name, value in values["metrics"].items() if value is not None}
    return values


def _trace_of(raw: msgspec.Raw, members: Members) -> bytes | None:
    """The trace as it was sent; raises `NotJson` where it is too deep."""
    text = bytes(raw)
    if not members.is_shallow:
        check_depth(text)
    return None if text == b"null" else text


def _decode_field(name: str, raw: msgspec.Raw) -> Any:
    """The field's value; raises `NotJson` where it is too deep, or longer than any that is valid."""
    if name not in KNOWN_FIELDS:
        return decode_strictly(raw, beyond_double=str)  # kept as it is, and that is how it was written
    limit = MAX_METRICS_BYTES if name == "metrics" else MAX_FIELD_BYTES
    if memoryview(raw).nbytes > limit:
        raise NotJson(f"is longer than {limit} bytes")
    return decode_strictly(raw)


def _excess(parts: dict[str, msgspec.Raw]) -> list[FieldError]:
    """Unknown fields are kept, but they are columns beside the trace, not a second trace."""
    unknown = parts.keys() - KNOWN_FIELDS
    if not unknown:
        return []
    if len(unknown) > MAX_UNKNOWN_FIELDS:
        return [FieldError("", f"holds more than {MAX_UNKNOWN_FIELDS} fields that Caselog does not know")]
    if sum(memoryview(parts[name]).nbytes for name in unknown) > MAX_UNKNOWN_BYTES:
        return [
            FieldError(
                "",
                f"holds more than {MAX_UNKNOWN_BYTES} bytes in fields that Caselog does not know: use trace",
            )
        ]
    return []


def _field_errors(error: ValidationError) -> list[FieldError]:
    """Pydantic's findings as paths and sentences of our own, none of which quotes a value."""
    found = error.errors(include_url=False, include_input=False)
    return [FieldError(_path(item["loc"]), _sentence(item["type"], item)) for item in found]


def _sentence(kind: str, item: Any) -> str:
    if kind == "caselog":
        return str(item["msg"])
    return _SENTENCES.get(kind, "is not valid").format(**item.get("ctx", {}))


def _path(loc: Sequence[int | str]) -> str:
    return ".".join(_shown(str(step)) for step in loc)


def _shown(name: str) -> str:
    """A field's name where it looks like one; a sender's own name may be anything, of any length."""
    is_plain = name.isdecimal() or name.replace("-", "_").isidentifier()
    return name if len(name) <= _MAX_SHOWN_NAME and is_plain else "(unnamed)"


def _stored_fields(envelope: Envelope, sender: Sender, log_id: str) -> dict[str, Any]:
    """Every top-level field but the trace, as it is stored."""
    known = {
        name: value for name, value in envelope.__dict__.items() if value is not None and name != "trace"
    }
    given = envelope.model_extra or {}
    extra = {
        _kept_name(name, given): value
        for name, value in given.items()
        if sender.keeps_traces or is_kept_without_trace(name, value)
    }
    fields = {**extra, **known, "client_id": sender.client_id, "log_id": log_id}
    metrics = _stored_metrics(envelope, sender)
    return {**fields, "metrics": metrics} if metrics else {n: v for n, v in fields.items() if n != "metrics"}


def _kept_name(name: str, given: Mapping[str, Any]) -> str:
    """The name under which a field is kept: another where it is the collector's own, one that nobody has sent."""
    if name in _RENAMED:
        while name in given:
            name = _OF_SENDER + name
    return name


def _stored_metrics(envelope: Envelope, sender: Sender) -> dict[str, Any]:
    """The figures of the run; where the trace is not kept, what it held is counted first."""
    metrics = _given(envelope.metrics)
    if sender.keeps_traces or envelope.trace is None:
        return metrics
    counts = count_parts(envelope.trace)
    counted = {name: getattr(counts, name) for name in ("react_iterations", "tool_call_count", "error_count")}
    return {**counted, **metrics}


def _given(metrics: OpenMetrics | None) -> dict[str, Any]:
    if metrics is None:
        return {}
    known = {name: value for name, value in metrics.__dict__.items() if value is not None}
    return {**(metrics.model_extra or {}), **known}
