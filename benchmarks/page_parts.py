"""The parts of the pages' benchmark, each by its name: what is measured on which lake."""

from __future__ import annotations

import random
import socket
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from itertools import cycle, islice
from typing import Any, Final

from benchmarks.big_tickets import measure_big_tickets
from benchmarks.gateway import Gateway, asking_health, own_memory_mb
from benchmarks.lakes import CLIENT, PROVIDER, Recipe, put_raw
from benchmarks.painting import Tab, open_at_once
from benchmarks.people import measure_people
from benchmarks.tickets import make_log
from benchmarks.workbench import FAR, FOLDER, Workbench

_LIST_LINK: Final = ".cl-nav a[href='/tickets']"
_ROWS: Final = "tbody"
_SORTS: Final = ("execution_time_seconds", "ticket_id", "overall_confidence", "client_id", "error_count")
_STATUSES: Final = ("FAILED", "FAILED", "ESCALATED", "ESCALATED")
_RANGES: Final = ("90d", "7d", "all", "30d")
_COMPARE_LINK: Final = ".cl-ticket-title a[href^='/compare']"
_STEPS: Final = "[data-view='steps']"
_OTHER_STEP: Final = "[role=treeitem]:not(.cl-selected)"
_TABS: Final = 6
_SIZES: Final = ("processes", "memory")
#: The best that was published for the like of it, P50 in ms: a trace of many runs, one run, runs by a filter.
_TRACE: Final = {"what": "open a trace", "p50_ms": 92}
_RUN: Final = {"what": "open a run", "p50_ms": 71}
_FILTER: Final = {"what": "filter runs", "p50_ms": 82}


def _main(bench: Workbench) -> Recipe:
    chosen = bench.options
    return Recipe(chosen.tickets, chosen.clients, chosen.days, traces=chosen.traces)


def _about(store: str, recipe: Recipe, who: str = PROVIDER) -> dict[str, Any]:
    return {
        "who": who,
        "store": store,
        "tickets": recipe.tickets,
        "clients": recipe.clients,
        "runs": recipe.runs,
    }


# ---------------------------------------------------------------- loads


def _loads(bench: Workbench, store: str) -> None:
    """Overview and list of the provider, and a client's overview, of a gateway that has seen them before."""
    recipe = _main(bench)
    gateway = bench.gateway(store, recipe)
    samples = bench.paint(gateway, PROVIDER, "/")
    bench.say("overview painted", samples, **_about(store, recipe), goal="<= 400")
    samples = bench.paint(gateway, PROVIDER, "/tickets")
    bench.say("list painted", samples, **_about(store, recipe))
    samples = bench.paint(gateway, CLIENT, "/")
    goal = "<= 350" if store == FAR else "<= 300"
    bench.say("overview painted", samples, **_about(store, recipe, CLIENT), goal=goal)


def _first_visit(bench: Workbench, store: str) -> None:
    """Each page in a browser that has seen none: until it is painted, and what is on the wire for it."""
    recipe = _main(bench)
    gateway = bench.gateway(store, recipe)
    tab = bench.tab(gateway, PROVIDER)
    tab.open("/tickets")
    ticket = tab.addresses("a.cl-ticket-id")[0]
    for name, path in (("overview", "/"), ("list", "/tickets"), ("ticket", ticket)):
        visits = []
        for _ in range(bench.options.warm_up + bench.options.repeat):
            tab.leave()
            bench.rest(gateway)
            visits.append(tab.first_visit(path))
        painted, received = zip(*visits[bench.options.warm_up :], strict=True)
        bench.say(f"{name} painted on a first visit", painted, **_about(store, recipe))
        bench.say(
            f"{name} on the wire on a first visit", received, "KB", **_about(store, recipe), goal="<= 70"
        )
    _close(tab)


