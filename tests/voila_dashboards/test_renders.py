"""Pages in the making are owned: whoever goes away, however many come, no kernel is left that nobody holds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from access.users import get_user
from tests.clock import FakeClock
from tests.voila_dashboards.gateway_fakes import ORIGIN, Site

pytestmark = pytest.mark.anyio


Open = Callable[..., Site]


@pytest.fixture
def a_site(tmp_path: Path, clock: FakeClock) -> Open:
    return lambda **settings: Site(tmp_path, clock, **settings)


@asynccontextmanager
async def browser_of(site: Site, name: str) -> AsyncIterator[httpx.AsyncClient]:
    user = get_user(site.store, name)
    assert user is not None
    cookies = {"caselog": site.app.state.sessions.issue(user)}
    transport = httpx.ASGITransport(site.app)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, cookies=cookies) as client:
        yield client


async def abort(client: httpx.AsyncClient, path: str) -> None:
    """Ask for a page, and go away once the request is under way."""
    task = asyncio.create_task(client.get(path))
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def settle(site: Site) -> None:
    """Wait until nothing is in the making any more."""
    deadline = time.monotonic() + 60
    while site.app.state.renders.count:
        assert time.monotonic() < deadline, "pages are in the making for ever"
        await asyncio.sleep(0.005)


async def test_loads_that_are_given_up_leave_no_kernel(a_site: Open) -> None:
    site = a_site(max_renders=3)
    site.voila.gate = asyncio.Event()
    async with browser_of(site, "ann") as ann:
        for _ in range(40):
            await abort(ann, "/tickets")
        site.voila.gate.set()
        await settle(site)

    assert len(site.voila.kernels) <= 3  # who went away before its turn got none
    assert sorted(site.voila.ended) == sorted(site.voila.kernels)
    assert site.voila.admissions == []
    assert site.app.state.visits.all() == []


async def test_a_load_that_is_given_up_after_its_kernel_was_admitted_ends_that_kernel(a_site: Open) -> None:
    site = a_site()
    async with browser_of(site, "ann") as ann:
        await ann.get("/tickets")
        (visit,) = site.app.state.visits.all()
        await site.app.state.lifetimes.end(visit)
        await settle(site)

    assert site.voila.ended == site.voila.kernels


async def test_no_more_pages_are_in_the_making_than_may_be_and_all_get_their_turn(a_site: Open) -> None:
    site = a_site(max_renders=2, max_kernels_per_session=8)
    site.voila.gate = asyncio.Event()
    async with browser_of(site, "ann") as ann:
        loads = [asyncio.create_task(ann.get("/tickets")) for _ in range(6)]
        while site.app.state.renders.count < 6 or len(site.voila.kernels) < 2:  # noqa: ASYNC110 - a moment
            await asyncio.sleep(0.005)
        at_first = len(site.voila.kernels)
        site.voila.gate.set()
        pages = await asyncio.gather(*loads)

    assert at_first == 2
    assert all('id="caselog-state"' in page.text for page in pages)
    assert len(site.app.state.visits.all()) == 6


async def test_a_session_that_reloads_for_ever_holds_no_more_than_its_share(
    a_site: Open, clock: FakeClock
) -> None:
    site = a_site(max_kernels_per_session=3)
    async with browser_of(site, "ann") as ann, browser_of(site, "gus") as gus:
        for _ in range(30):
            await ann.get("/")
            clock.advance(1)
        other = await gus.get("/")
        await settle(site)

    assert len(set(site.voila.kernels) - set(site.voila.ended)) == 4
    assert 'id="caselog-state"' in other.text


async def test_who_opens_one_page_does_not_wait_for_all_that_another_has_opened(a_site: Open) -> None:
    site = a_site(max_renders=1)
    site.voila.gate = asyncio.Event()
    async with browser_of(site, "ann") as ann, browser_of(site, "gus") as gus:
        many = [asyncio.create_task(ann.get("/tickets")) for _ in range(6)]
        while site.app.state.renders.count < 6:  # noqa: ASYNC110 - a moment
            await asyncio.sleep(0.005)
        one = asyncio.create_task(gus.get("/tickets"))
        while site.app.state.renders.count < 7:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        site.voila.gate.set()
        await asyncio.gather(*many, one)

    names = [admission.viewer["name"] for admission in site.voila.admissions]
    assert names[:2] == ["ann", "gus"]


async def test_a_kernel_that_never_says_that_it_waits_is_ended(a_site: Open) -> None:
    site = a_site(page_timeout_s=0.05)
    site.voila.waits = False
    async with browser_of(site, "ann") as ann:
        page = await ann.get("/")
        await settle(site)

    assert 'id="caselog-failed"' in page.text
    assert site.voila.ended == site.voila.kernels


async def test_a_page_whose_kernel_ends_before_it_was_admitted_is_made_by_another(a_site: Open) -> None:
    site = a_site()
    site.voila.silent_kernels = 1
    async with browser_of(site, "ann") as ann:
        loading = asyncio.create_task(ann.get("/"))
        while not site.voila.kernels:  # noqa: ASYNC110 - a moment
            await asyncio.sleep(0.005)

        site.app.state.kernels.note_end(site.voila.kernels[0])
        page = await loading
        await settle(site)

    silent, serving = site.voila.kernels
    assert f'id="caselog-state" data-kernel="{serving}"' in page.text
    assert silent not in page.text
    assert site.voila.ended == [silent]
    (visit,) = site.app.state.visits.all()
    assert site.app.state.visits.serves(serving) is visit
    assert site.app.state.visits.serves(silent) is None


@pytest.mark.parametrize("trouble", [{"status": 500}, {"names_kernel": False}, {"waits": False}])
async def test_no_more_than_two_kernels_are_tried_for_a_page(a_site: Open, trouble: dict[str, int]) -> None:
    site = a_site(page_timeout_s=0.05)
    for name, value in trouble.items():
        setattr(site.voila, name, value)
    async with browser_of(site, "ann") as ann:
        page = await ann.get("/")
        await settle(site)

    assert 'id="caselog-failed"' in page.text
    assert len([each for each in site.voila.requests if each.method == "GET"]) == 2
    assert site.app.state.visits.all() == []


async def test_a_page_that_breaks_off_once_its_kernel_was_admitted_is_not_begun_anew(a_site: Open) -> None:
    site = a_site()
    site.voila.breaks_off = True
    async with browser_of(site, "ann") as ann:
        page = await ann.get("/")
        await settle(site)

    (kernel,) = site.voila.kernels
    assert page.text.count("<!--caselog-kernel:") == 1
    assert kernel in page.text


async def test_a_page_that_was_left_is_not_begun_anew(a_site: Open) -> None:
    site = a_site()
    site.voila.gate, site.voila.names_kernel = asyncio.Event(), False
    async with browser_of(site, "ann") as ann:
        loading = asyncio.create_task(ann.get("/"))
        while not site.voila.kernels:  # noqa: ASYNC110 - a moment
            await asyncio.sleep(0.005)
        loading.cancel()
        await asyncio.gather(loading, return_exceptions=True)
        site.voila.gate.set()
        await settle(site)

    assert len(site.voila.kernels) == 1
    assert site.app.state.visits.all() == []


async def test_a_page_whose_kernel_dies_while_it_is_drawn_says_so_at_once(a_site: Open) -> None:
    site = a_site()
    site.voila.draws = False  # as Voila does then: it says nothing any more, for as long as one listens
    async with browser_of(site, "ann") as ann:
        loading = asyncio.create_task(ann.get("/tickets"))
        while not site.voila.admissions:  # noqa: ASYNC110 - a moment
            await asyncio.sleep(0.005)

        site.voila.made[0].socket.close()
        page = await asyncio.wait_for(loading, 60)

    assert 'id="caselog-failed"' in page.text
    assert site.app.state.visits.all() == []


async def test_two_tenants_pages_never_mix_however_they_interleave(a_site: Open) -> None:
    site = a_site(max_renders=3, max_kernels=200, max_kernels_per_session=100)
    async with browser_of(site, "ann") as ann, browser_of(site, "gus") as gus:
        loads = [client.get("/tickets") for _ in range(50) for client in (ann, gus)]
        await asyncio.gather(*loads)

    seen = {"ann": 0, "gus": 0}
    for admission in site.voila.admissions:
        assert admission.viewer["clients"] == {"ann": ["acme"], "gus": ["globex"]}[admission.viewer["name"]]
        seen[admission.viewer["name"]] += 1
    assert seen == {"ann": 50, "gus": 50}
    for visit in site.app.state.visits.all():
        assert visit.is_admitted
