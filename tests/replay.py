"""A collector to send real runs to, and their logs as the views of the lake show them afterwards."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from collector.app import create_app
from collector.settings import CollectorSettings
from lake.reader import read_lake
from lake.store import Store
from voila_dashboards.kernel.sources import LakeSource

Json = dict[str, Any]


class Tap:
    """Lets every request through, and keeps the bodies as they came over the wire."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._bodies: list[bytes] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        received: list[bytes] = []

        async def listen() -> Message:
            message = await receive()
            received.append(message.get("body", b""))
            return message

        await self._app(scope, listen, send)
        if scope["type"] == "http":
            self._bodies.append(b"".join(received))

    def lines(self) -> dict[str, bytes]:
        """Each log's line of JSON by its log_id."""
        lines = [line for body in self._bodies for line in gzip.decompress(body).splitlines()]
        return {json.loads(line)["log_id"]: line for line in lines}


@contextmanager
def running_collector(store: Store) -> Iterator[tuple[str, Tap]]:
    tap = Tap(create_app(CollectorSettings(ack_timeout_s=60), store))
    config = uvicorn.Config(tap, host="127.0.0.1", port=0, ws="none", log_config=None, access_log=False)
    server, ready = uvicorn.Server(config), threading.Event()
    started = server.startup

    async def startup(*args: Any, **kwargs: Any) -> None:
        await started(*args, **kwargs)
        ready.set()

    server.startup = startup  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert ready.wait(60)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", tap
    finally:
        server.should_exit = True
        thread.join(60)


@contextmanager
def reading(store: Store) -> Iterator[LakeSource]:
    reader = read_lake(store)
    try:
        yield LakeSource(reader)
    finally:
        reader.close()


def read_logs(store: Store) -> dict[str, Json]:
    """Every log as the views show it, put together again, by its log_id."""
    with reading(store) as reader:
        rows = reader.sql(
            "SELECT l.schema_version, l.client_id, l.log_id, l.ticket_id, epoch_ms(l.executed_at), "
            "l.execution_time_seconds, l.status, l.category, l.environment, l.workflow_version, l.metrics, l.extra, "
            "t.trace FROM logs l JOIN traces t USING (client_id, month, log_id)"
        )
    return {row[2]: _put_together(row) for row in rows}


def _put_together(row: tuple[Any, ...]) -> Json:
    names = ("schema_version", "client_id", "log_id", "ticket_id", "executed_at", "execution_time_seconds")
    log = dict(zip((*names, "status", "category", "environment", "workflow_version"), row, strict=False))
    log["executed_at"] = datetime.fromtimestamp(log["executed_at"] / 1000, UTC).isoformat()
    return {**log, "metrics": json.loads(row[10]), **json.loads(row[11]), "trace": json.loads(row[12])}
