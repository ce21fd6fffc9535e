"""Whether a tool call failed is one answer: of the SDK that counts, of the tables, of the scope files, of the page."""

from __future__ import annotations

import json
from itertools import product
from typing import Any, Final

import duckdb
import pytest

from caselog import build_workflow_log
from caselog.endings import FAILED_STATUSES, says_failed
from lake.derived import Derived, made_of_trace
from lake.scope_tables import TOOL_CALLS
from lake.trace_parts import read_parts
from tests.lake.test_derived import LOG
from tests.voila_dashboards.view_in_node import answers_of_view

ABSENT: Final = object()
STATUSES: Final[tuple[Any, ...]] = (
    *(ABSENT, None, "", "ok", "success", "completed", "cancelled", "denied", "pending", "ERROR", "Timed Out"),
    *(
        "failed ",
        1,
        True,
        {"code": "ERROR"},
        ["error"],
        {"code": 2},
        {"status_code": "ERROR"},
        {"code": "OK"},
        {},
    ),
    *(
        "Failed: 502",
        " error ",
        "error_timeout",
        "output-error",
        "STATUS_CODE_ERROR",
        "OUTCOME_DEADLINE_EXCEEDED",
    ),
    *(
        "error (late)",
        "no error",
        "error handling",
        "failed over",
        "errors",
        500,
        404,
        200,
        2,
        600,
        "500",
        "200",
    ),
    *FAILED_STATUSES,
)
ERRORS: Final[tuple[Any, ...]] = (
    *(ABSENT, None, False, 0, -0.0, "", [], {}, {"type": None, "message": ""}, {"message": "", "code": 0}),
    *(
        "late",
        " ",
        "0",
        "false",
        True,
        5,
        [0],
        {"message": "late"},
        {"type": "Timeout"},
        {"message": None, "code": 7},
    ),
    *({"message": {"text": "late"}}, {"type": 7}, {"nested": {}}, 1e-300),
)
FLAGS: Final[tuple[Any, ...]] = (ABSENT, None, True, False, 1, "true")


def call_of(**fields: Any) -> dict[str, Any]:
    return {"name": "pay", **{name: value for name, value in fields.items() if value is not ABSENT}}


CALLS: Final = [
    *(call_of(status=status, error=error) for status, error in product(STATUSES, ERRORS)),
    *(
        call_of(status=status, **{name: flag})
        for status, name, flag in product(STATUSES, ("is_error", "isError"), FLAGS)
    ),
    *(
        call_of(**{name: said})
        for name, said in product(
            ("success", "state", "outcome", "level"), (*STATUSES[:30], False, "FATAL", {"a": []})
        )
    ),
]


@pytest.fixture(scope="module")
def known() -> list[bool]:
    """What the SDK says of each of `CALLS`."""
    answers = [says_failed(call.get) for call in CALLS]
    assert len(answers) // 10 < sum(answers) < len(answers)
    return answers


def differing(known: list[bool], answers: list[bool]) -> list[tuple[dict[str, Any], bool]]:
    return [
        (call, answer)
        for call, right, answer in zip(CALLS, known, answers, strict=True)
        if answer is not right
    ]


def test_the_tables_count_a_call_as_failed_where_the_sdk_does(known: list[bool]) -> None:
    traces = [json.dumps({"tool_calls": [call]}) for call in CALLS]

    answers = [made_of_trace({}, read_parts(trace))["failed_tool_calls"] == 1 for trace in traces]

    assert differing(known, answers) == []


def test_scope_files_say_by_the_status_alone_that_a_call_failed(known: list[bool]) -> None:
    logs = [(dict(LOG), json.dumps({"tool_calls": [call]})) for call in CALLS]
    rows = Derived(logs).portions[0]["tool_calls"].select(["status", "error"]).to_pylist()
    told = [{**row, "place": place} for place, row in enumerate(rows)]
    with duckdb.connect() as db:
        db.execute("CREATE TABLE told (place INT, status VARCHAR, error VARCHAR)")
        db.executemany("INSERT INTO told VALUES ($place, $status, $error)", told)
        kept = ", ".join("place" if name == "name" else f"NULL AS {name}" for name in TOOL_CALLS.needed)
        kept = kept.replace("NULL AS status", "status").replace("NULL AS error", "error")
        chosen = TOOL_CALLS.rows_of(f"SELECT {kept.replace('place', 'place AS name')} FROM told")
        found = db.sql(f"SELECT status = 'error' FROM ({chosen}) ORDER BY name").fetchall()

    assert differing(known, [bool(answer) for (answer,) in found]) == []


def test_the_page_draws_a_call_as_failed_where_the_sdk_counts_it(known: list[bool]) -> None:
    script = """
        import { hasFailed } from "./voila_dashboards/web/trace/endings.ts";
        const answer = hasFailed;
    """

    assert differing(known, answers_of_view(script, CALLS)) == []


def test_what_the_sdk_sends_is_counted_as_it_was_counted() -> None:
    """Also where it writes a call in its own words: a flag becomes the status."""
    for call in CALLS:
        log = build_workflow_log({"tool_calls": [call]})

        counted = made_of_trace({}, read_parts(json.dumps(log["trace"])))["failed_tool_calls"]

        assert counted == log["metrics"]["failed_tool_calls"], call
