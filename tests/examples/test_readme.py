from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import caselog
from tests.sdk.fake_collector import fake_collector

README = Path(__file__).resolve().parents[2] / "examples" / "support_workflow" / "README.md"


def test_the_lines_to_copy_ship_a_log(monkeypatch: Any) -> None:
    node, recording = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    state: dict[str, Any] = {"ticket_id": "T-1", "nodes": [], "react_iterations": [], "errors": []}
    around = {
        "state": state,
        "start": datetime(2026, 11, 23, 14, tzinfo=UTC),
        "output": {"category": "refund"},
        "thought": "First the order.",
        "call": {"name": "lookup_order", "arguments": {"order_number": "AC-123456"}},
        "error": ValueError("no order"),
        "trace": "Traceback ...",
        "answer": "Done.",
    }
    caselog.close()

    with fake_collector() as collector:
        for name, value in collector.env.items():
            monkeypatch.setenv(name, value)
        exec(recording, around)
        exec(node, around)
        around["audit_log"](state)  # type: ignore[operator]
        caselog.close(10)

    [log] = collector.logs
    assert (log["status"], log["metrics"]["overall_confidence"]) == ("SUCCESS", 0.93)
    assert log["trace"]["nodes"][0]["output"] == {"category": "refund"}
    assert log["trace"]["react_iterations"][0]["tool_calls"][0]["name"] == "lookup_order"
    assert log["trace"]["errors"][0]["message"] == "no order"
    assert log["trace"]["final_response"] == "Done."
