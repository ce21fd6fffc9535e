from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from access.viewer import Viewer
from lake.columns import SCOPE_LOGS
from tests.voila_dashboards.page_lake import ACME, DAY, MANAGER, NOW_MS, PROVIDER, log, reader_of
from tests.voila_dashboards.part_lake import source_of
from voila_dashboards.conditions import read_conditions
from voila_dashboards.kernel.sources import LakeSource
from voila_dashboards.pages.tickets.payload import TicketsData
from voila_dashboards.pages.tickets.query import PAGE_SIZE, tickets_data
from voila_dashboards.queries.keyset import END, Order, read_place
from voila_dashboards.queries.ticket_order import SORTS


def a_trace(subject: str, **parts: Any) -> dict[str, Any]:
    return {"subject": subject, **parts}


LOGS = [
    log(
        "A-1",
        metrics={"overall_confidence": 0.9, "hallucination_risk": 0.7, "own metric": 3},
        environment="live",
    ),
    log(
        "A-2",
        status="FAILED",
        category="billing",
        execution_time_seconds=3.0,
        metrics={"cost_usd": 2, "own metric": 8},
    ),
    log("A-3", category=None, age=2 * DAY, workflow_version="2.3", metrics={"own metric": "12", "a.b": True}),
    log("A-9", log_id="019a3b2c-1111-7000-8000-000000000000", age=100 * DAY),
    log("A_4", age=40 * DAY, trace=a_trace("Zahlung für GEBÜHREN", final_response="Es ist bezahlt.")),
    log(
        "B-1",
        client="globex",
        trace=a_trace("返金依頼について", tool_calls=[{"name": "pay_back", "status": "error"}]),
    ),
    log("a%b", client="globex", age=timedelta(minutes=5), trace=a_trace("طلب اِسترداد المبلغ")),
]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LakeSource]:
    with reader_of(tmp_path_factory.mktemp("lake"), LOGS) as opened:
        yield opened


def ask(source: LakeSource, viewer: Viewer = PROVIDER, /, **params: str) -> TicketsData:
    shown, data = tickets_data(source, viewer, params, NOW_MS)
    json.dumps([shown, data], allow_nan=False)
    assert tickets_data(source, viewer, {**params, **shown}, NOW_MS)[1] == data  # it is a link to itself
    return data


def tickets(source: LakeSource, viewer: Viewer = PROVIDER, /, **params: str) -> set[str | None]:
    data = ask(source, viewer, **params)
    assert data["found"] == len(data["rows"])
    return {row["ticket_id"] for row in data["rows"]}


# ---------------------------------------------------------------- what is found


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("gebuhren", {"A_4"}),
        ("GEBÜHREN bezahlt", {"A_4"}),
        ("gebuhren refused", set()),
        ('"ist bezahlt"', {"A_4"}),
        ('"bezahlt ist"', set()),
        ("依頼", {"B-1"}),
        ("استرداد", {"a%b"}),
        ("pay_back", {"B-1"}),
        ("a-", {"A-1", "A-2", "A-3", "A-9"}),
        ("%", {"a%b"}),
        ("_", {"A_4", "B-1"}),
        ("of-a-1", set()),
        ("log-of-a-1", set()),
        ("019A3B2C", {"A-9"}),
        ("019a3b2c-11", {"A-9"}),
        ("019a3b2c-12", set()),
        ("log-of-A-1", {"A-1"}),
        (".*", set()),
        ("'; DROP VIEW logs; --", set()),
    ],
)
def test_words_find_tickets_in_every_script(source: LakeSource, search: str, expected: set[str]) -> None:
    assert tickets(source, q=search) == expected


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"status": "FAILED"}, {"A-2"}),
        ({"status": "FAILED,SUCCESS", "category": "billing"}, {"A-2"}),
        ({"category": "(none)"}, {"A-3"}),
        ({"version": "2.3"}, {"A-3"}),
        ({"environment": "live"}, {"A-1"}),
        ({"failed_calls": "1"}, {"B-1"}),
        ({"where": "hallucination_risk>0.5"}, {"A-1"}),
        ({"where": "hallucination_risk<=0.5"}, set()),
        ({"where": "execution_time_seconds>=3"}, {"A-2"}),
        ({"where": "cost_usd>1,own metric>7"}, {"A-2"}),
        ({"where": "own metric>2"}, {"A-1", "A-2"}),
        ({"where": "own metric!=3"}, {"A-2"}),
        ({"where": "a.b>0"}, set()),
        ({"tool": "pay_back"}, {"B-1"}),
        ({"range": "7d", "client": "acme"}, {"A-1", "A-2", "A-3"}),
        ({"range": "1d", "zone": "Pacific/Kiritimati"}, {"A-1", "A-2", "B-1", "a%b"}),
    ],
)
def test_the_list_is_narrowed(source: LakeSource, params: dict[str, str], expected: set[str]) -> None:
    assert tickets(source, **params) == expected


def test_a_condition_that_is_not_understood_narrows_nothing(source: LakeSource) -> None:
    assert ask(source, where="cost_usd>1,cost_usd>a lot,=3")["found"] == 1


