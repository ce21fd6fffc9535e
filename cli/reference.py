"""Reference pages, written from the code: ``python -m cli.reference`` writes them into ``docs/``.

A test holds the pages in the checkout to what this module would write.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import click
from pydantic import BaseModel, SecretStr

from caselog.model import LOG_FIELDS, METRICS, SCHEMA_VERSION, SDK_FIELDS, TRACE_PARTS, Field
from cli.environment import COLLECTOR_PREFIX, DASHBOARDS_PREFIX, ETL_PREFIX, LAKE_URL, LOG_PREFIX
from cli.main import main
from cli.markdown import WRITTEN, table
from cli.masking_page import masking_page
from cli.shapes_page import shapes_page
from cli.tables_page import tables_page
from collector.settings import CollectorSettings
from etl.settings import EtlSettings
from lake import columns, meanings
from lake.derived import MESSAGE_BYTES, NAME_BYTES
from lake.part_bound import MAX_FAILED, MAX_PARTS
from lake.search_text import TEXT_BYTES
from serving.service_log import LogSettings
from voila_dashboards.settings import DashboardSettings

_PROGRAMS: Final[Sequence[tuple[str, str, type[BaseModel]]]] = (
    ("Collector", COLLECTOR_PREFIX, CollectorSettings),
    ("ETL", ETL_PREFIX, EtlSettings),
    ("Dashboards", DASHBOARDS_PREFIX, DashboardSettings),
    ("Service log", LOG_PREFIX, LogSettings),
)

_SETTINGS_INTRO: Final = f"""# Settings

Every program reads its settings from the environment when it starts. A wrong value, or a name that there is not,
stops the start with a sentence.

| variable | default | meaning |
|---|---|---|
| `{LAKE_URL}` | `.caselog/lake` below the current folder | Where logs live: `file:///path` or `s3://bucket/prefix`. |
| `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION`, `AWS_ENDPOINT_URL` | | The standard \
names, for `s3://`; `AWS_ENDPOINT_URL_S3` wins over `AWS_ENDPOINT_URL`. Roles and web identities work too. |

The SDK has its own four variables, see [its guide](../sdk/README.md).
"""

_LOG_INTRO: Final = f"""# The log

One ticket execution is one log: small, queryable fields beside one big `trace`. This is schema version
{SCHEMA_VERSION}. Unknown top-level fields are kept, and so are unknown parts of the trace. Where OpenTelemetry's
conventions for generative AI have a name for the same thing, it stands beside ours.
"""

_SDK_INTRO: Final = """## `sdk`

What the SDK says of a log itself, a field beside the others. It holds no content, only names of rules, paths and
counts; the names of rules are those of [masking](masking.md). Such as:

```json
"sdk": {"name": "caselog-python", "version": "0.1.0", "masked": {
  "secret": {"count": 2, "paths": ["trace.messages[0].content", "trace.tool_calls[0].arguments.api_key"],
             "rules": {"told password": 1, "field": 1}, "at": {"told password": [0], "field": [1]}},
  "email": {"count": 1, "paths": ["trace.messages[0].content"], "rules": {"e-mail address": 1}}}}
```

At most 20 paths of a kind are named, and the first of each rule; the counts go on. In SQL:
`extra->'$.sdk.masked.secret.rules'`.

"""

_SENT_TWICE: Final = """## Sent twice

A log is known by its `client_id` and `log_id`, whatever its times say: sent again with another `executed_at`, in
another month or years later, it counts once. The first received stands: that is the one in the table, otherwise the
one with the earliest `received_at`. What is sent again with another content is not merged: it is counted (`conflicts`
of `caselog etl run --json`) and kept, line for line, below `quarantine/` as `<its raw object>.conflicts.ndjson`, with a
`.conflicts.reason.json` beside it. Content is everything but `received_at` and `sdk`; of the trace, each byte, as long
as the trace is kept.

