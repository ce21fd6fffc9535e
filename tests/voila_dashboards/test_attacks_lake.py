"""Attacks on what kernels are given: grants, snapshots, and the signed files of a folder."""

from __future__ import annotations

import asyncio
import json
import stat
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from access.users import get_user, remove_user
from lake.snapshot import Snapshot
from tests.clock import FakeClock
from tests.logs import a_log, put_raw
from tests.voila_dashboards.gateway_fakes import COMM, Site
from voila_dashboards.gateway.sessions import Visitor


@pytest.fixture
def site(tmp_path: Path, clock: FakeClock) -> Site:
    site = Site(tmp_path, clock)
    for client_id in ("acme", "globex"):
        put_raw(site.store, a_log("L1", client_id=client_id))
    return site


def address_of_a_file(site: Site, name: str = "ann") -> str:
    """Path and query of the raw object that a kernel of ``name`` was given."""
    site.open(site.browser(name))
    snapshot = Snapshot.from_json(site.voila.admissions[-1]["snapshot"])
    parts = urlsplit(snapshot.raw[0].location)
    return f"{parts.path}?{parts.query}"


# ---------------------------------------------------------------- grants and tokens


async def ask(site: Site, **question: object) -> dict[str, object]:
    answer: dict[str, object] = await site.app.state.broker.answer(question)
    return answer


def test_a_kernels_scope_is_its_visitors_client_and_nothing_else(site: Site) -> None:
    site.open(site.browser("ann"), "/tickets?client=globex&client_id=globex")

    snapshot = Snapshot.from_json(site.voila.admissions[-1]["snapshot"])

    assert snapshot.scope.only_client == "acme"
    assert [raw.key.split("/")[1] for raw in snapshot.raw] == ["client_id=acme"]


@pytest.mark.anyio
async def test_a_grant_works_once(site: Site) -> None:
    visitor = await visitor_of(site, "ann")
    _, grant = await site.app.state.keeper.open("overview", {}, visitor)

    first, second = (
        await ask(site, ask="redeem", grant=grant, comm_id=COMM),
        await ask(site, ask="redeem", grant=grant, comm_id=COMM),
    )

    assert "token" in first
    assert second == {"error": "grant_refused"}


async def visitor_of(site: Site, name: str) -> Visitor:
    user = get_user(site.store, name)
    assert user is not None
    visitor: Visitor | None = await site.app.state.sessions.visitor(site.app.state.sessions.issue(user))
    assert visitor is not None
    return visitor


@pytest.mark.anyio
async def test_a_grant_is_worth_nothing_when_it_is_late_or_its_visit_has_ended(
    site: Site, clock: FakeClock
) -> None:
    visitor = await visitor_of(site, "ann")
    _, late = await site.app.state.keeper.open("overview", {}, visitor)
    clock.advance(site.settings.grant_ttl_s + 1)
    visit, ended = await site.app.state.keeper.open("overview", {}, visitor)
    await site.app.state.keeper.end(visit)

    answers = [await ask(site, ask="redeem", grant=grant, comm_id=COMM) for grant in (late, ended)]

    assert answers == [{"error": "grant_refused"}, {"error": "grant_refused"}]


@pytest.mark.anyio
@pytest.mark.parametrize(
    "question",
    [
        {},
        {"ask": "redeem"},
        {"ask": "redeem", "grant": "", "comm_id": COMM},
        {"ask": "redeem", "grant": "guess", "comm_id": COMM},
        {"ask": "redeem", "grant": ["x"], "comm_id": COMM},
        {"ask": "redeem", "grant": "guess", "comm_id": "../x"},
        {"ask": "snapshot", "token": "guess"},
        {"ask": "snapshot", "token": None},
        {"ask": "snapshot", "scope": {"client_id": None}},
        {"ask": "users"},
    ],
)
async def test_whoever_guesses_at_the_socket_learns_nothing(site: Site, question: dict[str, object]) -> None:
    answer = await ask(site, **question)

    assert answer.keys() == {"error"}


@pytest.mark.anyio
async def test_a_token_is_worth_nothing_once_its_visit_has_ended(site: Site, clock: FakeClock) -> None:
    visitor = await visitor_of(site, "ann")
    _, grant = await site.app.state.keeper.open("overview", {}, visitor)
    token = (await ask(site, ask="redeem", grant=grant, comm_id=COMM))["token"]
    before = await ask(site, ask="snapshot", token=token)

    remove_user(site.store, "ann")
    clock.advance(site.settings.user_cache_s + 1)
    await site.app.state.keeper.sweep()

    assert before.keys() == {"snapshot"}
    assert await ask(site, ask="snapshot", token=token) == {"error": "visit_ended"}


