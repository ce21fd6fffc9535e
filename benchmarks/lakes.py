"""Lakes for the pages' benchmark: any number of tickets, clients, days and runs of the ETL, and raw logs waiting.

Rows are made by DuckDB, the same ones for the same recipe, and committed through `lake.tables` as the ETL commits
them: the same columns, partitions, order, row groups and guarded commits. Most tickets have no trace, which the
benchmark says in its output: a million traces of 8 KB are more than anybody has room for beside other work.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

import duckdb
import pyarrow as pa

from access.clients import create_client
from access.users import Role, create_user
from benchmarks.tickets import encode, make_log, make_trace, prose
from lake import layout, rawlog, schema
from lake.snapshot import Lake
from lake.store import Store

PASSWORD: Final = "a password of the benchmark"  # noqa: S105  # of users that exist here only
PROVIDER: Final = "provider"
CLIENT: Final = "client"
#: Rows in memory at once; each takes about 400 bytes.
_ROWS_AT_ONCE: Final = 1_000_000
#: Partitions written at once; each takes about 900 KB, however few its rows are.
_PARTITIONS_AT_ONCE: Final = 1_000
#: The newest tickets all have a trace: they stand at the top of the list, and are opened.
_NEWEST_WITH_TRACE: Final = 1_000
_MOST_ITERATIONS: Final = 12
_VARIANTS: Final = 4
_WRITERS: Final = 16
_TEXTS: Final = 20_000
_CALLS_OF_TICKET: Final = 5
#: Of the words of a search text, those that stand in many.
_FREQUENT: Final = 0.6


@dataclass(frozen=True)
class Recipe:
    """What a lake is made of; equal recipes make equal lakes, but for the raw logs."""

    tickets: int
    clients: int
    days: int
    #: Runs of the ETL that left the files: each of the logs of its part of the days. 1 is freshly compacted.
    runs: int = 1
    #: The share of tickets that have a trace, beside the newest.
    traces: float = 0.01
    raw_logs: int = 0
    logs_per_raw_object: int = 1
    #: Whether every ticket has its tool calls, its errors and a search text, though most have no trace.
    parts: bool = False

    @property
    def name(self) -> str:
        """A name for it, safe as a folder's."""
        return "-".join(str(value).replace(".", "_") for value in asdict(self).values())

    @property
    def client_id(self) -> str:
        """A client that has as many tickets as the average client."""
        return client_id_of(self.clients // 4)


def client_id_of(index: int) -> str:
    """Id of a client, by its place."""
    return f"client-{index:04}"


def fill(store: Store, recipe: Recipe, end: datetime) -> dict[str, Any]:
    """Make the lake in an empty store, its newest ticket just before ``end``; what was made, and how long it took."""
    started = time.perf_counter()
    _add_people(store, recipe, end)
    lake = Lake(store)
    lake.create_tables()
    for committed in _commits(recipe, end):
        for name, rows in committed.items():
            pinned = lake.table(name).pin()
            if rows.num_rows:
                pinned.append(rows, pinned.next_numbers(rows["client_id"].unique().to_pylist()))
    _add_raw_logs(store, recipe)
    sizes = {table.name: table.size() for table in (lake.logs, lake.traces)}
    return {
        "files": sizes[layout.LOGS]["files"],
        "bytes": sizes[layout.LOGS]["bytes"],
        "tickets_with_trace": sizes[layout.TRACES]["rows"],
        "raw_objects": -(-recipe.raw_logs // recipe.logs_per_raw_object),
        "made_in_s": round(time.perf_counter() - started, 1),
    }


def _add_people(store: Store, recipe: Recipe, now: datetime) -> None:
    ids = [client_id_of(index) for index in range(recipe.clients)]
    with ThreadPoolExecutor(_WRITERS) as pool:
        list(pool.map(lambda client_id: create_client(store, client_id, now), ids))
    create_user(store, PROVIDER, Role.PROVIDER, PASSWORD, now)
    create_user(store, CLIENT, Role.CLIENT, PASSWORD, now, clients=[recipe.client_id])


# ---------------------------------------------------------------- rows of the tables


#: A number in [0, 1) for each ticket and purpose, and one of the normal distribution.
_MACROS: Final = """
    CREATE MACRO chance(number, purpose) AS hash(number * 64 + purpose)::DOUBLE / 18446744073709551616.0;
    CREATE MACRO normal(number, purpose) AS
        sqrt(-2 * ln(1 - chance(number, purpose))) * cos(2 * pi() * chance(number, purpose + 1));
"""

#: Each ticket has its own slot of the days, so that its place is known before it is made; more by day than by night.
_TICKETS: Final = """
    CREATE OR REPLACE TEMP TABLE tickets AS
    WITH clients AS (
        SELECT range AS number, floor(? * chance(range, 1) ** 2)::BIGINT AS client FROM range(?, ?)
    ), timed AS (
        SELECT number, client, (number + chance(number, 2) - ?) * ? AS before_end_us FROM clients WHERE client % ? = ?
    ), placed AS (
        SELECT number, client,
               (? + before_end_us + 0.12 * 86400e6 * sin(2 * pi() * before_end_us / 86400e6))::BIGINT AS executed_us,
               chance(number, 3) AS ending,
               2 + floor(11 * chance(number, 4) ** 2)::BIGINT AS iterations,
               floor(4 * chance(number, 5))::BIGINT AS variant,
               exp(2.2 + 0.7 * normal(number, 6)) AS seconds,
               chance(number, 8) AS doubt,
               number >= ? OR chance(number, 9) < ? AS has_trace
        FROM timed
    )
    SELECT placed.*, printf('T-%d', number) AS ticket, templates.trace AS template, texts.text
    FROM placed LEFT JOIN templates
         ON has_trace AND templates.iterations = placed.iterations AND templates.variant = placed.variant
    LEFT JOIN texts ON texts.place = hash(number) % (SELECT count(*) FROM texts)
"""

#: A UUID version 7 whose first 48 bits are the time, as the SDK makes it.
_LOG_ID: Final = """concat_ws('-',
    left(printf('%012x', executed_us // 1000), 8), right(printf('%012x', executed_us // 1000), 4),
    printf('7%03x', hash(number * 64 + 20) % 4096), printf('%04x', 32768 + hash(number * 64 + 21) % 16384),
    printf('%012x', hash(number * 64 + 22) % 281474976710656))"""

_FAILED: Final = "ending BETWEEN 0.82 AND 0.91"
_CONFIDENCE: Final = "round(greatest(0.05, least(0.99, 0.93 - doubt * doubt / 2)), 3)"
_INPUT_TOKENS: Final = "iterations * (900 + floor(1600 * chance(number, 11)))::BIGINT"
_OUTPUT_TOKENS: Final = "iterations * (80 + floor(220 * chance(number, 12)))::BIGINT"

#: How each column of `logs` is made; one that is not here stays empty.
_EXPRESSIONS: Final = {
    "schema_version": "1",
    "log_id": _LOG_ID,
    "client_id": "printf('client-%04d', client)",
    "environment": "CASE WHEN chance(number, 13) < 0.96 THEN 'production' ELSE 'staging' END",
    # A new version every fortnight, each rolled out over some days.
    "workflow_version": "printf('2.%d.0', ((executed_us / 86400e6 + 3 * chance(number, 14)) // 14)::BIGINT - 1400)",
    "ticket_id": "ticket",
    "executed_at": "executed_us",
    "execution_time_seconds": "round(seconds, 3)",
    "status": f"CASE WHEN ending < 0.82 THEN 'SUCCESS' WHEN {_FAILED} THEN 'FAILED' "
    "WHEN ending < 0.99 THEN 'ESCALATED' ELSE 'NEEDS_REVIEW' END",
    "category": "['refund', 'booking', 'baggage', 'invoice', 'cancellation', 'complaint', 'account', 'delivery', "
    "'warranty', 'upgrade', 'other', NULL][1 + floor(12 * chance(number, 15) ** 1.6)::BIGINT]",
    "metrics": f"""printf('{{"react_iterations":%d,"overall_confidence":%s,"hallucination_risk":%s,'
        '"input_tokens":%d,"output_tokens":%d,"cost_usd":%s}}',
        iterations, {_CONFIDENCE}::VARCHAR, round(doubt / 3, 3)::VARCHAR, {_INPUT_TOKENS}, {_OUTPUT_TOKENS},
        round(({_INPUT_TOKENS} * 2.5 + {_OUTPUT_TOKENS} * 10) / 1e6, 6)::VARCHAR)""",
    "react_iterations": "iterations",
    "overall_confidence": _CONFIDENCE,
    "hallucination_risk": "round(doubt / 3, 3)",
    "error_count": f"(chance(number, 16) < 0.03 OR {_FAILED})::BIGINT + ({_FAILED} AND iterations > 8)::BIGINT",
    "tool_call_count": "iterations",
    "received_at": "executed_us + (seconds * 1e6)::BIGINT + 400000",
    "trace_bytes": "coalesce(strlen(replace(template, '@TICKET@', ticket)), 0)",
    "lost_logs": "(chance(number, 17) < 0.0005)::BIGINT",
    "extra": """'{"sdk":{"name":"caselog-python","version":"0.1.0"' ||
        CASE WHEN chance(number, 17) < 0.0005 THEN ',"lost":{"network":1}' ELSE '' END || '}}'""",
    "month": "strftime(make_timestamp(executed_us), '%Y-%m')",
    "trace": "replace(template, '@TICKET@', ticket)",
}


_CALL_FAILED: Final = "hash(number * 64 + 40 + place) % 25 = 0"
_TOOL: Final = """['get_order', 'search_docs', 'send_email', 'pay_back', 'find_customer', 'check_policy', 'translate',
    'open_ticket'][1 + floor(8 * chance(number * 16 + place, 30) ** 2)::BIGINT]"""
#: Columns of every derived table.
_OF_PART: Final = {
    "log_status": _EXPRESSIONS["status"],
    "position": "place",
    "name": _TOOL,
    "node": "'resolve'",
}
_CALL: Final = {
    **_OF_PART,
    "status": f"CASE WHEN {_CALL_FAILED} THEN 'error' ELSE 'ok' END",
    "duration_ms": "round(exp(5 + 0.8 * normal(number * 16 + place, 32)), 1)",
    "error": f"CASE WHEN {_CALL_FAILED} THEN 'Timeout: no answer' END",
    "iteration_position": "place",
}
_ERROR: Final = {
    **_OF_PART,
    "name": f"CASE WHEN {_CALL_FAILED} THEN {_TOOL} END",
    "type": "['Timeout', 'HTTPError', 'ValueError', 'KeyError', NULL][1 + floor(5 * chance(number, 35) ** 2)::BIGINT]",
    "message": "printf('the shop did not answer after %d ms', hash(number) % 9000)",
    "source": f"CASE WHEN {_CALL_FAILED} THEN 'tool_calls' ELSE 'errors' END",
    "source_position": "place",
}
_WITH_PARTS: Final = {
    "failed_tool_calls": "list_sum([(hash(number * 64 + 40 + x) % 25 = 0)::BIGINT for x in range(iterations)])::BIGINT",
    "search_text": "text || ' ' || lower(ticket)",
}


def _commits(recipe: Recipe, end: datetime) -> Iterator[dict[str, pa.Table]]:
    """The rows of each table that are committed together, oldest run first."""
    with duckdb.connect() as connection:
        connection.execute(_MACROS)
        connection.register("templates_", _templates())
        connection.execute("CREATE TEMP TABLE templates AS FROM templates_")
        connection.register("texts_", _texts() if recipe.parts else _texts(1))
        connection.execute("CREATE TEMP TABLE texts AS FROM texts_")
        for run in range(recipe.runs):
            first, last = (recipe.tickets * place // recipe.runs for place in (run, run + 1))
            groups = _groups(recipe, last - first)
            for group in range(groups):
                _make_tickets(connection, recipe, end, (first, last), (groups, group))
                yield {
                    layout.TRACES: _rows(connection, schema.TRACES, "has_trace"),
                    layout.LOGS: _rows(connection, schema.LOGS, with_parts=recipe.parts),
                    **(_parts(connection) if recipe.parts else {}),
                }


def _groups(recipe: Recipe, rows: int) -> int:
    """What is too much for one commit is split by clients, so that a partition still gets one file of each run."""
    partitions = recipe.clients * (recipe.days // recipe.runs // 28 + 2)
    at_once = _ROWS_AT_ONCE // (_CALLS_OF_TICKET if recipe.parts else 1)
    needed = max(-(-rows // at_once), -(-partitions // _PARTITIONS_AT_ONCE))
    return min(recipe.clients, needed)


def _make_tickets(
    connection: duckdb.DuckDBPyConnection,
    recipe: Recipe,
    end: datetime,
    numbers: tuple[int, int],
    group: tuple[int, int],
) -> None:
    slot_us = recipe.days * 86400e6 / recipe.tickets
    end_us = int(end.timestamp()) * 1_000_000
    of_time = (recipe.tickets, slot_us, *group, end_us)
    of_traces = (recipe.tickets - _NEWEST_WITH_TRACE, recipe.traces)
    connection.execute(_TICKETS, [recipe.clients, *numbers, *of_time, *of_traces])


def _parts(connection: duckdb.DuckDBPyConnection) -> dict[str, pa.Table]:
    """Rows of derived tables: the tool calls of each ticket; its errors, of calls that failed and others."""
    calls = "(SELECT *, unnest(range(iterations)) AS place FROM tickets)"
    errors = f"(FROM {calls} WHERE {_CALL_FAILED} OR ({_FAILED} AND place = 0))"
    return {
        "tool_calls": _rows(connection, schema.DERIVED["tool_calls"], made=_CALL, tickets=calls),
        "errors": _rows(connection, schema.DERIVED["errors"], made=_ERROR, tickets=errors),
    }


def _rows(
    connection: duckdb.DuckDBPyConnection,
    wanted: pa.Schema,
    where: str = "true",
    *,
    made: Mapping[str, str] | None = None,
    tickets: str = "tickets",
    with_parts: bool = False,
) -> pa.Table:
    """Rows of a table as the ETL sorts them; ``made`` are expressions of its own."""
    told = {**_EXPRESSIONS, **(_WITH_PARTS if with_parts else {}), **(made or {})}
    columns = ", ".join(f"{told.get(name, 'NULL')} AS {name}" for name in wanted.names)
    query = f"SELECT {columns} FROM {tickets} WHERE {where} ORDER BY client_id, month, executed_at, log_id"  # noqa: S608
    rows: pa.Table = connection.sql(query).to_arrow_table()
    return rows.cast(wanted)


def _templates() -> pa.Table:
    """Traces of every number of iterations, some of each; the ticket's id is put in later."""
    chance = random.Random(11)
    kinds = [
        (iterations, variant) for iterations in range(2, _MOST_ITERATIONS + 1) for variant in range(_VARIANTS)
    ]
    traces = [str(encode(make_trace(iterations, chance)), "utf-8") for iterations, _ in kinds]
    iterations, variants = zip(*kinds, strict=True)
    return pa.table({"iterations": iterations, "variant": variants, "trace": traces})


def _texts(count: int = _TEXTS) -> pa.Table:
    """Search texts of about 420 bytes; a few words are frequent, and most are rare."""
    chance = random.Random(17)
    syllables = [
        "ra",
        "to",
        "mi",
        "ken",
        "lo",
        "ver",
        "sta",
        "ing",
        "er",
        "un",
        "pre",
        "con",
        "ti",
        "on",
        "al",
        "be",
        "ly",
        "ou",
        "th",
        "ness",
    ]
    rare = ["".join(chance.choices(syllables, k=chance.randint(2, 4))) for _ in range(20_000)]
    told = sorted({word.strip(".,:") for word in prose(200, chance).lower().split() if "#" not in word})

    def text() -> str:
        words = (chance.choice(told if chance.random() < _FREQUENT else rare) for _ in range(90))
        return " ".join(words)[:420]

    return pa.table({"place": range(count), "text": [text() for _ in range(count)]})


# ---------------------------------------------------------------- raw logs


def _add_raw_logs(store: Store, recipe: Recipe) -> None:
    chance = random.Random(13)
    starts = range(0, recipe.raw_logs, recipe.logs_per_raw_object)
    numbers = (range(start, min(start + recipe.logs_per_raw_object, recipe.raw_logs)) for start in starts)
    waiting = ((client_id_of(n % recipe.clients), _raw(each, chance)) for n, each in enumerate(numbers))
    with ThreadPoolExecutor(_WRITERS) as pool:
        while some := [pool.submit(_put, store, *each) for each in islice(waiting, 256)]:
            for each in some:
                each.result()


def _raw(numbers: range, chance: random.Random) -> list[dict[str, Any]]:
    return [{**make_log(number, chance), "ticket_id": f"T-raw-{number}"} for number in numbers]


def _put(store: Store, client_id: str, logs: list[dict[str, Any]]) -> str:
    return put_raw(store, client_id, *logs)


def put_raw(store: Store, client_id: str, *logs: dict[str, Any]) -> str:
    """One raw object of these logs as the collector writes it, received now; its key."""
    now = datetime.now(UTC)
    lines = [_line({**log, "client_id": client_id}, now) for log in logs]
    key = layout.raw_key(client_id, now, uuid.uuid4().hex)
    store.put(key, rawlog.pack(lines))
    return key


def _line(log: dict[str, Any], now: datetime) -> bytes:
    small = {name: value for name, value in log.items() if name != "trace"}
    return rawlog.encode_line(small, encode(log["trace"]), now)
