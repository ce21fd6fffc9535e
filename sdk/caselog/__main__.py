"""``python -m caselog check`` sends one test log and says in words what is wrong, if anything is.

``python -m caselog preview FILE`` shows what would be sent of the logs in a file, one JSON object or one a line; "-" is
the standard input.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from .api import preview
from .check import check_delivery
from .settings import environment
from .transport import KeepAlive
from .version import __version__


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0 where a test log was stored or would be sent, 1 where not, 2 for wrong use."""
    parser = argparse.ArgumentParser(prog="python -m caselog", description=__doc__)
    parser.add_argument("--version", action="version", version=f"caselog {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check", help="send one test log (category caselog-check) and say what is wrong")
    previewing = commands.add_parser(
        "preview", help="show what would be sent of a log, and what is masked in it"
    )
    previewing.add_argument("file", help='JSON of a log, or one log a line; "-" for the standard input')
    options = parser.parse_args(arguments)
    return _check() if options.command == "check" else _preview(options.file)


def _check() -> int:
    connection = KeepAlive()
    try:
        findings = check_delivery(environment(), connection)
    finally:
        connection.close()
    for finding in findings:
        sys.stdout.write(f"{'ok ' if finding.is_fine else 'NOT'} {finding.sentence}\n")
    return 0 if all(finding.is_fine for finding in findings) else 1


def _preview(file: str) -> int:
    try:
        logs = _read_logs(sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{file} cannot be read as a log: {type(error).__name__}: {error}\n")
        return 2
    previews = [preview(log) for log in logs]
    for shown in previews:
        sys.stdout.write(f"{'this log could not be sent' if shown is None else shown}\n")
    return 0 if all(shown is not None and shown.is_sent for shown in previews) else 1


def _read_logs(text: str) -> list[dict[str, Any]]:
    """The logs of a file: one JSON object over any lines, or one object a line."""
    text = text.lstrip("\ufeff")
    try:
        logs = [json.loads(text)]
    except ValueError:
        # Not splitlines: JSON has U+2028 and its like in strings as they are.
        logs = [json.loads(line) for line in text.split("\n") if line.strip()]
    if not logs or not all(isinstance(log, dict) for log in logs):
        raise ValueError("a log is a JSON object")
    return logs


if __name__ == "__main__":
    sys.exit(main())
