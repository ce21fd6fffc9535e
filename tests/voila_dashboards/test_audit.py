"""The gateway's audit: what it says, what it never says, and what it does where the store does not answer."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from access.audit import AuditEvent, Event, list_events
from lake.errors import StoreUnavailable
from tests.clock import FakeClock
from tests.voila_dashboards.gateway_fakes import PASSWORD, Site, add_users, form_token
from tests.voila_dashboards.moody_store import MoodyStore

SENT_ID = "ann@example.com"


@pytest.fixture
def site(tmp_path: Path, clock: FakeClock) -> Site:
    return Site(tmp_path, clock)


def written(site: Site) -> list[AuditEvent]:
    """What the lake's audit says, once a minute has passed."""
    site.clock.advance(60)
    assert asyncio.run(site.app.state.audit.write())
    return list(list_events(site.store, site.clock() - timedelta(days=1), site.clock()))


def told(events: list[AuditEvent]) -> list[tuple[Any, ...]]:
    return [(each.event.value, each.user, each.client_id, each.count) for each in events]


def test_who_came_went_and_changed_what_is_told(site: Site) -> None:
    browser = site.browser(address="203.0.113.7")
    site.sign_in(browser, "ann")
    form = {"current": PASSWORD, "new": "another horse battery", "again": "another horse battery"}
    browser.post("/account/password", data={**form, "csrf_token": form_token(browser.get("/account").text)})
    browser.post("/logout", data={"csrf_token": form_token(browser.get("/").text)})
    site.clock.advance(1)
    other = site.browser("pat")
    other.post("/logout/everywhere", data={"csrf_token": form_token(other.get("/account").text)})

    events = written(site)

    assert told(events) == [
        ("signed_in", "ann", "acme", 1),
        ("password_changed", "ann", "acme", 1),
        ("signed_out", "ann", "acme", 1),
        ("signed_out_everywhere", "pat", None, 1),
    ]
    assert [each.address for each in events[:3]] == ["203.0.113.7"] * 3
    assert events[0].by == "password"


