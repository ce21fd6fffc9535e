"""Everything that masking touches in real runs, by rule, for a person to look at.

    python -m benchmarks.masked ../shared/data/airline_tickets.jsonl ../shared/data/real_runs.ndjson [--rule NAME]

Each different thing once: how often, by which rule, and the words around it. A file of runs in OpenAI's chat format
(``messages``) is brought into logs as the tests do; a file of states (``state``) goes through `build_workflow_log`.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from caselog import build_workflow_log
from caselog.masking import Masker
from caselog.serialize import plain
from tests.airline import log_from_run

_STARTED: Final = datetime(2026, 11, 23, 8, tzinfo=UTC)
_AROUND: Final = 48


def logs_of(path: Path) -> Iterator[dict[str, Any]]:
    """The logs of a file of runs or of states."""
    for line in path.read_text(encoding="utf-8").splitlines():
        given = json.loads(line)
        log = build_workflow_log(given["state"]) if "state" in given else log_from_run(given, _STARTED)
        yield json.loads(json.dumps(plain(log)))


def touched(log: dict[str, Any], masker: Masker) -> Iterator[tuple[str, str, str, str]]:
    """Rule, words before, what was touched, words after: of each text once, of each field wherever it stands."""
    masked = masker.mask(log)
    for text, finds in masker.finds.items():
        for find in finds:
            before, after = (
                text[max(0, find.start - _AROUND) : find.start],
                text[find.end : find.end + _AROUND],
            )
            yield find.rule, before, text[find.start : find.end], after
    yield from _fields(log, masked, "", masker)


def _fields(before: Any, after: Any, name: str, masker: Masker) -> Iterator[tuple[str, str, str, str]]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for (field, value), masked in zip(before.items(), after.values(), strict=True):
            yield from _fields(value, masked, f"{name}.{field}"[-_AROUND:], masker)
    elif isinstance(before, list) and isinstance(after, list):
        for value, masked in zip(before, after, strict=True):
            yield from _fields(value, masked, name, masker)
    elif not isinstance(before, str) or before not in masker.finds:
        yield "field of the log", f"{name}: ", json.dumps(before, ensure_ascii=False)[:120], f" -> {after}"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.masked",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--rule", help="only this one")
    options = parser.parse_args()
    masker = Masker(b"a key of a benchmark")
    found: Counter[tuple[str, str, str, str]] = Counter()
    for path in options.files:
        for log in logs_of(path):
            found.update(set(touched(log, masker)))
    by_rule: Counter[str] = Counter()
    for (rule, before, private, after), count in sorted(found.items(), key=lambda item: item[0][::2]):
        by_rule[rule] += 1
        if options.rule in (None, rule):
            print(f"{rule} x{count}: {before!r} »{private!r}« {after!r}")
    for rule, count in by_rule.most_common():
        print(f"{count:6} different by {rule}")


if __name__ == "__main__":
    main()
