"""``python -m caselog check``: sends one test log and says in words what is wrong, if anything is."""

from __future__ import annotations

import argparse
import sys

from .check import check_delivery
from .settings import environment
from .transport import KeepAlive
from .version import __version__


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0 where a test log was stored, 1 where not, 2 for wrong use."""
    parser = argparse.ArgumentParser(prog="python -m caselog", description=__doc__)
    parser.add_argument("--version", action="version", version=f"caselog {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check", help="send one test log (category caselog-check) and say what is wrong")
    parser.parse_args(arguments)
    connection = KeepAlive()
    try:
        findings = check_delivery(environment(), connection)
    finally:
        connection.close()
    for finding in findings:
        sys.stdout.write(f"{'ok ' if finding.is_fine else 'NOT'} {finding.sentence}\n")
    return 0 if all(finding.is_fine for finding in findings) else 1


if __name__ == "__main__":
    sys.exit(main())
