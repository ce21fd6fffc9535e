"""Parameters of addresses: whatever stands there is understood or ignored."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voila_dashboards.conditions import read_conditions
from voila_dashboards.pages import PAGES
from voila_dashboards.pages.tickets.params import read_columns
from voila_dashboards.params import read_client
from voila_dashboards.periods import read_period
from voila_dashboards.queries.ticket_order import SORTS, read_order
from voila_dashboards.zones import DAY_MS

NOW_MS = 20_000 * DAY_MS + 50_000_000
NAMES = sorted({name for page in PAGES.values() for name in page.params})


def test_a_page_shows_the_days_that_its_default_says() -> None:
    period = read_period({}, NOW_MS, PAGES["overview"].params["range"].default)

    assert period.range == "30d"
    assert (period.span.start_ms, period.span.end_ms) == ((20_000 - 29) * DAY_MS, 20_001 * DAY_MS)


def test_words_are_sorted_from_a_and_figures_from_the_highest() -> None:
    ascending = {sort for sort in SORTS if read_order({"sort": sort}).is_ascending}

    assert ascending == {"ticket_id", "client_id", "category", "status", "environment"}
    assert (read_order({}).column, read_order({}).is_ascending) == ("executed_at", False)


def test_days_of_ones_own_are_inclusive_and_may_be_the_wrong_way_round() -> None:
    period = read_period({"from": "2026-11-03", "to": "2026-11-01"}, NOW_MS, "30d")
    start, end = period.span.start_ms, period.span.end_ms

    assert (period.as_params()["from"], period.as_params()["to"]) == ("2026-11-01", "2026-11-03")
    assert start is not None
    assert end is not None
    assert end - start == 3 * DAY_MS


def test_a_range_that_is_named_wins_over_days() -> None:
    assert read_period({"range": "7d", "from": "2026-11-03"}, NOW_MS, "30d").range == "7d"


def test_only_a_last_day_leaves_the_beginning_open() -> None:
    period = read_period({"to": "2026-11-03"}, NOW_MS, "30d")

    assert period.span.start_ms is None
    assert period.before(NOW_MS) is None


def test_the_time_before_is_cut_where_now_cuts_this_one() -> None:
    period = read_period({"range": "7d"}, NOW_MS, "30d")
    before = period.before(NOW_MS)

    assert before is not None
    assert period.span.start_ms is not None
    assert before.start_ms == period.span.start_ms - 7 * DAY_MS
    assert before.end_ms == NOW_MS - 7 * DAY_MS


def test_columns_stand_in_the_order_of_the_list_and_a_made_up_one_is_none() -> None:
    assert read_columns({"columns": "cost_usd,made_up,ticket_id,ticket_id"}) == ("ticket_id", "cost_usd")
    assert read_columns({}) == ()


def test_a_status_may_hold_a_comma() -> None:
    asked = read_conditions({"status": "SUCCESS,NEEDS%2C INFO,SUCCESS,"})

    assert asked.statuses == ("SUCCESS", "NEEDS, INFO")
    assert read_conditions(asked.as_params()) == asked


def test_a_client_id_that_is_none_is_no_filter() -> None:
    assert read_client("../acme") is None
    assert read_client("acme-1") == "acme-1"


@pytest.mark.parametrize(
    "name", ["返金\u3000依頼", "Refund ", "x" * 250, "a\u200db", "two\nlines", "50 %, or more"]
)
def test_what_a_page_offers_as_a_filter_is_asked_for_to_the_letter(name: str) -> None:
    asked = read_conditions({"category": name, "status": name.replace("%", "%25").replace(",", "%2C")})

    assert (asked.choices["category"], asked.statuses) == (name, (name,))
    assert read_conditions(asked.as_params()) == asked


@pytest.mark.parametrize("name", ["\ud800", "x" * 4_001])
def test_a_filter_that_no_page_offers_is_none(name: str) -> None:
    assert read_conditions({"category": name, "status": name}) == read_conditions({})


@given(st.dictionaries(st.sampled_from(NAMES), st.one_of(st.text(max_size=60), st.dates().map(str))))
def test_whatever_stands_in_a_url_is_understood_or_ignored_and_reads_back_as_itself(
    params: dict[str, str],
) -> None:
    period, conditions = read_period(params, NOW_MS, "30d"), read_conditions(params)

    assert read_period(period.as_params(), NOW_MS, "30d") == period
    assert read_conditions(conditions.as_params()).words == conditions.words
    assert read_order(params).column in SORTS


@pytest.mark.parametrize("rubbish", [None, 5, ["a"], {"a": 1}, b"x"])
def test_what_is_not_even_text_is_as_if_it_were_not_there(rubbish: Any) -> None:
    params = dict.fromkeys(NAMES, rubbish)

    assert read_conditions(params) == read_conditions({})
    assert read_period(params, NOW_MS, "7d") == read_period({}, NOW_MS, "7d")
