"""Tickets as big as pages promise to take: painted, scrolled and searched. Sizes are of the trace as JSON."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable
from typing import Any, Final

from benchmarks.lakes import PROVIDER, Recipe, put_raw
from benchmarks.painting import Tab
from benchmarks.tickets import make_log
from benchmarks.workbench import Workbench

_LIST_LINK: Final = ".cl-nav a[href='/tickets']"
_WORDS: Final = " ".join(f"word{number % 997}" for number in range(120))


def _of_steps(number: int) -> dict[str, Any]:
    """Nodes of which ten lie in each outer one; the last but six failed."""
    return {
        "nodes": [
            {
                "name": f"step {place}",
                "parent": f"step {place - place % 10}" if place % 10 else None,
                "started_at": 1_790_000_000 + place / 10,
                "duration_ms": place % 97,
                "status": "error" if place == number - 7 else "ok",
            }
            for place in range(number)
        ]
    }


def _of_turns(number: int) -> dict[str, Any]:
    """A long conversation, and the iterations that made it; 1,500 turns are about 5 MB."""
    called = [
        {"id": f"c{turn}", "name": "kb", "arguments": {"n": turn}, "result": _WORDS} for turn in range(number)
    ]
    said = [
        {"role": "assistant", "content": f"turn {turn} {_WORDS}", "tool_calls": [_sent(call)]}
        for turn, call in enumerate(called)
    ]
    heard = [{"role": "tool", "tool_call_id": call["id"], "content": _WORDS} for call in called]
    return {
        "messages": [each for pair in zip(said, heard, strict=True) for each in pair],
        "react_iterations": [
            {"iteration": turn + 1, "duration_ms": 100, "thought": _WORDS, "tool_calls": [call]}
            for turn, call in enumerate(called)
        ],
    }


def _sent(call: dict[str, Any]) -> dict[str, Any]:
    return {"id": call["id"], "function": {"name": call["name"], "arguments": json.dumps(call["arguments"])}}


def _of_text(number: int) -> dict[str, Any]:
    """One text; 7,200 times the words are about 7 MB."""
    return {"messages": [{"role": "assistant", "content": _WORDS * number}]}


#: What a ticket is of, how many, and how that is made.
_KINDS: Final[tuple[tuple[str, int, Callable[[int], dict[str, Any]]], ...]] = (
    ("steps", 20_000, _of_steps),
    ("steps", 50_000, _of_steps),
    ("turns of a conversation", 1500, _of_turns),
    ("times the words of one text", 7200, _of_text),
)


def measure_big_tickets(bench: Workbench, store: str, recipe: Recipe) -> None:
    """Each kind of big ticket: painted, its elements, gaps between frames while it is scrolled, a search in it."""
    tab = bench.tab(bench.gateway(store, recipe), PROVIDER)
    lake = bench.lake(store, recipe).near
    for kind, most, made in _KINDS:
        number = max(10, round(most * bench.options.big_share))
        trace = made(number)
        log = {**make_log(0, random.Random(1)), "ticket_id": f"T-big-{uuid.uuid4().hex[:12]}", "trace": trace}
        key = put_raw(lake, recipe.client_id, log)
        tab.open("/tickets")
        tab.appearance(log["ticket_id"], _LIST_LINK, 100)
        about = {"of": f"{number:,} {kind}", "mb": round(len(json.dumps(trace)) / 1e6, 1), "store": store}
        _measure(bench, tab, f"/ticket/{recipe.client_id}/{log['log_id']}", about)
        lake.delete([key])
        tab.open("/tickets")  # of whoever comes next none opens what is gone
        tab.disappearance(log["ticket_id"], _LIST_LINK, 100)
    tab.leave()
    tab.page.close()


def _measure(bench: Workbench, tab: Tab, path: str, about: dict[str, Any]) -> None:
    painted = [tab.open(path) for _ in range(bench.options.repeat)]
    bench.say("big ticket painted", painted, **about, goal="<= 1000")
    bench.say("big ticket's elements", [tab.count("*")], "elements", **about, goal="<= 5000")
    times = min(2, bench.options.repeat)
    found = [tab.search(words) for words in ("zebra", "word996", "step 1999") for _ in range(times)]
    bench.say("search in a big ticket", found, **about, goal="<= 200")
    if "steps" in about["of"]:
        tab.open(f"{path}?part=steps")
        gaps = tab.scroll(".cl-rows", bench.options.scrolled_ms)
        bench.say("gaps between frames while steps are scrolled", gaps, **about, goal="p50 <= 20")
