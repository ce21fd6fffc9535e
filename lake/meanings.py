"""What each table of the lake and each of its columns means, in words: for the docs, and for other programs. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from caselog.model import LOG_FIELDS, METRICS
from lake import columns

#: Columns of derived tables; where two tables mean different things, by table.
_OF_DERIVED: Final[Mapping[str, str]] = {
    "client_id": "Whose log it is.",
    "month": "Month of `executed_at`, UTC; with `client_id` the partition.",
    "log_id": "The log, as in `logs` and `traces`.",
    "ticket_id": "The log's ticket.",
    "executed_at": "When the log's run started.",
    "environment": "The log's environment; like the next three, empty in rows that an earlier version made.",
    "workflow_version": "The log's version of the workflow.",
    "category": "The log's category.",
    "log_status": "How the log's run ended.",
    "position": "Place among the rows of its log, from 0, in the order of the trace.",
    "started_at": "When this part started; empty where the trace has no time with an offset.",
    "name": "Its name.",
    "iterations.name": "The action's name: a word, or the `name` of what was called; empty for a sentence.",
    "errors.name": "Name of the tool or the node that failed, where it is its own error.",
    "node": "Name of the node it ran in; for a tool call where its own is missing that of its iteration.",
    "nodes.node": "Name of the node it ran in, its `parent`.",
    "status": "As the trace has it, `ok` or `error`; of a tool call also `error` where a flag of it says so.",
    "duration_ms": "How long it took, in milliseconds.",
    "input_tokens": "Tokens sent.",
    "output_tokens": "Tokens received.",
    "cost_usd": "What it cost, in US dollars.",
    "model": "The model; for a tool call where its own is missing that of its iteration.",
    "error": "Why it failed: type and message, at most 2 KiB.",
    "iteration": "Its number as the trace tells it.",
    "tool_calls": "How many tool calls stand in it.",
    "iteration_position": "`position` of its iteration; empty where it stands in none.",
    "argument_bytes": "Bytes of the JSON of its arguments.",
    "result_bytes": "Bytes of the JSON of its result.",
    "type": "The error's class.",
    "message": "What it said, at most 2 KiB.",
    "source": "Where the trace has it: `errors`, `tool_calls`, `react_iterations` or `nodes`.",
    "source_position": "`position` of the part that has it, in the table of that name (in `iterations` for "
    "`react_iterations`); for `errors`, its place in that list.",
}

#: What each table of the lake holds, and what each of its columns means: other programs show it where they describe a
#: table. A table or a column is not complete without its line here.
TABLES: Final[Mapping[str, str]] = {
    "logs": "One row for each log: one execution of one ticket. A log is (client_id, log_id).",
    "traces": "What happened inside each run, as JSON; it belongs to the log of the same client_id, month and log_id.",
    "iterations": "One row for each ReACT iteration of a trace; derived from traces.",
    "tool_calls": "One row for each tool call of a trace, wherever it stands in it; derived from traces.",
    "errors": "One row for each error of a trace and of its parts; derived from traces.",
    "nodes": "One row for each node of a trace; derived from traces.",
}
_FIELD_MEANINGS: Final = {field.name: field.meaning for field in LOG_FIELDS}
_IDENTITY: Final = {
    "client_id": "Whose workflow ran; a partition of the table.",
    "month": "Month of executed_at in UTC, as YYYY-MM; a partition of the table.",
    "log_id": _FIELD_MEANINGS["log_id"],
    "executed_at": "When the run started, in UTC.",
}
COLUMNS: Final[Mapping[str, Mapping[str, str]]] = {
    "logs": {
        **_FIELD_MEANINGS,
        **_IDENTITY,
        **{metric.name: metric.meaning for metric in METRICS},
        "metrics": "Every metric of the log, as a JSON object: name to number, boolean or short text.",
        "received_at": "When the collector received the log, in UTC.",
        "trace_bytes": "Bytes of the trace as it was sent; 0 where there is none.",
        "lost_logs": "Logs that the sender lost since the last one that got through; NULL where nobody counted.",
        "extra": "Every field of the log that has no column, as a JSON object.",
        "failed_tool_calls": "Tool calls of the trace that failed; NULL where nobody counted.",
        "search_text": "Words to find the log by: subject, errors, tools, final response, messages, in small letters "
        "without accents; NULL without a trace.",
    },
    "traces": {
        **_IDENTITY,
        "received_at": "When the collector received the log that the trace belongs to, in UTC.",
        "trace": "The trace as JSON, each byte as it was sent.",
    },
    **{
        table: {name: _OF_DERIVED.get(f"{table}.{name}") or _OF_DERIVED[name] for name in kinds}
        for table, kinds in columns.DERIVED.items()
    },
}
