"""What has to hold whatever was sent: of each answer, of what lies in the store, and of what the service log says."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import duckdb
import msgspec

from collector.errors import STATUS
from lake import rawlog
from lake.store import Store
from tests.fuzz.cases import Case, End
from tests.fuzz.talk import HANGS_AFTER_S, Answer, NoAnswer, Said, read_answers
from tests.fuzz.texts import MARK, Text, as_read, trace_of

_CODES: Final = {(status, kind.code) for kind, status in STATUS.items()}
_MARK: Final = MARK.encode()
#: What the service log says of a defect.
_DEFECTS: Final = ("Traceback", "ERROR", "CRITICAL", "Error at", "was answered 5")
_split = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


@dataclass
class Record:
    """What was sent and said in a run: faults in words, answers by status and code, logs by their id."""

    faults: list[str] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    acknowledged: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    #: Of logs that were acknowledged and sent as they are: what is to be found of their trace.
    traces: dict[str, bytes] = field(default_factory=dict)
    longest_s: float = 0.0

    def judge(self, case: Case, said: Said) -> None:
        """Note what was said to the case, and what is wrong about it."""
        self.longest_s = max(self.longest_s, said.seconds)
        self.sent.update(log_id for request in case.requests for log_id in request.ids)
        if not said.is_closed and case.end is not End.LEAVES:
            self._fault(case, f"the connection was open after {HANGS_AFTER_S:g} s")
        try:
            answers = read_answers(bytes(said.said), may_be_bodiless=_may_be_bodiless(case))
        except NoAnswer as wrong:
            if case.end is not End.LEAVES:
                self._fault(case, str(wrong))
            return
        for answer in answers:
            self._note(case, answer)
        if case.is_whole:
            self._compare(case, answers)
            self._remember(case.texts)

    def _note(self, case: Case, answer: Answer) -> None:
        body = _json(answer.body) if answer.body else {}
        self.answers[
            f"{answer.status} {body.get('error', {}).get('code', body.get('status', ''))}".strip()
        ] += 1
        self.acknowledged.update(_ids(body))
        for wrong in _wrongs(answer, body):
            self._fault(case, f"{wrong}: {answer}")

    def _compare(self, case: Case, answers: list[Answer]) -> None:
        for request, answer in zip(case.requests, answers, strict=False):
            if answer.status not in request.statuses:
                self._fault(
                    case,
                    f"{answer.status} and not {sorted(request.statuses)} to {request.head[:300]!r}: {answer.body!r}",
                )
        if len(answers) > len(case.requests):
            self._fault(case, f"{len(answers)} answers to {len(case.requests)} requests")
        # who sends one after the other may be too late, and the connection closed that waited for him
        if len(answers) < len(case.requests) and not (answers and answers[-1].closes) and not case.waits:
            self._fault(case, f"{len(answers)} answers to {len(case.requests)} requests")

    def _remember(self, texts: Iterable[Text]) -> None:
        for text in texts:
            if text.is_legal and self.acknowledged[text.log_id]:
                self.traces[text.log_id] = _digest(trace_of(text.content))

    def _fault(self, case: Case, what: str) -> None:
        self.faults.append(f"case {case.number} ({case.end.value}): {what}")


def _may_be_bodiless(case: Case) -> bool:
    return not case.is_whole or any(request.method == b"HEAD" for request in case.requests)


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _ids(body: dict[str, Any]) -> list[str]:
    return [body["log_id"]] if "log_id" in body else body.get("log_ids", [])


def _wrongs(answer: Answer, body: dict[str, Any]) -> Iterable[str]:
    """What is wrong with an answer, whatever it answers."""
    if answer.status >= 500:
        yield "a failure of this side"
    if _MARK in answer.body or any(MARK in value for _, value in answer.headers):
        yield "words of a log in an answer"
    if len(answer.values("x-request-id")) != 1:
        yield "no request id"
    if not answer.body:
        return
    if answer.status in {200, 207}:
        if not body and answer.values("content-type") == ["application/json"]:
            yield "an answer that is no JSON object"
        return
    error = body.get("error", {})
    if (answer.status, error.get("code")) not in _CODES or not error.get("message"):
        yield "an error that is not in the documents"
    if body.keys() != {"error"} or error.keys() - {"code", "message", "fields"}:
        yield "an error of another form"
    if answer.status in {429, 503} and not answer.values("retry-after"):
        yield "no Retry-After"


# ---------------------------------------------------------------- what is in the store


def faults_of_store(store: Store, record: Record, others: Counter[str]) -> list[str]:
    """What is wrong with what is stored; ``others`` are logs that somebody else was acknowledged."""
    stored: Counter[str] = Counter()
    faults = []
    with duckdb.connect() as db:
        for found in store.list("raw"):
            lines = rawlog.unpack(store.get(found.key))
            stored.update(_id_of(line) for line in lines)
            faults += [fault for line in lines for fault in _faults_of_line(line, record)]
            faults += _unread_by_duckdb(db, lines)
    return faults + list(_miscounted(stored, record, record.acknowledged + others))


def _miscounted(stored: Counter[str], record: Record, acknowledged: Counter[str]) -> Iterable[str]:
    """What was acknowledged is stored as often, and what was not no more often than it was sent."""
    for log_id in stored.keys() | acknowledged.keys():
        least = acknowledged[log_id]
        most = max(least, record.sent[log_id], 1)  # an id may have been changed on its way
        if not least <= stored[log_id] <= most:
            yield f"{log_id} was acknowledged {least} times and stored {stored[log_id]} times"


def _id_of(line: bytes) -> str:
    return str(json.loads(line, parse_int=str)["log_id"])  # Python's int() takes no number of 5,000 digits


def _digest(trace: Any) -> bytes:
    return hashlib.sha256(repr(trace).encode()).digest()


def _faults_of_line(line: bytes, record: Record) -> Iterable[str]:
    """A line has to be legal for each who reads it, and its trace what was sent."""
    try:
        log_id = _id_of(line)
        _split(line)
        row = rawlog.read_line(line, "acme")
        trace = None if row.trace is None else as_read(row.trace)
    except Exception as error:  # noqa: BLE001  # whatever it is, it is a fault
        yield f"{type(error).__name__} at a stored line: {line[:300]!r}"
        return
    if record.traces.get(log_id, found := _digest(trace)) != found:
        yield f"the trace of {log_id} is another one than was sent"


def _unread_by_duckdb(db: duckdb.DuckDBPyConnection, lines: list[bytes]) -> list[str]:
    found = db.execute(
        "select count(*) from (select unnest(?::varchar[]) as line) where not json_valid(line)",
        [[line.decode() for line in lines]],
    ).fetchone()
    return [f"DuckDB cannot read {found[0]} lines"] if found and found[0] else []


def faults_of_service_log(text: str, key: str) -> list[str]:
    """Words of logs and keys, and defects, in what the service says of itself."""
    lines = text.splitlines()
    told = [line for line in lines if MARK in line or key in line]
    defects = [line for line in lines if any(word in line for word in _DEFECTS)]
    return [f"a word of a log or a key: {line}" for line in told] + [f"a defect: {line}" for line in defects]