What that costs: a batch looks for its ids in those files of a client whose range of ids spans one of them. The SDK's
ids are UUIDv7, which sort by time, so these are the files of the same time, however many there are. Ids that do not
sort by time (derived ones, and a sender's own) may be anywhere: then every batch reads the ids of all files of that
client. A client who sends both kinds pays as for the second. Measured on two cores, with other work beside it: 5,500
new ids and a client with 960,000 logs in 12 files take 17 ms where they are UUIDv7, and 142 ms where they are random,
which grows with the logs.
"""

_COLUMNS_INTRO: Final = """## In the lake

The view `logs` (and the Delta table behind it) has one row for each log; `traces` has `client_id`, `month`,
`log_id`, `executed_at` and the `trace` as JSON text. `metrics` and `extra` (the unknown top-level fields) are JSON
text too. Both tables are partitioned by `client_id` and `month` (of `executed_at`, UTC); [the tables, for other
programs](tables.md) says what each column means. The field `sdk`
is in `extra`, and the sum of what it says of lost logs is `lost_logs`: NULL in rows that an earlier version compacted;
what no later log has reported yet is in none. `input_tokens`, `output_tokens` and `cost_usd`
are in the view only, lifted out of `metrics`; a value that is no number is NULL. Whole numbers in `metrics` and `extra`
have all the digits that were sent, others those of a double; a number beyond a double (`1e400`) is text in `extra`. A
count of 2^63 or more has no column: there stands what was counted in the trace. `failed_tool_calls` and `search_text`
are made of the trace, by whoever reads it first. What traces hold is in tables of its own too: see [derived
tables](derived.md).
"""

_DERIVED_INTRO: Final = f"""# Derived tables

What a trace holds, as tables: `iterations`, `tool_calls`, `errors` and `nodes` have one row for each such part,
and `logs` has a `search_text`. The ETL makes them in the run that compacts the log. `traces` stays what counts:
they can be dropped and made again from it, with the same rows, by `caselog etl derive --again`.

For analysts they are views beside `logs` and `traces`, within the same scope:
`notebooks/tools_and_errors.ipynb` shows them. What is still raw is in none of them. The text is in the view
`search_texts` (`client_id`, `month`, `log_id`, `ticket_id`, `executed_at`, `search_text`).

## What becomes a row

- Each item of `nodes`, `react_iterations`, `tool_calls` and `errors`, and of the `tool_calls` of each
  iteration. A list that is none (a text, an object) has no rows. An item that is no object has a row of which
  nothing is known; in `errors`, a text is its message.
- **A tool call that stands in an iteration and at the top of the trace is one row**, told by its `id` and
  `name`, in the place of the iteration, with what either of them says. It is so as often only as iterations
  have it: some models use an id again and again. `tool_call_count` in `logs` counts both, because the sender
  and the collector count what stands in the trace; where no call stands twice, it is the number of rows.
- **Where a trace lists no tool call, those that stand in its messages are its tool calls**, in the formats of OpenAI
  (chat and Responses), Anthropic, Gemini, Bedrock, LangChain and Pydantic AI: a row each, with what came back, and
  `tool_call_count` where the log does not say it. A call that a message says twice is one. Where the trace lists
  calls, messages add none, so that no call is counted twice. What a log says itself is its figure, also where it says
  0 of a conversation that shows more: its page says both. Of more than 100,000 messages, or of one of more
  than 100,000 values, none is looked at.
- **Errors**: first those of the trace's list, which are `error_count`. Then what tool calls, iterations and
  nodes say in their field `error`, where it is not told already. It is told where an error names no other type
  and has the same message (or one of 8 characters or more within its own). One error tells of one tool call, whose
  tool it then has, so that three calls that fail alike are three, and of any number of iterations and nodes, because
  an exception passes through several. A tool call also says why by its result: by an `error` in it, else by its words.
  An error is that of the call whose error or result says it, to the letter first; where none does, of no tool. A call
  of which only the `status` says that it failed is an error without type and message, unless an error of the list may
  tell of it; so is an iteration or a node, unless something that went wrong in it is an error already: a call of the
  iteration, an error of the node or of one inside it (told by `parent`), or one that says no node. Rows that an
  earlier version made lack these of iterations and nodes until `caselog etl derive --again`. A run of which only the
  ticket's status says that it failed has no row: no tool and no node is known. Where nothing names a type and a message
  begins with one, as in `TimeoutError: no answer`, that is it; of a traceback its last line says both.
- **What an error says is read in any of its usual shapes**: a text; `type` and `message`; `{{name, message, stack}}` of
  JavaScript; `exception.type` and `exception.message` of OpenTelemetry; `exc_type` and `exc_message`; `detail`; and one
  that stands in the field `error` or `exception` of another. One of which nothing is understood is its own message.
- Names of fields are those of [the log](log.md) and no others. A value of another type costs that field alone:
  a text for a number, a number without an end, a time without an offset or as seconds since 1970 are empty.
- Names have at most {NAME_BYTES} bytes, messages {MESSAGE_BYTES}, the search text {TEXT_BYTES}, cut at a word
  or a character.
- Of each kind, the first {MAX_PARTS:,} parts of a log become rows, and of those behind them the first {MAX_FAILED:,}
  that failed (of iterations, also those of which a call failed), so that failures are found wherever they stand. Of
  more than {MAX_PARTS:,} errors, the others are those of a type, node and tool that no row has yet, {MAX_FAILED:,}
  at most. `failed_tool_calls` counts all. How many more parts there were is `parts_beyond` of `caselog
  etl run --json`, and `beyond` of `caselog etl derive --json`.
- A log without a trace, of a client that is `METRICS_ONLY`, has no rows, and of the text only its subject.

## The search text

The ticket's id; the field `subject` of the log, or of its trace; types and messages of the first errors, also of tool
calls; the tools' names; the final response; then what the user and the assistant said, the user first. Of each only
the beginning is there, folded: small letters without accents, one form of each letter, single spaces. What is typed
to search is folded alike. Users and assistants are told apart in the formats of the usual makers (OpenAI, Anthropic,
Gemini, OpenTelemetry, Vercel, ADK, AutoGen, LangChain, LlamaIndex, PydanticAI, Claude Code, ShareGPT), also where the
messages are JSON in a text; instructions, thoughts, calls and what tools gave back are left out, and so is base64.
Of a tool call that failed there is why, also where only its result says it. It is made of the log as it is stored:
what was masked is masked in it. It goes when the
trace goes. Logs that were compacted before there was the column have none until `caselog etl derive` has
written their files again.

## When something goes wrong

A log's rows are committed after the log, so no row is of a log that `logs` has not. What fails is said by
`caselog etl run` and `status` and holds no log up; the next run adds what is missing. A run that was killed
leaves the tables behind by what it was at, no more. Rows that are missing for other reasons, such as tables
that are older than these, are made by later runs, a quarter of the interval at a time, or at once by `caselog
etl derive`, which may run beside the ETL and be stopped at any time. `caselog etl derive --again` drops all
rows first, also of tables that are damaged. `caselog etl repair` does not touch them.
"""


def settings_page() -> str:
    """``docs/settings.md``."""
    parts = [WRITTEN + _SETTINGS_INTRO]
    for title, prefix, model in _PROGRAMS:
        rows = [
            (f"`{prefix}{name.upper()}`", _default(field.default), field.description or "")
            for name, field in model.model_fields.items()
        ]
        parts.append(f"## {title}\n\n" + table(("variable", "default", "meaning"), rows))
    return "\n".join(parts)


def log_page() -> str:
    """``docs/log.md``."""
    metrics = [(f"`{m.name}`", m.kind, _bounds(m.bounds), m.meaning, _otel(m.otel)) for m in METRICS]
    listed = [(f"`{name}`", kind) for name, kind in columns.sql_types(columns.SCOPE_LOGS).items()]
    parts = [WRITTEN + _LOG_INTRO, "## Fields\n\n" + _fields(LOG_FIELDS)]
    parts.append("## `metrics`\n\n" + table(("name", "type", "bounds", "meaning", "OpenTelemetry"), metrics))
    parts += [
        f"## `trace.{name}`\n\n" + (_fields(f) if f else "Any JSON.\n") for name, f in TRACE_PARTS.items()
    ]
    parts += [_SDK_INTRO + _fields(SDK_FIELDS), _SENT_TWICE]
    parts.append(_COLUMNS_INTRO + "\n" + table(("column of `logs`", "type"), listed))
    return "\n".join(parts)


def derived_page() -> str:
    """``docs/derived.md``."""
    parts = [WRITTEN + _DERIVED_INTRO]
    for name_of_table, kinds in columns.DERIVED.items():
        types = columns.sql_types(kinds)
        rows = [(f"`{name}`", types[name], meanings.COLUMNS[name_of_table][name]) for name in kinds]
        parts.append(f"## `{name_of_table}`\n\n" + table(("column", "type", "meaning"), rows))
    return "\n".join(parts)


def commands_page() -> str:
    """``docs/commands.md``."""
    parts = [f"{WRITTEN}# Commands\n\nExit status: 0 done, 1 failed, 2 wrong use.\n"]
    for path, command in _commands(main, "caselog"):
        told = command.get_help(
            click.Context(command, info_name=path, terminal_width=80, **main.context_settings)
        )
        parts.append(f"## {path}\n\n```text\n{told}\n```\n")
    return "\n".join(parts)


def _tables_page() -> str:
    return WRITTEN + tables_page()


PAGES: Final = {
    "settings.md": settings_page,
    "log.md": log_page,
    "derived.md": derived_page,
    "commands.md": commands_page,
    "tables.md": _tables_page,
    "masking.md": masking_page,
    "shapes.md": shapes_page,
}


def _commands(group: click.Group, above: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _commands(command, f"{above} {name}")
        elif command is not None:
            yield f"{above} {name}", command


def _fields(fields: Sequence[Field]) -> str:
    rows = [(f"`{f.name}`", f.kind, "yes" if f.required else "", f.meaning, _otel(f.otel)) for f in fields]
    return table(("field", "type", "required", "meaning", "OpenTelemetry"), rows)


def _otel(name: str | None) -> str:
    return f"`{name}`" if name else ""


def _bounds(bounds: tuple[float | None, float | None]) -> str:
    low, high = bounds
    if high is not None:
        return f"{low} to {high}"
    return "" if low is None else f"{low} or more"


def _default(value: Any) -> str:
    if value is None or value == () or isinstance(value, SecretStr):
        return ""
    return f"`{','.join(map(str, value))}`" if isinstance(value, tuple) else f"`{value}`"


def write_pages(folder: Path) -> None:
    """Write every page into ``folder``."""
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write_pages(Path(__file__).resolve().parent.parent / "docs")
