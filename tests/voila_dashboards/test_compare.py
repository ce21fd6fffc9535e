"""Two tickets by their ids, and the run that one is best compared with."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from access.viewer import Viewer
from lake.scope import Scope
from tests.voila_dashboards.page_lake import ACME, DAY, MANAGER, NOW, NOW_MS, PROVIDER, log, reader_of
from voila_dashboards.kernel.sources import LakeSource
from voila_dashboards.pages.compare.query import MAX_COMPARED_BYTES
from voila_dashboards.payload import page_payload
from voila_dashboards.queries import PageNotFound

FAILED_CALL = {"tool_calls": [{"name": "pay", "status": "error"}]}
LOGS = [
    log("BAD", status="FAILED", age=DAY, trace={"final_response": "no"}),
    log("SHAKY", age=2 * DAY, trace=FAILED_CALL, metrics={"failed_tool_calls": 1}),
    log("GOOD", age=5 * DAY, trace={"final_response": "yes"}),
    log("OLDER", age=6 * DAY),
    log("LATER", age=timedelta(hours=2)),
    log("OTHER", age=25 * timedelta(hours=1), category="billing"),
    log("BAD", log_id="again", age=9 * DAY, status="FAILED"),
    log("FIRST", age=400 * DAY, category="rare"),
    log("RARE", age=timedelta(hours=5), category="rare", status="FAILED"),
    log("RAREST", age=timedelta(hours=5), category="rarest", status="FAILED"),
    log("NONE", age=timedelta(hours=5), category=None, workflow_version="2", status="FAILED"),
    log("OF-2", age=timedelta(hours=9), category="billing", workflow_version="2"),
    log("BARE", age=timedelta(hours=5), category=None, status="FAILED"),
    log("THERE", client="globex", age=timedelta(hours=30)),
    log("a/b", client="globex", log_id="a/b", status="FAILED"),
    log("SECRET", client="initech"),
]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LakeSource]:
    with reader_of(tmp_path_factory.mktemp("lake"), LOGS) as opened:
        yield opened


def ask(reader: Any, log_id: str, viewer: Viewer = PROVIDER, /, **params: str) -> dict[str, Any]:
    asked = {"client_id": "acme", "log_id": log_id, **params}
    payload = page_payload(reader, viewer, "compare", asked, NOW_MS)
    json.dumps(payload, allow_nan=False)
    return payload


def other_of(payload: dict[str, Any]) -> str | None:
    other = payload["data"]["other"]
    return str(other["log"]["ticket_id"]) if other else None


def test_two_tickets_that_are_chosen_come_with_their_traces(reader: LakeSource) -> None:
    payload = ask(reader, "log-of-BAD", other_log_id="log-of-GOOD")

    data = payload["data"]
    assert [json.loads(data[side]["trace"])["final_response"] for side in ("ticket", "other")] == [
        "no",
        "yes",
    ]
    assert payload["params"] == {
        "client_id": "acme",
        "log_id": "log-of-BAD",
        "other_client_id": "",
        "other_log_id": "log-of-GOOD",
        "step": "",
    }


def test_without_another_it_is_the_last_good_one_of_the_category_before(reader: LakeSource) -> None:
    data = ask(reader, "log-of-BAD")["data"]

    assert data["other"]["log"]["ticket_id"] == "GOOD"
    assert data["last_good"]["alike_by"] == "category"
    assert data["last_good"]["run"]["log_id"] == "log-of-GOOD"
    assert data["last_good"]["has_failed_calls"] is False


def test_a_run_with_a_failed_call_is_good_where_there_is_no_better(tmp_path: Any) -> None:
    logs = [
        log("BAD", status="FAILED"),
        log("SHAKY", age=2 * DAY, trace=FAILED_CALL),
        log("OLD", age=90 * DAY, trace=FAILED_CALL),
    ]
    with reader_of(tmp_path, logs) as opened:
        data = ask(opened, "log-of-BAD")["data"]

    assert (other_of({"data": data}), data["last_good"]["has_failed_calls"]) == ("SHAKY", True)


def test_it_is_found_however_long_ago_it_was(reader: LakeSource) -> None:
    assert other_of(ask(reader, "log-of-RARE")) == "FIRST"


def test_without_a_category_it_is_of_the_same_version_else_of_the_client(reader: LakeSource) -> None:
    by_version, by_client = ask(reader, "log-of-NONE")["data"], ask(reader, "log-of-BARE")["data"]

    assert (by_version["last_good"]["alike_by"], other_of({"data": by_version})) == (
        "workflow_version",
        "OF-2",
    )
    assert (by_client["last_good"]["alike_by"], other_of({"data": by_client})) == ("client", "OF-2")


def test_where_there_is_none_there_is_the_ticket_alone(reader: LakeSource) -> None:
    payload = ask(reader, "log-of-RAREST")

    assert payload["data"]["other"] is None
    assert payload["data"]["last_good"] == {"alike_by": "category", "run": None, "has_failed_calls": False}
    assert payload["params"]["other_log_id"] == ""


def test_other_executions_of_the_ticket_are_named(reader: LakeSource) -> None:
    same = ask(reader, "log-of-BAD")["data"]["same_ticket"]

    assert [run["log_id"] for run in same["rows"]] == ["again"]


def test_tickets_of_two_clients_are_compared_by_who_may_see_both(reader: LakeSource) -> None:
    foreign = {"other_client_id": "globex", "other_log_id": "log-of-THERE"}

    payload = ask(reader, "log-of-BAD", MANAGER, **foreign)

    assert (payload["params"]["other_client_id"], other_of(payload)) == ("globex", "THERE")


def test_clients_on_the_page_are_called_by_their_names(reader: LakeSource) -> None:
    named = Viewer("olivia", "Olivia", PROVIDER.scope, client_names={"globex": "Globex Inc.", "acme": "Acme"})

    payload = ask(reader, "log-of-BAD", named, other_client_id="globex", other_log_id="a/b")

    assert payload["client_names"] == {"acme": "Acme", "globex": "Globex Inc."}


@pytest.mark.parametrize(
    "asked",
    [
        {"client_id": "globex", "log_id": "log-of-THERE"},
        {"log_id": "no-such-log"},
        {"other_client_id": "globex", "other_log_id": "log-of-THERE"},
        {"other_client_id": "globex", "other_log_id": "no-such-log"},
        {"other_log_id": "no-such-log"},
        {"other_client_id": "../globex", "other_log_id": "log-of-THERE"},
        {"client_id": "", "log_id": ""},
        {"log_id": "log-of-THERE", "other_log_id": "log-of-BAD"},
    ],
)
def test_what_is_foreign_and_what_is_not_there_are_told_in_the_same_words(
    reader: LakeSource, asked: dict[str, str]
) -> None:
    params = {"log_id": "log-of-BAD", **asked}
    with pytest.raises(PageNotFound) as told:
        ask(reader, params.pop("log_id"), ACME, **params)
    with pytest.raises(PageNotFound) as of_ticket:
        page_payload(reader, ACME, "ticket", {"client_id": "acme", "log_id": "no-such-log"}, NOW_MS)

    assert str(told.value) == str(of_ticket.value)


def test_a_scope_of_some_clients_holds_for_both_sides(reader: LakeSource) -> None:
    with pytest.raises(PageNotFound):
        ask(reader, "log-of-BAD", MANAGER, other_client_id="initech", other_log_id="log-of-SECRET")


class Watched:
    """A source that notes what it was asked, and has no rows of the past unless they are long ago."""

    def __init__(self, reader: LakeSource) -> None:
        self._reader = reader
        self.asked: list[tuple[str, list[object]]] = []

    def sql(self, query: str, params: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        self.asked.append((query, list(params)))
        return self._reader.sql(query, params)

    def need(self, *parts: str) -> frozenset[str]:
        return self._reader.need(*parts)

    def trace(self, client_id: str, month: str, log_id: str, executed_at_ms: int) -> bytes | None:
        return self._reader.trace(client_id, month, log_id, executed_at_ms)


def test_the_past_is_looked_through_only_as_far_as_it_takes(reader: LakeSource) -> None:
    near, far = Watched(reader), Watched(reader)

    ask(near, "log-of-LATER")
    ask(far, "log-of-RARE")

    looks = [
        [params for query, params in each.asked if "status = 'SUCCESS'" in query] for each in (near, far)
    ]
    assert [len(each) for each in looks] == [2, 3]
    oldest = min(moment for each in looks[0] for moment in each if isinstance(moment, datetime))
    assert oldest > NOW.astimezone(UTC) - 40 * DAY


def test_the_first_moments_of_time_have_nothing_before_them(tmp_path: Any) -> None:
    first = {**log("FIRST"), "executed_at": "0001-01-01T00:00:01Z"}
    with reader_of(tmp_path, [first]) as opened:
        assert ask(opened, "log-of-FIRST")["data"]["other"] is None


def test_a_trace_that_is_too_big_for_two_is_told_and_not_read(reader: LakeSource, tmp_path: Any) -> None:
    big = json.dumps({"final_response": "x" * MAX_COMPARED_BYTES}).encode()
    with reader_of(tmp_path, [log("BIG", trace=big), log("GOOD", age=DAY, trace={})]) as opened:
        ticket = ask(opened, "log-of-BIG")["data"]["ticket"]

    assert (ticket["trace_state"], ticket["trace"]) == ("too_big", None)
    assert ticket["trace_limit"] == MAX_COMPARED_BYTES


def test_what_is_no_text_of_an_address_names_no_ticket(reader: LakeSource) -> None:
    for viewer in (PROVIDER, Viewer("nobody", "Nobody", Scope.of())):
        with pytest.raises(PageNotFound):
            page_payload(reader, viewer, "compare", {}, NOW_MS)
