"""The gateway's pages and its allow list, over a Voila that is a function."""

from __future__ import annotations

import asyncio
import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from lake.errors import StoreUnavailable, TableNotUnderstood
from lake.scope import EVERYONE, Scope
from serving.tasks import Tasks
from tests.clock import FakeClock
from tests.voila_dashboards.gateway_fakes import ORIGIN, Site, add_users
from tests.voila_dashboards.moody_store import MoodyStore
from voila_dashboards.forkserver.client import ForkServerGone
from voila_dashboards.gateway.app import create_gateway

STATIC = Path(__file__).parents[2] / "voila_dashboards" / "static"

KERNEL = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def site(tmp_path: Path, clock: FakeClock) -> Site:
    return Site(tmp_path, clock)


def test_a_stranger_is_sent_to_the_sign_in_and_back_to_where_he_wanted_to_go(site: Site) -> None:
    answer = site.browser().get("/tickets?status=FAILED&q=a%26b")

    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=/tickets%3Fstatus%3DFAILED%26q%3Da%2526b"


def test_a_page_is_the_shell_with_the_visitors_name_around_what_the_kernel_made(site: Site) -> None:
    page = site.browser("pat").get("/").text

    assert "Pat &lt;b&gt;Provider&lt;/b&gt;" in page
    assert page.index('id="caselog"') < page.index('id="caselog-state"') < page.index("</main>")
    assert page.rstrip().endswith("</html>")


@pytest.mark.parametrize(
    ("path", "page", "params"),
    [
        ("/", "overview", {}),
        ("/?range=7d", "overview", {"range": "7d"}),
        ("/tickets?status=FAILED%2CX&page=2", "tickets", {"status": "FAILED,X", "page": "2"}),
        ("/ticket/acme/L%2F1%20a", "ticket", {"client_id": "acme", "log_id": "L/1 a"}),
        ("/ticket/acme/L1?client_id=globex", "ticket", {"client_id": "acme", "log_id": "L1"}),
    ],
)
def test_a_kernel_learns_page_and_params_from_the_gateway_alone(
    site: Site, path: str, page: str, params: dict[str, str]
) -> None:
    site.browser("ann").get(path)

    admission = site.voila.admissions[-1]
    assert (admission.page, admission.params) == (page, params)
    assert admission.viewer == {
        "name": "ann",
        "display_name": "Ann",
        "clients": ["acme"],
        "client_names": {},
    }
    assert site.voila.requests[-1].url.query == b""


def test_more_and_longer_params_than_any_page_has_are_left_out(site: Site) -> None:
    path = "/?" + "&".join(f"p{i}=1" for i in range(100)) + "&q=" + "x" * 5000

    site.browser("ann").get(path)

    params = site.voila.admissions[-1].params
    assert len(params) == 32
    assert "q" not in params


@pytest.mark.parametrize(
    "path",
    [
        "/voila/render/overview/notebook.ipynb",
        "/voila/query/" + KERNEL,
        "/voila/tree",
        "/voila/files/overview/notebook.ipynb",
        "/voila/static/voila.js",
        "/voila/templates/lab/static/index.js",
        "/voila/api/contents/",
        "/voila/labextensions/x",
        "/api/kernels",
        f"/api/kernels/{KERNEL}",
        f"/api/kernels/{KERNEL}/channels",
        "/static/../settings.py",
        "/static/%2e%2e/settings.py",
        "/ticket/acme",
        "/docs",
        "/openapi.json",
        "/tickets/",
    ],
)
@pytest.mark.parametrize("user", [None, "pat"])
def test_what_is_not_on_the_list_is_a_404_in_the_products_own_look(
    site: Site, path: str, user: str | None
) -> None:
    answer = site.browser(user).get(path)

    assert answer.status_code == 404
    assert "There is nothing here" in answer.text
    assert "caselog.css" in answer.text
    assert site.voila.requests == []


@pytest.mark.parametrize(
    "path", [f"/voila/api/shutdown/{KERNEL}", f"/api/kernels/{KERNEL}", "/api/kernels", "/"]
)
def test_nobody_posts_to_voila(site: Site, path: str) -> None:
    answer = site.browser("pat").post(path)

    assert answer.status_code in {404, 405}
    assert site.voila.requests == []


