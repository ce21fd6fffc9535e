"""What operators see, and who may see it; ids of requests in answers and in the service log."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from collector import metrics
from collector.metrics import OTHER, UNKNOWN, CollectorMetrics
from serving.exchange import Exchange
from serving.service_log import JsonLine, TextLine
from tests.collector.conftest import Collector, make_collector, make_log
from tests.collector.stores import BrokenStore, DefectiveStore, GatedStore

TOKEN = "a-long-token-of-the-operator"
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def _client(collector: Collector, host: str = "127.0.0.1") -> TestClient:
    return TestClient(collector.app, base_url="http://collector", client=(host, 50000))


def _samples(http: TestClient) -> Samples:
    answer = http.get("/metrics", headers=AUTHORIZED)
    assert answer.status_code == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def _value(samples: Samples, name: str, **labels: str) -> float:
    return samples.get((f"caselog_collector_{name}", frozenset(labels.items())), 0.0)


def test_logs_bytes_and_acknowledgements_are_counted_by_client() -> None:
    collector = make_collector(metrics_token=TOKEN)
    with _client(collector) as http:
        body = b'{"ticket_id":"T-9","executed_at":"2026-11-23T14:00:00Z","status":"SUCCESS"}'
        http.post("/v1/logs", content=body, headers=collector.headers())
        http.post("/v1/logs", content=body + b"\n" + body, headers=collector.ndjson("globex"))
        found = _samples(http)

    assert _value(found, "logs_total", client="acme") == 1
    assert _value(found, "logs_total", client="globex") == 2
    assert _value(found, "received_bytes_total", client="acme") == len(body)
    assert _value(found, "ack_seconds_count") == 2
    assert _value(found, "puts_total", outcome="stored") == 2
    assert (_value(found, "object_logs_count"), _value(found, "object_logs_sum")) == (2, 3)
    assert _value(found, "in_flight_bytes") == _value(found, "in_flight_requests") == 0


def test_refusals_are_counted_by_reason_and_client() -> None:
    collector = make_collector(max_log_bytes=1024, metrics_token=TOKEN)
    with _client(collector) as http:
        http.post("/v1/logs", json=make_log(status=...), headers=collector.headers())
        http.post("/v1/logs", json=make_log(category="x" * 2000), headers=collector.headers())
        http.post("/v1/logs", json=make_log(client_id="acme"), headers=collector.headers("globex"))
        http.post("/v1/logs", json=make_log(), headers={"X-API-Key": "guessed"})
        http.get("/nothing")
        found = _samples(http)

    assert _value(found, "refusals_total", reason="invalid_log", client="acme") == 1
    assert _value(found, "refusals_total", reason="too_large", client="acme") == 1
    assert _value(found, "refusals_total", reason="foreign_client", client="globex") == 1
    assert _value(found, "refusals_total", reason="unknown_key", client=UNKNOWN) == 1
    assert _value(found, "refusals_total", reason="not_found", client=UNKNOWN) == 1
    assert _value(found, "logs_total", client="acme") == 0


def test_what_the_store_did_not_do_is_counted() -> None:
    store = BrokenStore()
    collector = make_collector(store, key_cache_ttl_s=60, metrics_token=TOKEN)
    with _client(collector) as http:
        http.post("/v1/logs", json=make_log(), headers=collector.headers())
        store.broken = True
        http.post("/v1/logs", json=make_log(), headers=collector.headers())
        http.post("/v1/logs", json=make_log(), headers=collector.headers("globex"))
        http.get("/readyz")
        found = _samples(http)

    assert _value(found, "store_errors_total", operation="write") == 1
    assert _value(found, "store_errors_total", operation="lookup") == 1
    assert _value(found, "store_errors_total", operation="probe") == 1
    assert _value(found, "puts_total", outcome="not_confirmed") == 1
    assert _value(found, "refusals_total", reason="not_confirmed", client="acme") == 1


def test_what_is_in_flight_is_seen_while_it_is() -> None:
    store = GatedStore()
    collector = make_collector(store)
    found: list[str] = []

    async def steps(http: httpx.AsyncClient) -> None:
        waiting = asyncio.create_task(http.post("/v1/logs", json=make_log(), headers=collector.headers()))
        await store.writing.wait()
        collector.app.metrics.refresh()
        found.append(collector.app.metrics.expose("")[0].decode())
        store.gate.set()
        await waiting

    collector.run(steps)

    assert "caselog_collector_in_flight_requests 1.0" in found[0]
    assert re.search(r"caselog_collector_in_flight_bytes [1-9]", found[0])


def test_strangers_make_no_series_and_clients_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "MOST_CLIENTS", 2)
    figures = CollectorMetrics()
    for client_id in ("a", "b", "c", "d", "a", ""):
        exchange = Exchange("id")
        exchange.client_id, exchange.logs, exchange.status = client_id, 1, 200
        figures.note_exchange(exchange)

    text = figures.expose("")[0].decode()

    assert set(re.findall(r'caselog_collector_logs_total\{client="([^"]+)"\}', text)) == {
        "a",
        "b",
        OTHER,
        UNKNOWN,
    }
    assert f'caselog_collector_logs_total{{client="{OTHER}"}} 2.0' in text


# ---------------------------------------------------------------- who may read


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.5", ""])
@pytest.mark.parametrize("given", [{}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {TOKEN}"}])
def test_without_a_token_nobody_may_whoever_asks_from_this_machine_may_be_a_proxy(
    collector: Collector, host: str, given: dict[str, str]
) -> None:
    answer = _client(collector, host).get("/metrics", headers=given)

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "metrics_withheld")
    assert "set CASELOG_COLLECTOR_METRICS_TOKEN" in answer.json()["error"]["message"]
    assert "caselog_collector" not in answer.text


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        (f"Bearer {TOKEN}x", 403),
        (f"Basic {TOKEN}", 403),
        ("Bearer schlüssel", 403),
        ("", 403),
    ],
)
@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.5"])
def test_with_a_token_who_knows_it_may_read_from_anywhere(given: str, status: int, host: str) -> None:
    collector = make_collector(metrics_token=TOKEN)

    answer = _client(collector, host).get("/metrics", headers={b"Authorization": given.encode()})

    assert answer.status_code == status


def test_a_token_that_is_short_stops_the_start() -> None:
    with pytest.raises(ValueError, match="metrics_token"):
        make_collector(metrics_token="short")


def test_the_format_is_the_one_that_was_asked_for() -> None:
    http = _client(make_collector(metrics_token=TOKEN))
    wanted = {**AUTHORIZED, "Accept": "application/openmetrics-text; version=1.0.0"}

    plain = http.get("/metrics", headers=AUTHORIZED)
    open_metrics = http.get("/metrics", headers=wanted)

    assert plain.headers["content-type"].startswith("text/plain; version=")
    assert open_metrics.headers["content-type"].startswith("application/openmetrics-text")
    assert open_metrics.text.endswith("# EOF\n")


def test_processes_that_share_a_port_are_told_together(tmp_path: Path) -> None:
    count = (
        "from collector.metrics import CollectorMetrics; from serving.exchange import Exchange\n"
        "m = CollectorMetrics(); e = Exchange('x'); e.client_id, e.logs, e.status = 'acme', 2, 200\n"
        "m.note_exchange(e); m.set_in_flight(1, 10); print(m.expose('')[0].decode())"
    )
    env = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    command = [sys.executable, "-c", count]

    first, second = (
        subprocess.run(command, env=env, capture_output=True, text=True, check=True) for _ in "12"
    )

    assert 'caselog_collector_logs_total{client="acme"} 2.0' in first.stdout
    assert 'caselog_collector_logs_total{client="acme"} 4.0' in second.stdout


# ---------------------------------------------------------------- ids of requests


def test_an_answer_bears_the_id_of_its_request(collector: Collector, http: TestClient) -> None:
    own = [
        http.post("/v1/logs", json=make_log(), headers=collector.headers()).headers["x-request-id"],
        http.get("/healthz").headers["x-request-id"],
        http.get("/nothing").headers["x-request-id"],
    ]
    given = http.get("/healthz", headers={"X-Request-Id": "from.a_proxy-1"})
    odd = http.get("/healthz", headers={"X-Request-Id": "x y"})

    assert all(re.fullmatch("[0-9a-f]{16}", each) for each in own)
    assert len(set(own)) == 3
    assert given.headers["x-request-id"] == "from.a_proxy-1"
    assert odd.headers["x-request-id"] != "x y"


class _Lines(logging.Handler):
    """Keeps the lines as the service log would write them."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.mark.parametrize("formatter", [TextLine(), JsonLine()], ids=["text", "json"])
