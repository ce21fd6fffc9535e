from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import duckdb
import pytest

from access.viewer import Viewer
from lake.scope import Scope
from tests.voila_dashboards.page_lake import (
    ACME,
    DAY,
    MANAGER,
    MARKUP,
    NOW_MS,
    PROVIDER,
    UGLY,
    log,
    reader_of,
)
from voila_dashboards.kernel.sources import LakeSource
from voila_dashboards.payload import page_payload
from voila_dashboards.queries import PageNotFound
from voila_dashboards.queries.one_ticket import MAX_TRACE_BYTES
from voila_dashboards.queries.ticket_order import SORTS

LOGS = [
    log(
        "A-1",
        trace={"nodes": []},
        execution_time_seconds=1.0,
        metrics={"overall_confidence": 0.9},
        sdk={"lost": {"queue_full": 2, "made_up": 1, "network": "7"}},
    ),
    log("A-2", status="FAILED", category="billing", execution_time_seconds=3.0, metrics={"error_count": 2}),
    log(
        "A-3",
        status="NEEDS_INFO",
        category=None,
        age=2 * DAY,
        metrics={"cost_usd": 0.25, "input_tokens": 100},
    ),
    log("A-3", log_id="again", age=3 * DAY, metrics={"cost_usd": 0.75, "output_tokens": 11}),
    log("A_4", age=40 * DAY, sdk={"lost": {"expired": 9}}),
    log("B-1", client="globex", status="ESCALATED", sdk={"lost": {"network": 5, "queue_full": 1}}),
    log("a%b", client="globex", age=timedelta(minutes=5)),
]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LakeSource]:
    with reader_of(tmp_path_factory.mktemp("lake"), LOGS) as opened:
        yield opened


def ask(reader: LakeSource, page: str, viewer: Viewer = PROVIDER, /, **params: str) -> dict[str, Any]:
    payload = page_payload(reader, viewer, page, params, NOW_MS)
    json.dumps(payload, allow_nan=False)
    return payload


def tickets(reader: LakeSource, viewer: Viewer = PROVIDER, /, **params: str) -> list[str]:
    return [row["ticket_id"] for row in ask(reader, "tickets", viewer, **params)["data"]["rows"]]


# ---------------------------------------------------------------- overview


def test_the_overview_adds_up_what_ran_in_its_window(reader: LakeSource) -> None:
    current = ask(reader, "overview", ACME)["data"]["current"]

    assert current["tickets"] == 4
    assert current["successes"] == 2
    assert current["success_rate"] == 0.5
    assert current["avg_seconds"] == 2.0
    assert current["errors"] == 2
    assert current["tickets_with_errors"] == 1
    assert (current["cost_usd"], current["input_tokens"], current["output_tokens"]) == (1.0, 100.0, 11.0)


def test_the_overview_compares_with_the_window_before(reader: LakeSource) -> None:
    data = ask(reader, "overview")["data"]

    assert data["current"]["tickets"] == 6
    assert data["previous"]["tickets"] == 1


def test_everything_has_nothing_before_it(reader: LakeSource) -> None:
    data = ask(reader, "overview", range="all")["data"]

    assert data["current"]["tickets"] == 7
    assert data["previous"] is None


def test_each_day_of_the_window_is_there_and_the_columns_add_up(reader: LakeSource) -> None:
    data = ask(reader, "overview", range="7d")["data"]

    assert data["unit"] == "day"
    assert [len(data["columns"]), data["columns"][-1]["start_ms"]] == [7, NOW_MS - NOW_MS % 86_400_000]
    assert sum(sum(column["counts"]) for column in data["columns"]) == data["current"]["tickets"]
    assert sum(data["outcomes"]) == data["current"]["tickets"]


def test_a_status_of_ones_own_comes_after_the_known_ones(reader: LakeSource) -> None:
    assert ask(reader, "overview")["data"]["statuses"] == ["SUCCESS", "FAILED", "ESCALATED", "NEEDS_INFO"]


def test_categories_and_clients_are_counted_and_no_category_is_a_group(reader: LakeSource) -> None:
    data = ask(reader, "overview")["data"]

    assert [(row["name"], row["current"]["tickets"]) for row in data["by_category"]["rows"]] == [
        ("refund", 4),
        ("billing", 1),
        (None, 1),
    ]
    by_client = {row["name"]: row["current"]["tickets"] for row in data["by_client"]["rows"]}
    assert by_client == {"acme": 4, "globex": 2}