def _first_page(bench: Workbench, store: str) -> None:
    """The provider's first page after the gateway was started with nothing cached."""
    recipe = _main(bench)
    painted, skeletons = [], []
    for _ in range(bench.options.starts):
        tab = bench.tab(bench.fresh_gateway(store, recipe), PROVIDER)
        painted.append(tab.open("/"))
        skeletons.append(tab.skeleton())
        _close(tab)
    bench.say("first page painted", painted, **_about(store, recipe), goal="<= 5000")
    bench.say("first page's skeleton painted", skeletons, **_about(store, recipe), goal="<= 300")


def _runs(bench: Workbench, store: str) -> None:
    """As many files as runs of the ETL leave that nobody compacted."""
    recipe = replace(_main(bench), tickets=bench.options.run_tickets, runs=bench.options.runs)
    _overview_of(bench, store, recipe, "as if compacted")


def _many_clients(bench: Workbench, store: str) -> None:
    """A lake whose tickets lie in very many partitions."""
    recipe = replace(_main(bench), clients=bench.options.many_clients, days=bench.options.many_days)
    _overview_of(bench, store, recipe, "<= 600")


def _most_tickets(bench: Workbench, store: str) -> None:
    """The biggest lake."""
    _overview_of(bench, store, replace(_main(bench), tickets=bench.options.most_tickets), "<= 1200")


def _overview_of(bench: Workbench, store: str, recipe: Recipe, goal: str, **facts: Any) -> Gateway:
    gateway = bench.gateway(store, recipe)
    samples = bench.paint(gateway, PROVIDER, "/")
    bench.say("overview painted", samples, **_about(store, recipe), goal=goal, **facts)
    return gateway


def _no_kernel(bench: Workbench, store: str) -> None:
    """Pages for which no kernel waits."""
    recipe = _main(bench)
    gateway = bench.gateway(store, recipe, pool_size=0)
    samples = bench.paint(gateway, PROVIDER, "/")
    bench.say("overview painted with no kernel ready", samples, **_about(store, recipe), goal="<= 600")


def _close(tab: Tab) -> None:
    tab.leave()
    tab.page.close()


# ---------------------------------------------------------------- raw logs


def _raw(bench: Workbench, store: str) -> None:
    """Pages while raw logs wait for the ETL, and how soon one that arrives is seen."""
    chosen = bench.options
    waiting = {"raw_logs": chosen.raw_logs, "logs_per_raw_object": chosen.logs_per_raw_object}
    recipe = replace(_main(bench), **waiting)
    gateway = _overview_of(bench, store, recipe, "as without raw logs", **waiting)
    samples = _arrivals(bench, gateway, store, recipe)
    bench.say("a log seen after it was stored", samples, "s", **_about(store, recipe), goal="<= 5", **waiting)


def _arrivals(bench: Workbench, gateway: Gateway, store: str, recipe: Recipe) -> list[float]:
    """Seconds from the moment that the store has confirmed a raw object until an open list shows its ticket."""
    tab = bench.tab(gateway, PROVIDER)
    tab.open("/tickets")
    lake = bench.lake(store, recipe).near
    keys, samples = [], []
    for number in range(bench.options.arrivals):
        log = {**make_log(number, random.Random()), "ticket_id": f"T-arrival-{uuid.uuid4().hex[:12]}"}
        keys.append(put_raw(lake, recipe.client_id, log))
        stored_ms = time.time() * 1000
        samples.append((tab.appearance(log["ticket_id"], _LIST_LINK, 100) - stored_ms) / 1000)
    lake.delete(keys)
    _close(tab)
    return samples


# ---------------------------------------------------------------- clicks


