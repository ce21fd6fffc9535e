"""What frameworks hand over, as objects and as dicts, is brought into the shapes of a trace, and nothing is dropped."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import make_dataclass
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, ToolMessage
from pydantic import BaseModel, create_model

from caselog import build_workflow_log
from caselog.blocks import CALL, RESULT, SHAPES, THOUGHT, Shape, find_shape
from caselog.serialize import dump
from caselog.shapes import read_answer_text, read_thoughts, shape_message, shape_tool_call
from caselog.times import read_time


def as_model(fields: Any) -> Any:
    """The same as objects of pydantic's, all the way down."""
    if isinstance(fields, list):
        return [as_model(each) for each in fields]
    if not isinstance(fields, Mapping):
        return fields
    inside = {name: as_model(value) for name, value in fields.items()}
    fields_of_model: Any = dict.fromkeys(inside, (Any, ...))
    return create_model("Block", **fields_of_model)(**inside)


def as_dataclass(fields: Mapping[str, Any]) -> Any:
    return make_dataclass("Block", list(fields))(**fields)


FORMS = pytest.mark.parametrize(
    "form", [dict, as_model, as_dataclass, lambda fields: SimpleNamespace(**fields)]
)
EXAMPLES = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)


def strings_in(value: Any) -> Iterator[str]:
    """Every text in it; JSON inside a text counts as what it holds."""
    if isinstance(value, str):
        try:
            inside = json.loads(value)
        except ValueError:
            inside = None
        yield from strings_in(inside) if isinstance(inside, (dict, list)) else [value]
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from strings_in(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from strings_in(each)


@EXAMPLES
def test_each_example_is_known_as_its_own_shape_and_no_other(shape: Shape) -> None:
    assert find_shape(shape.example) is shape


@EXAMPLES
def test_each_word_and_field_that_a_shape_is_known_by_is_enough_beside_its_parts(shape: Shape) -> None:
    words = [*shape.types, *(f"some{end}" for end in shape.ends)]
    blocks: list[Any] = []
    for names in itertools.product(*shape.must):
        parts = dict.fromkeys(names, "x")
        if shape.inside:
            blocks += [{"type": word, shape.inside: parts} for word in words] or [{shape.inside: parts}]
        else:
            blocks += [{"type": word, **parts} for word in words]
        blocks += [{flag: True, "content": [], **parts} for flag in shape.flags]

    assert blocks
    assert [find_shape(block) for block in blocks] == [shape] * len(blocks)


@FORMS
@EXAMPLES
def test_calls_and_results_get_the_names_of_a_log(shape: Shape, form: Any) -> None:
    if shape.becomes not in (CALL, RESULT):
        pytest.skip("words")

    call = json.loads(dump(shape_tool_call(form(shape.example))))

    if shape.becomes == CALL:
        assert call["name"] in ("find", "run", "web_search", "code_execution")
        assert call["arguments"] in ({"id": 7}, "ls", {"query": "refunds"}, "print(7)")
    else:
        assert "paid" in json.dumps(call["result"])
    assert call.get("status", "ok") == "ok"


@EXAMPLES
@given(more=st.dictionaries(st.text("xyz", min_size=1), st.text("abc"), max_size=3))
def test_no_text_of_a_block_is_dropped(shape: Shape, more: dict[str, str]) -> None:
    block = {**shape.example, **more}

    shaped = [
        *strings_in(shape_tool_call(block)),
        *strings_in(shape_message(block)),
        shape.example.get("type"),
    ]

    # The type is what the shape says; a status is said in a log's words.
    missing = set(strings_in(block)) - set(shaped) - {"success", "completed"}
    assert missing == set()


@EXAMPLES
def test_reasoning_is_read_as_thoughts_and_never_as_words(shape: Shape) -> None:
    content = [shape.example, {"type": "text", "text": "!"}]

    assert bool(read_thoughts(content)) == (shape.becomes == THOUGHT and bool(shape.names))
    assert shape.becomes != THOUGHT or read_answer_text(content) == "!"


def test_a_call_and_its_result_that_stand_beside_each_other_become_one() -> None:
    calls = [
        {"type": "tool_use", "id": "t1", "name": "find", "input": {"id": 7}},
        {"type": "function_call", "id": "fc", "call_id": "c1", "name": "pay", "arguments": '{"sum": 3}'},
        {"type": "function_call_output", "call_id": "c1", "output": "done"},
        {"type": "tool_result", "tool_use_id": "t1", "content": "none", "is_error": True},
        {"type": "tool_result", "tool_use_id": "unknown", "content": "stray"},
    ]

    log = build_workflow_log({"tool_calls": calls})

    assert log["trace"]["tool_calls"] == [
        {"id": "t1", "name": "find", "arguments": {"id": 7}, "result": "none", "status": "error"},
        {"id": "c1", "name": "pay", "arguments": {"sum": 3}, "item_id": "fc", "result": "done"},
        {"id": "unknown", "result": "stray"},
    ]
    assert (log["metrics"]["tool_call_count"], log["metrics"]["failed_tool_calls"]) == (3, 1)
    assert calls[0] == {"type": "tool_use", "id": "t1", "name": "find", "input": {"id": 7}}


CALLS_OF_SERVERS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"type": "computer_call", "id": "i1", "call_id": "c1", "action": {"type": "click"}, "status": "completed"},
        {"type": "computer_call_output", "id": "o1", "call_id": "c1", "output": {"image_url": "u"}},
    ),
    (
        {"type": "local_shell_call", "id": "i1", "call_id": "c1", "action": {"command": ["ls"]}},
        {"type": "local_shell_call_output", "id": "c1", "output": "a.py"},
    ),
    (
        {"type": "apply_patch_call", "id": "i1", "call_id": "c1", "operation": {"path": "a.py"}},
        {"type": "apply_patch_call_output", "call_id": "c1", "output": "no such file", "status": "failed"},
    ),
    (
        {"type": "server_tool_use", "id": "c1", "name": "web_search", "input": {"query": "refunds"}},
        {"type": "web_search_tool_result", "tool_use_id": "c1",
         "content": {"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"}},
    ),
    ({"functionCall": {"name": "find", "args": {"id": 7}}},
     {"functionResponse": {"name": "find", "response": {"error": "no"}}}),
    ({"executableCode": {"code": "1 / 0"}}, {"codeExecutionResult": {"outcome": "OUTCOME_FAILED", "output": "Zero"}}),
]  # fmt: skip
FAILING = (False, False, True, True, True, True)


