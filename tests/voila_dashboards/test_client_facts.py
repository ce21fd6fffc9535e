"""What the gateway tells of a client beside its logs: to whom, and never more."""

from __future__ import annotations

import asyncio
import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from access.clients import Kept, Level, create_client, get_client, set_client
from access.deletions import digest_of_receipt, doubts, find_receipt, write_receipt
from access.receipts import MOST, Receipts
from access.users import Role, create_user, get_user
from lake.errors import StoreUnavailable
from lake.scope import EVERYONE, Scope
from lake.store import memory_store
from tests.clock import FakeClock
from tests.voila_dashboards.gateway_fakes import PASSWORD, FakeKernel, Site
from tests.voila_dashboards.page_lake import NOW
from voila_dashboards.client_facts import LEVELS
from voila_dashboards.framing import MAX_MESSAGE_BYTES, encode
from voila_dashboards.gateway.client_facts import FactsOfClients
from voila_dashboards.gateway.names import Names
from voila_dashboards.pages import PAGES

IDS = {whose: f"01a21293-0000-7000-8000-{n:012}" for n, whose in enumerate(("acme", "globex", "everybody"))}

#: An account of the provider's.
OPERATOR = "operator-7"
#: Every address that answers a signed-in client, and some that do not.
EVERYWHERE = (
    *(f"{page.path}" for page in PAGES.values() if "{" not in page.path),
    *("/ticket/acme/2026-11/x", "/trace/acme/2026-11/x", "/ticket/globex/2026-11/x"),
    *("/receipts/acme.ndjson", "/receipts/globex.ndjson", "/download/tickets.odd"),
    *("/account", "/login", "/nothing", "/healthz", "/readyz", "/metrics"),
)


def a_receipt(whose: str, previous: str | None = None, **facts: Any) -> dict[str, Any]:
    told = {
        "id": IDS.get(whose, whose),
        "kind": "ticket",
        "client_id": None if whose == "everybody" else whose,
        "why": f"asked by {whose}",
        "by": "olivia",
        "requested_at": "2026-11-23T13:00:00+00:00",
        "ended_at": "2026-11-23T13:01:00+00:00",
        "removed": {"logs": 1},
        "checked": {"how": "read again", "read": {"raw objects": 3}, "not_looked_at": {}},
        "named_by": {"salt": "00", "hmac_sha256": "aa"},
        "out_of_reach": ["Copies."],
        "previous": previous,
        **facts,
    }
    return {**told, "digest": digest_of_receipt(told)}


@pytest.fixture
def site(tmp_path: Path, clock: FakeClock) -> Site:
    site = Site(tmp_path, clock)
    set_client(site.store, "acme", level=Level.METRICS_ONLY, kept=Kept(30), by="olivia", now=NOW)
    for whose, deletion_id in IDS.items():
        site.store.put(f"control/receipts/{deletion_id}.json", json.dumps(a_receipt(whose)).encode())
    return site


async def a_kernel(site: Site, name: str) -> FakeKernel:
    user = get_user(site.store, name)
    assert user is not None
    session = await site.app.state.sessions.find(site.app.state.sessions.issue(user))
    visit = await site.app.state.lifetimes.open("mydata", {}, session)
    assert site.app.state.visits.bind(visit, str(uuid.uuid4()))
    kernel = FakeKernel(site.app.state.kernels, site.voila.folders, visit.kernel_id or "")
    site.voila.made.append(kernel)
    await asyncio.gather(site.app.state.kernels.admit(visit), kernel.wait("mydata"))
    return kernel


def whys(facts: Any) -> set[str]:
    return {each["why"] for each in facts["receipts"]}


@pytest.mark.anyio
async def test_a_kernel_is_told_of_clients_of_its_viewers_scope_and_of_no_other(site: Site) -> None:
    kernel = await a_kernel(site, "ann")

    own = await asyncio.to_thread(kernel.connection.client, "acme")
    others = [
        await asyncio.to_thread(kernel.connection.client, each) for each in ("globex", "", "../x", "nobody")
    ]

    assert own is not None
    assert (own["record"]["level"], own["record"]["logs_days"]) == ("METRICS_ONLY", 30)
    assert whys(own) == {"asked by acme"}
    assert others == [None] * 4


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "seen"), [("mia", {"asked by globex"}), ("pat", {"asked by globex", "asked by everybody"})]
)
async def test_who_sees_several_is_told_of_each_and_of_everybody_only_who_sees_them_all(
    site: Site, name: str, seen: set[str]
) -> None:
    kernel = await a_kernel(site, name)

    told = await asyncio.to_thread(kernel.connection.client, "globex")
    gone = await asyncio.to_thread(kernel.connection.client, "hooli")

    assert whys(told) == seen
    assert (gone is None) == (name == "mia")
    assert gone is None or (gone["is_known"], gone["record"]) == (True, None)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "seen"), [("ann", "your provider"), ("mia", "your provider"), ("pat", "olivia")]
)
async def test_who_decided_is_told_by_name_to_those_alone_who_see_all_clients(
    site: Site, name: str, seen: str
) -> None:
    kernel = await a_kernel(site, name)

    told: Any = await asyncio.to_thread(kernel.connection.client, "acme")

    assert [told["record"]["level_by"], told["record"]["kept_by"]] == [seen] * 2
    assert [each["by"] for each in told["receipts"] if not each["is_of_everybody"]] == [seen]


