"""What one client may send beside the general limits, and what its operator hears of it."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from access import clients
from access.clients import ClientLimits
from access.daily_bytes import count_bytes
from access.errors import InvalidLimit
from lake import rawlog
from lake.errors import StoreUnavailable
from lake.store import Store, memory_store
from tests.clock import FakeClock
from tests.collector.conftest import Collector, make_collector, make_log, wait_for
from tests.collector.stores import BrokenStore, GatedStore

#: A log is stored as a line of some hundred bytes.
LINE = 400
_numbers = itertools.count()


def limited(
    store: Store | None = None, client: str = "acme", *, general: Any = None, **limits: int
) -> Collector:
    """A collector one of whose clients has limits of its own."""
    collector = make_collector(store, **(general or {}))
    clients.set_client(collector.store, client, limits=ClientLimits(**limits))
    return collector


def send(collector: Collector, http: TestClient, client: str = "acme", size: int = 0) -> Any:
    log = make_log(log_id=f"L-{next(_numbers)}", note="x" * size)
    return http.post("/v1/logs", json=log, headers=collector.headers(client))


def code(answer: Any) -> str | None:
    return None if answer.status_code == 200 else str(answer.json()["error"]["code"])


# ---------------------------------------------------------------- rate


def test_a_client_over_its_own_logs_per_minute_is_429_until_the_time_it_was_told() -> None:
    collector = limited(logs_per_minute=6)
    with collector.http() as http:
        answers = [send(collector, http) for _ in range(8)]

        assert [code(answer) for answer in answers] == [None] * 6 + ["rate_exceeded"] * 2
        assert answers[-1].headers["retry-after"] == "10"
        assert "6 per minute" in answers[-1].json()["error"]["message"]
        assert send(collector, http, "globex").status_code == 200
        collector.clock.advance(10)
        assert send(collector, http).status_code == 200


def test_of_singles_that_come_all_at_once_no_more_are_taken_than_the_minutes_logs() -> None:
    collector = limited(GatedStore(), logs_per_minute=5)
    store = collector.store
    assert isinstance(store, GatedStore)

    async def steps(http: httpx.AsyncClient) -> None:
        async def one(number: int) -> int:
            log = make_log(log_id=f"L-{number}")
            answer = await http.post("/v1/logs", json=log, headers=collector.headers())
            return answer.status_code

        sent = [asyncio.create_task(one(number)) for number in range(20)]
        await store.writing.wait()
        store.gate.set()
        assert sorted(await asyncio.gather(*sent)) == [200] * 5 + [429] * 15

    collector.run(steps)


def test_a_body_of_more_logs_than_are_left_is_stored_and_what_was_too_much_waited_for() -> None:
    collector = limited(logs_per_minute=60)
    lines = "\n".join(json.dumps(make_log(log_id=f"L-{number}")) for number in range(100))
    with collector.http() as http:
        body = http.post("/v1/logs", content=lines, headers=collector.ndjson())
        refused = send(collector, http)
        collector.clock.advance(41)
        after = send(collector, http)

    assert (body.status_code, code(refused), code(after)) == (200, "rate_exceeded", None)
    assert refused.headers["retry-after"] == "41"


def test_bytes_of_a_day_that_the_pace_refuses_are_not_counted() -> None:
    collector = limited(logs_per_minute=1, bytes_per_day=100 * LINE)
    with collector.http() as http:
        answers = [send(collector, http) for _ in range(3)]

    assert [code(answer) for answer in answers] == [None, "rate_exceeded", "rate_exceeded"]
    assert collector.app.day_bytes.used("acme") == stored_bytes(collector.store)


@pytest.mark.parametrize(
    ("per_second", "per_minute", "told"), [(100, 1, "1 per minute"), (1, 1000, "1 per second")]
)
def test_of_two_rates_the_smaller_one_counts(per_second: int, per_minute: int, told: str) -> None:
    collector = limited(general={"rate_limit_per_s": per_second}, logs_per_minute=per_minute)
    with collector.http() as http:
        answers = [send(collector, http) for _ in range(4)]

    assert told in answers[-1].json()["error"]["message"]


# ---------------------------------------------------------------- size of a log


def test_a_log_over_the_clients_own_size_is_413_in_words() -> None:
    collector = limited(log_bytes=2000)
    with collector.http() as http:
        small, large, other = (
            send(collector, http, size=100),
            send(collector, http, size=2000),
            send(collector, http, "globex", size=2000),
        )
        lines = "\n".join(json.dumps(make_log(note="x" * size)) for size in (2000, 2500))
        many = http.post("/v1/logs", content=lines, headers=collector.ndjson())

    assert (small.status_code, other.status_code) == (200, 200)
    for refused in (large, many):
        assert (refused.status_code, code(refused)) == (413, "too_large")
    assert "2000 bytes" in large.json()["error"]["message"]
    assert len(collector.lines()) == 2


def test_the_general_size_is_not_widened_by_a_clients_own() -> None:
    collector = limited(general={"max_log_bytes": 1024}, log_bytes=1_000_000)
    with collector.http() as http:
        assert send(collector, http, size=2000).status_code == 413


# ---------------------------------------------------------------- bytes of a day


def test_a_client_gets_no_more_than_its_bytes_of_a_day_and_all_of_them_again_at_midnight() -> None:
    collector = limited(bytes_per_day=10 * LINE)
    with collector.http() as http:
        answers = [send(collector, http) for _ in range(60)]

        assert 8 * LINE < stored_bytes(collector.store) <= 10 * LINE
        assert {code(answer) for answer in answers} == {None, "quota_exceeded"}
        assert (answers[-1].status_code, answers[-1].headers["retry-after"]) == (429, str(10 * 3600))
        assert "4000 bytes" in answers[-1].json()["error"]["message"]
        assert send(collector, http, "globex").status_code == 200
        collector.clock.advance(10 * 3600)
        assert send(collector, http).status_code == 200


def test_a_log_that_no_day_has_room_for_is_413() -> None:
    collector = limited(bytes_per_day=500)
    with collector.http() as http:
        answer = send(collector, http, size=1000)

    assert (answer.status_code, code(answer)) == (413, "too_large")
    assert "in a day" in answer.json()["error"]["message"]


def test_what_was_not_stored_does_not_count_for_the_day() -> None:
    store = BrokenStore()
    collector = limited(store, bytes_per_day=3 * LINE)
    with collector.http() as http:
        assert send(collector, http).status_code == 200
        store.broken = True
        assert [send(collector, http).status_code for _ in range(20)] == [503] * 20
        store.broken = False

        assert send(collector, http).status_code == 200


def test_bytes_of_a_day_are_counted_over_restarts() -> None:
    store = memory_store()
    first = limited(store, bytes_per_day=10 * LINE)
    with first.http() as http:
        while send(first, http).status_code == 200:
            pass
    stored = len(first.lines())

    second = first.replica()
    with second.http() as http:
        before, after = send_until_heard(second, http)

    assert before < 5  # until the store has told what was counted before
    assert after == "quota_exceeded"
    assert stored >= 5


def send_until_heard(collector: Collector, http: TestClient) -> tuple[int, str | None]:
    """How many logs were taken before a refusal, and its code."""
    for taken in range(50):
        if (said := code(send(collector, http))) is not None:
            return taken, said
    return 50, None


def test_two_collectors_together_take_hardly_more_than_one_may() -> None:
    store = memory_store()
    first = limited(store, bytes_per_day=100 * LINE)
    second = first.replica()
    with first.http() as one, second.http() as two:
        refused = 0
        while refused < 20:
            for collector, http in ((first, one), (second, two)):
                refused += send(collector, http).status_code == 429
            first.clock.advance(1)

    assert 0.9 * 100 * LINE <= stored_bytes(store) <= 1.1 * 100 * LINE


def test_a_restart_does_not_begin_the_day_anew() -> None:
    collector = limited(bytes_per_day=10_000)
    with collector.http() as http:
        while send(collector, http, size=1000).status_code == 200:
            pass
    before = stored_bytes(collector.store)
    again = collector.replica()
    with again.http() as http:
        answer = send(again, http, size=1000)

    assert code(answer) == "quota_exceeded"
    assert stored_bytes(collector.store) == before <= 10_000


def test_while_it_is_not_known_what_others_took_a_client_with_a_limit_of_bytes_is_503() -> None:
    class Deaf(WritesCounted):
        async def list_keys_async(self, prefix: str) -> Sequence[str]:
            if self.is_deaf and "daily_bytes" in prefix:
                raise StoreUnavailable(f"listing {prefix}", "refused")
            return await super().list_keys_async(prefix)

        is_deaf = True

    store = Deaf()
    collector = limited(store, bytes_per_day=1_000_000)
    with collector.http() as http:
        answers = [send(collector, http), send(collector, http, "globex")]
        store.is_deaf = False
        after = send(collector, http)

    assert [code(answer) for answer in answers] == ["not_confirmed", None]
    assert "how much this client has sent today" in answers[0].json()["error"]["message"]
    assert answers[0].headers["retry-after"] == "2"
    assert code(after) is None


def stored_bytes(store: Store) -> int:
    return sum(len(line) for found in store.list("raw") for line in rawlog.unpack(store.get(found.key)))


def test_where_no_client_has_a_limit_of_bytes_nothing_is_written_or_listed_for_it() -> None:
    collector = make_collector()
    with collector.http() as http:
        for _ in range(5):
            send(collector, http)
            collector.clock.advance(120)

    assert list(collector.store.list("control/daily_bytes")) == []


def test_counting_costs_no_request_of_the_store_per_log() -> None:
    store = WritesCounted()
    collector = limited(store, bytes_per_day=1_000_000_000)
    with collector.http() as http:
        for _ in range(100):
            send(collector, http)

    told = [key for key in store.written if key.startswith("control/daily_bytes/")]
    assert len(told) <= 2  # with the first log, perhaps, and at the end


class WritesCounted(BrokenStore):
    def __init__(self) -> None:
        super().__init__()
        self.written: list[str] = []

    async def put_async(self, key: str, data: bytes, *, timeout_s: float | None = None) -> None:
        self.written.append(key)
        await super().put_async(key, data, timeout_s=timeout_s)


def test_what_was_counted_on_earlier_days_is_removed() -> None:
    collector = limited(bytes_per_day=1_000_000)
    for day in ("2026-11-20", "2026-11-22"):
        collector.store.put(f"control/daily_bytes/{day}.old.json", b'{"clients": {"acme": 7}}')

    with collector.http() as http:
        send(collector, http)
        wait_for(lambda: "2026-11-20" not in told_days(collector.store))

    assert told_days(collector.store) == {"2026-11-22", "2026-11-23"}
    assert count_bytes(collector.store, collector.clock().date())["acme"] > 0


def told_days(store: Store) -> set[str]:
    return {found.key.split("/")[2].split(".")[0] for found in store.list("control/daily_bytes")}


@pytest.mark.parametrize("damage", [b"", b"{", b'{"clients": {"acme": "many"}}'])
def test_a_damaged_count_is_named_and_refuses_nobody(damage: bytes, caplog: pytest.LogCaptureFixture) -> None:
    collector = limited(bytes_per_day=1_000_000)
    key = f"control/daily_bytes/{collector.clock().date()}.other.json"
    collector.store.put(key, damage)

    with collector.http() as http:
        assert send(collector, http).status_code == 200
        wait_for(lambda: key in caplog.text)
        assert http.get("/readyz").status_code == 200


# ---------------------------------------------------------------- what the operator hears


def test_the_operator_hears_of_a_client_over_its_limits_at_once_and_then_once_a_minute(
    caplog: pytest.LogCaptureFixture,
) -> None:
    collector = limited(log_bytes=1000)
    with collector.http() as http:
        for _ in range(10):
            send(collector, http, size=2000)
        first = told(caplog)
        collector.clock.advance(61)
        send(collector, http, size=2000)

    assert len(first) == 1
    assert "client acme were refused, too_large, 1 of them" in first[0]
    assert "client acme were refused, too_large, 10 of them" in told(caplog)[1]
    assert "xxx" not in caplog.text


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "collector.allowances"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"logs_per_minute": 0}, "1 or more"),
        ({"log_bytes": -1}, "1 or more"),
        ({"log_bytes": 10, "bytes_per_day": 5}, "no larger"),
    ],
)
def test_a_limit_that_cannot_be_meant_changes_nothing(
    changes: dict[str, int], sentence: str, clock: FakeClock
) -> None:
    store = memory_store()
    clients.create_client(store, "acme", clock())

    with pytest.raises(InvalidLimit, match=sentence):
        clients.set_client(store, "acme", limits=ClientLimits(**changes))

    assert clients.get_client(store, "acme").limits == ClientLimits()
