"""Generated runs of any size, each of whose parts could fill a page, and a walk through their tickets."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any, Final

#: Found in every run, at one place far down, or nowhere.
SOUGHT: Final = ("word", "word7", "needle", "zebra", "error", "row 3")

_WORDS: Final = " ".join(f"word{number % 97}" for number in range(90))


def big_runs(seed: int) -> dict[str, dict[str, Any]]:
    """Traces by what is much in them; the same for the same seed."""
    chance = random.Random(seed)
    return {name: made(chance) for name, made in _KINDS.items()}


def _talk(chance: random.Random) -> dict[str, Any]:
    """About 1.5 MB of turns, each with a call, its arguments and what came back as JSON."""
    messages: list[dict[str, Any]] = []
    for turn in range(700):
        given = json.dumps({"n": turn, "rows": [{"a": turn, "word": _WORDS[:40]}] * chance.randrange(1, 8)})
        call = {"id": f"c{turn}", "function": {"name": "kb", "arguments": given}}
        content = f"turn {turn} **{_WORDS}**"
        messages.append({"role": "assistant", "content": content, "tool_calls": [call], "mood": "calm"})
        back = json.dumps([{"word": _WORDS, "row": row} for row in range(chance.randrange(9))])
        messages.append({"role": "tool", "tool_call_id": f"c{turn}", "content": back})
    messages[1300]["content"] = "a needle, far down"
    return {"messages": messages}


def _wide(chance: random.Random) -> dict[str, Any]:
    """JSON that is wide on each of its levels."""
    leaf = {f"word{place}": place for place in range(40)}
    rows = [{"name": f"row {row}", "cells": [leaf] * chance.randrange(4, 12)} for row in range(130)]
    rows[120]["name"] = "needle"
    return {"messages": [{"role": "user", "content": json.dumps(rows)}], "final_response": {"rows": rows}}


def _markdown(chance: random.Random) -> dict[str, Any]:
    """Texts of which almost every word is an element."""
    dense = " ".join(f"**word{place}** `code`" for place in range(900))
    points = "\n".join(f"- **word{place}** [a](https://elsewhere.test/{place})" for place in range(400))
    table = "\n".join(["|a|b|c|", "|-|-|-|", *(f"|row {row}|{row}|**word**|" for row in range(300))])
    quote = "\n\n".join(f"> {_WORDS} *so*" for _ in range(60))
    texts = [dense, points, table, quote]
    chance.shuffle(texts)
    said = [{"role": "assistant", "content": text} for text in texts * 3]
    return {"messages": [*said, {"role": "user", "content": "a **needle**"}], "final_response": points}


def _differences(chance: random.Random) -> dict[str, Any]:
    """Differences of files, and characters that turn text around."""
    lines = [f"{chance.choice('+- ')}word{place}" for place in range(1900)]
    text = "\n".join(["--- a/file", "+++ b/file", "@@ -1 +1 @@", *lines])
    turning = "".join(f"a{chr(0x202E)}b{chr(0x2066)}" for _ in range(300)) + "\n" + _WORDS
    said = [{"role": "tool", "content": text}, {"role": "user", "content": turning}]
    return {"messages": said * 40, "nodes": [{"name": "patch", "output": text, "error": turning}]}


def _blocks(chance: random.Random) -> dict[str, Any]:
    """One turn of very many blocks, one iteration of very many calls, which failed."""
    kinds: list[Callable[[int], dict[str, Any]]] = [
        lambda n: {"type": "text", "text": f"**word{n}**", "citations": []},
        lambda n: {"type": "thinking", "thinking": f"{_WORDS} {n}"},
        lambda n: {"type": "tool_use", "id": f"t{n}", "name": "kb", "input": {"n": n, "word": [n, n]}},
        lambda n: {"type": "odd", "word": n, "more": {"n": n}},
    ]
    blocks = [chance.choice(kinds)(place) for place in range(1500)]
    calls = [
        {"name": f"call {n}", "arguments": {"n": n}, "status": "error", "error": {"message": f"word {n}"}}
        for n in range(1500)
    ]
    listed = [
        {"type": f"E{n}", "message": json.dumps({"word": [n]}), "stacktrace": "a\nb"} for n in range(900)
    ]
    steps = [{"thought": "needle", "tool_calls": calls}, {"observation": _WORDS}]
    return {
        "messages": [{"role": "assistant", "content": blocks}],
        "react_iterations": steps,
        "errors": listed,
        **{f"own part {part}": [part, {"word": part}] for part in range(300)},
    }


def _chain(_chance: random.Random) -> dict[str, Any]:
    """Steps of which each lies in the one before, and JSON that is nested as deep."""
    nested: Any = "needle"
    for level in range(60):
        nested = {"inside": nested, **{f"word{place}": {"n": [level]} for place in range(30)}}
    nodes = [
        {"name": f"step {n}", "parent": f"step {n - 1}" if n else None, "duration_ms": 9} for n in range(1500)
    ]
    return {
        "nodes": [*nodes, {"name": "last", "output": nested}],
        "messages": [{"role": "user", "content": nested}],
    }


_KINDS: Final[dict[str, Callable[[random.Random], dict[str, Any]]]] = {
    "talk": _talk,
    "wide": _wide,
    "markdown": _markdown,
    "differences": _differences,
    "blocks": _blocks,
    "chain": _chain,
}

#: In the page: ``acts`` things that a reader does, as chance has it; what was seen after each of them.
WALK: Final = """async ({ seed, acts, words }) => {
  let state = seed;
  const below = (n) => Math.floor(((state = (state * 48271) % 2147483647) / 2147483647) * n);
  const one = (selector) => { const all = document.querySelectorAll(selector); return all[below(all.length || 1)]; };
  const box = document.querySelector(".cl-find input");
  const search = (text) => { box.value = text; box.dispatchEvent(new Event("input", { bubbles: true })); };
  const press = (key) => document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  const pane = () => document.querySelector(".cl-details");
  const deeds = {
    search: () => search(words[below(words.length)]),
    jump: async () => { for (let n = 1 + below(8); n > 0; n--) { press(below(3) ? "n" : "p"); await pause(5); } },
    unfold: () => one("main summary")?.click(),
    unfoldMany: () => [...document.querySelectorAll("main details:not([open]) > summary")].slice(0, 60)
      .forEach((each) => each.click()),
    more: () => one("main .cl-more")?.click(),
    manyMore: async () => { for (let n = 0; n < 8; n++) { one("main .cl-more")?.click(); await pause(5); } },
    scroll: () => scrollTo(0, below(document.documentElement.scrollHeight)),
    scrollPane: () => pane() && (pane().scrollTop = below(pane().scrollHeight)),
    tab: () => one("[role=tab]")?.click(),
    step: () => one("[role=treeitem]")?.click(),
    all: () => [...document.querySelectorAll("button")].find((each) => each.textContent === "Expand all")?.click(),
    clear: () => search(""),
  };
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const isEmpty = (each) => { const { top, bottom, height } = each.getBoundingClientRect();
    return height > 0 && bottom > 0 && top < innerHeight && !each.textContent; };
  const isInPane = (each) => {
    const [own, pane] = [each, each.closest(".cl-details")].map((one) => one?.getBoundingClientRect());
    return !pane || (own.bottom > pane.top && own.top < pane.bottom); };
  const gaps = () => [...document.querySelectorAll("[style*=height]")]
    .filter((each) => each.closest(".cl-grid-ticket, .cl-details") && isEmpty(each) && isInPane(each));
  const seen = [];
  for (let n = 0; n < acts; n++) {
    const names = Object.keys(deeds);
    const name = names[below(names.length)];
    await deeds[name]();
    await pause(110); await frame(); await frame(); await frame();
    const elements = document.querySelectorAll("*").length;
    for (let wait = 0; wait < 100 && gaps().length; wait++) await pause(30);
    seen.push({ name, elements, empty: gaps().length });
  }
  return seen;
}"""