@pytest.mark.anyio
async def test_of_what_nobody_noted_nobody_is_said_to_have_decided(site: Site) -> None:
    kernel = await a_kernel(site, "gus")

    told: Any = await asyncio.to_thread(kernel.connection.client, "globex")

    assert (told["record"]["level_by"], told["record"]["kept_by"]) == (None, None)


def test_nothing_that_a_client_can_get_names_an_account_of_the_providers(site: Site) -> None:
    create_user(site.store, OPERATOR, Role.PROVIDER, PASSWORD, NOW, display_name=OPERATOR)
    set_client(site.store, "acme", level=Level.OFF, kept=Kept(40, 20), by=OPERATOR, now=NOW)
    for whose, deletion_id in IDS.items():
        told = json.dumps(a_receipt(whose, by=OPERATOR))
        site.store.put(f"control/receipts/{deletion_id}.json", told.encode())
    operator, ann = site.browser(), site.browser()
    assert site.sign_in(operator, OPERATOR).status_code == 303
    assert site.sign_in(ann, "ann").status_code == 303
    assert OPERATOR in operator.get(f"/receipts/acme/{IDS['acme']}.json").text

    answers = [
        *(ann.get(path) for path in EVERYWHERE),
        *(ann.get(f"/receipts/{whose}/{IDS[each]}.json") for whose in ("acme", "globex") for each in IDS),
        site.sign_in(site.browser(), "ann", "a wrong password"),
        ann.post("/account/password", data={"csrf_token": "wrong"}),
    ]

    assert len({answer.status_code for answer in answers}) > 3
    assert [str(each.url) for each in answers if OPERATOR in each.text + str(each.headers)] == []
    admitted = [repr(each) for each in site.voila.admissions if each.viewer["name"] == "ann"]
    assert admitted
    assert not any(OPERATOR in each for each in admitted)


@pytest.mark.parametrize(
    "path",
    [
        f"/receipts/globex/{IDS['globex']}.json",
        f"/receipts/acme/{IDS['globex']}.json",
        f"/receipts/acme/{IDS['everybody']}.json",
        f"/receipts/globex/{IDS['acme']}.json",
        "/receipts/globex.ndjson",
        "/receipts/acme/..%2Fusers%2Fann.json",
        "/receipts/acme/nothing.json",
    ],
)
def test_a_client_that_asks_for_anothers_receipt_is_told_that_there_is_none(site: Site, path: str) -> None:
    answer = site.browser("ann").get(path)

    assert answer.status_code == 404
    assert "asked by" not in answer.text


def test_a_client_takes_its_receipts_away_and_the_audit_knows(site: Site) -> None:
    browser = site.browser("ann")

    one = browser.get(f"/receipts/acme/{IDS['acme']}.json")
    every = browser.get("/receipts/acme.ndjson")

    whole = a_receipt("acme")
    assert one.json() == {name: whole[name] for name in whole if name not in {"by", "previous", "digest"}}
    assert [json.loads(line) for line in every.text.splitlines()] == [one.json()]
    assert "attachment" in one.headers["content-disposition"]
    noted = [(each.user, each.client_id, each.what) for each in site.app.state.audit._waiting]
    assert noted == [("ann", "acme", f"receipt {IDS['acme']}"), ("ann", "acme", "receipts")]
    assert site.browser().get("/receipts/acme.ndjson").status_code == 303


def test_receipts_tell_a_client_nothing_of_other_clients_deletions(site: Site) -> None:
    site.store.delete([f"control/receipts/{each}.json" for each in IDS.values()])
    for name in ("globex", "acme", "everybody"):
        told = {**a_receipt(name), "by": "operator-7"}
        del told["previous"], told["digest"]
        write_receipt(site.store, IDS[name], told)
    stored = find_receipt(site.store, IDS["acme"])
    others = [find_receipt(site.store, IDS[name]) for name in ("globex", "everybody")]
    assert stored is not None
    assert stored["previous"] in {each["digest"] for each in others if each}

    path = f"/receipts/acme/{IDS['acme']}.json"
    acme = {name: site.browser(name).get(path).json() for name in ("ann", "mia", "pat")}
    lists = {name: site.browser(name).get("/receipts/acme.ndjson").text for name in ("ann", "mia")}

    assert acme["pat"] == stored
    for name in ("ann", "mia"):
        assert acme[name] == {key: stored[key] for key in stored if key not in {"by", "previous", "blinding"}}
        assert [each for each in others if each and each["digest"] in lists[name]] == []
        assert "operator-7" not in lists[name]


