"""Run support tickets: ``python -m examples.support_workflow --tickets 20``.

Logs go where LOG_COLLECTOR_URL, LOG_COLLECTOR_API_KEY and CLIENT_ID say. The exit status is 0 when the collector
has taken every log, 1 when it has not, 2 for wrong arguments.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from datetime import UTC, datetime
from typing import Final

import caselog
from examples.support_workflow.scenarios import COMPANIES
from examples.support_workflow.simulation import simulate

FLUSH_TIMEOUT_S: Final = 30.0
#: A demo makes logs faster than any workflow: wait for them now and then, or the SDK's queue would drop some.
FLUSH_EVERY: Final = 250


def main() -> int:
    # The example talks to nobody but the collector, whatever else the shell is set up for.
    os.environ["LANGSMITH_TRACING"] = os.environ["LANGCHAIN_TRACING_V2"] = "false"
    args = _parse_arguments()
    statuses: Counter[str] = Counter()
    shipped = 0
    runs = simulate(args.client, count=args.tickets, days=args.days, now=datetime.now(UTC), seed=args.seed)
    for done, state in enumerate(runs, start=1):
        statuses[state["status"]] += 1
        shipped += state["is_shipped"]
        _show_progress(args.client, done, args.tickets)
        if done % FLUSH_EVERY == 0:
            caselog.flush(FLUSH_TIMEOUT_S)
    caselog.flush(FLUSH_TIMEOUT_S)
    return _report(args.client, statuses, shipped)


def _parse_arguments() -> argparse.Namespace:
    own = os.environ.get("CLIENT_ID", "")
    parser = argparse.ArgumentParser(
        prog="python -m examples.support_workflow",
        description="Run support tickets through a LangGraph workflow that logs to Caselog.",
    )
    parser.add_argument(
        "--client", choices=COMPANIES, default=own if own in COMPANIES else "acme", help="whose tickets"
    )
    parser.add_argument("--tickets", type=_positive, default=20, help="how many (default: %(default)s)")
    parser.add_argument(
        "--days", type=_positive, default=1, help="spread over so many days until now (default: 1)"
    )
    parser.add_argument(
        "--seed", type=int, default=7, help="the same seed makes the same tickets (default: 7)"
    )
    return parser.parse_args()


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _show_progress(client_id: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        print(f"\r{client_id}: {done} of {total} tickets", end=end, file=sys.stderr, flush=True)


def _report(client_id: str, statuses: Counter[str], shipped: int) -> int:
    """Say what became of the logs; the exit status."""
    stats = caselog.stats()
    sent = shipped - stats["pending"] - sum(stats["lost"].values())
    lost = statuses.total() - sent
    endings = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
    print(f"{client_id}: {statuses.total()} tickets ({endings}); {sent} logs sent, {lost} lost")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
