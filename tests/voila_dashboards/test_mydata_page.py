"""The page of a client's data: its counts recomputed by hand, and nothing of anybody else's."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from access.viewer import Viewer
from caselog.masking.report import by_rule
from caselog.model import LOG_FIELDS, METRICS, SDK_FIELDS, TRACE_PARTS
from tests.voila_dashboards.data_lake import DELETED, data_source
from tests.voila_dashboards.demo_logs import demo_logs
from tests.voila_dashboards.page_lake import ACME, DAY, MANAGER, NOW, NOW_MS, PROVIDER, log, reader_of
from voila_dashboards.contract.documents import sections_of
from voila_dashboards.kernel.sources import LakeSource
from voila_dashboards.pages.mydata import logged, masked
from voila_dashboards.pages.mydata.payload import ClientData, MyData
from voila_dashboards.pages.mydata.query import my_data
from voila_dashboards.payload import page_payload

Logs = list[dict[str, Any]]


@pytest.fixture(scope="module")
def logs() -> Logs:
    return demo_logs(30)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory, logs: Logs) -> Iterator[LakeSource]:
    with data_source(tmp_path_factory.mktemp("lake"), logs) as opened:
        yield opened


def ask(source: LakeSource, viewer: Viewer = PROVIDER, /, **params: str) -> MyData:
    shown, data = my_data(source, viewer, params, NOW_MS)
    json.dumps([shown, data], allow_nan=False)
    return data


def of(source: LakeSource, viewer: Viewer = PROVIDER, /, **params: str) -> ClientData:
    data = ask(source, viewer, **params)["of_client"]
    assert data is not None
    return data


def of_acme(logs: Logs) -> Logs:
    return [each for each in logs if each["client_id"] == "acme" and each["ticket_id"] != DELETED["acme"]]


def test_what_was_masked_is_what_the_logs_say(source: LakeSource, logs: Logs) -> None:
    values: Counter[tuple[str, str]] = Counter()
    tickets: Counter[tuple[str, str]] = Counter()
    for each in of_acme(logs):
        for kind, told in each["sdk"]["masked"].items():
            for rule, found in by_rule({kind: told}).items():
                values[kind, rule] += found["count"]
                tickets[kind, rule] += 1

    data = of(source, ACME, range="all")["masked"]

    assert {(row["kind"], row["rule"]): row["values"] for row in data["rules"]} == values
    assert {(row["kind"], row["rule"]): row["tickets"] for row in data["rules"]} == tickets
    assert (data["values"], data["tickets"]) == (values.total(), len(of_acme(logs)))
    assert [row["values"] for row in data["rules"]] == sorted(values.values(), reverse=True)
    assert ("email", "e-mail address") in values
    assert ("card", "card number") in values


def test_the_fields_are_those_of_the_model_and_are_counted_where_they_stand(
    source: LakeSource, logs: Logs
) -> None:
    own = of_acme(logs)

    data = of(source, ACME, range="all")["logged"]

    assert [field["name"] for field in data["fields"]] == [field.name for field in LOG_FIELDS]
    assert [field["name"] for field in data["metrics"]] == [metric.name for metric in METRICS]
    assert {part["name"]: [field["name"] for field in part["fields"]] for part in data["parts"]} == {
        name: [field.name for field in fields] for name, fields in TRACE_PARTS.items()
    }
    assert [field["meaning"] for field in data["by_sdk"]] == [field.meaning for field in SDK_FIELDS]
    counted = {field["name"]: field["tickets"] for field in data["fields"]}
    assert counted["category"] == sum(bool(each.get("category")) for each in own)
    assert counted["trace"] == counted["ticket_id"] == len(own)
    metrics = {field["name"]: field["tickets"] for field in data["metrics"]}
    assert metrics["overall_confidence"] == sum("overall_confidence" in each["metrics"] for each in own)
    parts = {part["name"]: part["tickets"] for part in data["parts"]}
    assert parts["errors"] == sum(bool(each["trace"].get("errors")) for each in own)
    assert parts["messages"] is None
    assert data["own"] == [{"name": name, "tickets": len(own)} for name in ("channel", "subject")]


def test_settings_and_receipts_are_those_of_the_client(source: LakeSource) -> None:
    facts = of(source, ACME)["facts"]
    of_provider = of(source, PROVIDER, client="acme")["facts"]

    assert facts is not None
    assert facts["record"] is not None
    assert (facts["record"]["logs_days"], facts["record"]["traces_days"]) == (400, 90)
    assert (facts["record"]["kept_by"], facts["record"]["level"]) == ("your provider", "FULL_TRACE")
    assert facts["receipts"] is not None
    [receipt] = facts["receipts"]
    assert (receipt["kind"], receipt["why"], receipt["removed"]["logs"]) == ("ticket", "asked by acme", 1)
    assert (receipt["is_whole"], receipt["follows"]) == (True, True)
    assert "ACM-1001" not in json.dumps(facts)
    assert ("olivia" in json.dumps(facts), "olivia" in json.dumps(of_provider)) == (False, True)


@pytest.mark.parametrize("params", [{"client": "globex"}, {"client": "globex", "range": "all"}, {}])
def test_a_client_that_asks_for_another_sees_its_own_alone(
    source: LakeSource, params: dict[str, str]
) -> None:
    payload = page_payload(source, ACME, "mydata", params, NOW_MS)
    left_out = payload.pop("left_out")
    told = json.dumps(payload)

    assert left_out["told"] == ([{"param": "client", "text": "globex"}] if "client" in params else [])
    assert of(source, ACME, **params)["client_id"] == "acme"
    assert "globex" not in told
    assert "asked by everybody" not in told


def test_who_sees_some_clients_chooses_among_these_and_gets_no_receipt_about_everybody(
    source: LakeSource,
) -> None:
    to_choose = ask(source, MANAGER, client="initech")
    chosen = of(source, MANAGER, client="globex")
    everything = of(source, PROVIDER, client="globex")

    assert to_choose["of_client"] is None
    assert {row["client_id"] for row in to_choose["to_choose"]} == {"acme", "globex"}
    assert chosen["facts"] is not None
    assert [each["why"] for each in chosen["facts"]["receipts"] or ()] == ["asked by globex"]
    assert everything["facts"] is not None
    assert {each["why"] for each in everything["facts"]["receipts"] or ()} == {
        "asked by globex",
        "asked by everybody",
    }


def test_losses_and_missing_traces_are_counted_in_the_period_and_the_oldest_of_all(tmp_path: Path) -> None:
    lost = {"lost": {"network": 3, "odd": 1}}
    logs = [
        log("T-1", trace={"nodes": []}),
        log("T-2", sdk=lost),
        log("T-3", age=40 * DAY, trace={"nodes": []}),
    ]
    with reader_of(tmp_path, logs) as source:
        arrived = of(source, ACME)["arrived"]
        facts = of(source, ACME)["facts"]

    assert (arrived["tickets"], arrived["with_trace"], arrived["lost"]) == (2, 1, 4)
    assert arrived["lost_by_reason"] == [{"reason": "network", "logs": 3}, {"reason": "other", "logs": 1}]
    assert arrived["oldest_ms"] == int((NOW - 40 * DAY).timestamp() * 1000)
    assert facts == {"is_known": True, "record": None, "receipts": [], "more_receipts": 0}


def test_whatever_a_log_says_of_its_masking_something_true_is_shown(tmp_path: Path) -> None:
    told: list[Any] = [
        {"email": {"count": 2}},
        {"email": {"count": 3, "rules": {"e-mail address": 3}}},
        {'o"d d\\': {"count": 1, "rules": {"count": 1, "x": "many", "y": -1, "z": 10**12}}},
        {"name": 7},
        {"card": {"count": "three", "rules": [1]}},
        "nothing",
        {},
        {f"z{number}": {"count": 1} for number in range(40)},
    ]
    logs = [log(f"T-{n}", sdk={"masked": each}) for n, each in enumerate(told)]
    with reader_of(tmp_path, logs) as source:
        data = of(source, ACME)["masked"]

    found = {(row["kind"], row["rule"]): row["values"] for row in data["rules"]}
    assert found["email", "email"] == 2
    assert found["email", "e-mail address"] == 3
    assert found['o"d d\\', "count"] == 1
    assert ("card", "card") not in found
    assert found["z39", "z39"] == 1
    assert (data["tickets"], data["looked_at"]) == (4, len(told))
    assert data["without_sdk"] == 0


def test_logs_that_no_sdk_sent_are_not_said_to_be_masked(tmp_path: Path) -> None:
    logs = [log("T-1", sdk={"masked": {"email": {"count": 2}}}), log("T-2"), {**log("T-3"), "sdk": "mine"}]
    with reader_of(tmp_path, logs) as source:
        data = of(source, ACME)["masked"]

    assert (data["without_sdk"], data["tickets"], data["looked_at"]) == (2, 1, 3)


def test_of_very_many_tickets_the_newest_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(masked, "MOST_TICKETS", 3)
    monkeypatch.setattr(logged, "_LOOKED_AT", 2)
    email = {"masked": {"email": {"count": 1}}}
    logs = [{**log(f"T-{n}", age=timedelta(hours=n + 1), sdk=email), f"own_{n}": 1} for n in range(6)]
    with reader_of(tmp_path, logs) as source:
        data = of(source, ACME)

    assert (data["masked"]["values"], data["masked"]["looked_at"]) == (3, 3)
    assert [each["name"] for each in data["logged"]["own"]] == ["own_0", "own_1"]
    assert data["logged"]["looked_at"] == 2
    assert data["arrived"]["tickets"] == 6


def test_of_the_docs_a_page_says_what_is_no_claim_and_no_link_of_theirs() -> None:
    told = sections_of(Path("docs/how-to-opt-out.md").read_text(encoding="utf-8"))

    assert {"", "In your workflow", "Deletion, with a receipt"} <= told.keys()
    assert "CASELOG_LEVEL=OFF" in told["In your workflow"]
    assert not any("<!--" in text or "](" in text for text in told.values())
