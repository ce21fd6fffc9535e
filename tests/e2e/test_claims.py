"""What docs/ promises to clients of the provider's side, held on the whole way: real SDK, collector, ETL and reader."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from access import clients, keys
from access.clients import Level
from caselog import Client, Settings, build_workflow_log
from caselog.masking import Masker
from caselog.transport import Request, Response
from etl.receipt import out_of_reach
from etl.run import run_once
from etl.settings import EtlSettings
from lake import rawlog
from lake.reader import read_lake
from lake.snapshot import Lake
from lake.store import open_store
from tests.cli.command import answered
from tests.collector.conftest import Collector, make_collector
from tests.etl.bytes_of_lake import objects, readings
from tests.sdk.conftest import QUICK

TABLES = ("raw", "quarantine", "control", "logs", "traces", "iterations", "tool_calls", "errors", "nodes")
ADDRESS, NUMBER, PASSWORD = "bob.jones@example.com", "+49 30 901820", "hunter2x7"
STATE: dict[str, Any] = {
    "ticket_id": "T-1",
    "status": "failed",
    "category": "refund",
    "started_at": "2026-11-23T13:00:00Z",
    "messages": [
        {
            "role": "user",
            "content": f"I am {ADDRESS}, {NUMBER}; my password is {PASSWORD}. Dear Ms. Lovelace,",
        }
    ],
    "tool_calls": [
        {"name": "find", "arguments": {"api_key": PASSWORD, "q": "words of a tool"}, "result": ADDRESS}
    ],
    "nodes": [{"name": "look", "input": "words of a step", "status": "error", "error": f"no {ADDRESS}"}],
    "errors": [{"type": "ValueError", "message": f"no seat for {ADDRESS}"}],
    "final_response": f"Goodbye, Ms. Lovelace, {NUMBER}.",
}
PLANTED = ("bob.jones", "901820", PASSWORD, "Lovelace")


@dataclass
class Way:
    """From a workflow of acme to the tables; each log is masked and sent by the SDK and taken by the collector."""

    collector: Collector
    http: TestClient
    lake: Lake
    #: What the SDK counted as lost of what was shipped last.
    lost: dict[str, int] = field(default_factory=dict)

    def ship(self, *states: dict[str, Any], **settings: Any) -> list[dict[str, Any]]:
        """Ship the logs of these states; what was sent."""
        sent: list[dict[str, Any]] = []

        def post(request: Request) -> Response:
            sent.extend(json.loads(line) for line in gzip.decompress(request.body).splitlines())
            answer = self.http.post("/v1/logs", content=request.body, headers=request.headers)
            return Response(answer.status_code, dict(answer.headers), answer.content)

        key = self.collector.keys["acme"]
        client = Client(Settings("http://collector/v1/logs", key, "acme", **settings), QUICK, transport=post)
        for state in states:
            assert client.ship(build_workflow_log(state))
            assert client.flush(60)
        self.lost = client.stats()["lost"]
        client.close(5)
        return sent

    def compact(self) -> Any:
        return run_once(self.lake, EtlSettings(), clock=self.collector.clock)

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        reader = read_lake(self.lake.store)
        rows = reader.sql(query)
        reader.close()
        return rows

    def standing(self, *needles: str) -> list[str]:
        """Where in any stored byte one of these stands."""
        found = objects(self.lake.store, *TABLES)
        return [
            f"{key}: {needle}"
            for key, data in found.items()
            for text in readings(key, data)
            for needle in needles
            if needle.lower() in text.lower()
        ]


@pytest.fixture
def way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Way]:
    url = (tmp_path / "lake").as_uri()
    monkeypatch.setenv("CASELOG_LAKE_URL", url)
    monkeypatch.delenv("CASELOG_HASH_KEY", raising=False)
    collector = make_collector(open_store(url, {}, create=True))
    with collector.http() as http:
        yield Way(collector, http, Lake(collector.store))


# ---------------------------------------------------------------- what is stored


@pytest.mark.claim("collector-adds-only")
def test_the_collector_adds_when_a_log_came_and_counts_and_not_where_it_came_from(way: Way) -> None:
    (sent,) = way.ship(STATE)

    (line,) = way.collector.lines()
    assert {name: line[name] for name in sent} == sent
    assert line.keys() - sent.keys() == {"received_at", "collector_counted"}
    assert way.standing("testclient") == []  # whom the collector was spoken to by


@pytest.mark.claim("derived-from-masked", "nothing-before-masking")
def test_what_was_masked_is_masked_in_every_stored_byte_and_in_what_is_made_of_it(way: Way) -> None:
    way.ship(STATE, {**STATE, "ticket_id": "T-2"})
    before = way.standing(*PLANTED)
    report = way.compact()

    assert report.logs == 2
    assert (before, way.standing(*PLANTED)) == ([], [])
    ((message,),) = way.sql("SELECT DISTINCT message FROM errors WHERE type = 'ValueError'")
    assert message.startswith("no seat for email:")
    assert way.sql("SELECT count(*) FROM search_texts WHERE search_text LIKE '%[name]%'") == [(2,)]


def test_what_was_masked_by_which_rule_and_where_is_in_the_view_of_the_logs(way: Way) -> None:
    (sent,) = way.ship(STATE)
    fresh = way.sql("SELECT extra->'$.sdk.masked' FROM logs")
    way.compact()

    ((told,),) = way.sql("SELECT extra->'$.sdk.masked' FROM logs")
    assert json.loads(told) == json.loads(fresh[0][0]) == sent["sdk"]["masked"]
    assert way.sql("SELECT CAST(extra->'$.sdk.masked.secret.rules.field' AS INTEGER) FROM logs") == [(1,)]


@pytest.mark.claim("readable-in-the-bucket")
def test_whoever_may_read_the_bucket_reads_the_logs_as_they_were_sent(way: Way) -> None:
    way.ship(STATE)

    (found,) = way.lake.store.list("raw")
    (line,) = rawlog.unpack(way.lake.store.get(found.key))
    assert "words of a tool" in line.decode()


# ---------------------------------------------------------------- what the server leaves out


@pytest.mark.claim("server-metrics-only")
def test_of_a_client_set_to_figures_no_word_of_a_trace_is_ever_stored_whatever_its_sdk_sends(
    way: Way,
) -> None:
    clients.set_client(way.lake.store, "acme", level=Level.METRICS_ONLY)
    (sent,) = way.ship(
        {**STATE, "extra": {"note": "words of a note " * 20}, "metrics": {"route": "by phone"}}
    )

    fresh = way.standing("words of", "no seat")
    way.compact()

    assert "words of a step" in json.dumps(sent)
    assert (fresh, way.standing("words of", "no seat")) == ([], [])
    assert way.sql("SELECT status, error_count, tool_call_count FROM logs") == [("FAILED", 1, 1)]
    assert way.sql("SELECT metrics->>'$.route', category FROM logs") == [("by phone", "refund")]
    assert way.sql("SELECT * FROM traces") == []


@pytest.mark.claim("server-level-from-then-on")
def test_what_was_stored_before_the_level_was_changed_stays(way: Way) -> None:
    assert way.collector.settings.key_cache_ttl_s == 5
    way.ship(STATE)
    clients.set_client(way.lake.store, "acme", level=Level.METRICS_ONLY)
    way.collector.clock.advance(way.collector.settings.key_cache_ttl_s + 0.1)
    way.ship({**STATE, "ticket_id": "T-2"})
    way.compact()

    assert way.sql("SELECT l.ticket_id FROM logs l JOIN traces t USING (log_id)") == [("T-1",)]


@pytest.mark.claim("server-off")
def test_of_a_client_that_is_off_nothing_is_stored_and_its_sdk_takes_it_as_settled(
    way: Way, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    answered("clients", "set", "acme", "--level", "OFF")
    spool = tmp_path / "spool"

    sent = way.ship(STATE, {**STATE, "ticket_id": "T-2"}, spool_dir=str(spool))

    assert [log["ticket_id"] for log in sent] == ["T-1", "T-2"]
    assert list(way.lake.store.list("raw")) == []
    assert way.standing("T-1", "words of", *PLANTED) == []
    assert way.lost == {}
    assert [path for path in spool.rglob("*") if path.is_file()] == []
    assert capfd.readouterr().err == ""


@pytest.mark.claim("client-removed")
def test_of_a_client_that_was_removed_nothing_more_is_stored_and_what_was_stays(
    way: Way, capsys: pytest.CaptureFixture[str]
) -> None:
    way.ship(STATE)
    answered("clients", "remove", "acme")
    way.collector.clock.advance(way.collector.settings.key_cache_ttl_s)

    way.ship({**STATE, "ticket_id": "T-2"})
    way.compact()

    assert way.lost == {"refused": 1}
    assert "403" in capsys.readouterr().err
    assert way.sql("SELECT ticket_id FROM logs") == [("T-1",)]


@pytest.mark.claim("revoked-key")
def test_without_a_key_that_works_nothing_of_a_log_is_stored(
    way: Way, capsys: pytest.CaptureFixture[str]
) -> None:
    (key,) = keys.list_keys(way.lake.store, "acme")
    answered("keys", "revoke", key.key_id)

    way.ship(STATE)

    assert list(way.lake.store.list("raw")) == []
    assert "401" in capsys.readouterr().err


@pytest.mark.claim("messages-without-content")
@pytest.mark.parametrize(
    "wrong",
    [
        {"status": 7},
        {"executed_at": PASSWORD},
        {"metrics": {"overall_confidence": PASSWORD}},
        {"metrics": {PASSWORD: {"deep": PASSWORD}}},
        {"trace": [PASSWORD]},
        {"client_id": "globex"},
        {"category": PASSWORD * 100},
    ],
)
def test_no_answer_of_the_collector_holds_a_value_of_a_log(
    wrong: dict[str, Any], way: Way, capfd: pytest.CaptureFixture[str]
) -> None:
    log = {
        "ticket_id": PASSWORD,
        "status": "SUCCESS",
        "executed_at": "2026-11-23T14:00:00Z",
        "note": PASSWORD,
    }

    answer = way.http.post("/v1/logs", json={**log, **wrong}, headers=way.collector.headers())

    named = [name for name in wrong.get("metrics", {}) if name == PASSWORD]  # a name of a field is told
    assert answer.status_code in (403, 422)
    assert (PASSWORD in answer.text) == bool(named)
    said = capfd.readouterr()
    assert PASSWORD not in said.out + said.err


# ---------------------------------------------------------------- deletion


@pytest.mark.claim("delete-by-hash", "deletion")
@pytest.mark.parametrize("by", ["key", "hash"])
def test_a_person_that_the_sdk_masked_is_deleted_by_the_key_or_by_the_hash_alone(by: str, way: Way) -> None:
    own_key = "a key of acme's own"
    way.ship(STATE, hash_key=own_key)
    way.ship({**STATE, "ticket_id": "T-other", **_without(ADDRESS)}, hash_key=own_key)
    way.compact()
    hashed = Masker.from_settings(Settings("", "", hash_key=own_key)).hash_email(ADDRESS)
    assert way.standing(hashed) != []

    options = {"key": ["--hash-key-file", "-"], "hash": ["--hashed", hashed]}[by]
    why = ("--client", "acme", "--why", "asked by the person", "--yes")
    receipt = answered("delete", "subject", "--email", ADDRESS, *options, *why, stdin=f"{own_key}\n")

    assert receipt["removed"]["logs"] == 1
    assert way.standing(hashed) == []
    assert way.sql("SELECT ticket_id FROM logs") == [("T-other",)]
    assert ADDRESS not in json.dumps(receipt)


@pytest.mark.claim("delete-by-address-only")
def test_by_a_name_or_a_telephone_number_nobody_is_looked_for(way: Way) -> None:
    way.ship({**STATE, "ticket_id": "T-other", **_without(ADDRESS)}, masks_not=frozenset({"names", "phones"}))
    way.compact()

    why = ("--client", "acme", "--why", "asked by the person", "--yes")
    answered("delete", "subject", "--email", ADDRESS, "--hash-key-file", "-", *why, stdin="any key\n")

    assert way.sql("SELECT ticket_id FROM logs") == [("T-other",)]
    assert way.standing("Lovelace") != []
    assert way.standing("901820") != []


@pytest.mark.claim("out-of-reach")
def test_a_receipt_says_what_is_out_of_reach(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    way.ship(STATE)
    receipt = answered("delete", "ticket", "T-1", "--client", "acme", "--why", "asked", "--yes")

    told = " ".join(receipt["out_of_reach"])
    monkeypatch.setattr("lake.bucket.keeps_versions", lambda _store: True)
    versions = " ".join(out_of_reach(way.lake))
    assert "Copies and backups of the lake" in told
    assert "client's own systems" in told
    assert "what was removed is in it until" in versions


def _without(text: str) -> dict[str, Any]:
    """The parts of the state that hold a text, without it."""
    parts = ("messages", "tool_calls", "nodes", "errors")
    kept: dict[str, Any] = json.loads(
        json.dumps({name: STATE[name] for name in parts}).replace(text, "somebody")
    )
    return kept
