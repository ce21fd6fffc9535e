"""The service log: one line each, and never a word of what a log holds."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from serving.service_log import JsonLine, TextLine, describe_defect

ROOT = Path(__file__).parents[2]
SECRET = "a customer's\nwords"


def _record(message: str, *, failed: bool = False) -> logging.LogRecord:
    try:
        raise ValueError(SECRET) if failed else KeyError
    except (ValueError, KeyError):
        info = sys.exc_info() if failed else None
    return logging.LogRecord("collector.groups", logging.ERROR, __file__, 1, message, None, info)


@pytest.mark.parametrize("line", [TextLine(), JsonLine()], ids=["text", "json"])
def test_an_exception_is_told_by_its_class_and_place(line: logging.Formatter) -> None:
    said = line.format(_record("Exception in ASGI application\n", failed=True))

    assert "ValueError at" in said
    assert "test_service_log.py:" in said
    assert "customer" not in said
    assert len(said.splitlines()) == 1


def test_a_line_of_text_has_time_level_and_logger() -> None:
    said = TextLine().format(_record("two\nlines \u202eand \x1b[31mcolour"))

    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ERROR collector\.groups: two\\nlines \\u202eand \\x1b\[31mcolour",
        said,
    )


def test_a_line_of_json_has_the_same_fields() -> None:
    said = json.loads(JsonLine().format(_record("Wörter")))

    assert said.keys() == {"time", "level", "logger", "message"}
    assert (said["level"], said["message"]) == ("ERROR", "Wörter")


def test_a_defect_names_the_innermost_places_first() -> None:
    with pytest.raises(ValueError, match="Expecting") as caught:
        json.loads("{")

    said = describe_defect(caught.value)

    assert said.startswith("JSONDecodeError at ")
    assert re.search(r"decoder\.py:\d+ < .*test_service_log\.py:\d+$", said)


def _said(code: str, **settings: str) -> str:
    env = {**os.environ, **{f"CASELOG_LOG_{name.upper()}": value for name, value in settings.items()}}
    start = "from cli.environment import start_service_log; import logging; start_service_log(); "
    command = [sys.executable, "-c", start + code]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.stdout == ""
    return done.stderr


def test_our_rooms_speak_from_the_level_on_that_is_set_and_others_from_warnings_on() -> None:
    code = "[logging.getLogger(name).log(level, name) for name in ('etl.run', 'httpx') for level in (10, 20, 30)]"

    usual, all_ = _said(code), _said(code, level="DEBUG")

    assert [line.split()[1:3] for line in usual.splitlines()] == [
        ["INFO", "etl.run:"],
        ["WARNING", "etl.run:"],
        ["WARNING", "httpx:"],
    ]
    assert all_.count("etl.run:") == 3
    assert all_.count("httpx:") == 1


def test_a_format_that_there_is_not_stops_the_start() -> None:
    assert "CASELOG_LOG_FORMAT" in _said("", format="xml")


def test_the_etl_speaks_through_it(tmp_path: Path) -> None:
    folder = tmp_path / "lake"
    env = {**os.environ, "CASELOG_LAKE_URL": folder.as_uri(), "CASELOG_LOG_FORMAT": "json"}
    code = (
        "import cli.etl; from lake.errors import StoreUnavailable; from cli.environment import start_service_log; "
        "start_service_log(); cli.etl._log_failure(StoreUnavailable('a listing'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )

    line = json.loads(done.stderr)
    assert (line["logger"], line["level"]) == ("cli.etl", "WARNING")
    assert "The next run tries again." in line["message"]
