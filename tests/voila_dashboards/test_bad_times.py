"""The real dashboards while something goes wrong: a full disk, a store that is gone, traces that are big."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from websockets.sync.connection import Connection

from benchmarks.distance import far_away
from lake.store import Store
from tests.logs import a_log, put_raw
from tests.servers import s3
from tests.servers.process import free_ports
from tests.voila_dashboards.gateway_fakes import question
from tests.voila_dashboards.gateway_server import LakeEnv, Server, dashboards, dashboards_on, open_page
from tests.voila_dashboards.test_bad_starts import a_small_disk, needs_root
from tests.voila_dashboards.test_serve import channel


def ask(link: Connection, comm: str, page: str, **params: str) -> dict[str, Any]:
    """What a page's kernel answers to one question."""
    content = {"kind": "query", "id": 1, "page": page, "params": params}
    message = question(comm)
    message["content"]["data"]["content"] = content
    link.send(json.dumps(message))
    answer: dict[str, Any] = json.loads(link.recv(timeout=60))["content"]["data"]["content"]
    return answer


def until_answer(
    what: str,
    link: Connection,
    comm: str,
    holds: Callable[[Mapping[str, Any]], bool],
    page: str = "tickets",
    **params: str,
) -> dict[str, Any]:
    """Ask every half second, as slowly as a person, until the answer is as awaited."""
    deadline = time.monotonic() + 100
    while not holds(answer := ask(link, comm, page, **params)):
        assert time.monotonic() < deadline, f"{what}: {str(answer)[:500]}"
        time.sleep(0.5)
    return answer


def is_current(answer: Mapping[str, Any]) -> bool:
    return bool(answer["payload"]["is_current"])


def shows(answer: Mapping[str, Any], ticket_id: str) -> bool:
    return ticket_id in str(answer["payload"]["data"])


@needs_root
def test_on_a_full_disk_pages_show_what_was_known_and_recover(tmp_path: Path) -> None:
    with (
        a_small_disk(tmp_path / "cache") as cache,
        dashboards(tmp_path / "lake", pool_size=0, cache_dir=cache) as server,
    ):
        browser = server.browser("ann")
        kernel, comm, _ = open_page(browser, "/tickets")
        with channel(server, browser, kernel) as link:
            fill(cache)
            put_raw(server.store, a_log("late", executed_at=datetime.now(UTC).isoformat()))
            stale = until_answer("the mark", link, comm, lambda answer: not is_current(answer))
            (cache / "filler").unlink()
            recovered = until_answer("the late log", link, comm, lambda answer: shows(answer, "T-late"))

    assert shows(stale, "T-acme-0")
    assert not shows(stale, "T-late")
    assert is_current(recovered)


def fill(folder: Path) -> None:
    with (folder / "filler").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            return


@pytest.mark.s3
def test_while_the_store_is_gone_open_pages_go_on_and_traces_say_so(
    weed_server: s3.S3Server, tmp_path: Path
) -> None:
    (port,), store_port = free_ports(1), int(weed_server.endpoint.rpartition(":")[2])
    lake = LakeEnv(
        f"s3://{s3.BUCKET}/{uuid.uuid4().hex}",
        {**weed_server.env, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"},
    )
    with ExitStack() as stack:
        way = stack.enter_context(ExitStack())
        way.enter_context(far_away(store_port, tmp_path / "way", 0, listen=port))
        server = stack.enter_context(dashboards_on(lake, pool_size=0, cache_dir=tmp_path / "cache"))
        browser = server.browser("ann")
        kernel, comm, _ = open_page(browser, "/tickets")
        link = stack.enter_context(channel(server, browser, kernel))
        ticket = {"page": "ticket", "client_id": "acme", "log_id": "acme-0"}
        assert "trace" in ask(link, comm, **ticket)["payload"]["data"]

        way.close()
        stale = until_answer("the mark", link, comm, lambda answer: not is_current(answer))
        silent = ask(link, comm, **ticket)
        health = httpx.get(f"{server.url}/healthz", trust_env=False, timeout=60).status_code
        readiness = httpx.get(f"{server.url}/readyz", trust_env=False, timeout=60)

        way.enter_context(far_away(store_port, tmp_path / "way", 0, listen=port))
        until_answer("the store again", link, comm, is_current)
        found = ask(link, comm, **ticket)

    assert shows(stale, "T-acme-0")
    assert stale["payload"]["as_of_ms"] < stale["payload"]["now_ms"] - 5_000
    assert (silent["kind"], silent["code"]) == ("error", "store_unavailable")
    assert "Your logs are safe" in silent["message"]
    assert (health, readiness.status_code, readiness.json()["waiting_for"]) == (200, 503, ["store"])
    assert found["payload"]["data"]["trace_state"] == "present"


# ---------------------------------------------------------------- big traces


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With a trace that still opens, and one that is too big for a page."""
    with dashboards(tmp_path_factory.mktemp("lake"), pool_size=0) as running_server:
        for log_id, size in SIZES.items():
            put_big(running_server.store, log_id, size)
        yield running_server


SIZES: Final = {"big": 30 * 1024**2, "huge": 40 * 1024**2}


def a_trace(size: int) -> dict[str, str]:
    return {"final_response": "z" * size}


def put_big(store: Store, log_id: str, size: int) -> None:
    now = datetime.now(UTC)
    put_raw(store, a_log(log_id, executed_at=now.isoformat(), trace=a_trace(size)), received_at=now)


def test_a_trace_of_30_mib_opens_on_its_page(server: Server) -> None:
    _, _, page = open_page(server.browser("ann"), "/ticket/acme/big")

    assert page["data"]["trace_state"] == "present"
    assert json.loads(page["data"]["trace"]) == a_trace(SIZES["big"])


def test_a_bigger_one_is_said_to_be_and_can_be_downloaded_by_whoever_may_see_it(server: Server) -> None:
    browser = server.browser("ann")

    _, _, page = open_page(browser, "/ticket/acme/huge")
    log = page["data"]["log"]
    link = f"/trace/acme/{log['month']}/huge"
    answers = [server.browser(name).get(link) for name in ("ann", "gus")]

    assert (page["data"]["trace_state"], page["data"]["trace"]) == ("too_big", None)
    assert page["data"]["trace_size"] > SIZES["huge"]
    assert [answer.status_code for answer in answers] == [200, 404]
    assert answers[0].headers["content-disposition"] == "attachment"
    assert answers[0].json() == a_trace(SIZES["huge"])
