"""Whoever asks for much and does not read: what the gateway holds for him is bounded, and others get theirs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from access.users import disable_user
from tests.clock import FakeClock
from tests.voila_dashboards.gateway_fakes import Site, add_users
from tests.voila_dashboards.moody_store import MoodyStore
from tests.voila_dashboards.slow_reader import SlowReader, begun, give_up
from voila_dashboards.gateway import document, sending, traces

BIG = b"[" + b"1," * 1_000_000 + b"1]"
TRACE = "/trace/acme/2026-11/big"


@pytest.fixture
def site(tmp_path: Path, clock: FakeClock) -> Site:
    site = Site(tmp_path, clock)
    site.snapshots.traces[("acme", "big")] = BIG
    site.snapshots.traces[("globex", "big")] = BIG
    return site


def run(attack: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(attack(), 100))


def readers(site: Site, name: str, count: int, path: str = TRACE) -> list[SlowReader]:
    """Requests of one user, each by a session of its own."""
    return [SlowReader(site, site.browser(name), path) for _ in range(count)]


def test_one_user_has_few_traces_under_way_whatever_he_asks_for(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traces, "_WAIT_S", 0.2)

    async def attack() -> None:
        many = readers(site, "ann", 80)
        tasks = await begun(*many)

        others = SlowReader(site, site.browser("gus"), "/trace/globex/2026-11/big")
        others.take()
        tasks += await begun(others)
        await tasks[-1]

        assert sorted(each.status for each in many) == [200] * 3 + [429] * 77
        assert {each.headers.get("retry-after") for each in many if each.status == 429} == {"10"}
        assert sum(each.held for each in many if each.status == 200) <= 3 * sending.PIECE_BYTES
        assert (others.status, others.body) == (200, BIG)
        await give_up(tasks)

    run(attack)


def test_a_trace_that_nobody_takes_is_ended_and_its_place_is_free(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "PATIENCE_S", 0.1)

    async def attack() -> None:
        for _ in range(3):
            many = readers(site, "ann", 3)
            await asyncio.gather(*await begun(*many))

            assert [each.status for each in many] == [200] * 3
            assert all(each.is_cut_off for each in many)

    run(attack)


def test_a_reader_that_takes_a_little_now_and_then_is_ended(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sending, "PATIENCE_S", 0.2)
    monkeypatch.setattr(sending, "_LEAST_BYTES_PER_S", 10_000_000)

    async def attack() -> None:
        [one] = readers(site, "ann", 1)
        one.take(1)
        [task] = await begun(one)
        while not task.done():
            await asyncio.sleep(0.05)
            one.take(1)

        assert one.is_cut_off
        assert "was not taken" in caplog.text
        assert 0 < len(one.body) < len(BIG)

    run(attack)


def test_a_trace_comes_whole_to_whoever_reads(site: Site) -> None:
    answer = site.browser("ann").get(TRACE)

    assert (answer.status_code, answer.content) == (200, BIG)
    assert answer.headers["content-length"] == str(len(BIG))


def test_to_ask_for_the_head_of_a_trace_is_no_download_and_takes_no_place(site: Site) -> None:
    for _ in range(10):
        answer = site.browser("ann").head(TRACE)
        assert (answer.status_code, answer.headers["content-length"]) == (200, str(len(BIG)))

    assert site.app.state.audit.waiting == 0


@pytest.mark.parametrize("end", ["disabled", "signed out"])
def test_what_is_sent_ends_with_its_session_though_nobody_takes_it_further(
    site: Site, caplog: pytest.LogCaptureFixture, end: str
) -> None:
    async def attack() -> None:
        [one], [other] = readers(site, "ann", 1), readers(site, "mia", 1)
        task, of_other = await begun(one, other)
        one.take(2)
        await asyncio.sleep(0.01)  # its next piece lies ready
        if end == "disabled":
            disable_user(site.store, "ann", datetime.now(UTC))
        else:
            session = await site.app.state.sessions.find(one.cookie)
            await site.app.state.sign_outs.sign_out(session.session_id, session.expires_at)
        site.clock.advance(site.settings.user_cache_s)
        await site.app.state.lifetimes.sweep()
        await task
        other.take()
        await of_other

        assert one.is_cut_off
        assert "session is over" in caplog.text
        assert len(one.body) == 2 * sending.PIECE_BYTES
        assert other.body == BIG

    run(attack)


def test_a_store_that_is_silent_ends_no_file_that_has_begun(tmp_path: Path, clock: FakeClock) -> None:
    store = MoodyStore(tmp_path)
    add_users(store, clock())
    site = Site(tmp_path, clock, store=store)
    site.snapshots.traces[("acme", "big")] = BIG

    async def outage() -> None:
        [one] = readers(site, "ann", 1)
        [task] = await begun(one)
        store.is_silent = True
        clock.advance(site.settings.user_cache_s)
        await site.app.state.lifetimes.sweep()
        one.take()
        await task

        assert one.body == BIG

    run(outage)


def test_pages_that_nobody_takes_are_no_more_than_there_are_visits(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document, "_ENDED_WITHIN_S", 0.01)
    monkeypatch.setattr(document, "_LOOK_EVERY_S", 0.01)
    site = Site(tmp_path, clock, max_kernels_per_session=2)

    async def attack() -> None:
        browser = site.browser("ann")
        tasks = []
        for _ in range(5):
            tasks += await begun(SlowReader(site, browser, "/"))
            clock.advance(1)
        await asyncio.wait(tasks[:3], timeout=60)

        assert [task.done() for task in tasks] == [True] * 3 + [False] * 2
        await give_up(tasks)

    run(attack)