def test_a_failure_of_ours_is_said_with_the_id_of_the_request_and_no_content(
    formatter: logging.Formatter,
) -> None:
    collector, lines = make_collector(DefectiveStore()), _Lines(formatter)
    root = logging.getLogger()
    root.addHandler(lines)
    try:
        with collector.http() as http:
            http.post(
                "/v1/logs",
                json=make_log(ticket_id="private"),
                headers={**collector.headers(), "X-Request-Id": "abc-1"},
            )
    finally:
        root.removeHandler(lines)

    [said] = [line for line in lines.lines if "abc-1" in line]
    assert "client acme was answered 500 unexpected" in said
    assert "private" not in "".join(lines.lines)
    [written] = [line for line in lines.lines if "1 logs of client acme" in line]
    assert "abc-1" not in written  # an object holds the logs of many requests


def test_an_outage_does_not_fill_the_service_log(caplog: pytest.LogCaptureFixture) -> None:
    store = BrokenStore()
    collector = make_collector(store)
    store.broken = True
    with collector.http() as http:
        for _ in range(200):
            http.post("/v1/logs", json=make_log(), headers=collector.headers())

    said = [record for record in caplog.records if record.name == "serving.requests"]
    seconds = {int(record.created) for record in said}
    assert 0 < len(said) <= 11 * (len(seconds) + 1)