@pytest.mark.parametrize(
    ("log_id", "named"),
    [
        ("017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "trace 017f22e2-79b0-7cc3-98c4-dc0c0c07398f"),
        (SENT_ID, "trace sha256:71d4f55f72fa128d"),
    ],
)
def test_a_download_says_who_took_which_log_of_whom(site: Site, log_id: str, named: str) -> None:
    site.snapshots.traces[("acme", log_id)] = b'{"messages":["a customer"]}'
    pat, gus = site.browser("pat"), site.browser("gus")

    pat.get(f"/trace/acme/2026-11/{log_id}")
    gus.get(f"/trace/acme/2026-11/{log_id}")

    [event] = written(site)
    assert (event.event, event.user, event.client_id, event.what) == ("downloaded", "pat", "acme", named)


def test_nothing_that_was_typed_or_logged_is_in_the_lake(site: Site) -> None:
    site.snapshots.traces[("acme", SENT_ID)] = b'{"messages":["a customer"]}'
    browser = site.browser()
    site.sign_in(browser, "hunter2-typed-as-a-name", "wrong password")
    site.sign_in(browser, "ann", "wrong password")
    site.sign_in(browser, "ann")
    cookie = str(browser.cookies.get("caselog"))
    browser.get(f"/trace/acme/2026-11/{SENT_ID}")

    written(site)

    stored = b"".join(site.store.get(each.key) for each in site.store.list("control/audit"))
    for secret in ("hunter2", "wrong password", PASSWORD, "argon2", "a customer", SENT_ID, cookie[:20]):
        assert secret.encode() not in stored


def test_a_thousand_guesses_are_a_few_events(tmp_path: Path, clock: FakeClock) -> None:
    site = Site(tmp_path, clock)
    audit = site.app.state.audit
    for number in range(1000):
        request = _from(f"10.{number % 250}.0.1")
        audit.note_failure(Event.SIGN_IN_FAILED, request, user="ann" if number % 2 else None)

    events = written(site)

    assert len(events) == 21
    assert sum(each.count for each in events) == 1000
    assert len([*site.store.list("control/audit")]) == 1


def test_alike_failures_of_a_minute_are_one_event(site: Site) -> None:
    for _ in range(3):
        site.sign_in(site.browser(address="203.0.113.7"), "ann", "wrong password")
    site.sign_in(site.browser(address="203.0.113.7"), "eve", "wrong password")

    events = written(site)

    assert sorted(told(events), key=str) == [
        ("sign_in_failed", "ann", "acme", 3),
        ("sign_in_failed", None, None, 1),
    ]


def _silent(folder: Path, clock: FakeClock) -> tuple[Site, MoodyStore]:
    store = MoodyStore(folder)
    add_users(store, clock())
    return Site(folder, clock, store=store), store


def test_what_the_store_does_not_take_is_kept_said_once_and_written_later_in_order(
    tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    site, store = _silent(tmp_path, clock)
    audit = site.app.state.audit
    audit.note(Event.SIGNED_IN, None, user="ann", client_id="acme")
    store.is_silent = True
    failed = [asyncio.run(audit.write()) for _ in range(3)]
    audit.note(Event.SIGNED_OUT, None, user="ann", client_id="acme")
    waiting = audit.waiting
    store.is_silent = False

    asyncio.run(audit.write())
    events = written(site)

    assert failed == [False] * 3
    assert waiting == 2
    assert [each.event.value for each in events] == ["signed_in", "signed_out"]
    assert caplog.text.count("The audit cannot be written") == 1
    assert audit.waiting == 0


def test_nobody_waits_for_an_audit_that_cannot_be_written(tmp_path: Path, clock: FakeClock) -> None:
    site, store = _silent(tmp_path, clock)

    def refuse(key: str, data: bytes) -> None:
        pytest.fail(f"a request wrote {len(data)} bytes into {key}")

    store.create = refuse  # type: ignore[method-assign]

    answer = site.sign_in(site.browser(), "ann")

    assert answer.status_code == 303
    assert site.app.state.audit.waiting == 1


def test_what_waits_is_bounded_and_what_was_lost_is_told(tmp_path: Path, clock: FakeClock) -> None:
    site, _ = _silent(tmp_path, clock)
    audit = site.app.state.audit
    for number in range(10_005):
        audit.note(Event.SIGNED_IN, None, user=f"u{number}", client_id="acme")

    while audit.waiting:
        asyncio.run(audit.write())
    events = written(site)

    assert audit.lost == 5
    assert [(each.event.value, each.count) for each in events if each.event is Event.EVENTS_LOST] == [
        ("events_lost", 5)
    ]
    assert len(events) == 10_001


def test_an_object_that_was_written_though_nobody_heard_is_not_written_twice(
    tmp_path: Path, clock: FakeClock
) -> None:
    site, store = _silent(tmp_path, clock)
    audit = site.app.state.audit
    audit.note(Event.SIGNED_IN, None, user="ann", client_id="acme")
    create = store.create

    def create_unheard(key: str, data: bytes) -> None:
        create(key, data)
        raise StoreUnavailable(f"creating {key}", "no answer in time")

    store.create = create_unheard  # type: ignore[method-assign]
    heard = asyncio.run(audit.write())
    store.create = create  # type: ignore[method-assign]

    assert not heard
    assert told(written(site)) == [("signed_in", "ann", "acme", 1)]


def test_what_was_noted_is_written_when_the_dashboards_stop(site: Site) -> None:
    with site.browser() as browser:
        site.sign_in(browser, "ann")
        site.sign_in(site.browser(), "gus", "wrong password")

    events = list(list_events(site.store, site.clock() - timedelta(days=1), site.clock()))
    assert {each.event.value for each in events} == {"signed_in", "sign_in_failed"}


def test_a_user_who_repeats_himself_is_two_events_a_minute_and_others_are_not_lost(
    tmp_path: Path, clock: FakeClock
) -> None:
    site, store = _silent(tmp_path, clock)
    audit = site.app.state.audit
    store.is_silent = True
    for _ in range(20_000):
        audit.note(Event.DOWNLOADED, _from("10.0.0.1"), user="ann", client_id="acme", what="receipts")
    audit.note(Event.SIGNED_IN, _from("10.0.0.2"), user="gus", client_id="globex", by="password")
    waiting = audit.waiting
    store.is_silent = False

    events = written(site)

    assert waiting == 2
    assert sorted(told(events)) == [
        ("downloaded", "ann", "acme", 1),
        ("downloaded", "ann", "acme", 19_999),
        ("signed_in", "gus", "globex", 1),
    ]
    assert audit.lost == 0
    audit.note(Event.DOWNLOADED, _from("10.0.0.1"), user="ann", client_id="acme", what="receipts")
    assert audit.waiting == 1  # in the next minute it is an event again


def test_of_very_many_different_events_of_one_user_the_first_are_told_and_the_others_counted(
    tmp_path: Path, clock: FakeClock
) -> None:
    site, _ = _silent(tmp_path, clock)
    audit = site.app.state.audit
    for number in range(15_000):
        client_id = "acme" if number % 2 else "globex"
        audit.note(Event.DOWNLOADED, None, user="mia", client_id=client_id, what=f"trace {number}")
    audit.note(Event.DOWNLOADED, None, user="gus", client_id="globex", what="trace 1")

    events = written(site)

    assert len(events) == 500 + 2 * 2 + 1
    assert sum(each.count for each in events) == 15_001
    assert [each.what for each in events if each.user == "gus"] == ["trace 1"]
    assert audit.lost == 0


@pytest.mark.parametrize("path", ["/receipts/acme.ndjson", "/trace/acme/2026-11/1"])
def test_to_ask_for_a_head_takes_nothing_away(site: Site, path: str) -> None:
    site.snapshots.traces[("acme", "1")] = b"{}"
    browser = site.browser("ann")

    assert browser.head(path).status_code == 200
    assert written(site) == []

    assert browser.get(path).status_code == 200
    assert told(written(site)) == [("downloaded", "ann", "acme", 1)]


def test_a_session_signs_out_once_however_often_its_cookie_is_sent(site: Site) -> None:
    browser = site.browser("ann")
    cookie, token = browser.cookies["caselog"], form_token(browser.get("/account").text)
    for minute in range(3):
        for _ in range(5):
            browser.cookies.set("caselog", cookie)
            assert browser.post("/logout", data={"csrf_token": token}).status_code == 303
        site.clock.advance(61 * minute)

    assert told(written(site)) == [("signed_out", "ann", "acme", 1)]


def _from(address: str) -> Any:
    from starlette.requests import HTTPConnection

    return HTTPConnection({"type": "http", "headers": [], "client": (address, 1)})