def test_a_client_sees_its_own_figures_whatever_it_asks_for(reader: LakeSource) -> None:
    payload = ask(reader, "overview", ACME, client="globex", range="all")

    assert payload["data"]["current"]["tickets"] == 5
    assert payload["data"]["by_client"] is None
    assert payload["clients"] == []


def test_who_sees_some_clients_sees_those_chooses_among_them_and_nothing_else(tmp_path: Path) -> None:
    with reader_of(tmp_path, [*LOGS, log("C-1", client="initech")]) as reader:
        overview, listed = ask(reader, "overview", MANAGER), ask(reader, "tickets", MANAGER)
        foreign = ask(reader, "tickets", MANAGER, client="initech")
        one = ask(reader, "overview", MANAGER, client="globex")
        with pytest.raises(PageNotFound):
            ask(reader, "ticket", MANAGER, client_id="initech", log_id="log-of-C-1")

    assert overview["clients"] == listed["clients"] == ["acme", "globex"]
    assert {row["name"] for row in overview["data"]["by_client"]["rows"]} == {"acme", "globex"}
    assert listed["data"]["found"] == foreign["data"]["found"] == 7
    assert foreign["params"]["client"] == ""
    assert one["data"]["current"]["tickets"] == 2
    assert foreign.pop("left_out")["told"] == [
        {"param": "client", "text": "initech"}
    ]  # as it was asked, no more
    assert "initech" not in json.dumps([overview, listed, foreign, one])


def test_a_page_says_as_of_when_it_is_shown_and_whether_that_is_now(reader: LakeSource) -> None:
    usual = ask(reader, "overview")
    silent = page_payload(
        reader, PROVIDER, "overview", {}, NOW_MS, as_of_ms=NOW_MS - 60_000, is_current=False
    )

    assert (usual["as_of_ms"], usual["is_current"]) == (NOW_MS, True)
    assert (silent["as_of_ms"], silent["is_current"]) == (NOW_MS - 60_000, False)


def test_a_page_is_told_what_its_viewer_may_do(reader: LakeSource) -> None:
    told = {who.name: ask(reader, "overview", who) for who in (PROVIDER, ACME, MANAGER)}

    known = {name: (each["viewer"], each["may"]["see_clients"]) for name, each in told.items()}
    assert {name: (who["title"], may, who["client_id"]) for name, (who, may) in known.items()} == {
        "olivia": ("Provider", True, None),
        "ann": ("Client acme", False, "acme"),
        "mia": ("2 clients", True, None),
    }


def test_what_was_lost_is_told_by_client_and_by_reason(reader: LakeSource) -> None:
    data = ask(reader, "overview")["data"]

    assert (data["current"]["lost"], data["current"]["completeness"]) == (9, 6 / 15)
    assert data["lost_by_reason"] == [
        {"reason": "network", "logs": 5},
        {"reason": "queue_full", "logs": 3},
        {"reason": "other", "logs": 1},
    ]
    by_client = {row["name"]: row["current"]["lost"] for row in data["by_client"]["rows"]}
    assert by_client == {"acme": 3, "globex": 6}
    assert data["previous"]["lost"] == 9


def test_reasons_add_up_to_what_was_lost_whatever_senders_say(tmp_path: Path) -> None:
    told: list[dict[str, Any]] = [
        {"network": 2, "queue_full": 5_000_000_000},
        {"network": 1, "expired": -4, "": 3, "refused": True, "too_big": 2.0},
        {"made up": 1},
    ]
    logs = [log(f"T-{i}", sdk={"lost": lost}) for i, lost in enumerate(told)]

    with reader_of(tmp_path, logs) as reader:
        data = ask(reader, "overview")["data"]

    assert data["current"]["lost"] == 7
    assert data["lost_by_reason"] == [{"reason": "other", "logs": 4}, {"reason": "network", "logs": 3}]


def test_a_client_that_ran_nothing_has_no_completeness(reader: LakeSource) -> None:
    window = {"from": "2020-01-01", "to": "2020-01-02"}

    current = ask(reader, "overview", **window)["data"]["current"]

    assert (current["lost"], current["completeness"]) == (0, None)


