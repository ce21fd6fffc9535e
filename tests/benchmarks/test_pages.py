"""The pages' benchmark in a small size: it measures what it says. How fast anything is, is not asserted."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Error as PlaywrightError

from benchmarks.lakes import Recipe
from benchmarks.page_parts import PARTS
from benchmarks.pages import read_options, run
from benchmarks.workbench import FOLDER, Workbench

#: So small that several parts have the same lake, and with it the same gateway.
SMALL = (
    "--tickets 400 --clients 3 --days 40 --traces 0 --run-tickets 400 --runs 1 --many-clients 3 --many-days 40 "
    "--hurry --most-tickets 400 --raw-logs 5 --repeat 1 --warm-up 0 --starts 1 --arrivals 1 --aborted 3 --rest-s 0.5 "
    "--quiet-s 2 --big-share 0.01 --scrolled-ms 300 "
    "--people 2 --think-s 0.2 --seconds 2 --warm-up-s 0.5"
)
FIGURES = [
    "overview painted with no kernel ready",
    "memory of an open page's own",
    "/healthz while the lake is taken in",
    "overview painted",  # the provider's
    "list painted",
    "overview painted",  # a client's
    "overview painted on a first visit",
    "overview on the wire on a first visit",
    "list painted on a first visit",
    "list on the wire on a first visit",
    "ticket painted on a first visit",
    "ticket on the wire on a first visit",
    "list sorted",
    "list filtered",
    "ticket opened",
    "step of a ticket opened",
    "range changed",
    "ticket beside the last good one",
    "big ticket painted",  # of 20,000 steps, where it is no trial
    "big ticket's elements",
    "search in a big ticket",
    "gaps between frames while steps are scrolled",
    "big ticket painted",  # of 50,000 steps
    "big ticket's elements",
    "search in a big ticket",
    "gaps between frames while steps are scrolled",
    "big ticket painted",  # of a long conversation
    "big ticket's elements",
    "search in a big ticket",
    "big ticket painted",  # of one text
    "big ticket's elements",
    "search in a big ticket",
    "six tickets opened at once, all drawn",
    "clicks of people at once",
    "processor of the dashboards meanwhile",
    "memory of a waiting kernel's own",
    "overview painted",  # after many runs
    "overview painted",  # of many clients
    "overview painted",  # of most tickets
    "processes after aborted loads",
    "memory after aborted loads",
    "overview painted",  # with raw logs waiting
    "a log seen after it was stored",
    "first page painted",
    "first page's skeleton painted",
    "overview painted",  # from afar
    "list painted",
    "overview painted",
    "ticket beside the last good one",  # from afar
]


@pytest.mark.timeout(300)
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may read the memory of sealed kernels")
def test_every_figure_of_the_table_is_printed_with_its_spread(
    chromium_browser: Browser, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = run(read_options([*SMALL.split(), "--work", str(tmp_path)]), chromium_browser)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    reasons = [
        f"{line['part']}: {line['failed']}\n{line.get('gateway_said')}" for line in lines if "part" in line
    ]
    assert failed == [], "\n".join(reasons)
    figures = [line for line in lines if "figure" in line]
    told = [line["figure"] for line in figures]
    # What two people come to click in two seconds is not always the same.
    assert [figure for figure in told if not figure.startswith("people at once: ")] == FIGURES
    assert all(0 < line["min"] <= line["p50"] <= line["max"] for line in figures)
    assert all(line["n"] > 0 and line["cores"] > 0 for line in figures)
    assert {line["store"] for line in figures} == {"folder", "far"}
    assert [(line["lake"], line["tickets"], line["raw_logs"]) for line in lines if "lake" in line] == [
        ("folder", 400, 0),
        ("folder", 400, 0),  # with parts
        ("folder", 400, 5),
        ("far", 400, 0),
    ]


def fail(bench: Workbench, store: str) -> None:
    """A part of the benchmark whose page is never painted, because what makes pages has ended."""
    gateway = bench.gateway(store, Recipe(400, 3, 40, traces=0))
    for child in gateway.processes()[1:]:
        with suppress(psutil.NoSuchProcess):  # kernels end with the fork server
            child.kill()
    deadline = time.monotonic() + 30
    while "have ended" not in gateway.last_words() and time.monotonic() < deadline:
        time.sleep(0.02)
    raise PlaywrightError("the page says: Loading")


def test_a_part_that_fails_says_why_and_what_the_gateway_said(
    chromium_browser: Browser,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(PARTS, "tabs", (FOLDER, fail))

    failed = run(read_options([*SMALL.split(), "--only", "tabs", "--work", str(tmp_path)]), chromium_browser)
    *_, line = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert failed == ["tabs"]
    assert (line["part"], line["failed"]) == ("tabs", "the page says: Loading")
    assert "The pages' processes have ended" in line["gateway_said"]


def test_a_figure_without_a_measurement_fails_its_part_and_the_next_goes_on(
    chromium_browser: Browser,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(PARTS, "tabs", (FOLDER, lambda bench, _store: bench.say("nothing", [])))
    monkeypatch.setitem(PARTS, "people", (FOLDER, lambda bench, _store: bench.say("something", [1.0])))
    options = read_options([*SMALL.split(), "--only", "tabs", "people", "--work", str(tmp_path)])

    failed = run(options, chromium_browser)
    first, second = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert failed == ["tabs"]
    assert first["failed"] == "There was nothing to measure for: nothing."
    assert second["figure"] == "something"
