"""Where the code lies that a sealed process imports."""

from __future__ import annotations

import importlib.util
import os
import sysconfig
from collections.abc import Iterable
from pathlib import Path


def python_folders() -> tuple[Path, ...]:
    """Where this Python's standard library and installed packages lie: not its whole prefix, which may be `/usr`."""
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    folders = {Path(sysconfig.get_path(name)) for name in names}
    return tuple(sorted(folder for folder in folders if os.path.isdir(folder)))  # noqa: PTH112 - of what may not be looked at, the answer is no


def package_folders(names: Iterable[str]) -> tuple[Path, ...]:
    """Folders of packages; not those above them, where a checkout has its lake too."""
    specs = [importlib.util.find_spec(name) for name in names]
    return tuple(Path(spec.origin).parent for spec in specs if spec is not None and spec.origin)
