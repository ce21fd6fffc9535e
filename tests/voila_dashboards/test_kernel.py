"""What runs in a page's kernel: grants, the socket, and answers to questions nobody vouches for."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from access.users import get_user
from lake.reader import Reader
from lake.snapshot import Lake, RawObject, Scope, Snapshot
from lake.store import Store, open_store
from tests.clock import FakeClock
from tests.logs import a_log, put_raw
from tests.voila_dashboards.gateway_fakes import COMM, Site
from voila_dashboards.kernel.desk import Desk
from voila_dashboards.kernel.errors import NoGrant, StoreSilent, VisitEnded
from voila_dashboards.kernel.gateway import Gateway
from voila_dashboards.kernel.grant import await_grant
from voila_dashboards.kernel.widget import CaselogPage
from voila_dashboards.viewer import Viewer

ANN = Viewer("ann", "Ann", "client", "acme")
TIMEOUT = 20


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = open_store((tmp_path / "lake").as_uri(), {})
    put_raw(store, a_log("L1"), a_log("L2", status="FAILED"))
    put_raw(store, a_log("G1", client_id="globex"))
    return store


@pytest.fixture
def snapshots(store: Store) -> Callable[[], Snapshot]:
    lake = Lake(store)
    return lambda: lake.snapshot(Scope("acme"))


@pytest.fixture
def desk(snapshots: Callable[[], Snapshot]) -> Desk:
    return Desk(Reader(snapshots()), ANN, snapshots, max_age_s=0)


def ask(page: str, **params: object) -> dict[str, object]:
    return {"kind": "query", "id": 7, "page": page, "params": params}


# ---------------------------------------------------------------- answers


def test_a_question_is_answered_with_its_number(desk: Desk) -> None:
    answer = desk.answer(ask("tickets", status="FAILED"))

    assert answer is not None
    assert (answer["kind"], answer["id"]) == ("result", 7)
    assert [row["log_id"] for row in answer["payload"]["data"]["rows"]] == ["L2"]


def test_a_foreign_and_an_unknown_ticket_get_the_same_answer(desk: Desk) -> None:
    foreign = desk.answer(ask("ticket", client_id="globex", log_id="G1"))
    unknown = desk.answer(ask("ticket", client_id="acme", log_id="nowhere"))

    assert foreign == unknown
    assert foreign is not None
    assert (foreign["kind"], foreign["code"]) == ("error", "not_found")


def test_a_client_that_asks_for_another_sees_its_own_alone(desk: Desk) -> None:
    for params in (
        {"client": "globex"},
        {"client_id": "globex"},
        {"scope": "all"},
        {"client": "' OR 1=1 --"},
    ):
        answer = desk.answer(ask("tickets", **params))

        assert answer is not None
        assert "G1" not in str(answer)


@pytest.mark.parametrize(
    "question",
    [
        None,
        [],
        "query",
        {},
        {"kind": "query"},
        {"kind": "eval", "id": 7, "page": "tickets", "params": {}},
        {"kind": "query", "id": 7, "page": "nowhere", "params": {}},
        {"kind": "query", "id": 7, "page": "tickets", "params": [1]},
        {"kind": "query", "id": 7, "page": None, "params": {}},
        {"kind": "query", "id": "7", "page": "tickets", "params": {}},
        {
            "kind": "query",
            "id": 7,
            "page": "tickets",
            "params": {1: 2, "q": {"a": 1}, "page": "9" * 99, "sort": "x; DROP"},
        },
    ],
)
def test_rubbish_never_raises_and_never_shows_more(desk: Desk, question: object) -> None:
    answer = desk.answer(question)

    assert answer is None or answer["kind"] in {"error", "result"}
    assert "G1" not in str(answer)


def test_a_new_log_is_seen_by_the_next_question(desk: Desk, store: Store) -> None:
    put_raw(store, a_log("L3"))

    answer = desk.answer(ask("tickets"))

    assert answer is not None
    assert answer["payload"]["data"]["found"] == 3


def test_a_snapshot_that_is_young_is_not_taken_again(snapshots: Callable[[], Snapshot]) -> None:
    def refuse() -> Snapshot:
        raise AssertionError

    desk = Desk(Reader(snapshots()), ANN, refuse, max_age_s=60)

    assert desk.answer(ask("tickets")) is not None


def test_a_snapshot_whose_addresses_expired_is_taken_again(
    snapshots: Callable[[], Snapshot], store: Store
) -> None:
    first = snapshots()
    expired = Snapshot(
        first.scope, first.logs, first.traces, first.raw, first.taken_at, datetime.now(UTC) - timedelta(1)
    )
    desk = Desk(Reader(expired), ANN, snapshots, max_age_s=3600)
    put_raw(store, a_log("L3"))

    answer = desk.answer(ask("tickets"))

    assert answer is not None
    assert answer["payload"]["data"]["found"] == 3


def test_a_raw_object_that_was_compacted_meanwhile_means_another_snapshot(
    snapshots: Callable[[], Snapshot],
) -> None:
    good = snapshots()
    gone = RawObject("raw/client_id=acme/date=2026-11-23/hour=14/gone.ndjson.zst", "/nowhere")
    stale = Snapshot(good.scope, good.logs, good.traces, (*good.raw, gone), good.taken_at)
    taken = iter([stale, good])
    desk = Desk(Reader(good), ANN, lambda: next(taken), max_age_s=0)

    answer = desk.answer(ask("tickets"))

    assert answer is not None
    assert answer["payload"]["data"]["found"] == 2


@pytest.mark.parametrize(
    ("error", "code"),
    [(VisitEnded, "gone"), (StoreSilent, "store_unavailable"), (ZeroDivisionError, "internal")],
)
def test_what_goes_wrong_is_one_sentence_without_a_stack_trace(
    snapshots: Callable[[], Snapshot], error: type[Exception], code: str
) -> None:
    def fail() -> Snapshot:
        raise error

    desk = Desk(Reader(snapshots()), ANN, fail, max_age_s=0)

    answer, page = desk.answer(ask("tickets")), desk.page("tickets", {"q": "x"})

    assert answer is not None
    assert (answer["kind"], answer["code"]) == ("error", code)
    assert "Traceback" not in answer["message"]
    assert page["error"] == {"code": code, "message": answer["message"]}


# ---------------------------------------------------------------- the grant


@pytest.mark.parametrize(
    "env",
    [
        {},
        {"VOILA_PREHEAT": "False"},
        {"VOILA_PREHEAT": "False", "HTTP_X_CASELOG_GRANT": ""},
        {"VOILA_PREHEAT": "True", "HTTP_X_CASELOG_GRANT": "of the visitor before"},
        {
            "VOILA_PREHEAT": "True",
            "VOILA_APP_PORT": "1",
            "VOILA_KERNEL_ID": "x",
            "HTTP_X_CASELOG_GRANT": "stale",
        },
    ],
)
def test_without_a_grant_of_its_own_a_kernel_shows_nothing(env: dict[str, str]) -> None:
    with pytest.raises(NoGrant):
        await_grant(env)


def test_a_cold_kernel_finds_its_grant_in_its_environment() -> None:
    assert await_grant({"VOILA_PREHEAT": "False", "HTTP_X_CASELOG_GRANT": "g"}) == "g"


@pytest.mark.parametrize(
    ("request_info", "grant"),
    [
        ('{"HTTP_X_CASELOG_GRANT": "g"}', "g"),
        ("{}", None),
        ("[]", None),
        ("not json", None),
        ('{"HTTP_X_CASELOG_GRANT": 1}', None),
    ],
)
def test_a_preheated_kernel_is_told_over_voilas_websocket(request_info: str, grant: str | None) -> None:
    from websockets.sync.server import serve

    with serve(lambda websocket: websocket.send(request_info), "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = str(server.socket.getsockname()[1])
        env = {
            "VOILA_PREHEAT": "True",
            "VOILA_APP_PORT": port,
            "VOILA_KERNEL_ID": "k",
            "HTTP_X_CASELOG_GRANT": "stale",
        }

        if grant is None:
            with pytest.raises(NoGrant):
                await_grant(env)
        else:
            assert await_grant(env) == grant
        server.shutdown()


# ---------------------------------------------------------------- the socket


@pytest.fixture
def socket_path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="caselog-") as folder:
        yield Path(folder) / "socket"


@asynccontextmanager
async def listening(site: Site, path: Path) -> AsyncIterator[Gateway]:
    server = await site.app.state.broker.listen(path)
    yield Gateway(str(path))
    server.close()


async def a_grant(site: Site, name: str) -> tuple[Any, str]:
    user = get_user(site.store, name)
    assert user is not None
    visitor = await site.app.state.sessions.visitor(site.app.state.sessions.issue(user))
    visit, grant = await site.app.state.keeper.open("tickets", {"q": "x"}, visitor)
    return visit, grant


@pytest.mark.anyio
async def test_a_grant_is_traded_for_a_scope_and_later_snapshots(
    tmp_path: Path, clock: FakeClock, socket_path: Path
) -> None:
    site = Site(tmp_path, clock)
    put_raw(site.store, a_log("L1"))
    put_raw(site.store, a_log("G1", client_id="globex"))
    visit, grant = await a_grant(site, "ann")

    async with listening(site, socket_path) as gateway:
        admission = await asyncio.to_thread(gateway.redeem, grant, COMM)
        renewed = await asyncio.to_thread(gateway.renew, admission.token)
        with pytest.raises(NoGrant):
            await asyncio.to_thread(gateway.redeem, grant, COMM)
        await site.app.state.keeper.end(visit)
        with pytest.raises(VisitEnded):
            await asyncio.to_thread(gateway.renew, admission.token)

    assert (admission.viewer, admission.page, admission.params) == (ANN, "tickets", {"q": "x"})
    assert admission.snapshot.scope == renewed.scope == Scope("acme")
    assert len(renewed.raw) == 1
    assert admission.snapshot.raw[0].location.startswith("http://testserver/lake/raw/client_id=acme/")


def test_a_gateway_that_is_gone_is_a_silent_store(tmp_path: Path) -> None:
    with pytest.raises(StoreSilent):
        Gateway(str(tmp_path / "nothing")).renew("token")


# ---------------------------------------------------------------- the widget, and what a kernel imports


def test_no_scope_and_no_name_is_in_a_trait_that_a_browser_may_write() -> None:
    synced = set(CaselogPage().keys)

    assert {"page"} == {name for name in synced if not name.startswith("_")} - {
        "layout",
        "tabbable",
        "tooltip",
    }


def test_the_page_for_our_own_template_is_small_and_holds_no_script() -> None:
    widget = CaselogPage(page={"page": "overview"})

    bundle = widget.as_bundle()

    assert bundle == {
        "application/vnd.caselog.page+json": {"comm_id": widget.model_id, "page": {"page": "overview"}}
    }


def test_a_kernel_does_without_what_is_slow_to_import() -> None:
    code = (
        "import sys; from voila_dashboards.kernel import showing as s; s.leave_pandas_out(); s._warm_reader('tickets');"
        "slow = ('pandas', 'fastapi', 'starlette', 'uvicorn', 'voila', 'boto3', 'argon2', 'matplotlib');"
        "print([m for m in slow if m in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=TIMEOUT * 3, check=True
    )

    assert done.stdout.strip() == "[]"
