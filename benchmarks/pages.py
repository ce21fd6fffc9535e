"""How long people wait for the pages, from a click or a load until the data are painted; and what the pages cost.

    python -m benchmarks.pages [--only loads far-first ...] [--store far] [--tickets 200000] [--work FOLDER]

Makes the lakes (once a day, in ``--work``), serves them with `caselog dashboards` from a folder and from a real S3
server that a proxy puts 30 ms away, and drives Chromium. Each figure is one JSON line with its spread, the machine's
cores and the load before it; each lake is one too: ``tickets_with_trace`` tells how many tickets have one.
``goal`` is what we ask of the figure; ``published`` is the best that others have published for the like of it (P50).
"""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Browser
from playwright.sync_api import Error as PlaywrightError

from benchmarks.page_parts import PARTS
from benchmarks.workbench import FAR, FOLDER, NothingMeasured, Workbench
from tests.servers.browser import chromium, find_chromium
from tests.servers.process import ServerDidNotStart


def read_options(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line's options."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument(
        "--only", nargs="+", choices=PARTS, metavar="PART", default=list(PARTS), help=", ".join(PARTS)
    )
    options.add_argument("--store", choices=(FOLDER, FAR), help="for every part, instead of each part's own")
    options.add_argument(
        "--work", default=Path.home() / ".cache" / "caselog" / "pages", help="where lakes are kept"
    )
    options.add_argument("--tickets", type=int, default=1_000_000, help="of the lake of most parts")
    options.add_argument("--clients", type=int, default=50)
    options.add_argument("--days", type=int, default=90)
    options.add_argument(
        "--traces", type=float, default=0.01, help="share of tickets with a trace, beside the newest"
    )
    options.add_argument("--run-tickets", type=int, default=100_000, help="of the lake that is not compacted")
    options.add_argument("--runs", type=int, default=20, help="of the ETL, in the lake that is not compacted")
    options.add_argument("--raw-logs", type=int, default=10_000, help="that wait for the ETL")
    options.add_argument("--logs-per-raw-object", type=int, default=1)
    options.add_argument("--many-clients", type=int, default=1_000, help="of the lake of many clients")
    options.add_argument("--many-days", type=int, default=365)
    options.add_argument("--most-tickets", type=int, default=10_000_000, help="of the biggest lake")
    options.add_argument(
        "--repeat", type=int, default=15, help="loads of a page, and half the clicks of each kind"
    )
    options.add_argument(
        "--warm-up", type=int, default=1, help="loads of a page before those that are counted"
    )
    options.add_argument(
        "--hurry", action="store_true", help="measure unrested gateways: only to try this out"
    )
    options.add_argument("--quiet-s", type=float, default=20, help="at most, until a lake is taken in")
    options.add_argument("--big-share", type=float, default=1, help="of the sizes that pages promise to take")
    options.add_argument("--scrolled-ms", type=int, default=2000, help="in a ticket of many steps")
    options.add_argument("--starts", type=int, default=3, help="of the gateway, for its first page")
    options.add_argument("--arrivals", type=int, default=10, help="raw logs that arrive while a page is open")
    options.add_argument("--people", type=int, default=20, help="who click at once")
    options.add_argument(
        "--think-s", type=float, default=5, help="between two clicks of one of them, on average"
    )
    options.add_argument("--seconds", type=float, default=60, help="that they click")
    options.add_argument("--warm-up-s", type=float, default=15, help="of these clicks that are not counted")
    options.add_argument("--aborted", type=int, default=60, help="page loads that are given up")
    options.add_argument("--rest-s", type=float, default=30, help="after the aborted loads, before counting")
    options.add_argument(
        "--delay-ms", type=float, default=15, help="that a byte is held, each way, by the proxy"
    )
    return options.parse_args(arguments)


def run(options: argparse.Namespace, browser: Browser) -> list[str]:
    """Measure every chosen part; the names of those that failed, each with a line that says why."""
    failed = []
    with ExitStack() as stack:
        bench = Workbench(options, browser, stack)
        for part in options.only:
            store, measure = PARTS[part]
            try:
                measure(bench, options.store or store)
            except (PlaywrightError, ServerDidNotStart, NothingMeasured) as error:
                bench.give_up(part, str(error))
                failed.append(part)
    return failed


def main() -> None:
    """Run what the command line says."""
    options = read_options()
    program = find_chromium()
    if program is None:
        raise SystemExit("There is no Chromium on the PATH, and CASELOG_CHROMIUM is not set.")
    with chromium(program) as browser:
        sys.exit(1 if run(options, browser) else 0)


if __name__ == "__main__":
    main()