@pytest.mark.parametrize(("pair", "fails"), list(zip(CALLS_OF_SERVERS, FAILING, strict=True)))
@given(more=st.integers(0, 2))
def test_a_call_and_its_result_are_one_call_in_every_shape_that_has_both(
    pair: tuple[dict[str, Any], dict[str, Any]], fails: bool, more: int
) -> None:
    others = [
        {"type": "tool_use", "id": f"other {number}", "name": "pay", "input": {}} for number in range(more)
    ]

    log = build_workflow_log({"tool_calls": [pair[0], *others, pair[1]]})

    assert log["metrics"]["tool_call_count"] == 1 + more
    assert log["metrics"]["failed_tool_calls"] == fails
    call = log["trace"]["tool_calls"][0]
    assert "arguments" in call
    assert "result" in call
    sent = set(strings_in(pair[1])) - {pair[1].get("type"), "failed", "find"}
    assert sent <= set(strings_in(call))


def without_part(example: Mapping[str, Any], shape: Shape, names: list[str]) -> dict[str, Any]:
    """The example without all that stands for one of the parts that its shape must have."""
    if shape.inside is None:
        return {name: value for name, value in example.items() if name not in names}
    inside = {name: value for name, value in example[shape.inside].items() if name not in names}
    return {**example, shape.inside: inside}


@EXAMPLES
def test_what_lacks_a_part_of_a_shape_is_no_such_block_and_stays_as_it_is(shape: Shape) -> None:
    for names in shape.must:
        like = {**without_part(shape.example, shape, names), "url": "https://example.com", "score": 0.5}
        if find_shape(like) not in (None, shape):
            continue  # it is another's

        assert find_shape(like) is None
        assert shape_message(like) == like
        assert list(shape_tool_call(like).values()) == list(like.values())


