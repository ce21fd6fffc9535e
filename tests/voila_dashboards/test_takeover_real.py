"""A real page's kernel is taken over: two clients' logs, a folder and S3, gateways of root and of an ordinary user."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import pytest

from lake.layout import month_of
from tests.servers import s3
from tests.voila_dashboards.gateway_server import LakeEnv, wait_until
from tests.voila_dashboards.takeover_site import FIND, NOW, Site, a_site, facts_of
from tests.voila_dashboards.test_takeover import (
    AS_NOBODY,
    ATTACKS,
    IS_ROOT,
    PLANTED,
    Kernel,
    keep_speaking,
    require_refusals,
)
from voila_dashboards.sandbox import available_layers, may_change_user

HERE: Final = Path(__file__).parent
CONNECTION_ATTACKS: Final = (HERE / "connection_attacks.py").read_text(encoding="utf-8")
pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's"),
    pytest.mark.skipif(not os.access(sys.executable, os.X_OK), reason="this user may not run this Python"),
]

S3: Final = pytest.mark.s3


def nobody_starts_python() -> bool:
    """Whether a gateway of an ordinary user could start its children."""
    command = [
        sys.executable,
        "-c",
        f"import os; raise SystemExit(not os.access({sys.executable!r}, os.X_OK))",
    ]
    return not IS_ROOT or subprocess.run([*AS_NOBODY, *command], check=False).returncode == 0


@pytest.fixture(
    scope="module",
    params=[
        "folder-ordinary",
        "folder-root",
        pytest.param("s3-ordinary", marks=S3),
        pytest.param("s3-root", marks=S3),
    ],
)
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    kind, who = request.param.split("-")
    if who == "root" and not may_change_user():
        pytest.skip("only root can give kernels users of their own")
    if who == "ordinary" and not nobody_starts_python():
        pytest.skip("an ordinary user may not start this Python")
    with tempfile.TemporaryDirectory(prefix="caselog-") as name:
        folder = Path(name)
        if kind == "s3":
            server: s3.S3Server = request.getfixturevalue("weed_server")
            lake = LakeEnv(f"s3://{s3.BUCKET}/{uuid.uuid4().hex}", dict(server.env))
        else:
            (folder / "lake").mkdir()
            lake = LakeEnv((folder / "lake").as_uri(), {"AWS_SECRET_ACCESS_KEY": PLANTED})
        with a_site(folder, lake, is_ordinary=who == "ordinary") as site:
            yield site


# ---------------------------------------------------------------- taken over


def test_code_in_a_pages_kernel_reaches_nothing_of_others(site: Site) -> None:
    assert site.victim is not None
    with listening_in_the_abstract() as name:
        said, taken = site.loop.run(take_over(site, site.victim, name))

    print(f"layers that were active: {', '.join(sorted(taken.layers))}")
    require_refusals(said, at_least=250)
    assert PLANTED not in said
    assert site.lake.env["AWS_SECRET_ACCESS_KEY"] not in said
    assert taken.layers == available_layers() - ({"account"} if site.is_ordinary else set())
    assert site.gateway.is_well()
    assert site.loop.run(site.victim.run("6 * 7")) == "42"


async def take_over(site: Site, victim: Kernel, abstract: str) -> tuple[str, Kernel]:
    """Every attack, by code in a kernel that shows a ticket of acme."""
    taken = await site.open_ticket("ann", "acme")
    facts = facts_of(site, taken, victim) | {"abstract": abstract}
    speaking = asyncio.create_task(keep_speaking(victim))
    own = "{'descriptor': next(iter(descriptors.values())), 'connection': open_reader().connection}"
    try:
        said = await taken.run(f"{FIND}\nFACTS = {facts!r} | {own}\n{ATTACKS}\nattack()", 120)
        assert await taken.run("6 * 7") == "42"
        return said, taken
    finally:
        speaking.cancel()
        with suppress(asyncio.CancelledError):
            await speaking


@contextmanager
def listening_in_the_abstract() -> Iterator[str]:
    name = f"caselog-{uuid.uuid4()}"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("\0" + name)
        listener.listen()
        yield name


def test_the_same_attacks_work_for_a_process_of_the_same_user_that_is_not_sealed(site: Site) -> None:
    """Else they would be refused for a reason that is none: a path that is wrong, a port where nobody listens."""
    assert site.victim is not None
    taken = site.loop.run(site.open_ticket("ann", "acme"))
    facts = facts_of(site, taken, site.victim)
    must_work = [
        *(f"read {path}" for path in facts["files"] if "voila.json" not in path),
        *(f"list {path}" for path in facts["folders"]),
        *(f"TCP to {name}" for name in facts["ports"]),
        *(f"connect to {path}" for path in facts["sockets"]),
        *(f"signal {name}" for name in facts["pids"] if name not in {"test", "init", "Voila", "sibling"}),
        *(f"another DuckDB: {query}" for query in works_in_any_duckdb(facts)),
    ]
    code = f"names = {{'FACTS': {facts!r}}}\nexec({ATTACKS!r}, names)\nnames['try_only'](*{must_work!r})"
    done = subprocess.run(
        [*site.python, "-"], input=code.encode(), capture_output=True, cwd=HERE.parents[1], check=False
    )
    assert done.returncode == 0, done.stderr
    results: dict[str, str] = json.loads(done.stdout)

    assert {name: got for name, got in results.items() if not got.startswith("WORKED")} == {}
    assert len(results) > 20


def works_in_any_duckdb(facts: Mapping[str, Any]) -> list[str]:
    return [query for query in facts["queries"] if query.startswith("SELECT") and "/cache" in query]


# ---------------------------------------------------------------- the connection to the gateway


def test_the_gateway_gives_a_kernel_nothing_beyond_its_viewers_scope_whatever_it_is_asked(site: Site) -> None:
    gently, before = site.loop.run(attack_gently(site, "ann")), open_files(site)
    for_the_provider = site.loop.run(attack_gently(site, "pat"))

    assert {name: got for name, got in gently.items() if got != "refused"} == {}
    assert len(gently) > 15
    # the same questions, by a kernel whose viewer may see both clients
    assert PLANTED in for_the_provider["a trace of another client"]
    assert "globex" in for_the_provider["everybody's files"]
    assert "globex" in for_the_provider["what its descriptors hold"]
    require_that_it_lets_go(site, before)
    assert "Traceback" not in site.gateway.said()


async def attack_gently(site: Site, user: str) -> dict[str, str]:
    """The outcome of each question that a connection survives, and the viewer's own trace at the end."""
    kernel = await site.open_ticket(user, "acme")
    said = await kernel.run(f"FACTS = {questions_of(site)!r}\n{CONNECTION_ATTACKS}\nattack_gently()")
    assert f"{PLANTED} of acme" in await kernel.run("print(trace(OWN))")
    results: dict[str, str] = json.loads(said)
    return results