def test_what_another_client_lost_is_in_no_figure_of_a_client(reader: LakeSource) -> None:
    data = ask(reader, "overview", ACME)["data"]

    assert (data["current"]["lost"], data["current"]["completeness"]) == (3, 4 / 7)
    assert [row["reason"] for row in data["lost_by_reason"]] == ["queue_full", "other"]
    assert "globex" not in json.dumps(data)


def test_whose_scope_is_empty_sees_nothing(reader: LakeSource) -> None:
    nobody = Viewer("x", "X", Scope.of())

    assert ask(reader, "overview", nobody, range="all")["data"]["has_any"] is False
    assert tickets(reader, nobody) == []


def test_an_empty_window_is_told_from_an_empty_lake(reader: LakeSource, tmp_path: Path) -> None:
    window = {"from": "2020-01-01", "to": "2020-01-02"}

    with reader_of(tmp_path, []) as empty:
        assert page_payload(empty, PROVIDER, "overview", window, NOW_MS)["data"]["has_any"] is False
        assert page_payload(empty, PROVIDER, "tickets", {}, NOW_MS)["data"]["has_any"] is False
    assert page_payload(reader, PROVIDER, "overview", window, NOW_MS)["data"]["has_any"] is True


@pytest.mark.parametrize(
    ("last", "unit"),
    [("2026-03-01", "day"), ("2026-10-01", "week"), ("2029-01-01", "month"), ("2090-01-01", "year")],
)
def test_a_long_time_is_drawn_in_weeks_months_or_years(reader: LakeSource, last: str, unit: str) -> None:
    payload = page_payload(reader, PROVIDER, "overview", {"from": "2026-01-01", "to": last}, NOW_MS)

    assert payload["data"]["unit"] == unit
    assert len(payload["data"]["columns"]) <= 120


def test_statuses_as_frequent_as_each_other_are_drawn_in_the_same_order_each_time(tmp_path: Path) -> None:
    names = [f"STATUS {letter}" for letter in "GCEABFD"]
    logs = [log(f"T-{i}", status=names[i % 7], age=timedelta(days=i)) for i in range(14)]

    with reader_of(tmp_path, logs) as reader:
        statuses = ask(reader, "overview")["data"]["statuses"]

    assert statuses == [*sorted(names)[:5], "OTHER STATUSES"]


def test_so_many_statuses_that_no_colour_is_left_are_drawn_together(tmp_path: Path) -> None:
    logs = [log(f"T-{i}", status=f"STATUS {i:02}") for i in range(12)]

    with reader_of(tmp_path, logs) as reader:
        data = ask(reader, "overview")["data"]

    assert len(data["statuses"]) == 6
    assert data["statuses"][-1] == "OTHER STATUSES"
    assert data["outcomes"][-1] == 7


# ---------------------------------------------------------------- tickets


def test_the_list_is_newest_first_with_what_a_row_shows(reader: LakeSource) -> None:
    payload = ask(reader, "tickets")
    newest = payload["data"]["rows"][0]

    assert payload["data"]["found"] == 7
    assert newest["ticket_id"] == "a%b"
    assert newest["executed_at_ms"] == NOW_MS - 300_000
    assert newest["client_id"] == "globex"


def test_the_search_takes_wildcards_as_letters_and_ignores_case(reader: LakeSource) -> None:
    assert tickets(reader, q="a-") == ["A-1", "A-2", "A-3", "A-3"]
    assert tickets(reader, q="%") == ["a%b"]
    assert tickets(reader, q="_") == ["A_4"]
    assert tickets(reader, q="\\") == []
    assert tickets(reader, q="' OR 1=1 --") == []


def test_filters_narrow_the_list_and_the_counts_of_the_others(reader: LakeSource) -> None:
    data = ask(reader, "tickets", ACME, status="SUCCESS,FAILED", category="refund")["data"]

    assert [row["ticket_id"] for row in data["rows"]] == ["A-1", "A-3", "A_4"]
    assert data["found"] == 3
    assert {each["name"]: each["count"] for each in data["statuses"]} == {
        "SUCCESS": 3,
        "FAILED": 0,
        "NEEDS_INFO": 0,
    }
    assert {each["name"]: each["count"] for each in data["categories"]} == {
        "refund": 3,
        "billing": 1,
        None: 0,
    }


def test_logs_without_a_category_can_be_asked_for(reader: LakeSource) -> None:
    assert tickets(reader, category="(none)") == ["A-3"]