def _clicks(bench: Workbench, store: str) -> None:
    """From a click in a page that is open until what it asks for is painted."""
    recipe = _main(bench)
    tab = bench.tab(bench.gateway(store, recipe), PROVIDER)
    about, times = _about(store, recipe), 2 * bench.options.repeat
    tab.open("/tickets")
    sorts = _click_through(tab, [f"[data-key='sort-{name}']" for name in _SORTS], _ROWS, times)
    bench.say("list sorted", sorts, **about, goal="<= 80")
    tab.open("/tickets")
    filters = _click_through(tab, [f"[data-key='status-{name}']" for name in _STATUSES], ".cl-view", times)
    bench.say("list filtered", filters, **about, goal="<= 80", published=_FILTER)
    opened, steps = _open_tickets(tab, times)
    bench.say("ticket opened", opened, **about, goal="<= 90", published=_TRACE)
    bench.say("step of a ticket opened", steps, **about, published=_RUN)
    tab.open("/")
    ranges = _click_through(tab, [f"[data-key='range-{name}']" for name in _RANGES], ".cl-kpis", times)
    bench.say("range changed", ranges, **about, goal="<= 200")
    _close(tab)


def _click_through(tab: Tab, selectors: list[str], changing: str, times: int) -> list[float]:
    samples = []
    for selector in islice(cycle(selectors), times):
        samples.append(tab.click(selector, changing))
        tab.page.wait_for_timeout(100)
    return samples


def _open_tickets(tab: Tab, times: int) -> tuple[list[float], list[float]]:
    """Tickets of the list, opened one after the other, and in each another step than the one it opens at."""
    tab.open("/tickets")
    opened, steps = [], []
    for number in range(times):
        row = number % tab.count(f"{_ROWS} tr") + 1
        opened.append(tab.click(f"{_ROWS} tr:nth-child({row}) a", ".cl-view h1"))
        tab.page.locator(_STEPS).click()
        tab.page.locator(_OTHER_STEP).first.wait_for()
        steps.append(tab.click(_OTHER_STEP, ".cl-details"))
        tab.back(".cl-view h1")
    return opened, steps


def _compare(bench: Workbench, store: str) -> None:
    """Tickets of the list, each beside the last good one: from the click until the figures are painted."""
    recipe = _main(bench)
    tab = bench.tab(bench.gateway(store, recipe), PROVIDER)
    tab.open("/tickets")
    samples = []
    for number in range(bench.options.repeat):
        tab.click(f"{_ROWS} tr:nth-child({number + 1}) a", ".cl-view h1")
        samples.append(tab.click(_COMPARE_LINK, ".cl-view h1"))
        for _ in range(2):
            tab.back(".cl-view h1")
    bench.say("ticket beside the last good one", samples, **_about(store, recipe), goal="<= 200")
    _close(tab)


def _tabs(bench: Workbench, store: str) -> None:
    """Six tickets of a list opened in tabs at once, until the data of the last are in its document.

    Chromium gives a tab in the background one frame a second: when it was painted says nothing of the page.
    """
    recipe = _main(bench)
    gateway = bench.gateway(store, recipe)
    context, tab = bench.context(gateway, PROVIDER), bench.tab(gateway, PROVIDER)
    tab.open("/tickets")
    paths = tab.addresses(f"{_ROWS} a[href^='/ticket/']")
    samples, waiting = [], gateway.settle()
    for _ in range(bench.options.starts):
        # Kernels of tabs that were closed are ended by the gateway's next sweep: not in the time that is measured.
        waiting = gateway.settle(waiting, timeout_s=10)
        begun_ms, tabs = open_at_once(context, tab.page, paths[:_TABS])
        samples.append(max(each.drawn_at() for each in tabs) - begun_ms)
        for each in tabs:
            _close(each)
    bench.say("six tickets opened at once, all drawn", samples, **_about(store, recipe), goal="<= 1500")
    _close(tab)


# ---------------------------------------------------------------- what it costs


def _waiting_memory(bench: Workbench, store: str) -> None:
    """Memory of the kernels that wait for a page."""
    recipe = _main(bench)
    gateway = bench.gateway(store, recipe)
    bench.rest(gateway)
    samples = own_memory_mb(gateway.wait_for_kernels())
    bench.say("memory of a waiting kernel's own", samples, "MB", **_about(store, recipe), goal="<= 40")


