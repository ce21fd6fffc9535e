"""260 real runs of a dozen frameworks, SDK to reader and back: what holds nothing private is as it was.

What is private in them is known here by other means than the SDK's: by the fields of the runs' own database, by what
their customers say of themselves, and by the forms of addresses and telephone numbers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

import caselog
from access.clients import create_client
from access.keys import issue_key
from access.viewer import Viewer
from caselog import build_workflow_log
from caselog.said_calls import said_calls
from caselog.serialize import dump
from caselog.settings import Settings
from etl.run import run_once
from etl.settings import EtlSettings
from lake.scope import Scope
from lake.snapshot import Lake
from lake.store import open_store
from lake.trace_parts import read_parts
from tests.airline import log_from_run
from tests.conftest import REPOSITORY, missing
from tests.replay import read_logs, reading, running_collector
from voila_dashboards.payload import page_payload

DATA: Final = REPOSITORY.parent / "shared" / "data"
CHATS: Final = ("airline_tickets.jsonl", "airline_tickets_more.jsonl")
STATES, UNMASKED = "real_runs.ndjson", "real_runs_unmasked.json"
STARTED: Final = datetime(2026, 10, 28, 9, 30, tzinfo=UTC)

Json = dict[str, Any]


@dataclass
class Round:
    """The logs as they were handed to the SDK and as the lake's reader gives them, by ticket, and a ticket page's."""

    before: dict[str, Json]
    after: dict[str, Json]
    page: Json

    def pairs(self) -> Iterator[tuple[Json, Json]]:
        for ticket, log in self.before.items():
            yield log, self.after[ticket]


def _logs() -> Iterator[Json]:
    for name in (*CHATS, STATES):
        if not (DATA / name).exists():
            missing(f"no ../shared/data/{name} beside the checkout")
        for number, line in enumerate((DATA / name).read_text(encoding="utf-8").splitlines()):
            run = json.loads(line)
            if "state" in run:
                yield build_workflow_log(run["state"])
            else:
                yield log_from_run(run, STARTED + timedelta(minutes=number))


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Round:
    """All runs, through a running collector and the ETL into a lake in a folder."""
    before = {log["ticket_id"]: log for log in (json.loads(dump(log)) for log in _logs())}
    store = open_store(f"file://{tmp_path_factory.mktemp('lake')}", {})
    create_client(store, "acme", STARTED)
    key = issue_key(store, "acme", STARTED, bytes(range(32)))
    with running_collector(store) as (url, _tap):
        client = caselog.Client(Settings(f"{url}/v1/logs", key, "acme"))
        assert all(client.ship(log) for log in before.values())
        assert client.flush(60)
        assert client.stats() == {"pending": 0, "lost": {}}
        client.close()
    report = run_once(Lake(store), EtlSettings())
    assert (report.logs, report.duplicates, report.quarantined) == (len(before), 0, 0)
    after = {log["ticket_id"]: log for log in read_logs(store).values()}
    last = after[next(reversed(before))]
    viewer = Viewer("acme", "Acme", Scope.of("acme"))
    params = {"client_id": "acme", "log_id": last["log_id"]}
    with reading(store) as reader:
        page = page_payload(reader, viewer, "ticket", params, 1_795_442_700_000)["data"]
    return Round(before, after, json.loads(page["trace"]))


def test_every_string_that_holds_nothing_private_comes_back_equal(sent: Round) -> None:
    strings, changed, wrong = 0, 0, []
    for before, after in sent.pairs():
        private = _Private(json.dumps(before, ensure_ascii=False))
        for path, said, stored in _strings(before["trace"], after["trace"], "trace"):
            strings += 1
            changed += said != stored
            if not private.may_become(path, said, stored):
                wrong.append((before["ticket_id"], path, said[:200], stored[:200]))

    assert len(sent.before) == 260
    assert strings > 50_000
    assert changed > 1_000
    assert wrong == []


def test_the_parts_that_were_cut_once_are_whole(sent: Round) -> None:
    must = json.loads((DATA / UNMASKED).read_text(encoding="utf-8"))["must_come_back_equal"]
    by_ticket = {before["ticket_id"]: (before, after) for before, after in sent.pairs()}
    equal = [
        _at(before, path) == _at(after, path)
        for ticket, paths in must.items()
        for before, after in [by_ticket[ticket]]
        for path in paths
    ]

    assert (len(equal), sum(equal)) == (30, 30)


def test_the_ticket_page_shows_what_the_reader_gives(sent: Round) -> None:
    assert sent.page == sent.after[next(reversed(sent.before))]["trace"]


# ---------------------------------------------------------------- what is private, told without the SDK

_WORD = r"[A-Z][\w'-]+"
#: In JSON, and in JSON in a string.
_IN_FIELD = re.compile(rf'(?:first|last)_name\\*"\s*:\s*\\*"({_WORD})\\*"')
_BESIDE_NUMBER = re.compile(r'"name\\*": \\*"([A-Z]\w+ [A-Z]\w+)\\*", \\*"phone_number')
_SAID = re.compile(
    rf"(?:[Mm]y name is|I'm|[Nn]ame(?: is|:)|You are) ({_WORD} {_WORD})(?=[.,]| with| and| in)|[Nn]ame: ({_WORD})"
)
_FORMS: Final = {
    "email": r"[\w.]+@[\w.]+?\.\w+",
    "phone": r"\d{3}-\d{3}-\d{4}|01\d[\d-]{8,9}",
}
_MARK = re.compile(r"(email:[0-9a-f]{16}|phone:[0-9a-f]{16}|\[name\]|\[secret\])")


class _Private:
    """What is private in one run."""

    def __init__(self, text: str) -> None:
        said = (word for found in _SAID.findall(text) for word in found)
        words = {*_IN_FIELD.findall(text), *_BESIDE_NUMBER.findall(text), *said} - {""}
        names = sorted({part for word in words for part in (word, *word.split())}, key=len, reverse=True)
        one = "|".join(map(re.escape, names)) or r"(?!)"
        self._forms = {**_FORMS, "[name": f"(?i:{one})(?: (?i:{one}))*"}

    def may_become(self, path: str, said: str, stored: str) -> bool:
        """Whether nothing but what is private was replaced; of a string without it, nothing."""
        if said == stored:
            return True
        if stored == "[secret]":
            return "cookie" in path.lower()
        parts = (self._form(part) for part in _MARK.split(stored))
        return bool(re.fullmatch("".join(parts), said, re.DOTALL))

    def _form(self, part: str) -> str:
        return f"(?:{self._forms[part[:5]]})" if _MARK.fullmatch(part) else re.escape(part)


def _strings(before: Any, after: Any, path: str) -> Iterator[tuple[str, str, str]]:
    """Each string of a value with what came back in its place; a list of cookies comes back as one mark."""
    if isinstance(before, dict) and isinstance(after, dict):
        assert before.keys() == after.keys(), path
        for name, value in before.items():
            yield from _strings(value, after[name], f"{path}.{name}")
    elif isinstance(before, list) and isinstance(after, list):
        assert len(before) == len(after), path
        for place, (value, other) in enumerate(zip(before, after, strict=True)):
            yield from _strings(value, other, f"{path}[{place}]")
    elif isinstance(before, str) or isinstance(after, str):
        yield path, before if isinstance(before, str) else json.dumps(before), str(after)
    else:
        assert before == after, path


def _at(log: Mapping[str, Any], path: str) -> Any:
    """What stands at a path such as ``trace.nodes[0].attributes.http.response``, whose names may hold dots."""
    places = re.findall(r"[^.\[\]]+", path)
    return _walk(log, places)


def _walk(value: Any, places: list[str]) -> Any:
    if not places:
        return value
    if isinstance(value, list):
        return _walk(value[int(places[0])], places[1:])
    for size in range(len(places), 0, -1):
        name = ".".join(places[:size])
        if name in value:
            return _walk(value[name], places[size:])
    raise KeyError(places)


def test_as_many_calls_are_counted_as_a_conversation_shows(sent: Round) -> None:
    for before, after in sent.pairs():
        said = said_calls(before["trace"].get("messages") or [])
        counted = after["metrics"].get("tool_call_count", 0)

        assert counted >= len(said), before["ticket_id"]
        assert len(read_parts(json.dumps(before["trace"])).calls) == counted, before["ticket_id"]
