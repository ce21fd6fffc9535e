"""What is in the house: files under version control, and the syntax trees of the rooms."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
ROOMS: Final = ("access", "cli", "collector", "etl", "lake", "sdk/caselog", "serving", "voila_dashboards")


@cache
def tracked() -> tuple[Path, ...]:
    """Files under version control that are there, relative to ROOT."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    paths = [Path(name) for name in listed.stdout.split("\0") if name]
    return tuple(path for path in paths if (ROOT / path).is_file())


def modules(*rooms: str) -> Iterator[tuple[str, ast.Module]]:
    """Path and syntax tree of every tracked module in the rooms, in order."""
    folders = [Path(room) for room in rooms]
    for path in tracked():
        if path.suffix == ".py" and any(path.is_relative_to(folder) for folder in folders):
            yield path.as_posix(), ast.parse((ROOT / path).read_text(encoding="utf-8"), str(path))


def imported(tree: ast.Module) -> set[str]:
    """Top-level names of everything a module imports absolutely, at its top or deferred."""
    plain = [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
    froms = [
        node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and not node.level
    ]
    return {name.partition(".")[0] for name in plain + froms}


def attributes(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Every dotted name that is used, as written, with its line: ``os.environ``, ``datetime.now``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield ast.unparse(node), node.lineno


def names_from(tree: ast.Module, module: str) -> set[str]:
    """What a module imports by ``from module import ...``."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == module]
    return {name.name for node in nodes for name in node.names}
