"""A search among the values of a choice: thousands of statuses, of which the page offers the most frequent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from access.viewer import Viewer
from tests.voila_dashboards.page_lake import ACME, MANAGER, NOW_MS, PROVIDER, log, reader_of
from voila_dashboards.finding import Found
from voila_dashboards.gateway.messages import question_to_kernel, read_question
from voila_dashboards.kernel.answers import Answers
from voila_dashboards.kernel.sources import LakeSource
from voila_dashboards.pages.tickets.facets import MOST_OFFERED
from voila_dashboards.pages.tickets.find import MOST_FOUND, find_values
from voila_dashboards.pages.tickets.payload import TicketsData
from voila_dashboards.pages.tickets.query import tickets_data
from voila_dashboards.params import NONE

OWN: Final = 1_000
#: Values as senders write them, each as rare as can be.
ODD: Final = (
    "返金\u3000依頼",
    "Refund ",
    "Refund",
    "A\u200dB",
    "x" * 250,
    "x" * 249 + "y",
    "50 %, or more",
    "ÜBER",
)
CHOICES: Final = {"category": "category", "version": "workflow_version", "environment": "environment"}
LISTED: Final = {"category": "categories", "version": "versions", "environment": "environments"}


def _logs() -> list[dict[str, Any]]:
    """``OWN`` values of each choice, all of one ticket but the first hundred, which have two; and the odd ones."""
    names = [f"OWN_{number:04}" for number in range(OWN)]
    named = [*names, *names[:100], *(odd for odd in ODD for _ in range(2)), *ODD]
    return [
        log(
            f"T-{number}",
            client="globex" if name == "OWN_0999" else "acme",
            age=timedelta(minutes=number),
            status=name,
            **dict.fromkeys(CHOICES.values(), name),
        )
        for number, name in enumerate(named)
    ] + [log("none", category=None), log("said", category=NONE), log("empty", category="")]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LakeSource]:
    with reader_of(tmp_path_factory.mktemp("lake"), _logs()) as opened:
        yield opened


def ask(source: LakeSource, viewer: Viewer = PROVIDER, /, **params: str) -> TicketsData:
    return tickets_data(source, viewer, params, NOW_MS)[1]


def find(source: LakeSource, param: str, words: str, viewer: Viewer = PROVIDER, /, **params: str) -> Found:
    found = find_values(source, viewer, params, NOW_MS, param, words)
    json.dumps(found, allow_nan=False)
    return found


def as_param(name: str) -> str:
    """A status as it stands in an address."""
    return name.replace("%", "%25").replace(",", "%2C")


# ---------------------------------------------------------------- what is offered


def test_the_most_frequent_are_offered_and_the_others_counted(source: LakeSource) -> None:
    data = ask(source)

    assert len(data["statuses"]) == MOST_OFFERED
    assert {choice["name"] for choice in data["statuses"]} >= set(ODD)
    assert data["more"]["status"] == OWN + len(ODD) + 1 - MOST_OFFERED
    for param, name in LISTED.items():
        offered: list[Any] = data[name]  # type: ignore[literal-required]
        assert len(offered) in {MOST_OFFERED, MOST_OFFERED + 1}
        assert data["more"][param] > OWN - MOST_OFFERED  # type: ignore[literal-required]


def test_a_rare_one_that_is_chosen_is_offered_beside_them(source: LakeSource) -> None:
    statuses = ask(source, status="OWN_0998")["statuses"]
    categories = ask(source, category="OWN_0998")["categories"]

    assert {"name": "OWN_0998", "count": 1} in statuses
    assert {"name": "OWN_0998", "count": 1} in categories
    assert len(statuses) == MOST_OFFERED + 1


def test_logs_without_a_value_are_offered_however_few_they_are(source: LakeSource) -> None:
    assert {"name": None, "count": 3} in ask(source)["categories"]
    assert ask(source, category=NONE)["found"] == 3


def test_what_all_statuses_show_is_all_that_is_found(tmp_path: Path) -> None:
    with reader_of(tmp_path, [log(f"T-{n}", status=f"S{n % 5}") for n in range(12)]) as source:
        data = ask(source)

    assert data["more"] == {"status": 0, "category": 0, "version": 0, "environment": 0}
    assert sum(choice["count"] for choice in data["statuses"]) == data["found"] == 12


# ---------------------------------------------------------------- what is found


@pytest.mark.parametrize("param", ["status", *CHOICES])
@pytest.mark.parametrize("name", [*ODD, "OWN_0000", "OWN_0500", "OWN_0999"])
def test_every_value_is_found_and_choosing_it_shows_what_was_counted(
    source: LakeSource, param: str, name: str
) -> None:
    found = find(source, param, name)["values"]
    [count] = [value["count"] for value in found if value["name"] == name]

    assert count == ask(source, **{param: as_param(name) if param == "status" else name})["found"] > 0


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("own_07", "OWN_07"),
        ("n_099", "OWN_099"),
        ("返金 依頼", "返金\u3000依頼"),
        ("ab", "A\u200db".upper()),
        ("refund", "Refund"),
        (" REFUND ", "Refund"),
        ("uber", "ÜBER"),
        ("or more", "50 %, or more"),
        ("%,", "50 %, or more"),
        ("xy", "x" * 249 + "y"),
    ],
)
def test_a_part_of_it_in_any_case_finds_it(source: LakeSource, words: str, first: str) -> None:
    [best, *_] = find(source, "status", words)["values"]

    assert (best["name"] or "").startswith(first)


def test_the_whole_value_comes_before_more_frequent_ones_that_contain_it(tmp_path: Path) -> None:
    longer = [log(f"L-{n}", status=f"STEP_1{n:02}", log_id=f"L-{n}") for n in range(80)]
    twice = [{**each, "log_id": f"{each['log_id']}-b"} for each in longer]
    with reader_of(tmp_path, [*longer, *twice, log("S", status="STEP_1")]) as source:
        found = find(source, "status", "step_1")

    assert found["values"][0] == {"name": "STEP_1", "count": 1}
    assert (len(found["values"]), found["more"]) == (MOST_FOUND, 81 - MOST_FOUND)


def test_of_equals_the_more_frequent_and_then_the_newest_come_first(tmp_path: Path) -> None:
    logs = [
        log("1", status="A_OLD", age=timedelta(hours=3)),
        log("2", status="A_NEW", age=timedelta(hours=1)),
        *(log(f"3-{n}", status="A_MANY", age=timedelta(hours=9)) for n in range(2)),
    ]
    with reader_of(tmp_path, logs) as source:
        found = find(source, "status", "a_")

    assert [value["name"] for value in found["values"]] == ["A_MANY", "A_NEW", "A_OLD"]


def test_no_words_find_the_most_frequent_and_nonsense_finds_nothing(source: LakeSource) -> None:
    everything = find(source, "status", "")

    assert len(everything["values"]) == MOST_FOUND
    assert everything["more"] == OWN + len(ODD) + 1 - MOST_FOUND
    for words in (".*", "' OR 1=1 --", "OWN_%", "\\", "\ud800nothing"):
        assert find(source, "status", words) == {"values": [], "more": 0}


def test_that_there_is_no_value_is_found_by_its_name(source: LakeSource) -> None:
    assert find(source, "category", "none")["values"] == [{"name": None, "count": 3}]
    assert find(source, "status", "none")["values"] == []


def test_a_count_is_what_the_other_choices_leave(source: LakeSource) -> None:
    beside = find(source, "status", "OWN_0500", category="OWN_0001", status="OWN_0002")
    within = find(source, "status", "OWN_0500", category="OWN_0500")

    assert beside["values"] == [{"name": "OWN_0500", "count": 0}]
    assert within["values"] == [{"name": "OWN_0500", "count": 1}]
    assert find(source, "status", "OWN_0500", q="nobody says this")["values"] == []


@pytest.mark.claim("who-reads")
def test_nobody_finds_a_value_of_another_client(source: LakeSource) -> None:
    assert find(source, "status", "OWN_0999", ACME)["values"] == []
    assert find(source, "status", "OWN_0999", ACME, client="globex")["values"] == []
    assert find(source, "status", "OWN_0999", MANAGER, client="globex")["values"] == [
        {"name": "OWN_0999", "count": 1}
    ]
    assert find(source, "status", "OWN_0999", MANAGER, client="acme")["values"] == []


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(["status", *CHOICES]), st.text(max_size=40))
def test_any_words_are_answered(source: LakeSource, param: str, words: str) -> None:
    assert len(find(source, param, words)["values"]) <= MOST_FOUND


# ---------------------------------------------------------------- the way of a question


def question(**content: Any) -> str:
    told = {
        "kind": "find",
        "id": 3,
        "page": "tickets",
        "params": {},
        "param": "status",
        "words": "OWN",
        **content,
    }
    data = {"method": "custom", "content": told}
    return json.dumps(
        {"channel": "shell", "header": {"msg_type": "comm_msg"}, "content": {"comm_id": "c", "data": data}}
    )


def test_a_search_reaches_the_kernel_and_is_answered_with_its_number(source: LakeSource) -> None:
    read = read_question(question(words="OWN_0999", sent="more"), "c")
    assert read is not None

    sent = json.loads(question_to_kernel(read, "c", "m"))["content"]["data"]["content"]
    answer = Answers(source, PROVIDER).answer(sent)

    assert answer == {
        "kind": "found",
        "id": 3,
        "found": {"values": [{"name": "OWN_0999", "count": 1}], "more": 0},
    }


@pytest.mark.parametrize(
    "content",
    [
        {"words": "x" * 1_001},
        {"words": 5},
        {"param": "x" * 65},
        {"param": None},
        {"page": "nowhere"},
        {"kind": "look"},
    ],
)
def test_what_is_no_search_does_not_reach_the_kernel(content: dict[str, Any]) -> None:
    assert read_question(question(**content), "c") is None


@pytest.mark.parametrize("changed", [{"param": "client_id"}, {"page": "overview"}, {"words": "x" * 1_001}])
def test_the_kernel_looks_for_values_of_named_parameters_alone(
    source: LakeSource, changed: dict[str, str]
) -> None:
    asked = {
        "kind": "find",
        "id": 3,
        "page": "tickets",
        "params": {},
        "param": "status",
        "words": "O",
        **changed,
    }

    answer = Answers(source, PROVIDER).answer(asked)

    assert answer is not None
    assert (answer["kind"], answer["code"]) == ("error", "bad_question")
