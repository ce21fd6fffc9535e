"""A collector of a few lines: keeps what it is sent, and answers as the test says."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

Answer = tuple[int, dict[str, str], bytes]
STORED: Final[Answer] = (200, {}, b'{"status": "stored"}')


@dataclass(frozen=True)
class Sent:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def logs(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in gzip.decompress(self.body).splitlines()]


@dataclass
class FakeCollector:
    """`answer` may block, raise to close the connection without an answer, or say anything."""

    url: str
    answer: Callable[[Sent], Answer] = lambda _sent: STORED
    requests: list[Sent] = field(default_factory=list)
    #: Connections accepted so far.
    connections: int = 0
    handler: type[BaseHTTPRequestHandler] = BaseHTTPRequestHandler

    @property
    def logs(self) -> list[dict[str, Any]]:
        return [log for sent in self.requests for log in sent.logs]

    @property
    def text(self) -> str:
        return "\n".join(gzip.decompress(sent.body).decode() for sent in self.requests)

    @property
    def env(self) -> dict[str, str]:
        return {"LOG_COLLECTOR_URL": self.url, "LOG_COLLECTOR_API_KEY": API_KEY, "CLIENT_ID": "acme"}


API_KEY: Final = "caselog_a-key-that-is-only-for-tests-0000"


def answers(*scripted: Answer) -> Callable[[Sent], Answer]:
    """One answer after the other; the last one for ever."""
    waiting = list(scripted)
    return lambda _sent: waiting.pop(0) if len(waiting) > 1 else waiting[0]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that is gone is none of the test's concern."""


@contextmanager
def fake_collector() -> Iterator[FakeCollector]:
    """A collector on a free port of this machine."""
    collector = FakeCollector("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            collector.connections += 1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sent = Sent(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            collector.requests.append(sent)
            try:
                status, headers, answer = collector.answer(sent)
            except ConnectionError:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in {"Content-Length": str(len(answer)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    collector.handler = Handler
    server = _Server(("127.0.0.1", 0), Handler)
    collector.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
