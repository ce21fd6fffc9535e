from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voila_dashboards.params import DAY_MS, SORTS, read_overview, read_tickets, read_window

NOW_MS = 20_000 * DAY_MS + 50_000_000
NAMES = ["range", "from", "to", "client", "q", "status", "category", "sort", "dir", "page", "log_id"]


def test_the_overview_shows_thirty_days_unless_it_is_told_otherwise() -> None:
    window = read_overview({}, NOW_MS).window

    assert window.range == "30d"
    assert window.start_ms == (20_000 - 29) * DAY_MS
    assert window.end_ms == 20_001 * DAY_MS


def test_the_list_shows_everything_newest_first_unless_it_is_told_otherwise() -> None:
    asked = read_tickets({}, NOW_MS)

    assert (asked.window.range, asked.window.start_ms, asked.window.end_ms) == ("all", None, None)
    assert (asked.sort, asked.direction, asked.page) == ("executed_at", "desc", 1)


def test_words_are_sorted_from_a_and_figures_from_the_highest() -> None:
    directions = {sort: read_tickets({"sort": sort}, NOW_MS).direction for sort in SORTS}

    assert {sort for sort, direction in directions.items() if direction == "asc"} == {
        "ticket_id",
        "client_id",
        "category",
        "status",
    }


def test_days_of_ones_own_are_inclusive_and_may_be_the_wrong_way_round() -> None:
    window = read_window({"from": "2026-11-03", "to": "2026-11-01"}, NOW_MS, "30d")

    assert window.as_params() == {"range": "", "from": "2026-11-01", "to": "2026-11-03"}
    assert window.end_ms is not None
    assert window.start_ms is not None
    assert window.end_ms - window.start_ms == 3 * DAY_MS


def test_a_range_that_is_named_wins_over_days() -> None:
    assert read_window({"range": "7d", "from": "2026-11-03"}, NOW_MS, "30d").range == "7d"


def test_only_a_last_day_leaves_the_beginning_open() -> None:
    window = read_window({"to": "2026-11-03"}, NOW_MS, "30d")

    assert window.start_ms is None
    assert window.previous(NOW_MS) is None


def test_the_previous_window_is_cut_where_now_cuts_this_one() -> None:
    window = read_window({"range": "7d"}, NOW_MS, "30d")
    before = window.previous(NOW_MS)

    assert before is not None
    assert before.start_ms is not None
    assert window.start_ms is not None
    assert before.start_ms == window.start_ms - 7 * DAY_MS
    assert before.end_ms == NOW_MS - 7 * DAY_MS


@pytest.mark.parametrize(
    ("given", "page"),
    [("7", 7), ("0", 1), ("-3", 1), ("x", 1), ("٣", 1), ("9" * 40, 1), ("999999999", 1_000_000)],
)
def test_a_page_that_is_no_page_is_the_first(given: str, page: int) -> None:
    assert read_tickets({"page": given}, NOW_MS).page == page


def test_a_status_may_hold_a_comma() -> None:
    asked = read_tickets({"status": "SUCCESS,NEEDS%2C INFO,SUCCESS,"}, NOW_MS)

    assert asked.statuses == ("SUCCESS", "NEEDS, INFO")
    assert read_tickets(asked.as_params(), NOW_MS) == asked


def test_a_client_id_that_is_none_is_no_filter() -> None:
    assert read_overview({"client": "../acme"}, NOW_MS).client_id is None
    assert read_overview({"client": "acme-1"}, NOW_MS).client_id == "acme-1"


@given(st.dictionaries(st.sampled_from(NAMES), st.one_of(st.text(max_size=60), st.dates().map(str))))
def test_whatever_stands_in_a_url_is_understood_or_ignored_and_reads_back_as_itself(
    params: dict[str, str],
) -> None:
    overview, tickets = read_overview(params, NOW_MS), read_tickets(params, NOW_MS)

    assert read_overview(overview.as_params(), NOW_MS) == overview
    assert read_tickets(tickets.as_params(), NOW_MS) == tickets
    assert tickets.sort in SORTS


@pytest.mark.parametrize("rubbish", [None, 5, ["a"], {"a": 1}, b"x"])
def test_what_is_not_even_text_is_as_if_it_were_not_there(rubbish: Any) -> None:
    params = dict.fromkeys(NAMES, rubbish)

    assert asdict(read_tickets(params, NOW_MS)) == asdict(read_tickets({}, NOW_MS))