@pytest.mark.parametrize(
    "path", ["/", "/login", "/nowhere", "/healthz", "/static/caselog.css", "/lake/x", "/tickets"]
)
@pytest.mark.parametrize("user", [None, "ann"])
def test_every_answer_carries_the_strict_headers(site: Site, path: str, user: str | None) -> None:
    headers = site.browser(user).get(path).headers

    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] in {"no-store", "no-cache"}
    assert "server" not in headers


@pytest.mark.parametrize(
    ("user", "title", "seen"),
    [
        ("pat", "Provider", {"acme", "globex", "initech"}),
        ("mia", "2 clients", {"acme", "globex"}),
        ("gus", "Client globex", {"globex"}),
    ],
)
def test_each_user_opens_tickets_of_the_clients_the_header_tells_of(
    site: Site, user: str, title: str, seen: set[str]
) -> None:
    browser = site.browser(user)

    pages = {client: browser.get(f"/ticket/{client}/L1") for client in ("acme", "globex", "initech")}

    assert {client for client, page in pages.items() if page.status_code == 200} == seen
    assert {page.status_code for page in pages.values()} <= {200, 404}
    assert all(f"<span>{title}</span>" in page.text for page in pages.values())


def test_a_foreign_ticket_is_a_404_before_any_kernel_is_asked(site: Site) -> None:
    answers = [site.browser("ann").get(f"/ticket/{client}/L1") for client in ("globex", "nobody", "ACME")]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert len({_without_secrets(answer.text) for answer in answers}) == 1
    assert site.voila.requests == []


def _without_secrets(page: str) -> str:
    """The page without what is of the session and is drawn anew each time."""
    return re.sub(r'(name="csrf_token" value|data-caselog-session)="[^"]+"', "", page)


def test_the_provider_opens_the_ticket_of_any_client(site: Site) -> None:
    assert site.browser("pat").get("/ticket/globex/L1").status_code == 200


def test_while_voila_starts_a_page_says_so_with_503(site: Site) -> None:
    site.voila.is_ready = False

    answer = site.browser("ann").get("/")

    assert answer.status_code == 503
    assert "The dashboards are starting" in answer.text


@pytest.mark.parametrize("misbehaviour", [{"status": 500}, {"waits": False}, {"names_kernel": False}])
def test_a_page_that_could_not_be_built_says_so_and_leaves_no_visit_behind(
    tmp_path: Path, clock: FakeClock, misbehaviour: dict[str, int | bool]
) -> None:
    site = Site(tmp_path, clock, page_timeout_s=0.2)
    for name, value in misbehaviour.items():
        setattr(site.voila, name, value)

    page = site.browser("ann").get("/").text

    assert 'id="caselog-failed"' in page
    assert "secret" not in page
    assert page.rstrip().endswith("</html>")
    assert site.app.state.visits.all() == []


def test_a_browser_that_only_prefetches_or_asks_for_the_head_costs_no_kernel(site: Site) -> None:
    browser = site.browser("ann")

    assert browser.get("/", headers={"sec-purpose": "prefetch"}).status_code == 503
    assert browser.head("/").status_code == 200
    assert site.voila.requests == []