LOOKALIKES = [
    {"function": {"name": "sin", "period": 3}, "type": "wave"}, {"name": "f", "function": "sum"},
    {"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}},
    {"custom": {"input": "x", "unit": "mm"}, "name": "n"}, {"name": "mk", "custom": {"name": "Ada", "input": "f"}},
    {"type": "shirt", "custom": {"name": "Ada", "input": "f"}}, {"type": "custom", "name": "n", "input": "x"},
    {"type": "lab_tool_result", "sample": 7, "content": "x"},
    {"type": "tool_call", "content": "A customer called.", "at": 1}, {"type": "reasoning", "name": "why", "score": 3},
    {"type": "note_search_call", "content": "c", "text": "t"}, {"content": "x", "isError": False, "url": "u"},
    {"type": "text", "value": "v"}, {"type": "thinking", "content": "c"}, {"thought": True, "content": "c"},
    {"thought": "a plan", "text": "t"}, {"role": "manager", "content": "x", "name": "Bo"},
    {"type": "refusal", "content": "of delivery"}, {"type": "phone_call_output", "output": "voicemail"},
]  # fmt: skip


@pytest.mark.parametrize("fields", LOOKALIKES, ids=str)
def test_what_only_looks_like_a_block_stays_whole_wherever_it_stands(fields: dict[str, Any]) -> None:
    for part in ("messages", "tool_calls", "nodes"):
        assert build_workflow_log({part: [fields]})["trace"][part] == [fields]
    assert build_workflow_log({"final_response": fields})["trace"]["final_response"] == fields


NUMBERS = st.one_of(
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.from_regex(r"-?[1-9][0-9]{0,25}(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?", fullmatch=True),
)


@given(
    pairs=st.lists(
        st.tuples(
            st.text("ab", max_size=2), st.one_of(NUMBERS.map(str), st.sampled_from(["NaN", '"x"', "[1.50]"]))
        ),
        max_size=4,
    ),
    blank=st.sampled_from(["", " ", "\n "]),
)
def test_arguments_that_are_json_text_say_as_much_as_before(pairs: list[tuple[str, str]], blank: str) -> None:
    text = blank + "{" + ", ".join(f"{json.dumps(name)}: {value}" for name, value in pairs) + "}"

    read = shape_tool_call({"function": {"name": "f", "arguments": text}})["arguments"]

    if isinstance(read, str):
        assert read == text
    else:
        exactly = json.loads(text, parse_float=Decimal, parse_int=Decimal, object_pairs_hook=list)
        written = json.loads(json.dumps(read), parse_float=Decimal, parse_int=Decimal, object_pairs_hook=list)
        assert written == exactly


@pytest.mark.parametrize("text", ["12", "null", "true", '"x"', "[1]", "", "ls -l"])
def test_arguments_that_are_no_object_stay_the_text_that_they_are(text: str) -> None:
    assert shape_tool_call({"function": {"name": "f", "arguments": text}})["arguments"] == text


@pytest.mark.parametrize("role", ["assistant", "model"])
@given(
    texts=st.lists(st.text(min_size=1), min_size=1),
    is_typed=st.booleans(),
    more=st.sampled_from([None, "b1"]),
)
def test_a_message_that_says_only_words_answers_with_them(
    role: str, texts: list[str], is_typed: bool, more: str | None
) -> None:
    blocks = [{"text": text, **({"type": "text"} if is_typed else {})} for text in texts]
    message = {"role": role, "content" if role == "assistant" else "parts": blocks, "audio": None, "id": more}

    answer = build_workflow_log({"final_response": message})["trace"]["final_response"]

    assert answer == (message if more else "".join(texts))


def test_a_provider_s_message_object_answers_with_what_it_says() -> None:
    class Message(BaseModel):
        role: str = "assistant"
        content: Any = None
        refusal: str | None = None

    Message.__module__ = "openai.types.chat"
    blocks = [as_model({"type": "thinking", "thinking": "hm"}), as_model({"type": "text", "text": "Paid."})]
    said = [Message(content="Paid."), Message(refusal="No."), Message(content=blocks)]

    answers = [build_workflow_log({"final_response": each})["trace"]["final_response"] for each in said]

    assert answers == ["Paid.", "No.", "Paid."]


SAID = (
    {"role": "assistant", "content": "Paid.", "refusal": None, "annotations": [{"url": "x"}], "audio": None},
    {"role": "assistant", "content": None, "refusal": "Paid.", "tool_calls": [{"id": "c1"}]},
    {"id": "m1", "type": "message", "role": "assistant", "status": "completed",
     "content": [{"type": "output_text", "text": "Paid.", "annotations": []}]},
    {"id": "m1", "type": "message", "role": "assistant", "stop_reason": "end_turn", "usage": {"input_tokens": 1},
     "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Paid."}]},
)  # fmt: skip