@pytest.mark.parametrize("header", ["X-Caselog-Grant", "x-caselog-grant", "X_Caselog_Grant"])
def test_a_grant_header_of_the_visitor_goes_nowhere(site: Site, header: str) -> None:
    browser = site.browser("ann")

    browser.get("/", headers={header: "forged", "X-Forwarded-User": "pat", "Authorization": "token x"})

    request = site.voila.requests[-1]
    assert request.headers.get_list("x-caselog-grant") == site.voila.grants
    assert "forged" not in str(request.headers)
    assert "cookie" not in request.headers
    assert "x-forwarded-user" not in request.headers
    assert request.headers.get("authorization") is None


@pytest.mark.parametrize(
    "params", [{"X-Caselog-Grant": "forged"}, {"template": "lab"}, {"theme": "dark"}, {"token": "x"}]
)
def test_nothing_of_the_visitors_address_reaches_voila(site: Site, params: dict[str, str]) -> None:
    site.browser("ann").get("/", params=params)

    assert str(site.voila.requests[-1].url) == "http://voila/voila/render/overview.ipynb"


@pytest.fixture
def socket_path() -> Iterator[Path]:
    """Of a short path: a unix socket has no room for pytest's."""
    with tempfile.TemporaryDirectory(prefix="caselog-") as folder:
        yield Path(folder) / "socket"


@pytest.mark.anyio
async def test_the_socket_is_the_owners_and_survives_rubbish(site: Site, socket_path: Path) -> None:
    server = await site.app.state.broker.listen(socket_path)
    lines = (b"\xff\xfe\n", b"[]\n", b'{"ask": "snapshot", "token": "x"}\n', b"")

    answers = [json.loads(await exchange(socket_path, line))["error"] for line in lines]
    mode = (await asyncio.to_thread(socket_path.stat)).st_mode
    server.close()

    assert answers == ["bad_question", "bad_question", "visit_ended", "bad_question"]
    assert stat.S_IMODE(mode) == 0o600


async def exchange(path: Path, line: bytes) -> bytes:
    reader, writer = await asyncio.open_unix_connection(str(path))
    writer.write(line)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


# ---------------------------------------------------------------- signed files of a folder


def test_a_signed_address_gives_the_file_and_its_ranges(site: Site) -> None:
    address = address_of_a_file(site)
    browser = site.browser()

    whole = browser.get(address)
    first, last = (browser.get(address, headers={"range": f"bytes={span}"}) for span in ("0-9", "-5"))
    beyond = browser.get(address, headers={"range": "bytes=99999999-"})
    head = browser.head(address)

    assert whole.status_code == 200
    assert (first.status_code, first.content) == (206, whole.content[:10])
    assert first.headers["content-range"] == f"bytes 0-9/{len(whole.content)}"
    assert last.content == whole.content[-5:]
    assert beyond.status_code == 416
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(whole.content)))
    assert head.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("client_id=acme", "client_id=globex"),
        ("/lake/raw/", "/lake/raw/%2e%2e/raw/"),
        ("/lake/raw/", "/lake//raw/"),
        ("/lake/raw/", "/lake/%2e%2e/lake/raw/"),
        (".ndjson", ".NDJSON"),
        ("signature=", "signature=0"),
        ("signature=", "signatur="),
        ("expires=", "expires=9"),
        ("expires=", "expires=-"),
        ("expires=", "expires=１"),
    ],
)
def test_a_signed_address_that_was_changed_is_worth_nothing(site: Site, old: str, new: str) -> None:
    address = address_of_a_file(site)
    assert old in address

    assert site.browser().get(address.replace(old, new, 1)).status_code == 404


def test_a_signed_address_expires(site: Site, clock: FakeClock) -> None:
    address = address_of_a_file(site)
    expires = int(parse_qs(urlsplit(address).query)["expires"][0])
    clock.now = datetime.fromtimestamp(expires, UTC)

    assert site.browser().get(address).status_code == 404


@pytest.mark.parametrize(
    "key",
    ["control/users/pat.json", "control/dashboards/session_secret", "../../../etc/passwd", "/etc/passwd", ""],
)
def test_no_file_is_served_without_a_signature(site: Site, key: str) -> None:
    for query in ("", "?expires=4102444800&signature=" + "0" * 64):
        assert site.browser("pat").get(f"/lake/{key}{query}").status_code == 404


def test_even_a_genuine_signature_leads_nowhere_outside_the_folder(site: Site, tmp_path: Path) -> None:
    outside = tmp_path.parent / "outside.txt"
    outside.write_text("secret")
    (tmp_path / "link").symlink_to(outside)
    urls = site.app.state.broker._snapshots._file_urls

    answers = [
        site.browser().get(
            urls.sign(key, datetime.fromtimestamp(4102444800, UTC)).replace("http://testserver", "")
        )
        for key in ("link", "../outside.txt", "raw")
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