def test_a_status_nothing_has_is_still_offered_so_that_it_can_be_taken_back(reader: LakeSource) -> None:
    data = ask(reader, "tickets", status="GONE")["data"]

    assert data["rows"] == []
    assert {"name": "GONE", "count": 0} in data["statuses"]


def pages_of(reader: LakeSource, **params: str) -> list[list[dict[str, Any]]]:
    """The rows of every page, from the first on."""
    data = ask(reader, "tickets", **params)["data"]
    pages = [data["rows"]]
    while data["after"]:
        data = ask(reader, "tickets", **params, after=data["after"])["data"]
        pages.append(data["rows"])
    return pages


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_every_order_cuts_the_same_row_into_pages_each_log_once(
    ties: LakeSource, sort: str, direction: str
) -> None:
    pages = pages_of(ties, sort=sort, dir=direction)

    rows = [row for page in pages for row in page]
    assert [len(page) for page in pages] == [50, 50, 50, 30]
    assert len({(row["client_id"], row["log_id"]) for row in rows}) == 180
    assert rows == sorted(
        rows, key=lambda row: (-row["executed_at_ms"], row["client_id"], row["log_id"])
    ) or (sort != "executed_at" or direction == "asc")
    shown = [row["executed_at_ms" if sort == "executed_at" else sort] for row in rows]
    known = [value for value in shown if value is not None]
    assert known == sorted(known, reverse=direction == "desc")
    assert shown[len(known) :] == [None] * (180 - len(known))


@pytest.fixture(scope="module")
def ties(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LakeSource]:
    """180 logs of 60 moments, three at each; every field is equal in many of them, or unknown."""
    logs = [
        log(
            f"T-{i % 7}",
            log_id=f"{i:03}",
            client=("acme", "globex")[i % 2],
            age=timedelta(minutes=i % 60),
            category=("a", "b", None)[i % 3],
            status=("SUCCESS", "FAILED")[i % 2],
            execution_time_seconds=float(i % 4),
            metrics={"overall_confidence": i % 5 / 5} if i % 3 else {},
        )
        for i in range(180)
    ]
    with reader_of(tmp_path_factory.mktemp("ties"), logs) as opened:
        yield opened


@pytest.mark.parametrize(
    "sort", ["ticket_id", "status", "category", "overall_confidence", "execution_time_seconds"]
)
def test_every_order_has_the_unknown_last_and_is_stable(reader: LakeSource, sort: str) -> None:
    up, down = ask(reader, "tickets", sort=sort, dir="asc"), ask(reader, "tickets", sort=sort, dir="desc")
    values = [row[sort] for row in up["data"]["rows"]]
    known = [value for value in values if value is not None]

    assert known == sorted(known)
    assert values[len(known) :] == [None] * (len(values) - len(known))
    assert [row[sort] for row in down["data"]["rows"]][: len(known)] == sorted(known, reverse=True)


def test_an_order_that_is_sql_is_ignored(reader: LakeSource) -> None:
    payload = ask(reader, "tickets", sort="1; DROP VIEW logs", dir="asc; --")

    assert payload["params"]["sort"] == "executed_at"
    assert payload["data"]["found"] == 7


def test_the_last_page_is_asked_for_by_a_word_and_holds_what_is_left_over(tmp_path: Path) -> None:
    logs = [log(f"T-{i:03}", age=timedelta(minutes=i)) for i in range(120)]

    with reader_of(tmp_path, logs) as reader:
        last = ask(reader, "tickets", before="end")["data"]
        pages = pages_of(reader)

    assert [len(page) for page in pages] == [50, 50, 20]
    assert (last["rows"], last["first"], last["after"]) == (pages[-1], 101, None)


def test_a_client_lists_its_own_tickets_only(reader: LakeSource) -> None:
    assert set(tickets(reader, ACME, client="globex")) == {"A-1", "A-2", "A-3", "A_4"}
    assert set(tickets(reader, PROVIDER, client="globex")) == {"B-1", "a%b"}


# ---------------------------------------------------------------- ticket


def test_a_ticket_opens_with_its_fields_its_trace_and_its_other_executions(reader: LakeSource) -> None:
    data = ask(reader, "ticket", client_id="acme", log_id="again")["data"]

    assert data["log"]["ticket_id"] == "A-3"
    assert data["log"]["executed_at_ms"] == NOW_MS - 3 * 86_400_000
    assert data["same_ticket"]["total"] == 1
    assert data["same_ticket"]["rows"][0]["log_id"] == "log-of-A-3"


