"""Pure functions of the view, asked with the Node that Playwright brings."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from typing import Any, Final

from playwright._impl._driver import compute_driver_executable

from tests.house.tree import ROOT

_ASK: Final = """
import { parseJson } from "./voila_dashboards/web/values/exact.ts";
import { readFileSync } from "node:fs";
const values = readFileSync(0, "utf8").split("\\n").map((line) => parseJson(line, null));
console.log(JSON.stringify(values.map((value) => answer(value))));
"""


def answers_of_view(script: str, values: Iterable[Any]) -> list[Any]:
    """What the function ``answer``, which ``script`` defines, says of each value: read as the page reads a log."""
    node, _ = compute_driver_executable()
    done = subprocess.run(
        [node, "--input-type=module", "--eval", script + _ASK],
        cwd=ROOT,
        input="\n".join(map(json.dumps, values)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers: list[Any] = json.loads(done.stdout)
    return answers
