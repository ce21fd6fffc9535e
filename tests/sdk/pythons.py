"""The Pythons that the SDK's tests in real processes run on: every one from 3.9 on that this machine has.

    python -m tests.sdk.pythons

None is brought here: a newer one is tested by whoever has it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

_NEWEST_MINOR = 20


def find_pythons() -> dict[str, str]:
    """The path of each, by its version: on the PATH, or installed beside the one that runs."""
    named = [shutil.which(f"python3.{minor}") for minor in range(9, _NEWEST_MINOR + 1)]
    beside = sorted(map(str, Path(sys.base_prefix).parent.glob("3.*/bin/python3")))
    found: dict[str, str] = {}
    for python in filter(None, [*named, *beside]):
        tell = [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        version = subprocess.run(tell, capture_output=True, text=True, check=False).stdout.strip()
        # A shim of a version manager may stand for none.
        if re.fullmatch(r"3\.(?:9|[1-9]\d)", version):
            found.setdefault(version, python)
    return dict(sorted(found.items(), key=lambda item: int(item[0][2:])))


if __name__ == "__main__":
    print(", ".join(find_pythons()))
