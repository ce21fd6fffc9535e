"""The command line as a script calls it, in this process."""

from __future__ import annotations

import json
from typing import Any

from click.testing import CliRunner, Result

from cli.main import main


def caselog(*arguments: str, stdin: str = "") -> Result:
    """What `caselog` did with these arguments."""
    return CliRunner().invoke(main, list(arguments), input=stdin)


def answered(*arguments: str, stdin: str = "") -> Any:
    """The JSON a command printed, after it exited with 0."""
    result = caselog(*arguments, "--json", stdin=stdin)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)
