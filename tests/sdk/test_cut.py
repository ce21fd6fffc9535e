"""A log that is too big loses only what is too much, and last of all what explains a failure."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caselog import Client, Limits
from caselog.cut import cut_to, drop_items
from caselog.model import MAX_LOG_BYTES
from caselog.shorten import cut_text
from collector.settings import CollectorSettings
from tests.collector.conftest import make_collector
from tests.sdk.fake_collector import FakeCollector

LOG: dict[str, Any] = {"ticket_id": "T-1", "status": "FAILED", "executed_at": "2026-11-23T14:05:00Z"}


def cut(log: dict[str, Any], max_bytes: int) -> dict[str, Any]:
    line = cut_to(log, max_bytes)
    assert line is not None
    assert len(line) <= max_bytes
    read: dict[str, Any] = json.loads(line)
    return read


def size_of(log: Any) -> int:
    return len(json.dumps(log, ensure_ascii=False, separators=(",", ":")).encode())


def test_the_sdk_and_the_collector_have_one_limit() -> None:
    assert Limits().max_log_bytes == CollectorSettings().max_log_bytes == 8 * 1024 * 1024


def test_a_long_run_under_the_limit_arrives_whole(
    open_client: Callable[..., Client], collector: FakeCollector
) -> None:
    trace = {
        "react_iterations": [
            {"iteration": number, "thought": f"thought {number}: " + "think " * 250} for number in range(765)
        ],
        "messages": [
            {"role": "user", "content": f"message {number}: " + "say it " * 350} for number in range(1_647)
        ],
    }
    client = open_client(Limits(timeout_s=30))

    client.ship({**LOG, "trace": trace})
    assert client.flush(60)

    assert size_of(trace) > 4_000_000
    assert collector.logs[0]["trace"] == trace


def test_only_the_longest_strings_are_cut_and_only_so_far() -> None:
    texts = [f"{number} " * (2_000 if number < 3 else 100) for number in range(20)]
    log = {**LOG, "trace": {"messages": [{"role": "user", "content": text} for text in texts]}}
    limit = size_of(log) - 3_000

    read = [message["content"] for message in cut(log, limit)["trace"]["messages"]]

    assert read[3:] == texts[3:]
    assert all("[cut: " in text for text in read[:3])
    assert all(text.startswith(texts[place][:500]) for place, text in enumerate(read[:3]))
    assert all(text.endswith(texts[place][-500:]) for place, text in enumerate(read[:3]))
    assert size_of(cut(log, limit)) > limit * 0.97


def test_failed_and_last_steps_errors_and_the_answer_are_cut_last() -> None:
    long = "word " * 4_000
    steps = [{"iteration": number, "thought": long} for number in range(30)]
    steps[7]["status"] = "error"
    steps[9]["tool_calls"] = [{"name": "find", "status": "error", "result": long}]
    trace = {"react_iterations": steps, "errors": [{"message": long}], "final_response": long}

    read = cut({**LOG, "trace": trace}, 300_000)["trace"]

    whole = [step["iteration"] for step in read["react_iterations"] if step["thought"] == long]
    assert whole == [7, 9, 28, 29]
    assert read["react_iterations"][9]["tool_calls"][0]["result"] == long
    assert read["errors"] == [{"message": long}]
    assert read["final_response"] == long


def test_of_a_list_of_many_small_items_the_ends_and_the_failures_stay() -> None:
    calls = [{"name": f"tool {number}", "status": "ok"} for number in range(50_000)]
    calls[30_000] = {"name": "failed", "status": "error"}

    read = cut({**LOG, "trace": {"tool_calls": calls}}, 500_000)["trace"]["tool_calls"]

    assert (read[0], read[-1]) == (calls[0], calls[-1])
    assert calls[30_000] in read
    gone = [int(item.split()[1]) for item in read if isinstance(item, str)]
    assert sum(gone) + len(read) - len(gone) == len(calls)


@pytest.mark.parametrize("start", ["", "data:image/png;base64,"])
def test_a_picture_that_is_too_big_keeps_its_type_and_size(start: str) -> None:
    block = {"type": "image", "media_type": "image/png", "data": start + "iVBORw0KGgo" * 100_000}

    read = cut({**LOG, "trace": {"messages": [{"role": "user", "content": [block]}] * 1}}, 50_000)

    (kept,) = read["trace"]["messages"][0]["content"]
    assert kept == {**block, "data": f"{start}[cut: {len(block['data'])} characters of base64]"}


def test_an_enormous_list_is_cut_in_its_middle_before_it_is_masked() -> None:
    read = drop_items({"trace": {"messages": list(range(300_000))}})["trace"]["messages"]

    assert len(read) == 100_001
    assert (read[0], read[50_000], read[-1]) == (0, "[cut: 200000 items]", 299_999)


@given(
    pictures=st.lists(st.integers(3_000, 40_000), min_size=1, max_size=20),
    texts=st.lists(st.integers(3_000, 40_000), max_size=5),
    share=st.floats(0.1, 0.99),
)
def test_no_more_pictures_are_left_out_than_must_be_and_the_largest_first(
    pictures: list[int], texts: list[int], share: float
) -> None:
    given_blocks = [{"type": "image", "data": "iVBOR" * (size // 5)} for size in pictures]
    words = ["word " * (size // 5) for size in texts]
    log = {**LOG, "trace": {"messages": [], "own": [given_blocks, words]}}
    limit = 2_000 + int(size_of(log) * share)

    line = cut_to(log, limit)

    assert line is not None
    read, _words = json.loads(line)["trace"]["own"]
    is_kept = [block == before for block, before in zip(read, given_blocks, strict=True)]
    kept = [len(block["data"]) for block, stays in zip(given_blocks, is_kept, strict=True) if stays]
    gone = [len(block["data"]) for block, stays in zip(given_blocks, is_kept, strict=True) if not stays]
    assert max(kept, default=0) <= min(gone, default=max(pictures))
    if gone:
        assert len(line) + min(gone) > limit * 0.97


@pytest.mark.parametrize(
    "item", [0.123456789, 7, {"name": "find", "status": "ok"}, ["a", 1], "few words"], ids=str
)
@pytest.mark.parametrize("is_dict", [False, True])
def test_of_many_small_items_as_many_stay_as_fit(item: Any, is_dict: bool) -> None:
    items = [item] * 60_000
    own = {f"name {number}": value for number, value in enumerate(items)} if is_dict else items
    log = {**LOG, "trace": {"own": own}}
    limit = size_of(log) * 2 // 3

    line = cut_to(log, limit)

    assert line is not None
    assert limit * 0.9 < len(line) <= limit
    assert b"[cut: " in line


FAILURES: list[dict[str, Any]] = [
    {"status": "error"}, {"status": "FAILED"}, {"status": "timeout"}, {"error": {"type": "ValueError"}},
    {"is_error": True}, {"isError": True}, {"tool_calls": [{"name": "find", "status": "failed"}]},
    {"role": "tool", "content": "no", "status": "error"},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "no", "is_error": True}]},
]  # fmt: skip


@pytest.mark.parametrize("failure", FAILURES, ids=str)
@pytest.mark.parametrize("part", ["nodes", "react_iterations", "tool_calls", "messages"])
@settings(max_examples=3, deadline=None)
@given(place=st.integers(0, 9_999))
def test_the_step_that_failed_stays_wherever_it_stands_and_however_it_says_so(
    part: str, failure: dict[str, Any], place: int
) -> None:
    steps: list[dict[str, Any]] = [{"name": f"step {number}", "status": "ok"} for number in range(10_000)]
    steps[place] = {"name": "the one", **failure}

    read = cut({**LOG, "trace": {part: steps}}, 50_000)["trace"][part]

    assert steps[place] in read
    assert read[-1] == steps[-1]


@pytest.mark.parametrize("name", ["k" * 50_000, "key of words " * 4_000], ids=["joined", "words"])
def test_a_giant_name_costs_only_itself(name: str) -> None:
    log = {**LOG, "trace": {"own": {name: 1, name + "!": 2, "fine": "kept"}}}

    read = cut(log, 20_000)["trace"]["own"]

    assert read.pop("fine") == "kept"
    assert list(read.values()) == [1, 2]
    assert all("[cut: " in cut_name for cut_name in read)


HUGE: dict[str, Callable[[int], Any]] = {
    "one text": lambda size: "word " * (size // 5),
    "escapes": lambda size: "\n\t" * (size // 4),
    "other scripts": lambda size: "日本語 " * (size // 10),
    "base64": lambda size: ["iVBOR" * 20_000 for _ in range(size // 100_000)],
    "numbers": lambda size: [number / 7 for number in range(size // 20)],
    "names": lambda size: {f"name {number}": number for number in range(size // 400)},
    "one name": lambda size: {"n" * size: 1},
}


@pytest.mark.parametrize("kind", HUGE)
@pytest.mark.parametrize("excess", [-1024, 4096])
def test_what_is_cut_is_taken_by_the_collector_and_what_fits_arrives_unchanged(
    kind: str, excess: int, open_client: Callable[..., Client], collector: FakeCollector
) -> None:
    filler = HUGE[kind](MAX_LOG_BYTES // 4 * 3)
    log = {
        **LOG,
        "log_id": "L-1",
        "trace": {"messages": [{"role": "user", "content": filler}], "final_response": ""},
    }
    room = MAX_LOG_BYTES + excess - size_of(log) - 200  # the SDK says a word of its own
    log["trace"]["final_response"] = "ab " * (room // 3)
    client = open_client(Limits(timeout_s=30))

    client.ship(log)
    assert client.flush(120)

    (arrived,) = collector.logs
    line = json.dumps(arrived, ensure_ascii=False, separators=(",", ":")).encode()
    real = make_collector()
    with real.http() as http:
        answer = http.post("/v1/logs", content=line, headers=real.headers())
    assert (answer.status_code, len(real.lines())) == (200, 1)
    assert (arrived["trace"] == json.loads(json.dumps(log["trace"]))) == (excess < 0)
    assert len(line) > MAX_LOG_BYTES * 0.9


VALUES = st.recursive(
    st.one_of(st.integers(), st.text(max_size=20), st.text('aé\n"😀 ', min_size=300, max_size=3_000)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=30), st.dictionaries(st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=40,
)


@settings(deadline=None)
@given(
    trace=st.dictionaries(st.sampled_from(["nodes", "messages", "errors", "final_response", "own"]), VALUES),
    limit=st.integers(300, 20_000),
)
def test_whatever_is_too_big_fits_afterwards_and_what_fits_is_left_alone(trace: Any, limit: int) -> None:
    log = {**LOG, "trace": trace}

    line = cut_to(log, limit)

    assert line is not None
    assert len(line) <= limit
    if size_of(log) <= limit:
        assert json.loads(line) == log
    else:
        assert b"[cut" in line
        assert {name: json.loads(line)[name] for name in LOG} == LOG


@given(st.text(max_size=3_000), st.integers(100, 2_000))
def test_a_cut_text_keeps_its_ends(text: str, limit: int) -> None:
    read = cut_text(text, limit)

    assert read == text or "[cut: " in read
    assert len(json.dumps(read, ensure_ascii=False).encode("utf-8", "replace")) <= max(limit * 2, 200)
