"""What it costs to ask whether the sessions behind open pages still hold: ``python -m benchmarks.session_checks``.

A lake in a folder with users and signed-out sessions, and a gateway whose pages wait for the end of their sessions.
Prints for each check how long it took and what of a processor, in seconds, and the machine's load.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from access.users import Role, User
from tests.clock import FakeClock
from tests.voila_dashboards.gateway_fakes import Site
from voila_dashboards.gateway.session_end import SessionEnd
from voila_dashboards.gateway.sessions import Session

USER = User(
    name="user",
    role=Role.CLIENT,
    clients=("acme",),
    display_name="User",
    password_hash="none",  # noqa: S106 - nobody signs in by it
    created_at=datetime(2026, 11, 23, tzinfo=UTC),
)
#: Each page of a session is one more that waits.
PAGES_OF_SESSION = 4
CHECK_EVERY_S = 4


def a_user(number: int) -> User:
    """One of many."""
    return USER.model_copy(update={"name": f"user-{number}"})


def fill(site: Site, users: int, signed_out: int) -> None:
    """Users, and sessions that were signed out and have not expired."""
    for number in range(users):
        user = a_user(number)
        site.store.put(f"control/users/{user.name}.json", user.model_dump_json().encode())
    for number in range(signed_out):
        site.store.put(f"control/sessions/{2_000_000_000:012d}-{number:032x}.json", b"{}")


async def sign_in(site: Site, count: int) -> list[Session]:
    """So many sessions, each of another user."""
    sessions = site.app.state.sessions
    return [await sessions.find(sessions.issue(a_user(number))) for number in range(count)]


async def check(site: Site, count: int, checks: int) -> None:
    """Check ``count`` sessions so many times; the first ones read every user."""
    pages = await sign_in(site, count) * PAGES_OF_SESSION
    for number in range(checks):
        site.clock.advance(CHECK_EVERY_S)
        wall, processor = time.perf_counter(), time.process_time()
        ends: dict[str, SessionEnd] = await site.app.state.checks.find_ends(pages)
        took = {"seconds": time.perf_counter() - wall, "processor_s": time.process_time() - processor}
        rounded = {name: round(value, 3) for name, value in took.items()}
        print(json.dumps({"check": number, "pages": len(pages), "ends": len(ends), **rounded}))


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--users", type=int, default=1000)
    parser.add_argument("--signed-out", type=int, default=2000)
    parser.add_argument("--sessions", type=int, default=500)
    parser.add_argument("--checks", type=int, default=8)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder), FakeClock())
        fill(site, asked.users, asked.signed_out)
        print(json.dumps({"load": os.getloadavg()[0], "processors": os.cpu_count()}))
        asyncio.run(check(site, asked.sessions, asked.checks))


if __name__ == "__main__":
    main()