def test_what_is_withheld_cannot_be_guessed_by_the_digest(site: Site) -> None:
    old = a_receipt("acme")
    new = write_receipt(
        site.store, "00000000-0000-4000-8000-00000000000a", {"client_id": "acme", "by": "root"}
    )

    acme = Scope.of("acme")
    read = Receipts(site.store).read()
    told = [each.as_told_to(acme).told for each in read if each.is_for(acme, "acme")]

    digests = {each.get("digest") for each in told}
    assert digests == {None, new["digest"]}
    befores = (None, old["digest"], new["previous"])
    guesses = [{"client_id": "acme", "by": "root", "previous": before} for before in befores]
    assert new["digest"] not in map(digest_of_receipt, guesses)
    assert doubts(site.store, new) == []


def test_a_receipt_that_was_changed_and_one_whose_predecessor_is_gone_are_told() -> None:
    store = memory_store()
    first = a_receipt("acme")
    second = a_receipt("globex", first["digest"])
    store.put(f"control/receipts/{IDS['acme']}.json", json.dumps(first).encode())
    store.put(f"control/receipts/{IDS['globex']}.json", json.dumps(second).encode())
    store.put("control/receipts/broken.json", b"[")
    receipts = Receipts(store)

    whole = receipts.read()
    store.put(f"control/receipts/{IDS['acme']}.json", json.dumps({**first, "removed": {}}).encode())
    changed = receipts.read()
    store.delete([f"control/receipts/{IDS['acme']}.json"])
    gone = receipts.read()

    assert [(each.is_whole, each.follows) for each in whole] == [(True, True)] * 2
    assert [(each.is_whole, each.follows) for each in changed] == [(True, True), (False, True)]
    assert [(each.is_whole, each.follows) for each in gone] == [(True, False)]


def test_of_very_many_receipts_the_newest_are_known() -> None:
    store = memory_store()
    for n in range(MOST + 5):
        told = a_receipt(f"acme-{n}", "older", client_id="acme", id=f"{n:08}")
        store.put(f"control/receipts/{n:08}.json", json.dumps(told).encode())

    found = Receipts(store).read()

    assert [each.told["id"] for each in found[:2]] == [f"{MOST + 4:08}", f"{MOST + 3:08}"]
    assert (len(found), found[0].follows) == (MOST, None)


@pytest.mark.anyio
async def test_whatever_receipts_say_what_is_told_fits_into_a_message() -> None:
    store = memory_store()
    create_client(store, "acme", NOW)
    long = "\N{PILE OF POO}" * 1_000
    for n in range(12):
        told = a_receipt(
            f"{n:08}",
            client_id="acme",
            why=long,
            by=long,
            removed={f"{i}{long}": i for i in range(50)} | {"logs": "many"},
            checked={"how": long, "read": [1], "not_looked_at": {f"{i}{long}": long for i in range(100)}},
            named_by={"salt": long, "hmac_sha256": 7, "keyed_hashes": [long] * 100},
            out_of_reach=[long] * 100,
            kind="odd",
            ended_at="yesterday",
        )
        store.put(f"control/receipts/{n:08}.json", json.dumps(told).encode())
    facts = await FactsOfClients(store, Names(store, NOW.timestamp)).of(Scope.of("acme"), "acme")

    assert facts is not None
    assert len(encode({"client": facts})) < MAX_MESSAGE_BYTES
    assert facts["receipts"]
    assert facts["more_receipts"] == 12 - len(facts["receipts"])


@pytest.mark.anyio
async def test_dashboards_that_may_not_read_receipts_say_that_they_are_not_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = memory_store()
    create_client(store, "acme", NOW)
    known = FactsOfClients(store, Names(store, NOW.timestamp))

    def refuse(self: Receipts) -> None:
        raise StoreUnavailable("listing receipts", "it is not allowed")

    monkeypatch.setattr(Receipts, "read", refuse)
    facts = await known.of(EVERYONE, "acme")

    assert facts is not None
    assert facts["record"] is not None
    assert facts["receipts"] is None


def test_pages_know_the_levels_that_there_are() -> None:
    assert LEVELS.words == tuple(Level)


def test_who_decided_is_noted_where_something_changed() -> None:
    store = memory_store()
    create_client(store, "acme", NOW, by="olivia")

    set_client(store, "acme", name="Acme", kept=Kept(), by="mia", now=NOW)
    unchanged = get_client(store, "acme")
    set_client(store, "acme", level=Level.OFF, by="mia", now=NOW)
    changed = get_client(store, "acme")

    assert (unchanged.level_by, unchanged.kept_by, unchanged.level_at) == (None, None, None)
    assert (changed.level_by, changed.level_at, changed.kept_by) == ("mia", NOW, None)
