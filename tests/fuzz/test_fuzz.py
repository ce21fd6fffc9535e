"""The short runs; `python -m tests.fuzz` is the long one."""

from __future__ import annotations

from pathlib import Path

from tests.fuzz.collecting import collecting
from tests.fuzz.described import hold_to_description
from tests.fuzz.run import run


def test_whatever_is_sent_is_answered_as_documented_and_costs_nobody_a_log(tmp_path: Path) -> None:
    with collecting(tmp_path) as target:
        result = run(target, seed=1, most=350)

    assert result.faults == []
    assert result.record.answers["200 stored"] > 50
    assert result.good.acknowledged


def test_the_collector_answers_as_its_description_says(tmp_path: Path) -> None:
    with collecting(tmp_path) as target:
        said = hold_to_description(target, tmp_path, seed=1, most=20)

    assert said.returncode == 0, said.stdout + said.stderr
    assert "Selected: 3/3" in said.stdout