def questions_of(site: Site) -> dict[str, Any]:
    assert site.victim is not None
    asked = {"month": month_of(NOW), "executed_at_ms": int(NOW.timestamp() * 1000)}
    return {
        "own": {"client_id": "acme", "log_id": "acme-0", **asked},
        "other": {"client_id": "globex", "log_id": "globex-0", **asked},
        "sibling": {
            "kernel_id": site.victim.kernel_id,
            "folder": site.names(site.victim),
            "files": [path.name for path in site.scope_files("one-globex")],
        },
    }


ROUGH: Final = (
    "a second waiting, as the sibling",
    "an admission of the gateway's",
    "an endless frame",
    "a frame one byte too long",
    "an empty frame",
    "no JSON",
    "JSON too deep to read",
    "a number of 5,000 digits",
    "wrong types",
    "half an emoji",
    "half a frame",
)


def test_what_is_no_question_ends_the_kernel_that_sent_it_and_nothing_else(site: Site) -> None:
    assert site.victim is not None
    before = open_files(site)
    kernels = [site.loop.run(attack_roughly(site, name)) for name in ROUGH]

    def are_gone() -> bool:
        return not {kernel.kernel_id for kernel in kernels[:-1]} & site.gateway.ask("list").keys()

    trace = site.loop.run(
        site.victim.run(f"FACTS = {questions_of(site)!r}\n{CONNECTION_ATTACKS}\nprint(trace(OTHER))")
    )

    assert f"{PLANTED} of globex" in trace
    assert site.gateway.is_well()
    wait_until("the kernels are ended", are_gone, 30)
    assert site.victim.kernel_id in site.gateway.ask("list")
    said = site.gateway.said()
    assert "Traceback" not in said
    assert PLANTED not in said
    require_that_it_lets_go(site, before)


async def attack_roughly(site: Site, name: str) -> Kernel:
    kernel = await site.open_ticket("ann", "acme")
    code = f"FACTS = {questions_of(site)!r}\n{CONNECTION_ATTACKS}\nattack_roughly({name!r})"
    try:
        said = await kernel.run(code, 10)
    except TimeoutError:  # it was ended before it could say so
        assert kernel.kernel_id not in site.gateway.ask("list")
    else:
        assert json.loads(said) == {name: "refused"}
    return kernel


def open_files(site: Site) -> list[str] | None:
    """What the gateway's descriptors lead to; None where only root may see.

    Without its TCP connections: those to an S3 server are a pool of its own that grows with what is asked at once.
    """
    of_gateway = Path(f"/proc/{site.gateway.process.pid}")
    try:
        over_tcp = {line.split()[9] for line in (of_gateway / "net" / "tcp").read_text().splitlines()[1:]}
        descriptors = list((of_gateway / "fd").iterdir())
    except PermissionError:
        return None
    targets = []
    for descriptor in descriptors:
        with suppress(FileNotFoundError):  # closed since
            targets.append(str(descriptor.readlink()))
    return [target for target in targets if target.removeprefix("socket:[").removesuffix("]") not in over_tcp]


def require_that_it_lets_go(site: Site, before: list[str] | None) -> None:
    """Nothing is left open of what was handed out, but for what one open page of the test may hold."""
    if before is None:
        return
    deadline = time.monotonic() + 30
    while len(now := open_files(site) or []) > len(before) + 4:
        assert time.monotonic() < deadline, f"still open: {sorted(now)}; before: {sorted(before)}"
        time.sleep(0.05)
