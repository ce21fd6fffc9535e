"""One log in: what is stored, and when it is acknowledged."""

from __future__ import annotations

import asyncio
import gzip
import json
from pathlib import Path

import httpx
import pytest
import zstandard
from starlette.testclient import TestClient

from access import clients
from access.clients import Level
from caselog.model import METRICS
from collector.settings import CollectorSettings
from lake import rawlog
from lake.store import open_store
from tests.collector.conftest import Collector, make_collector, make_log, stored_lines


def test_a_log_is_stored_and_then_acknowledged(collector: Collector, http: TestClient) -> None:
    answer = http.post("/v1/logs", json=make_log(), headers=collector.headers())

    assert (answer.status_code, answer.json()) == (200, {"log_id": "L-1", "status": "stored"})
    (line,) = collector.lines()
    assert line["client_id"] == "acme"
    assert line["executed_at"] == "2026-11-23T12:00:00Z"
    assert line["received_at"] == "2026-11-23T14:00:00Z"


def test_a_raw_object_lies_in_its_clients_hour(collector: Collector, http: TestClient) -> None:
    http.post("/v1/logs", json=make_log(), headers=collector.headers())

    (found,) = collector.store.list("raw")
    assert found.key.startswith("raw/client_id=acme/date=2026-11-23/hour=14/")


@pytest.mark.claim("collector-adds-only")
def test_the_trace_is_stored_as_the_senders_own_bytes(collector: Collector, http: TestClient) -> None:
    trace = '{"n":1.10, "e":1E2, "s":"\\u00e4ö\\/", "d":1, "d":2, "big":123456789012345678901}'
    body = json.dumps(make_log(trace=...))[:-1] + f', "trace": {trace}}}'

    answer = http.post("/v1/logs", content=body, headers=collector.headers())

    assert answer.status_code == 200
    (found,) = collector.store.list("raw")
    assert (
        trace.encode() in collector.store.get(found.key)
        or trace.encode() in rawlog.unpack(collector.store.get(found.key))[0]
    )


def test_a_pretty_printed_log_is_one_line(collector: Collector, http: TestClient) -> None:
    log = make_log(note={"a": [1, 2]})

    http.post(
        "/v1/logs", content=json.dumps(log, indent=2).replace("\n", "\r\n"), headers=collector.headers()
    )

    (line,) = collector.lines()
    assert (line["trace"], line["note"]) == (log["trace"], log["note"])


def test_what_is_stored_can_be_read_as_a_row(collector: Collector, http: TestClient) -> None:
    log = make_log(metrics={"overall_confidence": 1, "react_iterations": 3.0, "mood": "good"}, team="blue")

    http.post("/v1/logs", json=log, headers=collector.headers())

    (found,) = collector.store.list("raw")
    row = rawlog.read_line(rawlog.unpack(collector.store.get(found.key))[0], "acme").log
    assert (row["overall_confidence"], row["react_iterations"], row["month"]) == (1.0, 3, "2026-11")
    assert (json.loads(row["extra"]), json.loads(row["metrics"])["mood"]) == ({"team": "blue"}, "good")


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_compressed_body_is_understood(collector: Collector, http: TestClient, encoding: str) -> None:
    body = json.dumps(make_log()).encode()
    packed = gzip.compress(body) if encoding == "gzip" else zstandard.compress(body)

    answer = http.post("/v1/logs", content=packed, headers=collector.headers(Content_Encoding=encoding))

    assert answer.status_code == 200
    assert collector.lines()[0]["trace"] == make_log()["trace"]


def test_a_gzip_body_of_several_members_is_one_body(collector: Collector, http: TestClient) -> None:
    body = json.dumps(make_log()).encode()
    packed = gzip.compress(body[:20]) + gzip.compress(body[20:])

    answer = http.post("/v1/logs", content=packed, headers=collector.headers(Content_Encoding="gzip"))

    assert answer.status_code == 200


