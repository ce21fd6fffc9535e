"""Collector, ETL and reader over a store that fails on purpose, in any order and at any step.

Whatever happens: each log that was acknowledged is read exactly once, as it was sent and by its own client; one that
was not is read once at most; and what was never sent, or was refused, is never read.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from access import clients, keys
from collector.app import create_app
from collector.settings import CollectorSettings
from etl.run import run_once
from etl.settings import EtlSettings
from lake.errors import LakeError
from lake.reader import read_lake
from lake.scope import EVERYONE, Scope
from lake.snapshot import Lake
from lake.tables import PinnedTable
from tests.e2e.failing_store import FailingStore, Fault, Killed, Kind

CLIENTS: Final = ("acme", "globex")
NOW: Final = datetime(2026, 11, 23, 14, tzinfo=UTC)
EXECUTED: Final = (datetime(2026, 10, 31, 23, tzinfo=UTC), datetime(2026, 11, 23, 9, tzinfo=UTC))
SETTINGS: Final = EtlSettings()
FORGED: Final = 100

FAILURES: Final = (Kind.REFUSED, Kind.SILENT, Kind.KILLED_BEFORE, Kind.KILLED_AFTER)


def fault(operation: str, turns: int, *kinds: Kind) -> st.SearchStrategy[Fault]:
    """One of the first ``turns`` calls of an operation fails."""
    return st.builds(Fault, st.just(operation), st.integers(1, turns), st.sampled_from(kinds))


#: As many calls as a run makes of each, for few logs: what is planned mostly happens. Most often around the commits.
etl_faults = st.lists(
    st.one_of(
        fault("commit", 2, *FAILURES, Kind.RACED),
        fault("commit", 2, *FAILURES, Kind.RACED),
        fault("delete", 2, *FAILURES),
        fault("put", 4, *FAILURES),
        fault("get", 2, *FAILURES),
        fault("list", 9, *FAILURES),
        fault("survey", 1, *FAILURES, Kind.LOST_PAGE),
    ),
    min_size=1,
    max_size=2,
)
#: For who sends, a collector that is killed is one that does not answer.
collector_faults = st.lists(
    st.one_of(fault("put", 2, Kind.REFUSED, Kind.SILENT), fault("get", 4, Kind.REFUSED)), max_size=2
)
reader_faults = st.lists(st.one_of(fault("get", 3, Kind.REFUSED), fault("list", 3, Kind.REFUSED)), max_size=1)
scopes = st.sampled_from([EVERYONE, *map(Scope.of, CLIENTS)])
#: Few ids, so that logs are sent again, by the same client and under the same id by another.
sent_logs = st.lists(st.tuples(st.sampled_from(CLIENTS), st.integers(0, 7)), min_size=1, max_size=6)

Identity = tuple[str, str]


def log_of(client_id: str, number: int) -> dict[str, Any]:
    """The log: whoever reads it can tell whose it is, and that it is whole."""
    return {
        "client_id": client_id,
        "log_id": f"L-{number}",
        "ticket_id": f"{client_id} {number}",
        "executed_at": EXECUTED[number % 2].isoformat(),
        "status": "SUCCESS",
        "trace": {"final_response": f"of {client_id} {number}"},
    }


class Caselog(RuleBasedStateMachine):
    """What was sent and what was acknowledged, beside the real thing."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="caselog-model-"))
        self.sent: set[Identity] = set()
        self.acknowledged: set[Identity] = set()
        store = FailingStore(self.folder)
        Lake(store).create_tables()
        self.keys: dict[str, str] = {}
        for number, client_id in enumerate(CLIENTS):
            clients.create_client(store, client_id, NOW)
            self.keys[client_id] = keys.issue_key(store, client_id, NOW, bytes([number]) * 32)

    @rule(logs=sent_logs, faults=collector_faults)
    def send(self, logs: Sequence[tuple[str, int]], faults: Sequence[Fault]) -> None:
        """Some logs at once, to a collector that was just started; one of them is another client's, and refused."""
        *answers, refused = asyncio.run(self._post_all(FailingStore(self.folder, faults), logs))

        assert refused in {403, 503}
        for (client_id, number), status in zip(logs, answers, strict=True):
            identity = (client_id, f"L-{number}")
            self.sent.add(identity)
            assert status in {200, 503}
            if status == 200:
                self.acknowledged.add(identity)

    @rule(logs=sent_logs, faults=etl_faults)
    def send_and_compact(self, logs: Sequence[tuple[str, int]], faults: Sequence[Fault]) -> None:
        """Some logs that arrive, and a run of the ETL; the next is another process."""
        self.send(logs, ())
        store = FailingStore(self.folder, faults, rival=lambda: run_whole(self.folder))
        try:
            run_once(Lake(store), SETTINGS)
        except (LakeError, Killed):
            store.is_dead = True

    @rule(scope=scopes, faults=reader_faults)
    def read(self, scope: Scope, faults: Sequence[Fault]) -> None:
        """What somebody reads is right, or reading fails in words."""
        try:
            rows = rows_of(FailingStore(self.folder, faults), scope)
        except LakeError:
            assert faults
            return
        self._check(scope, rows)

    def teardown(self) -> None:
        """After all, runs that do not fail put everything in its place, with its trace."""
        try:
            for _ in range(2):
                run_whole(self.folder)
            assert list(FailingStore(self.folder).list("raw")) == []
            for scope in (EVERYONE, *map(Scope.of, CLIENTS)):
                self._check(scope, rows_of(FailingStore(self.folder), scope))
            self._check_traces()
        finally:
            shutil.rmtree(self.folder)

    # ---------------------------------------------------------------- steps

    async def _post_all(self, store: FailingStore, logs: Sequence[tuple[str, int]]) -> list[int]:
        """The status of each, and of one that claims to be another client's."""
        app = create_app(CollectorSettings(), store, now=lambda: NOW)
        transport = httpx.ASGITransport(app)
        posts = [(client_id, log_of(client_id, number)) for client_id, number in logs]
        posts.append(("globex", log_of("acme", FORGED)))
        async with httpx.AsyncClient(transport=transport, base_url="http://collector") as http:
            sent = [
                http.post("/v1/logs", json=log, headers={"X-API-Key": self.keys[client_id]})
                for client_id, log in posts
            ]
            return [answer.status_code for answer in await asyncio.gather(*sent)]

    def _check(self, scope: Scope, rows: Sequence[tuple[str, str, str]]) -> None:
        read = Counter((client_id, log_id) for client_id, log_id, _ in rows)
        assert {identity for identity, times in read.items() if times > 1} == set()
        assert read.keys() - self.sent == set()
        assert {one for one in self.acknowledged if scope.allows(one[0])} - read.keys() == set()
        assert {client_id for client_id, _ in read if not scope.allows(client_id)} == set()
        assert {ticket_id for client_id, log_id, ticket_id in rows} == {
            f"{client_id} {log_id[2:]}" for client_id, log_id in read
        }

    def _check_traces(self) -> None:
        reader = read_lake(FailingStore(self.folder))
        for client_id, log_id in self.acknowledged:
            at = EXECUTED[int(log_id[2:]) % 2]
            trace = reader.trace(client_id, f"{at:%Y-%m}", log_id, int(at.timestamp() * 1000))
            assert trace == f'{{"final_response":"of {client_id} {log_id[2:]}"}}'.encode()
        reader.close()


