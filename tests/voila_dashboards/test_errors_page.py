from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from access.viewer import Viewer
from tests.voila_dashboards.page_lake import ACME, NOW, NOW_MS, PROVIDER, log
from tests.voila_dashboards.part_lake import LATE, source_of
from voila_dashboards.kernel.sources import LakeSource
from voila_dashboards.pages.errors.payload import ErrorKind, ErrorsData
from voila_dashboards.pages.errors.query import errors_data
from voila_dashboards.pages.tickets.query import tickets_data
from voila_dashboards.params import NONE
from voila_dashboards.queries.error_kinds import error_kinds_of_ticket


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LakeSource]:
    with source_of(tmp_path_factory.mktemp("lake")) as opened:
        yield opened


def ask(source: LakeSource, viewer: Viewer = PROVIDER, /, **params: str) -> ErrorsData:
    shown, data = errors_data(source, viewer, params, NOW_MS)
    json.dumps([shown, data], allow_nan=False)
    return data


def kinds(data: ErrorsData) -> list[tuple[Any, ...]]:
    return [(k["type"], k["node"], k["tool"], k["errors"], k["before"]) for k in data["kinds"]]


def test_errors_are_counted_by_kind_and_compared_with_the_time_before(source: LakeSource) -> None:
    data = ask(source)

    assert kinds(data) == [
        ("Timeout", "resolve", None, 2, 2),
        (None, "resolve", "pay", 2, 0),
        (None, "resolve", "mail", 1, 0),
        (None, "resolve", "old", 0, 1),
    ]
    assert data["is_behind"] is False


def test_a_kind_says_since_when_for_whom_and_in_which_versions(source: LakeSource) -> None:
    [pay] = [kind for kind in ask(source)["kinds"] if kind["tool"] == "pay"]

    assert (pay["tickets"], pay["in_successes"], pay["clients"]) == (2, 2, 2)
    assert pay["client_ids"] == ["acme", "globex"]
    assert pay["versions"] == [{"version": "2.3", "errors": 2}]
    hours = [(NOW_MS - (ms or 0)) / 3_600_000 for ms in (pay["first_seen_ms"], pay["last_seen_ms"])]
    assert hours == [24, 1]
    assert pay["newest"] == {
        "client_id": "acme",
        "log_id": "log-of-A-2",
        "ticket_id": "A-2",
        "message": LATE,
    }


def test_failed_calls_in_tickets_that_ended_well_are_counted(source: LakeSource) -> None:
    totals = ask(source)["current"]

    assert totals == {
        "errors": 5,
        "tickets": 6,
        "tickets_with_errors": 5,
        "failed_calls": 3,
        "tickets_with_failed_calls": 3,
        "successes_with_failed_calls": 3,
    }
    assert ask(source)["previous"] == {
        "errors": 3,
        "tickets": 2,
        "tickets_with_errors": 2,
        "failed_calls": 1,
        "tickets_with_failed_calls": 1,
        "successes_with_failed_calls": 1,
    }


@pytest.mark.parametrize(
    ("params", "untold"),
    [({}, 0), ({"tool": "pay"}, None), ({"type": "Timeout"}, None), ({"version": "2.2"}, 0)],
)
def test_where_only_some_kinds_are_looked_at_it_is_not_said_that_others_tell_of_nothing(
    source: LakeSource, params: dict[str, str], untold: int | None
) -> None:
    assert ask(source, **params)["failed_untold"] == untold


@pytest.mark.claim("who-reads")
def test_a_client_sees_its_own_errors_only(source: LakeSource) -> None:
    own = ask(source, ACME, client="globex")

    assert own["current"]["errors"] == 4
    assert {client for kind in own["kinds"] for client in kind["client_ids"]} == {"acme"}


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"version": "2.3"}, 3),
        ({"version": "(none)"}, 1),
        ({"tool": "pay"}, 2),
        ({"tool": "(none)"}, 2),
        ({"type": "Timeout", "client": "acme"}, 2),
        ({"type": "(none)"}, 3),
        ({"node": "elsewhere"}, 0),
        ({"range": "1d", "zone": "Asia/Tokyo"}, 3),
        ({"range": "all"}, 8),
        ({"type": "'; DROP VIEW logs; --"}, 0),
        ({"type": "\ud800"}, 5),
    ],
)
def test_the_page_is_narrowed(source: LakeSource, params: dict[str, str], expected: int) -> None:
    assert ask(source, **params)["current"]["errors"] == expected