def test_a_log_without_an_id_gets_the_same_id_each_time(collector: Collector, http: TestClient) -> None:
    first = http.post("/v1/logs", json=make_log(log_id=...), headers=collector.headers()).json()
    again = make_log(log_id=None, executed_at="2026-11-23T12:00:00.000Z", status="failed")

    second = http.post("/v1/logs", json=again, headers=collector.headers()).json()

    assert first["log_id"] == second["log_id"]


@pytest.mark.parametrize(
    "other", [{"ticket_id": "T-2"}, {"executed_at": "2026-11-23T12:00:00.000001Z"}], ids=["ticket", "time"]
)
def test_another_run_without_an_id_gets_another_id(
    collector: Collector, http: TestClient, other: dict[str, str]
) -> None:
    first = http.post("/v1/logs", json=make_log(log_id=...), headers=collector.headers()).json()

    second = http.post("/v1/logs", json=make_log(log_id=..., **other), headers=collector.headers()).json()

    assert first["log_id"] != second["log_id"]


def test_two_clients_never_share_a_derived_id(collector: Collector, http: TestClient) -> None:
    ids = {
        http.post("/v1/logs", json=make_log(log_id=...), headers=collector.headers(client)).json()["log_id"]
        for client in ("acme", "globex")
    }

    assert len(ids) == 2


def test_a_log_sent_twice_is_acknowledged_twice(collector: Collector, http: TestClient) -> None:
    answers = [http.post("/v1/logs", json=make_log(), headers=collector.headers()) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]


def test_unknown_fields_are_kept(collector: Collector, http: TestClient) -> None:
    unknown = {
        "team": "blue",
        "nested": {"deep": [1, {"x": None}]},
        "month": "my own",
        "extra": 1,
        "trace_bytes": "?",
    }

    http.post("/v1/logs", json=make_log(**unknown), headers=collector.headers())

    (line,) = collector.lines()
    assert {name: line[name] for name in unknown} == unknown


def test_a_senders_received_at_is_kept_under_another_name(collector: Collector, http: TestClient) -> None:
    http.post("/v1/logs", json=make_log(received_at="yesterday"), headers=collector.headers())

    (line,) = collector.lines()
    assert (line["received_at"], line["sender_received_at"]) == ("2026-11-23T14:00:00Z", "yesterday")


def test_counts_that_a_sender_names_as_the_collector_does_are_kept_under_another_name(
    collector: Collector, http: TestClient
) -> None:
    sent = make_log(collector_counted=[9, 9, 9, 9, 9, 9])

    http.post("/v1/logs", json=sent, headers=collector.headers())

    [line] = stored_lines(collector.store)
    assert line["sender_collector_counted"] == [9, 9, 9, 9, 9, 9]
    assert line["collector_counted"][:4] == [0, 0, 0, 0]


def test_of_a_repeated_name_the_last_counts(collector: Collector, http: TestClient) -> None:
    body = json.dumps(make_log())[:-1] + ', "status": "failed", "trace": {"errors": []}}'

    http.post("/v1/logs", content=body, headers=collector.headers())

    (line,) = collector.lines()
    assert (line["status"], line["trace"]) == ("FAILED", {"errors": []})


def test_null_is_the_same_as_leaving_out(collector: Collector, http: TestClient) -> None:
    log = make_log(category=None, metrics={"cost_usd": None, "tone": None}, trace=None, team=None)

    assert http.post("/v1/logs", json=log, headers=collector.headers()).status_code == 200

    (line,) = collector.lines()
    assert not {"category", "metrics", "trace", "team"} & line.keys()


def test_a_clients_own_id_may_be_named(collector: Collector, http: TestClient) -> None:
    answer = http.post("/v1/logs", json=make_log(client_id="acme"), headers=collector.headers())

    assert answer.status_code == 200


@pytest.mark.claim("key-tells-the-client")
def test_another_clients_id_is_refused(collector: Collector, http: TestClient) -> None:
    answer = http.post("/v1/logs", json=make_log(client_id="globex"), headers=collector.headers())

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "foreign_client")
    assert collector.lines() == []