@pytest.mark.claim("who-reads")
def test_nobody_finds_tickets_of_another_client(source: LakeSource) -> None:
    assert tickets(source, ACME, q="依頼") == set()
    assert tickets(source, ACME, tool="pay_back", client="globex") == set()
    assert tickets(source, MANAGER, client="globex") == {"B-1", "a%b"}


def test_each_choice_counts_what_it_would_show(source: LakeSource) -> None:
    data = ask(source, status="FAILED")

    assert data["statuses"] == [{"name": "SUCCESS", "count": 6}, {"name": "FAILED", "count": 1}]
    assert data["categories"] == [
        {"name": "billing", "count": 1},
        {"name": "refund", "count": 0},
        {"name": None, "count": 0},
    ]
    assert {"name": "2.3", "count": 0} in data["versions"]
    assert ask(source, version="2.3")["statuses"][0] == {"name": "SUCCESS", "count": 1}


def test_a_status_that_is_asked_for_is_offered_though_there_is_none(source: LakeSource) -> None:
    assert {"name": "ESCALATED", "count": 0} in ask(source, status="ESCALATED")["statuses"]


def test_a_failed_kind_of_error_leads_to_its_tickets(tmp_path: Path) -> None:
    with source_of(tmp_path / "lake") as source:
        assert tickets(source, type="Timeout", node="resolve") == {"A-1", "A-3", "A-5"}
        assert tickets(source, tool="pay", type="(none)") == {"A-2", "B-1"}


# ---------------------------------------------------------------- pages

MANY = [
    log(
        f"T-{number % 40}",
        log_id=f"{number:04}",
        client="acme" if number % 3 else "globex",
        age=timedelta(minutes=number // 7),
        category=None if number % 5 == 0 else f"c{number % 4}",
        execution_time_seconds=float(number % 9),
        metrics={} if number % 2 else {"overall_confidence": number % 11 / 10, "cost_usd": number % 3},
    )
    for number in range(3 * PAGE_SIZE + 20)
]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LakeSource]:
    with reader_of(tmp_path_factory.mktemp("lake"), MANY) as opened:
        yield opened


def in_order(source: LakeSource, sort: str, direction: str) -> list[str]:
    """All ids in the order, by one query."""
    nulls = f"{sort} {direction} NULLS LAST, executed_at DESC, client_id, log_id"
    return [log_id for (log_id,) in source.sql(f"SELECT log_id FROM logs ORDER BY {nulls}")]


def walk(source: LakeSource, step: str, **params: str) -> list[TicketsData]:
    pages = [ask(source, **params)]
    for _ in range(5):
        place = pages[-1]["after"] if step == "after" else pages[-1]["before"]
        if place is None:
            return pages
        asked = {name: value for name, value in params.items() if name != "before"}
        pages.append(ask(source, **asked, **{step: place}))
    raise AssertionError("there is no last page")


@pytest.mark.parametrize("direction", ["asc", "desc"])
@pytest.mark.parametrize("sort", SORTS)
def test_pages_forward_and_back_are_the_whole_list_in_its_order(
    many: LakeSource, sort: str, direction: str
) -> None:
    expected = in_order(many, sort, direction)

    forward = walk(many, "after", sort=sort, dir=direction)
    back = walk(many, "before", sort=sort, dir=direction, before=END)[::-1]

    for pages in (forward, back):
        assert [row["log_id"] for page in pages for row in page["rows"]] == expected
        assert [page["first"] for page in pages] == [1, 51, 101, 151]
    assert [page["rows"] for page in forward] == [page["rows"] for page in back]


def test_a_row_that_arrives_meanwhile_neither_repeats_nor_hides_others(tmp_path: Path) -> None:
    with reader_of(tmp_path / "one", MANY) as source:
        first = ask(source)
    with reader_of(tmp_path / "two", [*MANY, log("new", age=timedelta(0))]) as source:
        second = ask(source, after=first["after"] or "")

    assert [row["log_id"] for row in second["rows"]] == [
        row["log_id"] for row in MANY_NEWEST_FIRST[PAGE_SIZE : 2 * PAGE_SIZE]
    ]


MANY_NEWEST_FIRST = sorted(
    MANY, key=lambda each: (-int(each["log_id"]) // -7, each["client_id"], each["log_id"])
)


@given(st.text(max_size=60) | st.binary(max_size=40).map(bytes.hex))
def test_a_place_that_nobody_wrote_is_none(text: str) -> None:
    assert read_place(text, Order("cost_usd", is_ascending=False), SCOPE_LOGS["cost_usd"]) is None


@settings(max_examples=200)
@given(
    st.dictionaries(
        st.sampled_from(["q", "status", "where", "category", "type", "failed_calls"]), st.text(max_size=80)
    )
)
def test_any_parameters_are_understood_and_stay_the_same(params: dict[str, str]) -> None:
    once = read_conditions(params)
    again = read_conditions(once.as_params())

    assert again.as_params() == once.as_params()
    assert again.words == once.words
