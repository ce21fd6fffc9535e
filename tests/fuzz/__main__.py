"""The long runs: the collector under chance, and held to its description.

    python -m tests.fuzz --minutes 10
    python -m tests.fuzz --only messages --seed 7 --case 1234

The first line that is printed says the seed. With it and the number of a case that was at fault, that case is sent
again alone, and what was said to it is shown. Exit status 1: something was wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from tests.fuzz.collecting import collecting
from tests.fuzz.described import hold_to_description
from tests.fuzz.run import Result, make, run
from tests.fuzz.talk import talk

_PARTS: Final = ("messages", "description")
_FAULTS_SHOWN: Final = 100


def _messages(folder: Path, seed: int, seconds: int) -> bool:
    with collecting(folder) as target:
        result = run(target, seed, seconds=seconds)
    _show(result)
    return not result.faults


def _show(result: Result) -> None:
    print(
        f"{result.cases} cases; longest {result.record.longest_s:.1f} s; "
        f"{result.good.acknowledged.total()} logs of a sender beside them, each acknowledged within "
        f"{result.good.longest_s:.2f} s; {result.peak_rss_bytes >> 20} MiB"
    )
    for answer, count in result.record.answers.most_common():
        print(f"{count:8} {answer}")
    for fault in result.faults[:_FAULTS_SHOWN]:
        print(f"FAULT {fault}")
    print(f"{len(result.faults)} faults")


def _description(folder: Path, seed: int, seconds: int) -> bool:
    with collecting(folder) as target:
        said = hold_to_description(target, folder, seed, seconds=seconds)
    print(said.stdout, said.stderr)
    return said.returncode == 0


def _once_more(folder: Path, seed: int, number: int) -> bool:
    """Send one case alone, and show it."""
    with collecting(folder) as target:
        case = make(seed, number, target.key)
        said = asyncio.run(talk(target.port, case))
    for request in case.requests:
        print(request.head, request.content[:2000], sorted(request.statuses))
    print(case.end.value, case.parts[:50], bytes(said.said), f"{said.seconds:.2f} s", sep="\n")
    print((folder / "service.log").read_text())
    return said.is_closed


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10.0, help="of each part")
    parser.add_argument("--only", choices=_PARTS)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--case", type=int, help="send this case of the messages alone, and show it")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    is_well = True
    for part in _PARTS if options.only is None else [options.only]:
        with tempfile.TemporaryDirectory() as name:
            folder, seconds = Path(name), int(options.minutes * 60)
            if options.case is not None:
                is_well &= _once_more(folder, options.seed, options.case)
                break
            is_well &= (_messages if part == "messages" else _description)(folder, options.seed, seconds)
    sys.exit(not is_well)


if __name__ == "__main__":
    main()
