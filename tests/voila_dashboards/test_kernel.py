"""What runs in a page's kernel: grants, the socket, and answers to questions nobody vouches for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lake.errors import SnapshotGone
from lake.reader import Reader
from lake.scope import Scope
from lake.snapshot import Lake, RawObject, Snapshot
from lake.store import Store, open_store
from tests.logs import a_log, put_raw
from voila_dashboards.kernel.desk import Desk
from voila_dashboards.kernel.errors import StoreSilent, VisitEnded
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
    return lambda: lake.snapshot(Scope.of("acme"))


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


class Forgetful(Reader):
    """A file of its first snapshot is gone when it is read."""

    def sql(self, query: str, params: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        if self.snapshot.expires_at is not None:
            raise SnapshotGone("A file of the snapshot")
        return super().sql(query, params)


def test_a_file_that_is_gone_when_it_is_read_means_another_snapshot(
    snapshots: Callable[[], Snapshot],
) -> None:
    good = snapshots()
    later = datetime.now(UTC) + timedelta(1)
    reader = Forgetful(Snapshot(good.scope, good.logs, good.traces, good.raw, good.taken_at, later))
    desk = Desk(reader, ANN, lambda: good, max_age_s=3600)

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