@pytest.mark.parametrize("fields", SAID, ids=str)
def test_a_message_as_a_provider_s_object_writes_itself_answers_as_the_object_does(
    fields: dict[str, Any],
) -> None:
    made = SimpleNamespace(**fields)
    made_by_provider = type("Message", (SimpleNamespace,), {"__module__": "openai.types"})(**fields)

    said = [
        build_workflow_log({"final_response": each})["trace"]["final_response"]
        for each in (fields, made_by_provider)
    ]

    assert said == ["Paid.", "Paid."]
    assert build_workflow_log({"final_response": made})["trace"]["final_response"] is made


@given(shapes=st.lists(st.sampled_from(SHAPES)))
def test_what_was_said_or_thought_among_tool_calls_stays_and_is_no_call(shapes: list[Shape]) -> None:
    blocks = [
        shape.example
        for shape in shapes
        if shape.becomes not in ("call", "result") and "type" in shape.example
    ]

    log = build_workflow_log({"tool_calls": [*blocks, {"name": "find", "arguments": {}}]})

    assert log["trace"]["tool_calls"] == [*blocks, {"name": "find", "arguments": {}}]
    assert log["metrics"]["tool_call_count"] == 1


@FORMS
def test_a_result_of_mcp_s_that_is_an_error_fails_its_call(form: Any) -> None:
    results = [
        form({"content": [{"type": "text", "text": "no"}], "isError": failed}) for failed in (True, False)
    ]
    calls = [{"name": "find", "arguments": {}, "result": result} for result in results]

    log = build_workflow_log({"tool_calls": calls})

    assert [call.get("status") for call in log["trace"]["tool_calls"]] == ["error", None]
    assert log["metrics"]["failed_tool_calls"] == 1


def test_items_of_openai_s_responses_are_messages() -> None:
    items = [
        {"type": "function_call", "call_id": "c1", "name": "find", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "paid"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Paid."}]},
    ]

    call, result, words = build_workflow_log({"messages": items})["trace"]["messages"]

    assert call["role"] == "assistant"
    assert call["tool_calls"] == [{"id": "c1", "name": "find", "arguments": {}}]
    assert result == {"role": "tool", "content": "paid", "tool_call_id": "c1"}
    assert words == items[2]


def test_what_looks_like_a_message_by_two_common_names_stays_whole() -> None:
    class Hit(BaseModel):
        type: str = "ai"
        content: str = "text"
        url: str = "https://example.com"
        score: float = 0.5

    fields = {"type": "ai", "content": "text", "url": "https://example.com", "score": 0.5}
    made = make_dataclass("Found", list(fields))(**fields)

    written = json.loads(dump({"model": Hit(), "dataclass": made, "plain": SimpleNamespace(**fields)}))
    trace = json.loads(
        dump(build_workflow_log({"messages": [Hit(), made], "final_response": Hit()})["trace"])
    )

    assert written == {"model": fields, "dataclass": fields, "plain": fields}
    assert trace == {"messages": [fields, fields], "final_response": fields}


def test_everything_that_a_message_of_langchain_s_says_is_kept() -> None:
    message = AIMessage(
        "cut off", id="m1", response_metadata={"finish_reason": "length"}, additional_kwargs={"own": 1},
        invalid_tool_calls=[{"name": "find", "args": "{", "id": "c1", "error": "no JSON", "type": "invalid_tool_call"}],
    )  # fmt: skip
    result = ToolMessage("paid", tool_call_id="c1", artifact={"rows": [1]}, id="m2")

    said, answered = build_workflow_log({"messages": [message, result]})["trace"]["messages"]

    assert (said["id"], said["response_metadata"], said["additional_kwargs"]) == (
        "m1", {"finish_reason": "length"}, {"own": 1},
    )  # fmt: skip
    assert said["invalid_tool_calls"][0]["error"] == "no JSON"
    assert (answered["artifact"], answered["id"], answered["tool_call_id"]) == ({"rows": [1]}, "m2", "c1")


STATES = Path(__file__).parents[3] / "shared" / "cases" / "states.ndjson"


@pytest.mark.skipif(not STATES.exists(), reason="../shared/cases is not there")
def test_no_text_of_the_states_that_failed_is_dropped() -> None:
    """But for times, which get one form, and the words that say of which kind a block is."""
    for line in STATES.read_text(encoding="utf-8").splitlines():
        state = json.loads(line)["state"]
        log = json.loads(dump(build_workflow_log(state)))

        missing = set(strings_in(state)) - set(strings_in(log)) - {"tool_use", "tool_result"}
        assert all(read_time(text) != text or text.upper() in strings_in(log) for text in missing), missing
