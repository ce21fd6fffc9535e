from __future__ import annotations

import os
import random
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.ingest_sending import send_once
from benchmarks.peer_bodies import SHAPES, SPANS, Trace
from benchmarks.peer_servers import (
    PEERS,
    DidNotStore,
    NoEnvironment,
    PeerConnection,
    Running,
    make_post,
    python_of,
)
from benchmarks.peers_ingest import Trial, compare, store
from benchmarks.tickets import make_log

LATER_S = 0.2
ONE = Trial("phoenix", "one", 1, 1)


class Spans:
    """Spans as the protobuf library makes them, so far as `Trace` fills them."""

    def __init__(self) -> None:
        self.all: list[Any] = []

    def add(self) -> Any:
        attributes: dict[str, Any] = {}
        kept = SimpleNamespace(add=lambda key: SimpleNamespace(value=attributes.setdefault(key, Value())))
        self.all.append(SimpleNamespace(attributes=kept, kept=attributes, status=SimpleNamespace(code=0)))
        return self.all[-1]


class Value:
    string_value = ""
    int_value = 0


def spans_of(shape: str) -> tuple[dict[str, Any], list[Any]]:
    """A log, and the spans that it becomes."""
    log, spans = make_log(1, random.Random(1)), Spans()
    SHAPES[shape](Trace(spans.add), log)
    return log, spans.all


def texts_of(log: dict[str, Any]) -> Iterator[str]:
    """Everything that a person or a model said in it."""
    for step in log["trace"]["react_iterations"]:
        yield from (step["thought"], step["action"], step["observation"], step["tool_calls"][0]["result"])
    yield log["trace"]["final_response"]


@pytest.mark.parametrize("shape", SPANS)
def test_peers_are_sent_the_whole_ticket_in_as_many_spans_as_are_waited_for(shape: str) -> None:
    log, spans = spans_of(shape)

    sent = "\n".join(value.string_value for span in spans for value in span.kept.values())
    assert len(spans) == SPANS[shape]
    assert all(text in sent for text in texts_of(log))


def test_the_spans_of_a_ticket_are_one_trace_below_one_root() -> None:
    _, spans = spans_of("steps")

    root, *below = spans
    assert {span.trace_id for span in spans} == {root.trace_id}
    assert root.parent_span_id == b""
    assert {span.parent_span_id for span in below} == {root.span_id}
    assert len({span.span_id for span in spans}) == len(spans)


# ---------------------------------------------------------------- a peer that stores after it answered


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: Callable[[], None]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
        threading.Timer(LATER_S, type(self).store).start()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def late_peer(folder: Path, spans_of_each: int) -> Iterator[Running]:
    """A peer whose rows come after its answers, so many spans of each ticket."""
    path = folder / "phoenix.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript("CREATE TABLE traces (id); CREATE TABLE spans (id);")

    def insert() -> None:
        rows = "INSERT INTO traces VALUES (1);" + "INSERT INTO spans VALUES (1);" * spans_of_each
        with closing(sqlite3.connect(path, timeout=30)) as database:
            database.executescript(f"BEGIN; {rows} COMMIT;")

    late = type("Late", (Handler,), {"store": staticmethod(insert)})
    with ThreadingHTTPServer(("127.0.0.1", 0), late) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield Running(PEERS["phoenix"], server.server_port, "1", os.getpid(), path)
        finally:
            server.shutdown()
            thread.join()


def test_a_ticket_counts_when_it_is_in_the_database_and_not_when_it_was_answered(tmp_path: Path) -> None:
    with late_peer(tmp_path, 1) as peer:
        answered_s, stored_s = store(peer, ONE, [make_post(peer.port, b"x")] * 3, 3)

        assert stored_s >= LATER_S
        assert answered_s <= stored_s
        assert peer.stored() == (3, 3)


def test_a_ticket_that_comes_without_its_spans_is_not_counted(tmp_path: Path) -> None:
    with late_peer(tmp_path, 0) as peer, pytest.raises(DidNotStore, match="0 of 1 spans"):
        store(peer, ONE, [make_post(peer.port, b"x")], 1, timeout_s=10 * LATER_S)


def test_each_request_is_sent_once_whatever_the_connections(tmp_path: Path) -> None:
    with late_peer(tmp_path, 1) as peer:
        answers = send_once(peer.port, [make_post(peer.port, b"x")] * 5, 8, PeerConnection)
        peer.wait_for(5, 30)

        assert len(answers) == 5
        assert peer.stored() == (5, 5)


def test_a_peer_without_an_environment_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoEnvironment, match=r"no mlflow in .*: see benchmarks/README"):
        python_of("mlflow", tmp_path)


# ---------------------------------------------------------------- both sides


def figure(pace: float, cpu_us: int, tables_pace: float = 1, tables_cpu_us: int = 1) -> dict[str, Any]:
    return {
        "tickets_per_s": pace,
        "cpu_us_per_ticket": cpu_us,
        "tables_tickets_per_s": tables_pace,
        "tables_cpu_us_per_ticket": tables_cpu_us,
    }


def test_caselog_is_compared_with_the_best_of_a_peers_trials_and_with_as_many_tickets_a_request() -> None:
    slow, fast = Trial("mlflow", "steps", 39, 1), Trial("mlflow", "steps", 39, 8)
    found: dict[Trial | int, list[dict[str, Any]]] = {
        1: [figure(1, 1)],
        39: [figure(1000, 200, 400, 500)],
        slow: [figure(50, 9000)],
        fast: [figure(100, 8000)],
    }

    (told,) = compare(found)

    assert told["connections"] == 8
    assert (told["ratio"], told["tables_ratio"]) == (10.0, 4.0)
    assert (told["cpu_ratio"], told["tables_cpu_ratio"]) == (40.0, 16.0)


def test_a_trial_that_failed_is_not_compared() -> None:
    failed = Trial("mlflow", "one", 1, 32)
    found: dict[Trial | int, list[dict[str, Any]]] = {1: [figure(1000, 200)], failed: [{"failed": "said no"}]}

    assert list(compare(found)) == []