def _open_memory(bench: Workbench, store: str) -> None:
    """Memory of the kernels of open pages: one of each kind; no other kernel runs."""
    recipe = _main(bench)
    gateway = bench.gateway(store, recipe, pool_size=0)
    tabs = [bench.tab(gateway, PROVIDER) for _ in range(3)]
    tabs[0].open("/")
    tabs[1].open("/tickets")
    tabs[2].open(tabs[1].addresses(f"{_ROWS} a[href^='/ticket/']")[0])
    gateway.settle()
    samples = sorted(own_memory_mb(gateway.kernels()))[-len(tabs) :]
    bench.say("memory of an open page's own", samples, "MB", **_about(store, recipe), goal="<= 60")
    for tab in tabs:
        _close(tab)


def _health(bench: Workbench, store: str) -> None:
    """`/healthz` while a gateway with nothing cached takes the lake in: ``max`` is the figure."""
    recipe = _main(bench)
    gateway = bench.fresh_gateway(store, recipe)
    tab = bench.tab(gateway, PROVIDER)
    with asking_health(gateway) as latencies:
        tab.open("/")
        gateway.settle(timeout_s=bench.options.quiet_s)
        samples = latencies()
    _close(tab)
    bench.say("/healthz while the lake is taken in", samples, **_about(store, recipe), goal="max <= 50")


def _aborted(bench: Workbench, store: str) -> None:
    """Processes and their own memory before page loads that are given up after 20 ms, and some time after."""
    recipe, chosen = _main(bench), bench.options
    gateway = bench.gateway(store, recipe)
    bench.rest(gateway)
    before = _size(gateway)
    cookies = bench.context(gateway, PROVIDER).cookies()
    cookie = "; ".join(f"{each.get('name')}={each.get('value')}" for each in cookies)
    for _ in range(chosen.aborted):
        _give_up_a_load(gateway, cookie)
    time.sleep(chosen.rest_s)
    for name, unit, was, now in zip(_SIZES, ("processes", "MB"), before, _size(gateway), strict=True):
        changes = {"loads": chosen.aborted, "before": round(was, 1), "grown": round(now - was, 1)}
        bench.say(f"{name} after aborted loads", [now], unit, **changes, **_about(store, recipe))


def _size(gateway: Gateway) -> tuple[float, float]:
    pids = [each.pid for each in gateway.processes()]
    return len(pids), sum(own_memory_mb(pids))


def _give_up_a_load(gateway: Gateway, cookie: str) -> None:
    host, _, port = gateway.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        head = f"GET /tickets HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {cookie}\r\n\r\n"
        connection.sendall(head.encode())
        time.sleep(0.02)


def _big_tickets(bench: Workbench, store: str) -> None:
    measure_big_tickets(bench, store, _main(bench))


#: In an order in which parts of one gateway stand together; the last of them leaves it in no state to be measured.
PARTS: Final[dict[str, tuple[str, Callable[[Workbench, str], None]]]] = {
    "no-kernel": (FOLDER, _no_kernel),
    "open-memory": (FOLDER, _open_memory),
    "health": (FOLDER, _health),
    "loads": (FOLDER, _loads),
    "first-visit": (FOLDER, _first_visit),
    "clicks": (FOLDER, _clicks),
    "compare": (FOLDER, _compare),
    "big-tickets": (FOLDER, _big_tickets),
    "tabs": (FOLDER, _tabs),
    "people": (FOLDER, measure_people),
    "waiting-memory": (FOLDER, _waiting_memory),
    "runs": (FOLDER, _runs),
    "many-clients": (FOLDER, _many_clients),
    "most-tickets": (FOLDER, _most_tickets),
    "aborted": (FOLDER, _aborted),
    "raw": (FOLDER, _raw),
    "far-first": (FAR, _first_page),
    "far-loads": (FAR, _loads),
    "far-compare": (FAR, _compare),
}
