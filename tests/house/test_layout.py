from __future__ import annotations

import ast
import re
import statistics

import pytest

from tests.house.tree import ROOMS, ROOT, modules, tracked

TOP_LEVEL = {
    ".ci",
    ".dockerignore",
    ".env.example",
    ".gitignore",
    "CHANGELOG.md",
    "Dockerfile",
    "LICENSE",
    "Makefile",
    "README.md",
    "access",
    "benchmarks",
    "cli",
    "collector",
    "docs",
    "etl",
    "examples",
    "lake",
    "minio-compose.yml",
    "notebooks",
    "pyproject.toml",
    "requirements-adapters.lock",
    "requirements.lock",
    "sdk",
    "serving",
    "tests",
    "voila_dashboards",
}
SAYS_NOTHING = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}


def test_the_top_level_holds_what_the_design_names_and_nothing_else() -> None:
    found = {path.parts[0] for path in tracked()}

    assert found == TOP_LEVEL


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_in_one_sentence_what_it_is(room: str) -> None:
    docstring = ast.get_docstring(ast.parse((ROOT / room / "__init__.py").read_text(encoding="utf-8")))

    assert docstring is not None
    assert re.match(r"[A-Z][^\n]+(\n[^\n]+)?\.(\n\n|$)", docstring), f"{room}: {docstring!r}"


def test_no_file_is_named_for_nothing() -> None:
    named = [path.as_posix() for path in tracked() if path.suffix == ".py" and path.stem in SAYS_NOTHING]

    assert named == []


def test_test_folders_are_no_packages() -> None:
    packages = [
        path.as_posix() for path in tracked() if path.parts[0] == "tests" and path.name == "__init__.py"
    ]

    assert packages == []


def test_a_person_reads_a_file_in_one_sitting() -> None:
    long = {path: lines for path, lines in _lines_of_files().items() if lines > 350}

    assert long == {}


def test_functions_are_short() -> None:
    lengths = sorted(_lines_of_functions())

    median, p90 = statistics.median(lengths), statistics.quantiles(lengths, n=10)[-1]
    print(f"{len(lengths)} functions: median {median:.0f} lines, p90 {p90:.0f}, longest {lengths[-1]}")
    assert median <= 10
    assert p90 <= 30


def _lines_of_files() -> dict[str, int]:
    return {path: (ROOT / path).read_text(encoding="utf-8").count("\n") for path, _ in modules(*ROOMS)}


def _lines_of_functions() -> list[int]:
    """From ``def`` to the last line, without decorators and docstring."""
    return [
        _without_docstring(node)
        for _, tree in modules(*ROOMS)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def _without_docstring(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    if ast.get_docstring(node) is None:
        return lines
    docstring = node.body[0]
    return lines - ((docstring.end_lineno or docstring.lineno) - docstring.lineno + 1)