def test_a_log_without_a_trace_says_so(reader: LakeSource) -> None:
    data = ask(reader, "ticket", client_id="acme", log_id="log-of-A-2")["data"]

    assert (data["trace_state"], data["trace"]) == ("none", None)


def test_a_trace_that_is_no_longer_kept_is_told_from_one_that_never_was(tmp_path: Path) -> None:
    with reader_of(tmp_path, [log("T", trace=b'{"a": 1}')]) as reader:
        gone = SimpleNamespace(sql=reader.sql, trace=lambda *_where: None)

        data = ask(cast("LakeSource", gone), "ticket", client_id="acme", log_id="log-of-T")["data"]

    assert (data["trace_state"], data["trace"]) == ("retired", None)
    assert data["log"]["trace_bytes"] == 8


def test_a_trace_comes_as_the_text_that_was_sent(tmp_path: Path) -> None:
    sent = b'{"nodes": [], "big": 12345678901234567890, "tail": 1.10}'

    with reader_of(tmp_path, [log("T", trace=sent)]) as reader:
        data = ask(reader, "ticket", client_id="acme", log_id="log-of-T")["data"]

    assert data["trace"] == sent.decode()
    assert data["trace_state"] == "present"


def test_a_trace_opens_up_to_the_size_that_the_page_tells_of(tmp_path: Path) -> None:
    sizes = {"under": MAX_TRACE_BYTES, "over": MAX_TRACE_BYTES + 1}
    logs = [log(name, trace=b'"%s"' % (b"y" * (size - 2))) for name, size in sizes.items()]

    with reader_of(tmp_path, logs) as reader:
        under, over = (
            ask(reader, "ticket", client_id="acme", log_id=f"log-of-{name}")["data"] for name in sizes
        )

    assert (under["trace_state"], len(under["trace"])) == ("present", MAX_TRACE_BYTES)
    assert (over["trace_state"], over["trace"]) == ("too_big", None)
    assert (over["trace_size"], over["trace_limit"]) == (MAX_TRACE_BYTES + 1, MAX_TRACE_BYTES)


def test_of_many_executions_of_a_ticket_the_newest_others_are_listed_and_all_are_counted(
    tmp_path: Path,
) -> None:
    logs = [log("T", log_id=f"run-{i:02}", age=timedelta(minutes=i)) for i in range(25)]

    with reader_of(tmp_path, [*logs, log("U"), log("T", client="globex")]) as reader:
        same = ask(reader, "ticket", client_id="acme", log_id="run-03")["data"]["same_ticket"]

    assert same["total"] == 24
    assert [row["log_id"] for row in same["rows"]] == [f"run-{i:02}" for i in range(21) if i != 3]


@pytest.mark.parametrize("name", UGLY)
def test_every_ugly_trace_opens(tmp_path: Path, name: str) -> None:
    with reader_of(tmp_path, [log("T", trace=UGLY[name])]) as reader:
        data = ask(reader, "ticket", client_id="acme", log_id="log-of-T")["data"]

    assert json.loads(data["trace"]) == UGLY[name]


@pytest.mark.parametrize(
    "address",
    [
        {"client_id": "globex", "log_id": "log-of-B-1"},
        {"client_id": "acme", "log_id": "no such log"},
        {"client_id": "../acme", "log_id": "again"},
        {"client_id": "acme", "log_id": "' OR '1'='1"},
        {"client_id": "acme"},
        {},
    ],
)
def test_a_foreign_ticket_and_an_unknown_one_are_not_found_alike(
    reader: LakeSource, address: dict[str, str]
) -> None:
    with pytest.raises(PageNotFound, match="There is no such ticket here for you to see"):
        page_payload(reader, ACME, "ticket", address, NOW_MS)


def test_an_unknown_page_is_not_found(reader: LakeSource) -> None:
    with pytest.raises(PageNotFound, match="There is no admin here"):
        ask(reader, "admin")


# ---------------------------------------------------------------- what is sent in