def test_a_silent_store_is_a_503_that_says_the_logs_are_safe(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = site.browser("ann")
    site.clock.advance(60)

    def fail(*_: object) -> None:
        raise StoreUnavailable("reading a user")

    monkeypatch.setattr("voila_dashboards.gateway.known_users.find_user", fail)

    answer = browser.get("/")

    assert answer.status_code == 503
    assert "Your logs are safe" in answer.text


def test_tables_of_a_newer_version_are_a_503_that_says_so(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise TableNotUnderstood("traces", "a feature of tomorrow", "another program")

    monkeypatch.setattr(site.snapshots, "trace", fail)

    answer = site.browser("ann").get("/trace/acme/2026-11/L-1")

    assert answer.status_code == 503
    assert "newer version" in answer.text
    assert "another program" not in answer.text


def test_readiness_names_what_is_awaited(site: Site) -> None:
    browser = site.browser()

    ready, healthy = browser.get("/readyz"), browser.get("/healthz")
    site.voila.is_ready = False
    waiting = browser.get("/readyz")

    assert (ready.status_code, healthy.status_code) == (200, 200)
    assert (waiting.status_code, waiting.json()) == (503, {"status": "not ready", "waiting_for": ["voila"]})


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_whether_it_is_well_can_be_asked_with_head(site: Site, path: str) -> None:
    answer = site.browser().head(path)

    assert (answer.status_code, answer.content) == (200, b"")


class FallenVoila:
    """Stands in for a Voila whose start fails, as it did under another event loop than asyncio's own."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "socket"

    def start(self, tasks: Tasks) -> None:
        tasks.keep("Voila", self._fail())

    async def stop(self) -> None:
        pass

    async def try_kernel(self) -> None:
        raise ForkServerGone

    async def _fail(self) -> None:
        raise TypeError("unexpected keyword argument 'user'")


def test_a_voila_that_cannot_be_started_turns_readyz_red_with_the_reason(
    tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    site = Site(tmp_path, clock)
    voila: Any = FallenVoila(tmp_path)
    app = create_gateway(
        site.settings, site.store, site.voila.client(), site.snapshots, kernel_folders=tmp_path, process=voila
    )

    with TestClient(app) as browser:
        answer = browser.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["broken"]["Voila"].startswith("TypeError at ")
    assert "A background task is broken, Voila: TypeError at" in caplog.text


def test_a_defect_is_recorded_with_its_place_and_without_its_words(
    tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    store = MoodyStore(tmp_path)
    add_users(store, clock())
    site = Site(tmp_path, clock, store=store)
    store.is_defective = True

    answer = TestClient(site.app, base_url=ORIGIN, raise_server_exceptions=False).get("/readyz")

    assert answer.status_code == 500
    assert "its place stands in the service log" in answer.text
    assert "GET /readyz: KeyError at " in caplog.text
    assert "customer" not in caplog.text + answer.text


def test_a_page_names_its_files_by_their_content_so_that_browsers_keep_them(site: Site) -> None:
    browser = site.browser("ann")
    address = browser.get("/").text.split('type="module" src="')[1].split('"')[0]

    kept, checked = browser.get(address), browser.get("/static/caselog-host.js")

    assert address.endswith("/caselog-host.js")
    assert "immutable" in kept.headers["cache-control"]
    assert kept.headers["content-encoding"] == "gzip"
    assert checked.headers["cache-control"] == "no-cache"
    again = browser.get("/static/caselog-host.js", headers={"if-none-match": checked.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("accepted", "sent"),
    [("gzip, deflate, br", "br"), ("gzip, br;q=0", "gzip"), ("deflate, gzip", "gzip"), ("identity", None)],
)
def test_a_page_s_files_are_sent_in_the_smallest_coding_that_the_browser_takes(
    site: Site, accepted: str, sent: str | None
) -> None:
    with site.browser("ann").stream(
        "GET", "/static/caselog.css", headers={"accept-encoding": accepted}
    ) as answer:
        size = sum(map(len, answer.iter_raw()))

    assert answer.headers.get("content-encoding") == sent
    assert answer.headers["vary"] == "Accept-Encoding"
    plain = (STATIC / "caselog.css").read_bytes()
    coded = {
        "br": len((STATIC / "caselog.css.br").read_bytes()),
        "gzip": len(gzip.compress(plain, 9)),
        None: len(plain),
    }
    assert size == coded[sent]


def test_a_page_left_ends_its_kernel_and_no_other(site: Site) -> None:
    ann, gus = site.browser("ann"), site.browser("gus")
    of_ann, of_gus = site.open(ann), site.open(gus)

    answers = [ann.post(f"/bye/{of_ann}"), ann.post(f"/bye/{of_gus}"), ann.post(f"/bye/{of_ann}")]
    asyncio.run(site.app.state.lifetimes.sweep())

    assert [answer.status_code for answer in answers] == [204, 204, 204]
    assert site.voila.ended == [of_ann]


def test_the_page_that_idled_longest_makes_room_for_a_new_one(tmp_path: Path, clock: FakeClock) -> None:
    site = Site(tmp_path, clock, max_kernels_per_session=2, max_kernels=3)
    ann, gus = site.browser("ann"), site.browser("gus")
    opened = []
    for browser in (ann, ann, ann, gus, gus):
        opened.append(site.open(browser))
        clock.advance(1)

    assert site.voila.ended == [opened[0], opened[1]]


def test_a_user_who_opens_page_after_page_ends_pages_of_his_own_in_however_many_sessions(
    tmp_path: Path, clock: FakeClock
) -> None:
    site = Site(tmp_path, clock, max_kernels=6, max_kernels_per_session=4)
    others = [site.open(site.browser(name)) for name in ("gus", "pat")]
    for _ in range(4):
        clock.advance(1)
        browser = site.browser("ann")
        for _ in range(3):
            site.open(browser)

    assert len(site.voila.ended) == 8
    assert not {*others} & {*site.voila.ended}
    assert len(site.app.state.visits.all()) == 6


def test_of_users_with_as_many_pages_the_one_that_idled_longest_makes_room(
    tmp_path: Path, clock: FakeClock
) -> None:
    site = Site(tmp_path, clock, max_kernels=2)
    opened = []
    for name in ("gus", "pat", "ann"):
        opened.append(site.open(site.browser(name)))
        clock.advance(1)

    assert site.voila.ended == opened[:1]


def test_a_page_left_alone_ends_and_so_does_one_whose_grant_nobody_took(site: Site, clock: FakeClock) -> None:
    browser = site.browser("ann")
    idle = site.open(browser)
    clock.advance(site.settings.kernel_idle_s - 1)
    fresh = site.open(browser)
    clock.advance(2)

    asyncio.run(site.app.state.lifetimes.sweep())

    assert site.voila.ended == [idle]
    assert [visit.kernel_id for visit in site.app.state.visits.all()] == [fresh]


def test_nothing_of_the_visitors_request_reaches_voila(site: Site) -> None:
    headers = {"X-Forwarded-User": "pat", "Authorization": "token x", "X-Caselog-Grant": "forged"}

    site.browser("ann").get("/", params={"template": "lab", "theme": "dark", "token": "x"}, headers=headers)

    request = site.voila.requests[-1]
    assert str(request.url) == "http://voila/voila/render/overview/notebook.ipynb"
    assert not {"cookie", "x-forwarded-user", "x-caselog-grant"} & {name.lower() for name in request.headers}
    assert request.headers.get("authorization") is None


@pytest.mark.parametrize(
    ("name", "scope"),
    [("pat", EVERYONE), ("mia", Scope.of("acme", "globex")), ("ann", Scope.of("acme"))],
)
def test_a_kernel_gets_the_files_of_its_viewers_scope_whatever_the_address_says(
    site: Site, name: str, scope: Scope
) -> None:
    site.browser(name).get("/tickets?client=initech&client_id=initech&scope=all")

    assert site.snapshots.taken == [scope]


@pytest.mark.parametrize("key", ["control/users/pat.json", "raw/x", "..%2f..%2fetc%2fpasswd"])
def test_no_file_of_the_lake_is_served(site: Site, key: str) -> None:
    assert site.browser("pat").get(f"/lake/{key}").status_code == 404


def test_days_are_those_of_the_browser_unless_the_address_says_whose(
    tmp_path: Path, clock: FakeClock
) -> None:
    site = Site(tmp_path, clock)
    browser = site.browser("ann")
    browser.cookies.set("caselog_zone", "Asia/Tokyo")

    for path in ("/", "/tickets?zone=Europe/Berlin", "/ticket/acme/1"):
        browser.get(path)

    assert [each.params for each in site.voila.admissions] == [
        {"zone": "Asia/Tokyo"},
        {"zone": "Europe/Berlin"},
        {"client_id": "acme", "log_id": "1"},
    ]


@pytest.mark.parametrize("zone", ["x" * 65, ""])
def test_a_cookie_that_is_no_zone_says_nothing(tmp_path: Path, clock: FakeClock, zone: str) -> None:
    site = Site(tmp_path, clock)
    browser = site.browser("ann")
    browser.cookies.set("caselog_zone", zone)

    browser.get("/")

    assert [each.params for each in site.voila.admissions] == [{}]
