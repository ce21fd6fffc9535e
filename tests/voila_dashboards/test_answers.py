"""What a page's kernel answers: to questions nobody vouches for, and when something goes wrong."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from access.viewer import Viewer
from lake.errors import QueryTooLong, StoreUnavailable
from lake.lake_reader import LakeReader
from lake.reader import read_lake
from lake.scope import Scope
from lake.store import Store, open_store
from tests.logs import a_log, put_raw
from voila_dashboards.kernel.answers import Answers
from voila_dashboards.kernel.errors import VisitEnded
from voila_dashboards.kernel.sources import LakeSource
from voila_dashboards.kernel.widget import CaselogPage

ANN = Viewer("ann", "Ann", Scope.of("acme"))
TIMEOUT = 60


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = open_store((tmp_path / "lake").as_uri(), {}, create=True)
    put_raw(store, a_log("L1"), a_log("L2", status="FAILED"))
    put_raw(store, a_log("G1", client_id="globex"))
    return store


@pytest.fixture
def reader(store: Store, tmp_path: Path) -> Iterator[LakeReader]:
    reader = read_lake(store, Scope.of("acme"), folder=tmp_path / "cache")
    yield reader
    reader.close()


@pytest.fixture
def answers(reader: LakeReader) -> Answers:
    return Answers(LakeSource(reader), ANN)


def ask(page: str, **params: object) -> dict[str, object]:
    return {"kind": "query", "id": 7, "page": page, "params": params}


# ---------------------------------------------------------------- answers


def test_a_question_is_answered_with_its_number(answers: Answers) -> None:
    answer = answers.answer(ask("tickets", status="FAILED"))

    assert answer is not None
    assert (answer["kind"], answer["id"]) == ("result", 7)
    assert [row["log_id"] for row in answer["payload"]["data"]["rows"]] == ["L2"]


def test_a_foreign_and_an_unknown_ticket_get_the_same_answer(answers: Answers) -> None:
    foreign = answers.answer(ask("ticket", client_id="globex", log_id="G1"))
    unknown = answers.answer(ask("ticket", client_id="acme", log_id="nowhere"))

    assert foreign == unknown
    assert foreign is not None
    assert (foreign["kind"], foreign["code"]) == ("error", "not_found")


def test_a_client_that_asks_for_another_sees_its_own_alone(answers: Answers) -> None:
    for params in (
        {"client": "globex"},
        {"client_id": "globex"},
        {"scope": "all"},
        {"client": "' OR 1=1 --"},
    ):
        answer = answers.answer(ask("tickets", **params))

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
def test_rubbish_never_raises_and_never_shows_more(answers: Answers, question: object) -> None:
    answer = answers.answer(question)

    assert answer is None or answer["kind"] in {"error", "result"}
    assert "G1" not in str(answer)


def test_a_new_log_is_seen_by_the_next_question(answers: Answers, store: Store) -> None:
    put_raw(store, a_log("L3"))

    answer = answers.answer(ask("tickets"))

    assert answer is not None
    assert answer["payload"]["data"]["found"] == 3


class Broken(LakeSource):
    """A source that fails when it is asked for what is new."""

    def __init__(self, reader: LakeReader, error: Exception) -> None:
        super().__init__(reader)
        self._error = error

    def refresh(self) -> None:
        raise self._error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (VisitEnded(), "gone"),
        (StoreUnavailable("a listing"), "store_unavailable"),
        (QueryTooLong(10), "too_long"),
        (ZeroDivisionError("T-L1"), "internal"),
    ],
)
def test_what_goes_wrong_is_one_sentence_without_a_stack_trace(
    reader: LakeReader, error: Exception, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = Answers(Broken(reader, error), ANN)

    answer, page = answers.answer(ask("tickets")), answers.page("tickets", {"q": "x"})

    assert answer is not None
    assert (answer["kind"], answer["code"]) == ("error", code)
    assert "Traceback" not in answer["message"]
    assert page["error"] == {"code": code, "message": answer["message"]}
    assert "T-L1" not in capsys.readouterr().err


def test_an_answer_says_up_to_when_it_is_known(answers: Answers, reader: LakeReader) -> None:
    answer = answers.answer(ask("tickets"))

    assert answer is not None
    assert answer["payload"]["as_of_ms"] == int(reader.snapshot.as_of.timestamp() * 1000)
    assert answer["payload"]["is_current"] is True


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
        "import sys; from voila_dashboards.kernel import showing as s; s.open_reader();"
        "slow = ('pandas', 'fastapi', 'starlette', 'uvicorn', 'voila', 'boto3', 'argon2', 'matplotlib');"
        "print([m for m in slow if m in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=TIMEOUT, check=True
    )

    assert done.stdout.strip() == "[]"