def test_markup_in_every_field_comes_out_as_it_went_in(tmp_path: Path) -> None:
    hostile = log(MARKUP, log_id=MARKUP, status=MARKUP, category=MARKUP, metrics={MARKUP: MARKUP})
    hostile[MARKUP] = MARKUP

    with reader_of(tmp_path, [hostile]) as reader:
        row = ask(reader, "tickets", q=MARKUP[:20])["data"]["rows"][0]
        data = ask(reader, "ticket", client_id="acme", log_id=MARKUP)["data"]

    assert (row["ticket_id"], row["category"]) == (MARKUP, MARKUP)
    assert json.loads(data["log"]["metrics"]) == {MARKUP: MARKUP}
    assert json.loads(data["log"]["extra"]) == {MARKUP: MARKUP}


class OneTable:
    """Logs that no sender gets past the collector, and that a table of another writer may hold."""

    def __init__(self, rows: str) -> None:
        self.connection = duckdb.connect()
        self.connection.execute("SET TimeZone='UTC'")
        self.connection.execute(
            f"""CREATE TABLE logs AS SELECT 'acme' AS client_id, '2026-11' AS month, 'SUCCESS' AS status,
                'refund' AS category, '2.3' AS workflow_version, 'production' AS environment,
                0 AS failed_tool_calls, TIMESTAMPTZ '2026-11-23 12:00:00+00' AS executed_at, 0 AS error_count,
                0 AS lost_logs, NULL AS extra, x AS execution_time_seconds, x AS input_tokens,
                x AS output_tokens, x AS cost_usd FROM (VALUES {rows}) t(x)"""
        )

    def sql(self, query: str, params: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        return self.connection.execute(query, list(params)).fetchall()

    def need(self, *_parts: str) -> frozenset[str]:
        return frozenset()

    def trace(self, client_id: str, month: str, log_id: str, executed_at_ms: int) -> bytes | None:
        return None

    def client_facts(self, client_id: str) -> None:
        """Nobody asks."""


@pytest.mark.parametrize("odd", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("rows", ["({odd}), (2), (3), (NULL)", "(2), (NULL), (3), ({odd})"])
def test_a_number_that_is_not_finite_is_as_if_it_were_not_told(odd: str, rows: str) -> None:
    source = OneTable(rows.format(odd=f"'{odd}'::DOUBLE"))

    current = page_payload(source, PROVIDER, "overview", {}, NOW_MS)["data"]["current"]

    assert (current["tickets"], current["avg_seconds"], current["median_seconds"]) == (4, 2.5, 2.5)
    assert (current["cost_usd"], current["tickets_with_cost"]) == (5, 2)
    assert (current["input_tokens"], current["output_tokens"], current["tickets_with_tokens"]) == (5, 5, 2)


def test_metrics_that_are_no_numbers_do_not_break_the_sums(tmp_path: Path) -> None:
    logs = [
        log("T-1", metrics={"cost_usd": "a lot", "input_tokens": True}),
        log("T-2", metrics={"cost_usd": 2}),
    ]

    with reader_of(tmp_path, logs) as reader:
        current = ask(reader, "overview")["data"]["current"]

    assert current["cost_usd"] == 2


def test_a_log_of_the_year_9999_does_not_break_the_chart(tmp_path: Path) -> None:
    logs = [log("T-1", executed_at="9999-12-31T23:59:59Z"), log("T-2", executed_at="1971-01-01T00:00:00Z")]

    with reader_of(tmp_path, logs) as reader:
        data = ask(reader, "overview", range="all")["data"]

    drawn = sum(sum(column["counts"]) for column in data["columns"])
    assert (drawn, data["outliers"]) == (1, {"before": 1, "after": 0})


def test_the_last_moment_of_a_day_belongs_to_it_and_is_told_as_it_was(tmp_path: Path) -> None:
    # DuckDB's epoch_ms rounds, from 2.0 on: half a millisecond before midnight would be tomorrow.
    last = log("late", executed_at="2026-11-22T23:59:59.999900Z")

    with reader_of(tmp_path, [last]) as reader:
        overview, listed = ask(reader, "overview", range="7d"), ask(reader, "tickets")
        opened = ask(reader, "ticket", client_id="acme", log_id="log-of-late")

    day = [column for column in overview["data"]["columns"] if sum(column["counts"])]
    assert [column["start_ms"] for column in day] == [1_795_305_600_000]
    assert (
        listed["data"]["rows"][0]["executed_at_ms"]
        == opened["data"]["log"]["executed_at_ms"]
        == 1_795_391_999_999
    )