@pytest.mark.claim("server-metrics-only")
def test_a_metrics_only_client_has_its_trace_removed_and_counted(
    collector: Collector, http: TestClient
) -> None:
    trace = {"errors": [{}], "react_iterations": [{"tool_calls": [1, 2]}, {}], "messages": ["private"]}

    http.post("/v1/logs", json=make_log(trace=trace), headers=collector.headers("initech"))

    (line,) = collector.lines()
    assert "trace" not in line
    assert line["metrics"] == {"error_count": 1, "tool_call_count": 2, "react_iterations": 2}


@pytest.mark.claim("server-metrics-only")
def test_of_a_metrics_only_client_no_conversation_is_stored_under_any_name(
    collector: Collector, http: TestClient
) -> None:
    log = make_log(
        messages=[{"role": "user", "content": "private"}],
        errors=["private"],
        conversation=["private"],
        note="private " * 50,
        region="eu",
        retries=2,
    )

    answer = http.post("/v1/logs", json=log, headers=collector.headers("initech"))

    (line,) = collector.lines()
    assert answer.status_code == 200
    assert "private" not in json.dumps(line)
    assert (line["region"], line["retries"]) == ("eu", 2)


def test_a_metrics_only_client_that_counted_itself_is_believed(
    collector: Collector, http: TestClient
) -> None:
    log = make_log(trace={"errors": [{}]}, metrics={"error_count": 7})

    http.post("/v1/logs", json=log, headers=collector.headers("initech"))

    assert collector.lines()[0]["metrics"]["error_count"] == 7


@pytest.mark.claim("server-level-from-then-on")
def test_a_clients_new_level_counts_after_the_cache_has_expired(
    collector: Collector, http: TestClient
) -> None:
    http.post("/v1/logs", json=make_log(), headers=collector.headers())
    clients.set_client(collector.store, "acme", level=Level.METRICS_ONLY)
    collector.clock.advance(collector.settings.key_cache_ttl_s + 1)

    http.post("/v1/logs", json=make_log(), headers=collector.headers())

    assert sorted("trace" in line for line in collector.lines()) == [False, True]


def test_every_known_metric_is_accepted_at_its_bounds(collector: Collector, http: TestClient) -> None:
    for bound in (0, 1):
        log = make_log(metrics={metric.name: metric.bounds[bound] or 0 for metric in METRICS})

        assert http.post("/v1/logs", json=log, headers=collector.headers()).status_code == 200


def test_on_a_folder_an_acknowledged_log_is_in_its_file(tmp_path: Path) -> None:
    collector = make_collector(open_store((tmp_path / "lake").as_uri(), {}))

    with collector.http() as http:
        answer = http.post("/v1/logs", json=make_log(), headers=collector.headers())

    assert answer.status_code == 200
    (path,) = (tmp_path / "lake" / "raw").rglob("*.ndjson.zst")
    assert json.loads(rawlog.unpack(path.read_bytes())[0])["log_id"] == "L-1"


@pytest.mark.claim("key-writes-only")
def test_a_key_cannot_read(collector: Collector, http: TestClient) -> None:
    for path in ("/v1/logs", "/v1/logs/L-1", "/raw/", "/control/clients/acme.json"):
        assert http.get(path, headers=collector.headers()).status_code in {404, 405}


def test_on_each_store_the_logs_of_many_senders_all_arrive(lake_env: tuple[str, dict[str, str]]) -> None:
    store = open_store(*lake_env)
    collector = make_collector(store)

    async def send(http: httpx.AsyncClient) -> None:
        answers = await asyncio.gather(
            *(
                http.post("/v1/logs", json=make_log(log_id=f"L-{n}"), headers=collector.headers())
                for n in range(50)
            )
        )
        assert {answer.status_code for answer in answers} == {200}

    collector.run(send)

    assert {line["log_id"] for line in stored_lines(store)} == {f"L-{n}" for n in range(50)}


def test_every_setting_is_described_and_names_its_unit() -> None:
    for name, field in CollectorSettings.model_fields.items():
        assert field.description, name
        unitless = {
            "host",
            "metrics_token",
            "port",
            "max_logs_per_request",
            "max_group_logs",
            "max_cached_keys",
            "root_path",
            "max_connections",
            "max_puts",
            "workers",
        }
        assert name in unitless or name.endswith(("_bytes", "_s")), name
