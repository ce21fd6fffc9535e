"""What a log is: the one definition that every other room derives from.

One ticket execution is one log: small, queryable fields beside one big ``trace``. The Arrow schema, the
SQL view, the collector's validation and the reference page in ``docs/`` are all derived from
`LOG_FIELDS` and `TRACE_PARTS`, and tests hold each of them to it.

The names in `Field.otel` are those of the OpenTelemetry semantic conventions for generative AI,
https://opentelemetry.io/docs/specs/semconv/gen-ai/ .
"""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

SCHEMA_VERSION = 1

#: The largest log as JSON: what the SDK cuts it to, and what a collector takes.
MAX_LOG_BYTES = 8 * 1024 * 1024

#: The statuses that Caselog gives a colour and a place of its own. Any other upper-case word is kept.
KNOWN_STATUSES = ("SUCCESS", "FAILED", "ESCALATED")

#: A client's id is safe as a path segment, in a storage policy and in a URL.
CLIENT_ID_PATTERN = r"[a-z0-9][a-z0-9_-]{0,62}"


class Field(NamedTuple):
    """One field of a log: its name, its JSON type, and what it means.

    ``kind`` is one of ``string``, ``boolean``, ``integer``, ``number``, ``timestamp`` (RFC 3339 text with an offset),
    ``object``, ``array`` or ``any``.
    """

    name: str
    kind: str
    meaning: str
    required: bool = False
    otel: Optional[str] = None


class Metric(NamedTuple):
    """One known name inside ``metrics``; ``bounds`` are inclusive."""

    name: str
    kind: str
    meaning: str
    bounds: tuple[Optional[float], Optional[float]] = (None, None)
    otel: Optional[str] = None


LOG_FIELDS: tuple[Field, ...] = (
    Field("schema_version", "integer", "Version of this definition; 1 where it is missing."),
    Field("log_id", "string", "The log's identity within a client; derived where a sender has none."),
    Field("client_id", "string", "Whose workflow ran; where it is missing, the API key's client."),
    Field(
        "environment",
        "string",
        "Deployment the workflow ran in, such as `production`.",
        otel="deployment.environment.name",
    ),
    Field("workflow_version", "string", "Version of the workflow's code.", otel="service.version"),
    Field(
        "ticket_id",
        "string",
        "The ticket's id in the client's own system.",
        required=True,
        otel="gen_ai.conversation.id",
    ),
    Field("executed_at", "timestamp", "When the run started; with an offset, stored in UTC.", required=True),
    Field("execution_time_seconds", "number", "How long the run took, in seconds, 0 or more."),
    Field(
        "status",
        "string",
        "How the run ended: SUCCESS, FAILED, ESCALATED, or a word of your own; kept in upper case.",
        required=True,
    ),
    Field("category", "string", "What kind of ticket it was."),
    Field("metrics", "object", "Flat: name to number, boolean or short string."),
    Field("trace", "object", "What happened inside the run; see the parts below."),
)

METRICS: tuple[Metric, ...] = (
    Metric("react_iterations", "integer", "Number of ReACT iterations.", (0, None)),
    Metric("overall_confidence", "number", "How sure the workflow is of its answer.", (0, 1)),
    Metric("hallucination_risk", "number", "How likely the answer is not grounded.", (0, 1)),
    Metric(
        "error_count", "integer", "Number of errors; counted from the trace where it is missing.", (0, None)
    ),
    Metric(
        "tool_call_count",
        "integer",
        "Number of tool calls; counted from the trace where it is missing.",
        (0, None),
    ),
    Metric(
        "failed_tool_calls",
        "integer",
        "Number of tool calls that failed; the SDK counts them where it is missing.",
        (0, None),
    ),
    Metric("input_tokens", "integer", "Tokens sent to models.", (0, None), otel="gen_ai.usage.input_tokens"),
    Metric(
        "output_tokens",
        "integer",
        "Tokens received from models.",
        (0, None),
        otel="gen_ai.usage.output_tokens",
    ),
    Metric("cost_usd", "number", "What the models cost, in US dollars.", (0, None)),
)

