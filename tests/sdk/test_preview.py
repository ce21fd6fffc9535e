"""What would be sent of a log is shown as it would be sent, with what was masked by which rule; and nothing is sent."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import caselog
from caselog.__main__ import main
from caselog.masking.rules import RULES
from caselog.testing import capture
from tests.sdk.fake_collector import FakeCollector

LOG: dict[str, Any] = {
    "log_id": "01a20abe-3564-74ac-bbf9-1a3764da3ed0",
    "ticket_id": "T-1",
    "executed_at": "2026-11-23T14:05:00+00:00",
    "status": "SUCCESS",
    "trace": {
        "messages": [{"role": "user", "content": "I am bob@example.com, my password is hunter2."}],
        "tool_calls": [
            {"name": "find", "arguments": {"api_key": "hunter2", "customer": {"name": "Ada Lovelace"}}}
        ],
        "final_response": "Goodbye, Ada Lovelace.",
    },
}


@pytest.mark.claim("preview")
def test_the_log_of_a_preview_is_the_one_that_is_sent() -> None:
    shown = caselog.preview(LOG)
    with capture(client_id=None) as logs:
        caselog.ship_log_async(LOG)

    assert shown
    marks = [json.dumps(log["trace"]["tool_calls"]) for log in (shown.log, logs[0])]
    assert marks[0] == marks[1]
    assert shown.log.keys() == logs[0].keys()
    assert shown.bytes > shown.packed_bytes > 100


@pytest.mark.claim("told-without-content")
def test_a_preview_says_which_rule_masked_what_and_never_what_it_was() -> None:
    shown = caselog.preview(LOG)

    assert shown
    assert {rule: told["paths"] for rule, told in shown.masked.items()} == {
        "e-mail address": ["trace.messages[0].content"],
        "told password": ["trace.messages[0].content"],
        "field": ["trace.tool_calls[0].arguments.api_key", "trace.tool_calls[0].arguments.customer.name"],
        "known name": ["trace.final_response"],
    }
    assert "1 x known name: trace.final_response" in str(shown)
    for private in ("bob@", "hunter2", "Lovelace"):
        assert private not in str(shown)


def test_the_sent_log_says_what_was_masked_by_which_rule_and_where(workflow: FakeCollector) -> None:
    caselog.ship_log_async(LOG)
    caselog.flush(60)

    told = workflow.logs[0]["sdk"]["masked"]
    assert told == {
        "email": {"count": 1, "paths": ["trace.messages[0].content"], "rules": {"e-mail address": 1}},
        "secret": {
            "count": 2,
            "paths": ["trace.messages[0].content", "trace.tool_calls[0].arguments.api_key"],
            "rules": {"told password": 1, "field": 1},
            "at": {"told password": [0], "field": [1]},
        },
        "name": {
            "count": 2,
            "paths": ["trace.tool_calls[0].arguments.customer.name", "trace.final_response"],
            "rules": {"field": 1, "known name": 1},
            "at": {"field": [0], "known name": [1]},
        },
    }


def test_a_rule_has_a_path_even_where_another_had_more_than_are_named() -> None:
    messages = [{"content": f"password={number}x7hunter"} for number in range(50)]
    shown = caselog.preview(
        {**LOG, "trace": {"messages": [*messages, {"content": "my password is hunter2"}]}}
    )

    assert shown
    told = shown.log["sdk"]["masked"]["secret"]
    assert told["rules"] == {"named value": 50, "told password": 1}
    assert told["at"]["told password"] == [20]
    assert shown.masked["told password"]["paths"] == ["trace.messages[50].content"]
    assert len(shown.masked["named value"]["paths"]) == 20


def test_a_field_is_told_as_a_secret_although_its_text_is_found_elsewhere_as_an_address() -> None:
    trace = {"nodes": [{"input": {"password": "bob@example.com"}, "output": "to bob@example.com"}]}
    shown = caselog.preview({**LOG, "trace": {**trace, "messages": [{"content": "bob@example.com"}]}})

    assert shown
    told = shown.log["sdk"]["masked"]
    assert told["secret"] == {
        "count": 1,
        "paths": ["trace.nodes[0].input.password"],
        "rules": {"field": 1},
    }
    assert told["email"]["rules"] == {"e-mail address": 2}


_TEXTS = st.lists(
    st.sampled_from(("fine", "bob@example.com", "+49 30 901820", "password=hunter2x7", "my name is Ada Lovelace",
                     "4111 1111 1111 1111", "ghp_abcdefghijklmnopqrst0123", '{"api_key": "hunter2x7"}')), max_size=3
).map("; ".join)  # fmt: skip
_NESTED = st.recursive(
    _TEXTS,
    lambda inner: (
        st.lists(inner, max_size=30)
        | st.dictionaries(st.sampled_from(("a", "b", "password", "phone")), inner)
    ),
    max_leaves=40,
)


def _at(log: Any, path: str) -> Any:
    """What stands at a path such as ``trace.n[0].a``."""
    for name, place in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path):
        log = log[name] if name else log[int(place)]
    return log


@settings(deadline=None, max_examples=150)
@given(_NESTED)
def test_each_path_that_is_told_leads_to_what_was_masked_and_each_rule_has_one(value: Any) -> None:
    shown = caselog.preview({**LOG, "trace": {"n": value}})

    assert shown
    for kind, told in shown.log["sdk"].get("masked", {}).items():
        assert all(
            re.search(rf"\[{kind}\]|{kind}:[0-9a-f]", str(_at(shown.log, path))) for path in told["paths"]
        )
        at = told.get("at", {rule: range(len(told["paths"])) for rule in told["rules"]})
        assert at.keys() == told["rules"].keys()
        assert {place for places in at.values() for place in places} == set(range(len(told["paths"])))
        assert all(0 < len(at[rule]) <= count <= told["count"] for rule, count in told["rules"].items())
        assert sum(told["rules"].values()) >= told["count"] >= len(told["paths"])


def test_what_the_rules_say_in_a_log_is_some_hundred_bytes_whatever_is_in_it() -> None:
    examples = [example for rule in RULES for example in rule.matches if "PRIVATE KEY" not in example]
    everything = "\n\n".join(re.sub("[»«]", "", example) for example in examples)
    trace = {"messages": [{"content": f"{everything}\n\n{number}"} for number in range(30)]}
    shown = caselog.preview({**LOG, "trace": trace})

    assert shown
    masked = shown.log["sdk"]["masked"]
    added = {
        kind: {name: told[name] for name in ("rules", "at") if name in told} for kind, told in masked.items()
    }
    assert len({rule for told in added.values() for rule in told["rules"]}) > 10
    assert len(json.dumps(added)) < 2500


def test_a_log_without_anything_private_says_so() -> None:
    shown = caselog.preview({"ticket_id": "T-1", "status": "SUCCESS"})

    assert shown
    assert shown.masked == {}
    assert "nothing in it was masked" in str(shown)


@pytest.mark.claim("preview")
def test_a_preview_follows_the_level_and_the_masks_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CASELOG_LEVEL", "METRICS_ONLY")
    assert "trace" not in getattr(caselog.preview(LOG), "log", {"trace": 1})

    monkeypatch.setenv("CASELOG_LEVEL", "OFF")
    monkeypatch.setenv("CASELOG_MASK", "-names")
    assert "Ada Lovelace" in str(caselog.preview(LOG))


def test_a_users_own_mask_is_in_the_preview_too() -> None:
    caselog.set_mask(lambda path, value: "[own]" if path == "status" else value)
    try:
        shown = caselog.preview(LOG)
    finally:
        caselog.set_mask(None)

    assert shown
    assert shown.log["status"] == "[OWN]"
    assert shown.masked["own"] == {"count": 1, "paths": ["status"]}


@pytest.mark.claim("preview")
def test_a_preview_sends_nothing(workflow: FakeCollector) -> None:
    caselog.preview(LOG)
    caselog.flush(60)

    assert workflow.logs == []


def test_the_command_shows_each_log_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "logs.ndjson"
    file.write_text(f"{json.dumps(LOG)}\n{json.dumps({**LOG, 'ticket_id': 'T-2'})}\n")

    assert main(["preview", str(file)]) == 0

    told = capsys.readouterr().out
    assert told.count("1 x told password") == 2
    assert '"T-2"' in told


def test_the_command_reads_the_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(LOG, indent=2)))

    assert main(["preview", "-"]) == 0
    assert "hunter2" not in capsys.readouterr().out


@pytest.mark.parametrize("mark", ["\ufeff", ""])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\x85", "\x1c", "\x0b"])
def test_a_file_has_a_log_a_line_whatever_is_in_its_strings_and_before_it(
    mark: str, end: str, sign: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "logs.ndjson"
    said = json.dumps(sign) if sign < " " else f'"{sign}"'
    line = f'{{"ticket_id": "T", "status": "ok", "said": {said}}}'
    file.write_text(f"{mark}{line}{end}{line}{end}", encoding="utf-8", newline="")

    assert main(["preview", str(file)]) == 0
    assert capsys.readouterr().out.count('"ticket_id": "T"') == 2


def test_at_the_level_off_a_preview_says_that_nothing_would_be_sent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "log.json"
    file.write_text(json.dumps(LOG))
    monkeypatch.setenv("CASELOG_LEVEL", "OFF")

    shown = caselog.preview(LOG)

    assert shown
    assert not shown.is_sent
    assert "nothing would be sent" in str(shown)
    assert main(["preview", str(file)]) == 1
    monkeypatch.setenv("CASELOG_LEVEL", "FULL_TRACE")
    assert "nothing would be sent" not in str(caselog.preview(LOG))


@pytest.mark.parametrize("masked", ["fake", 7, ["a"], {"secret": 1}, {"secret": {"count": 1}}, None])
def test_what_a_log_says_of_its_masking_only_the_sdk_says(masked: Any) -> None:
    shown = caselog.preview({**LOG, "trace": {}, "sdk": {"masked": masked, "unclear_calls": 2}})

    assert shown
    assert "masked" not in shown.log["sdk"]
    assert shown.log["sdk"]["unclear_calls"] == 2


def test_many_previews_say_once_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(5):
        caselog.preview({"ticket_id": "T-1", "category": "many"})

    assert capsys.readouterr().err.count("no status") <= 1


@pytest.mark.parametrize("content", ["", "[1]", "{", None])
def test_what_is_no_log_is_said_in_words(
    content: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "log.json"
    if content is not None:
        file.write_text(content)

    assert main(["preview", str(file)]) == 2
    assert "cannot be read as a log" in capsys.readouterr().err