def test_all_time_has_nothing_to_compare_with(source: LakeSource) -> None:
    data = ask(source, range="all")

    assert data["previous"] is None
    assert {kind["before"] for kind in data["kinds"]} == {None}


@pytest.mark.parametrize("sort", ["errors", "change", "last_seen", "first_seen", "tickets", "no such"])
def test_every_order_shows_every_kind(source: LakeSource, sort: str) -> None:
    shown, data = errors_data(source, PROVIDER, {"sort": sort}, NOW_MS)

    assert shown["sort"] == ("errors" if sort == "no such" else sort)
    assert len(data["kinds"]) == 4


def test_from_a_ticket_one_finds_its_kinds_and_others_like_it(source: LakeSource) -> None:
    executed_at_ms = int((NOW.timestamp() - 3600) * 1000)

    [found] = error_kinds_of_ticket(source, ACME, "acme", "log-of-A-1", executed_at_ms)

    assert (found["type"], found["node"], found["message"], found["errors"]) == (
        "Timeout",
        "resolve",
        "no answer",
        1,
    )
    assert found["other_tickets"] == 2
    assert found["newest"] is not None
    assert found["newest"]["ticket_id"] == "A-3"
    assert error_kinds_of_ticket(source, ACME, "globex", "log-of-B-1", executed_at_ms - 23 * 3_600_000) == []


def test_errors_without_a_type_are_told_apart_by_what_they_say_whatever_varies_in_it(tmp_path: Path) -> None:
    said = [
        *("order A-17 is gone", "order B-3 is gone"),
        *("disk full", {"type": "Error", "message": "disk full"}, {"type": "Full", "message": "disk full"}),
        *("open /var/lib/a.db: no such file", "open /tmp/x/b.db: no such file"),
        *("can't read 'a.txt'", "can't read 'b c.txt'", "can't send 'a.txt'"),
        *("status code 404 after 3 s", "status code 404 after 17 s", "status code 500 after 3 s"),
    ]
    logs = [log(f"E-{place}", trace={"errors": [each]}) for place, each in enumerate(said)]

    with source_of(tmp_path / "lake", logs) as source:
        data = ask(source)
        tickets = [
            tickets_data(source, PROVIDER, link_of(kind), NOW_MS)[1]["found"] for kind in data["kinds"]
        ]

    assert [(kind["type"], kind["message_pattern"], kind["errors"]) for kind in data["kinds"]] == [
        (None, "can't read …", 2),
        (None, "open …: no such file", 2),
        (None, "order … is gone", 2),
        (None, "status code 404… after … s", 2),
        ("Error", "disk full", 1),
        ("Full", None, 1),
        (None, "can't send …", 1),
        (None, "disk full", 1),
        (None, "status code 500… after … s", 1),
    ]
    assert tickets == [kind["tickets"] for kind in data["kinds"]]


def link_of(kind: ErrorKind) -> dict[str, str]:
    """As the page leads to the tickets of a kind."""
    message = kind["message_pattern"] or ("" if kind["type"] else NONE)
    return {"type": kind["type"] or NONE, "message": message, "node": NONE, "tool": NONE}


def test_a_ticket_is_akin_only_to_tickets_whose_errors_say_the_same(tmp_path: Path) -> None:
    said = ["disk 3 is full", "disk 12 is full", "connection reset by peer"]
    logs = [log(f"E-{place}", trace={"errors": [each]}) for place, each in enumerate(said)]

    with source_of(tmp_path / "lake", logs) as source:
        found = [
            error_kinds_of_ticket(source, ACME, "acme", f"log-of-E-{place}", NOW_MS - 3_600_000)
            for place in range(3)
        ]

    assert [[(kind["messages"], kind["other_tickets"]) for kind in kinds] for kinds in found] == [
        [(["disk 3 is full"], 1)],
        [(["disk 12 is full"], 1)],
        [(["connection reset by peer"], 0)],
    ]