#: The parts of ``trace``: all optional; unknown parts are kept and shown as JSON.
TRACE_PARTS: dict[str, tuple[Field, ...]] = {
    "nodes": (
        Field("name", "string", "The node's name.", otel="gen_ai.agent.name"),
        Field("parent", "string", "Name of the node it ran inside of; none where it stands on its own."),
        Field("started_at", "timestamp", "When it started."),
        Field("duration_ms", "number", "How long it took, in milliseconds."),
        Field("status", "string", "`ok` or `error`."),
        Field("input", "any", "What it was given."),
        Field("output", "any", "What it gave back."),
        Field("error", "any", "Why it failed.", otel="error.type"),
        Field("attributes", "object", "Anything else."),
    ),
    "react_iterations": (
        Field("iteration", "integer", "Its number, from 1."),
        Field("node", "string", "Name of the node it ran in."),
        Field("started_at", "timestamp", "When it started."),
        Field("duration_ms", "number", "How long it took, in milliseconds."),
        Field("input", "any", "The messages given to the model.", otel="gen_ai.input.messages"),
        Field("thought", "any", "What the model said it was thinking.", otel="gen_ai.output.messages"),
        Field("action", "any", "What it decided to do."),
        Field("observation", "any", "What came of it."),
        Field("tool_calls", "array", "The tool calls it made; shaped as below."),
        Field("model", "string", "The model that was asked.", otel="gen_ai.request.model"),
        Field("input_tokens", "integer", "Tokens sent.", otel="gen_ai.usage.input_tokens"),
        Field("output_tokens", "integer", "Tokens received.", otel="gen_ai.usage.output_tokens"),
        Field("cost_usd", "number", "What the model cost, in US dollars."),
        Field("cached", "boolean", "Whether the answer came from a cache: then it cost no tokens."),
    ),
    "tool_calls": (
        Field("id", "string", "The call's id.", otel="gen_ai.tool.call.id"),
        Field("name", "string", "The tool's name.", otel="gen_ai.tool.name"),
        Field("arguments", "any", "What it was called with.", otel="gen_ai.tool.call.arguments"),
        Field("result", "any", "What it returned.", otel="gen_ai.tool.call.result"),
        Field("started_at", "timestamp", "When it started."),
        Field("duration_ms", "number", "How long it took, in milliseconds."),
        Field("status", "string", "`ok` or `error`."),
        Field("error", "any", "Why it failed.", otel="error.type"),
    ),
    "errors": (
        Field("node", "string", "Name of the node it happened in."),
        Field("type", "string", "The error's class.", otel="exception.type"),
        Field("message", "string", "What it said.", otel="exception.message"),
        Field("stacktrace", "string", "Where it happened.", otel="exception.stacktrace"),
    ),
    "messages": (
        Field("role", "string", "`system`, `user`, `assistant` or `tool`."),
        Field("content", "any", "What was said.", otel="gen_ai.input.messages"),
    ),
    "final_response": (),
}

#: What the SDK itself says of a log, in its field ``sdk``: never content.
SDK_FIELDS: tuple[Field, ...] = (
    Field("name", "string", "Name of the SDK."),
    Field("version", "string", "Its version."),
    Field(
        "masked",
        "object",
        "What was masked: for each kind (`secret`, `card`, `iban`, `email`, `phone`, `name`, `body`, `own`, ...) its "
        "`count` of values, the `paths` of the first, and `rules`, from the name of a rule to its number of values. "
        "Where a kind has several rules, `at` says which of the paths are whose, as places in `paths` from 0.",
    ),
    Field(
        "lost",
        "object",
        "Logs lost since the last one that got through, by reason; their sum is `lost_logs`.",
    ),
    Field(
        "unclear_calls",
        "integer",
        "Calls that may have been the ticket's and that nobody can place.",
    ),
)


def is_kept_without_trace(name: str, value: Any) -> bool:
    """Whether a field of a log is kept where no part of a trace is: known fields, figures, flags and short words.

    Parts of a trace are none, wherever they stand, and neither is what may hold a conversation under another name.

    >>> is_kept_without_trace("status", "SUCCESS"), is_kept_without_trace("messages", ["Hi"])
    (True, False)
    """
    if name in _SMALL_FIELDS or name == "sdk":
        return True
    if name == "trace" or (name in TRACE_PARTS and not isinstance(value, (int, float))):
        return False
    return (
        value is None
        or isinstance(value, (bool, int, float))
        or (isinstance(value, str) and len(value) <= _SHORT)
    )


_SMALL_FIELDS = frozenset(field.name for field in LOG_FIELDS) - {"trace"}
#: A word, an id, a region; not a message.
_SHORT = 100
