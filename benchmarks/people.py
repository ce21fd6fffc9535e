"""Many people who click at once: each signs in, loads a page, and asks its kernel over the page's own channel.

No browser draws anything: twenty of them would take the machine from the server. A wait is from the request until the
whole document is there, or from a question until its answer; a browser draws it a few frames later.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from benchmarks.lakes import CLIENT, PASSWORD, PROVIDER, Recipe
from benchmarks.workbench import Workbench

_KERNEL: Final = re.compile(r"<!--caselog-kernel:([0-9a-f-]+)-->")
_STATE: Final = re.compile(r'id="caselog-state"[^>]*>(.*?)</script>', re.DOTALL)
_CSRF: Final = re.compile(r'name="csrf_token" value="([^"]+)"')
_TIMEOUT_S: Final = 60.0
#: Of the clicks, so many load a page anew, as a link that is opened in a new tab does.
_LOADS: Final = 0.1
#: What is clicked, by how often: a page and its parameters.
CLICKS: Final[tuple[tuple[int, str, str, Mapping[str, str]], ...]] = (
    (3, "overview", "overview", {"range": "30d"}),
    (2, "overview, 7 days", "overview", {"range": "7d", "zone": "Europe/Berlin"}),
    (1, "overview, all", "overview", {"range": "all"}),
    (3, "list", "tickets", {}),
    (3, "list, failed", "tickets", {"status": "FAILED"}),
    (2, "list, by cost", "tickets", {"sort": "cost_usd"}),
    (3, "list, next page", "tickets", {"after": "next"}),
    (1, "search", "tickets", {"q": "refund"}),
    (1, "search, an id", "tickets", {"q": "T-{number}"}),
    (1, "errors", "errors", {}),
    (1, "tools", "tools", {}),
    (5, "ticket", "ticket", {"row": "one"}),
)
_PATHS: Final = {"overview": "/", "tickets": "/tickets", "errors": "/errors", "tools": "/tools"}


class NotShown(Exception):
    def __init__(self, what: str, said: object) -> None:
        super().__init__(f"{what} was not shown: {str(said)[:300]}")


@dataclass
class Waits:
    """How long people waited, in ms, by what they did; what failed, in words."""

    of: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failed: list[str] = field(default_factory=list)

    @property
    def clicks(self) -> list[float]:
        """All of them together, without the loads of whole documents."""
        return [each for what, some in self.of.items() if not what.startswith("load") for each in some]


class Person:
    """Somebody who is signed in and has one page open; ``chance`` decides what they click and when."""

    def __init__(self, url: str, user: str, chance: random.Random, waits: Waits) -> None:
        self._url = url
        self._user = user
        self._chance = chance
        self.waits = waits
        self._client = httpx.AsyncClient(
            base_url=url, headers={"origin": url}, timeout=_TIMEOUT_S, trust_env=False
        )
        self._channel: ClientConnection | None = None
        self._kernel_id = self._comm_id = ""
        self._asked = 0
        self._rows: list[Mapping[str, Any]] = []
        self._after: str | None = None

    async def sign_in(self) -> None:
        """As by the form; raises `NotShown`."""
        form = await self._client.get("/login")
        token = _CSRF.search(form.text)
        # The cookie of the zone is the view's to set: without it days are those of UTC, which costs the same.
        said = {"username": self._user, "password": PASSWORD, "csrf_token": token[1] if token else ""}
        answer = await self._client.post("/login", data=said)
        if answer.status_code != httpx.codes.SEE_OTHER:
            raise NotShown("the sign-in", answer.status_code)

    async def click_until(self, end: Callable[[], bool], think_s: float) -> None:
        """Click, and think between two clicks, until ``end``."""
        await self._load("overview")
        while not end():
            await asyncio.sleep(self._chance.expovariate(1 / think_s))
            if end():
                break
            try:
                await self._click()
            except (NotShown, ConnectionClosed, OSError, httpx.HTTPError, TimeoutError) as error:
                self.waits.failed.append(f"{type(error).__name__}: {error}")
                await self._load("overview")

    async def leave(self) -> None:
        """Close the page, as a browser does."""
        await self._close_page()
        await self._client.aclose()

    async def _click(self) -> None:
        if self._chance.random() < _LOADS:
            await self._load(self._chance.choice(list(_PATHS)))
            return
        [(_, what, page, params)] = self._chance.choices(CLICKS, [often for often, *_ in CLICKS])
        if "row" in params:
            if not self._rows:
                return
            row = self._chance.choice(self._rows)
            params = {"client_id": row["client_id"], "log_id": row["log_id"]}
        elif "after" in params:
            params = {"after": self._after or ""}
        number = str(self._chance.randrange(1_000_000))
        given = {name: value.replace("{number}", number) for name, value in params.items()}
        began = time.perf_counter()
        payload = await self._ask(page, given)
        self.waits.of[what].append((time.perf_counter() - began) * 1000)
        self._note(payload)

    async def _load(self, page: str) -> None:
        await self._close_page()
        began = time.perf_counter()
        answer = await self._client.get(_PATHS[page])
        self.waits.of[f"load {page}"].append((time.perf_counter() - began) * 1000)
        kernel, state = _KERNEL.search(answer.text), _STATE.search(answer.text)
        if kernel is None or state is None:
            raise NotShown(page, answer.text)
        told = json.loads(state[1])
        self._kernel_id, self._comm_id = kernel[1], told["comm_id"]
        self._note(told["page"])
        cookie = "; ".join(f"{name}={value}" for name, value in self._client.cookies.items())
        address = self._url.replace("http", "ws", 1) + f"/api/kernels/{self._kernel_id}/channels"
        self._channel = await connect(
            address,
            origin=Origin(self._url),
            additional_headers={"Cookie": cookie},
            max_size=None,
            proxy=None,
        )

    async def _close_page(self) -> None:
        if self._channel is not None:
            await self._channel.close()
            await self._client.post(f"/bye/{self._kernel_id}")
            self._channel = None

    async def _ask(self, page: str, params: Mapping[str, str]) -> dict[str, Any]:
        if self._channel is None:
            raise NotShown(page, "no page is open")
        self._asked += 1
        content = {"kind": "query", "id": self._asked, "page": page, "params": params}
        data = {"comm_id": self._comm_id, "data": {"method": "custom", "content": content}}
        await self._channel.send(json.dumps({"channel": "shell", "header": _HEADER, "content": data}))
        async with asyncio.timeout(_TIMEOUT_S):
            async for message in self._channel:
                answer = json.loads(message)["content"]["data"]["content"]
                if answer.get("id") == self._asked:
                    break
            else:
                raise NotShown(page, "the connection ended")
        if answer["kind"] == "error":
            raise NotShown(page, answer)
        payload: dict[str, Any] = answer["payload"]
        return payload

    def _note(self, payload: Mapping[str, Any]) -> None:
        if payload.get("page") == "tickets" and "data" in payload:
            self._rows, self._after = payload["data"]["rows"], payload["data"]["after"]


_HEADER: Final = {
    "msg_id": "0",
    "msg_type": "comm_msg",
    "username": "page",
    "session": "0",
    "version": "5.3",
}


async def _all_at_once(
    url: str, users: Mapping[str, int], seconds: float, warm_up_s: float, think_s: float
) -> tuple[Waits, float]:
    waits, warm = Waits(), Waits()
    names = [user for user, count in users.items() for _ in range(count)]
    people = [Person(url, user, random.Random(place), warm) for place, user in enumerate(names)]
    for person in people:
        await person.sign_in()
    began = time.monotonic()

    def is_over() -> bool:
        passed = time.monotonic() - began
        if passed > warm_up_s:
            for person in people:
                person.waits = waits  # from now on it counts
        # Where a page takes longer than all that, at least somebody's first click is waited for.
        return passed > warm_up_s + seconds and bool(waits.clicks or waits.failed or warm.failed)

    await asyncio.gather(*(person.click_until(is_over, think_s) for person in people))
    for person in people:
        await person.leave()
    waits.failed += warm.failed
    return waits, time.monotonic() - began


def let_click(
    url: str, users: Mapping[str, int], *, seconds: float, warm_up_s: float, think_s: float
) -> tuple[Waits, float]:
    """So many people of each user, for so long; those of the first seconds are not counted. How long it took in all."""
    with ThreadPoolExecutor(1) as pool:  # Playwright has a loop of its own in the thread that asks
        return pool.submit(asyncio.run, _all_at_once(url, users, seconds, warm_up_s, think_s)).result()


def measure_people(bench: Workbench, store: str) -> None:
    """Many people who click at once, half of them the provider's, each with seconds to think between two clicks."""
    chosen = bench.options
    recipe = Recipe(chosen.tickets, chosen.clients, chosen.days, traces=0.0, parts=True)
    gateway = bench.gateway(store, recipe)
    about: dict[str, Any] = {"store": store, "tickets": recipe.tickets, "clients": recipe.clients}
    about |= {"people": chosen.people, "think_s": chosen.think_s}
    before, load = gateway.cpu_s(), os.getloadavg()[0]
    users = {PROVIDER: chosen.people - chosen.people // 2, CLIENT: chosen.people // 2}
    waits, took_s = let_click(
        gateway.url, users, seconds=chosen.seconds, warm_up_s=chosen.warm_up_s, think_s=chosen.think_s
    )
    about |= {"failed": len(waits.failed), "why": waits.failed[:3], "load_1m_after": os.getloadavg()[0]}
    cores = (gateway.cpu_s() - before) / took_s
    bench.say("clicks of people at once", waits.clicks, **about, **_p95(waits.clicks), goal="p95 <= 400")
    for what, samples in sorted(waits.of.items()):
        bench.say(f"people at once: {what}", samples, store=store, **_p95(samples))
    bench.say("processor of the dashboards meanwhile", [cores], "cores", store=store, load_1m=round(load, 2))


def _p95(samples: Sequence[float]) -> dict[str, Any]:
    return {"p95": round(sorted(samples)[int(0.95 * (len(samples) - 1))], 1)} if samples else {}
