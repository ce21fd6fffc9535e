"""What docs/ promises of what leaves a client's process, and of how to send less, held by what a collector gets."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.runnables import RunnableLambda

import caselog
from caselog import Client, Limits, Settings, build_workflow_log, close, flush, ship_log_async, stats
from caselog.langchain import CaselogCallbackHandler
from caselog.model import SDK_FIELDS, TRACE_PARTS
from tests.sdk.fake_collector import API_KEY, FakeCollector
from tests.sdk.test_processes import run

LOG: dict[str, Any] = {"ticket_id": "T-1", "status": "SUCCESS", "executed_at": "2026-11-23T14:05:00Z"}
STATE: dict[str, Any] = {
    **LOG,
    "category": "refund",
    "environment": "production",
    "workflow_version": "1.4.0",
    "execution_time_seconds": 12.5,
    "metrics": {"overall_confidence": 0.9, "seats": 2},
    "nodes": [{"name": "classify", "input": "Where is my bag?", "output": "baggage"}],
    "react_iterations": [
        {
            "thought": "Which bag?",
            "input": [{"role": "user", "content": "Where is my bag?"}],
            "input_tokens": 210,
            "output_tokens": 12,
            "cost_usd": 0.004,
            "tool_calls": [{"name": "find_bag", "arguments": {"tag": 7}, "result": "in Oslo"}],
        }
    ],
    "tool_calls": [{"name": "find_bag", "arguments": {"tag": 8}, "result": "lost", "status": "error"}],
    "messages": [{"role": "user", "content": "Where is my bag?"}],
    "final_response": "It is in Oslo.",
    "extra": {"region": "eu"},
}


@pytest.fixture
def ship(workflow: FakeCollector, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """The one log that a collector gets of what is shipped, in an environment with more variables."""

    def send(log: Any, **env: str) -> dict[str, Any]:
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        close(60)
        workflow.requests.clear()
        ship_log_async(log)
        flush(60)
        (sent,) = workflow.logs
        return sent

    return send


# ---------------------------------------------------------------- what stands in a log


@pytest.mark.claim("small-fields")
def test_a_log_says_which_ticket_it_was_when_and_how_it_ended(ship: Callable[..., dict[str, Any]]) -> None:
    names = ("ticket_id", "status", "category", "environment", "workflow_version", "execution_time_seconds")

    sent = ship(build_workflow_log(STATE))

    assert {name: sent[name] for name in names} == {name: STATE[name] for name in names}
    assert sent["executed_at"] == "2026-11-23T14:05:00Z"


@pytest.mark.claim("figures")
def test_a_log_says_how_much_was_done_and_what_it_cost(ship: Callable[..., dict[str, Any]]) -> None:
    assert ship(build_workflow_log(STATE))["metrics"] == {
        "react_iterations": 1,
        "tool_call_count": 2,
        "failed_tool_calls": 1,
        "input_tokens": 210,
        "output_tokens": 12,
        "cost_usd": 0.004,
        "overall_confidence": 0.9,
        "seats": 2,
    }


@pytest.mark.claim("trace-parts")
def test_a_trace_holds_each_part_and_of_an_error_files_and_lines_too(
    ship: Callable[..., dict[str, Any]],
) -> None:
    with pytest.raises(LookupError) as caught:
        _ = {"bag": 7}["no such bag"]
    sent = ship(build_workflow_log({**STATE, "errors": [caught.value]}))["trace"]

    assert sent.keys() == TRACE_PARTS.keys()
    assert {name: sent[name] for name in TRACE_PARTS if name != "errors"} == {
        name: STATE[name] for name in TRACE_PARTS if name != "errors"
    }
    assert sent["errors"][0]["message"] == "'no such bag'"
    assert Path(__file__).name in sent["errors"][0]["stacktrace"]


@pytest.mark.claim("paths-in-stack-traces")
def test_a_stack_trace_names_paths_of_files(ship: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(LookupError) as caught:
        _ = {"bag": 7}["no such bag"]

    sent = ship(build_workflow_log({**STATE, "errors": [caught.value]}))

    assert f'File "{Path(__file__)}"' in sent["trace"]["errors"][0]["stacktrace"]


@pytest.mark.claim("own-fields")
def test_fields_of_ones_own_are_sent(ship: Callable[..., dict[str, Any]]) -> None:
    assert ship(build_workflow_log(STATE))["region"] == "eu"


@pytest.mark.claim("sdk-field")
def test_the_sdk_says_of_a_log_what_the_page_of_the_log_lists(
    open_client: Callable[..., Client], collector: FakeCollector
) -> None:
    client = open_client(Limits(max_queue_logs=1))
    for number in range(200):
        client.ship({**LOG, "ticket_id": str(number), "category": "bob@example.com"})
    client.flush(60)
    client.ship({**LOG, "category": "bob@example.com"})
    client.flush(60)

    told = [log["sdk"] for log in collector.logs]
    assert told[-1]["name"] == "caselog-python"
    assert told[-1]["version"] == caselog.__version__
    assert told[-1]["masked"]["email"]["rules"] == {"e-mail address": 1}
    assert (
        sum(each.get("lost", {}).get("queue_full", 0) for each in told)
        == client.stats()["lost"]["queue_full"]
    )
    assert {name for each in told for name in each} <= {field.name for field in SDK_FIELDS}


@pytest.mark.claim("recorded-by-itself")
def test_steps_models_and_tools_are_recorded_without_being_handed_over(
    workflow: FakeCollector, handler: CaselogCallbackHandler
) -> None:
    def ask(text: str) -> str:
        return f"{text}?"

    @caselog.tool
    def find_bag(tag: int) -> str:
        return f"bag {tag} is in Oslo"

    with caselog.ticket(ticket_id="T-1"):
        find_bag(7)
    RunnableLambda(ask).invoke("Which bag", {"callbacks": [handler]})
    flush(60)

    first, second = workflow.logs
    (call,) = first["trace"]["tool_calls"]
    assert (call["name"], call["arguments"], call["result"]) == ("find_bag", {"tag": 7}, "bag 7 is in Oslo")
    assert "Which bag?" in json.dumps(second["trace"])


@pytest.mark.claim("adds-only")
def test_of_its_own_the_sdk_adds_an_id_a_time_the_client_and_itself_and_nothing_of_the_machine(
    collector: FakeCollector,
) -> None:
    env = {**collector.env, "PLANTED_SECRET": "planted-in-the-environment", "HOSTNAME": "planted-host"}

    ended = run(
        """
        import getpass, platform, socket
        socket.gethostname = socket.getfqdn = platform.node = getpass.getuser = lambda *_: "planted-name"
        ship_log_async({"ticket_id": "T-1", "status": "SUCCESS"})
        flush(60)
        """,
        env,
    )

    assert ended.returncode == 0
    (sent,) = collector.requests
    (log,) = sent.logs
    assert log.keys() == {
        "schema_version",
        "log_id",
        "client_id",
        "executed_at",
        "ticket_id",
        "status",
        "sdk",
    }
    assert log["sdk"].keys() == {"name", "version"}
    assert sent.headers.keys() == {
        "host", "accept", "accept-encoding", "content-length", "content-type", "content-encoding", "user-agent",
        "x-api-key",
    }  # fmt: skip
    assert sent.headers["user-agent"] == f"caselog-python/{caselog.__version__}"
    for of_the_machine in ("planted", str(Path.cwd())):
        assert of_the_machine not in collector.text + str(sent.headers)


@pytest.mark.claim("only-what-is-shipped")
def test_a_ticket_whose_log_is_not_handed_over_is_not_sent(workflow: FakeCollector) -> None:
    build_workflow_log({**STATE, "ticket_id": "T-private"})
    ship_log_async(build_workflow_log(STATE))
    flush(60)

    assert [log["ticket_id"] for log in workflow.logs] == ["T-1"]
    assert "T-private" not in workflow.text


# ---------------------------------------------------------------- when it leaves, and where it goes


@pytest.mark.claim("one-log-at-the-end")
def test_while_a_ticket_runs_nothing_is_sent_and_its_end_sends_one_log(workflow: FakeCollector) -> None:
    with caselog.ticket(ticket_id="T-1") as ticket:
        for number in range(3):
            with ticket.node("look", input=number), ticket.tool_call("find", {"id": number}) as call:
                call.result = number
        flush(0.3)
        before = (list(workflow.requests), stats()["pending"])

    flush(60)
    assert before == ([], 0)
    (log,) = workflow.logs
    assert len(log["trace"]["nodes"]) == 3


@pytest.mark.claim("one-address")
def test_no_other_address_is_spoken_to(workflow: FakeCollector, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    connect = socket.create_connection

    def note(address: Any, *rest: Any, **more: Any) -> Any:
        asked.append(address)
        return connect(address, *rest, **more)

    def note_datagrams(*_rest: Any) -> Any:
        raise AssertionError("a datagram was sent")

    monkeypatch.setattr(socket, "create_connection", note)
    monkeypatch.setattr(socket.socket, "sendto", note_datagrams)
    for _ in range(3):
        ship_log_async(build_workflow_log(STATE))
        flush(60)

    host, port = workflow.url.removeprefix("http://").split(":")
    assert set(asked) == {(host, int(port))}


@pytest.mark.claim("waits-in-memory")
def test_without_a_folder_nothing_waits_on_disk_and_in_memory_it_waits_for_an_hour_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    client = Client(Settings("http://127.0.0.1:9/v1/logs", API_KEY), Limits(first_retry_s=0.01))

    client.ship(LOG)
    client.flush(0.2)
    waiting = client.stats()["pending"]
    client.close(0)

    assert waiting == 1
    assert list(tmp_path.rglob("*")) == []
    assert Limits().max_age_s == 3600


@pytest.mark.claim("waits-on-disk")
def test_on_disk_a_log_waits_for_a_week_at_most() -> None:
    assert Limits().max_spool_age_s == 7 * 24 * 3600


# ---------------------------------------------------------------- less, or nothing


@pytest.mark.claim("off")
def test_switched_off_nothing_leaves_and_nothing_is_written(
    workflow: FakeCollector, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CASELOG_LEVEL", "OFF")
    monkeypatch.setenv("CASELOG_SPOOL_DIR", str(tmp_path / "spool"))

    with caselog.ticket(ticket_id="T-1"):
        pass
    accepted = ship_log_async(build_workflow_log(STATE))
    close(60)

    assert not accepted
    assert (workflow.requests, workflow.connections) == ([], 0)
    assert not (tmp_path / "spool").exists()


@pytest.mark.claim("metrics-only")
def test_with_figures_only_no_text_of_a_trace_and_no_long_text_is_sent(
    ship: Callable[..., dict[str, Any]], workflow: FakeCollector
) -> None:
    own = {"short": "x" * 100, "long": "y" * 101, "flag": True, "many": ["bag"], "who": "bob@example.com"}

    log = build_workflow_log({**STATE, "extra": own})

    sent = ship({**log, "metrics": {**log["metrics"], "note": "z" * 1000}}, CASELOG_LEVEL="METRICS_ONLY")

    kept = {"ticket_id", "status", "category", "environment", "workflow_version", "executed_at", "metrics"}
    assert sent.keys() == {
        *kept, "execution_time_seconds", "schema_version", "log_id", "client_id", "sdk", "short", "flag", "who",
    }  # fmt: skip
    assert sent["who"].startswith("email:")
    assert sent["metrics"]["tool_call_count"] == 2
    assert len(sent["metrics"]["note"]) == 256
    for text in ("bag?", "find_bag", "Oslo", "classify", "yyy"):
        assert text not in workflow.text


PRIVATE = {
    "secrets": ("password: hunter2", "hunter2"),
    "cards": ("card 4111 1111 1111 1111", "4111"),
    "emails": ("bob.jones@example.com", "bob.jones"),
    "names": ("Dear Ms. Lovelace,", "Lovelace"),
    "phones": ("+49 30 901820", "901820"),
    "ibans": ("DE89 3704 0044 0532 0130 00", "3704"),
}


@pytest.mark.claim("leave")
@pytest.mark.parametrize("word", ["names", "phones", "ibans"])
def test_names_telephones_and_bank_accounts_can_be_left(
    word: str, ship: Callable[..., dict[str, Any]]
) -> None:
    texts = {name: text for name, (text, _) in PRIVATE.items()}

    sent = ship({**LOG, "trace": {"nodes": [texts]}}, CASELOG_MASK=f"-{word}")["trace"]["nodes"][0]

    left = {name for name, (_, private) in PRIVATE.items() if private in sent[name]}
    assert left == {word}


@pytest.mark.claim("cannot-be-left")
@pytest.mark.parametrize("word", ["secrets", "cards", "emails"])
@pytest.mark.parametrize("beside", ["", ",-names"])
def test_secrets_cards_and_addresses_cannot_be_left(
    word: str, beside: str, ship: Callable[..., dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    texts = {name: text for name, (text, _) in PRIVATE.items()}

    sent = ship({**LOG, "trace": {"nodes": [texts]}}, CASELOG_MASK=f"-{word}{beside}")

    assert [private for _, private in PRIVATE.values() if private in json.dumps(sent)] == []
    assert "CASELOG_MASK" in capsys.readouterr().err


@pytest.mark.claim("wrong-words-send-less")
def test_a_wrong_word_sends_less_and_is_named(
    ship: Callable[..., dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    without_bodies = ship(build_workflow_log(STATE), CASELOG_MASK="bodeis")
    without_trace = ship(build_workflow_log(STATE), CASELOG_LEVEL="OF")

    assert "Where is my bag?" not in json.dumps(without_bodies["trace"]["messages"])
    assert "trace" not in without_trace
    told = capsys.readouterr().err
    assert "CASELOG_MASK" in told
    assert "CASELOG_LEVEL" in told


@pytest.mark.claim("read-at-the-first-log")
def test_variables_are_read_when_the_first_log_is_shipped(
    workflow: FakeCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CASELOG_LEVEL", "METRICS_ONLY")  # long after the import
    ship_log_async(build_workflow_log(STATE))
    flush(60)
    monkeypatch.setenv("CASELOG_LEVEL", "FULL_TRACE")
    ship_log_async(build_workflow_log(STATE))
    flush(60)

    assert ["trace" in log for log in workflow.logs] == [False, False]


@pytest.mark.claim("server-changes-nothing")
@pytest.mark.parametrize("status", [200, 400, 401, 429, 503])
def test_whatever_the_server_answers_the_next_log_holds_no_more(
    status: int,
    open_client: Callable[..., Client],
    collector: FakeCollector,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asks = {"level": "FULL_TRACE", "mask": "-secrets", "settings": {"level": "FULL_TRACE"}}
    headers = {"X-Caselog-Level": "FULL_TRACE", "Retry-After": "0", "Set-Cookie": "level=FULL_TRACE"}
    client = open_client(level="METRICS_ONLY")

    collector.answer = lambda _sent: (status, headers, json.dumps(asks).encode())
    for _ in range(2):
        client.ship({**STATE, "note": "bob@example.com", "trace": {"nodes": []}})
        client.flush(0.3)
    sent = collector.logs

    assert len(sent) >= 2
    assert not any("trace" in log or "bob@" in json.dumps(log) for log in sent)


@pytest.fixture(autouse=True)
def _no_client_is_left_behind() -> Iterator[None]:
    yield
    close(1)
