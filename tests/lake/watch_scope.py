"""Run by `test_scope_files_fuzz`: looks at a lake for ever and prints how many logs each snapshot shows.

Logs are sent in the order of their numbers and none is ever removed, so a state of the lake that existed is 1 to n.
"""

from __future__ import annotations

import sys
from pathlib import Path

from lake.reader import Reader
from lake.scope import EVERYONE
from lake.scope_files import ScopeFiles
from lake.store import open_store
from tests.lake.remote import Remote


def watch(url: str, cache: str) -> None:
    """Print a line for each snapshot: its number of logs, or what is wrong with it."""
    files = ScopeFiles(Remote.over(open_store(url, {})), Path(cache), 1 << 30)
    reader = Reader({}, folders=[Path(cache).resolve()], threads=1)
    while True:
        snapshot = files.latest(EVERYONE)
        reader.renew({file.name: file.path for file in snapshot.files})
        numbers = sorted(int(log_id) for (log_id,) in reader.sql("SELECT log_id FROM logs"))
        existed = numbers == list(range(1, len(numbers) + 1)) and not snapshot.missing
        print(len(numbers) if existed else f"never existed: {numbers} {snapshot}", flush=True)


if __name__ == "__main__":
    watch(*sys.argv[1:])