def run_whole(folder: Path) -> None:
    """A run of the ETL by a process that nothing happens to."""
    run_once(Lake(FailingStore(folder)), SETTINGS)


def rows_of(store: FailingStore, scope: Scope) -> Sequence[tuple[str, str, str]]:
    """Client, log id and ticket of every log that the scope reads."""
    reader = read_lake(store, scope)
    try:
        return [
            (row[0], row[1], row[2]) for row in reader.sql("SELECT client_id, log_id, ticket_id FROM logs")
        ]
    finally:
        reader.close()


@pytest.fixture
def commits_may_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit is the table library's, not the store's: it fails as the store's calls do."""
    append: Callable[[PinnedTable, pa.Table, Mapping[int, int]], None] = PinnedTable.append

    def failing(table: PinnedTable, rows: pa.Table, numbers: Mapping[int, int]) -> None:
        store = table._store
        assert isinstance(store, FailingStore)
        store.call("commit", lambda: append(table, rows, numbers))

    monkeypatch.setattr(PinnedTable, "append", failing)


@pytest.mark.usefixtures("commits_may_fail")
def test_acknowledged_logs_are_read_exactly_once_whatever_fails() -> None:
    run_state_machine_as_test(
        Caselog,
        settings=settings(
            max_examples=10,
            stateful_step_count=8,
            phases=[Phase.generate],  # so few steps are read as they are; to shrink them takes minutes
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
