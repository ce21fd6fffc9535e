"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import sys

import pytest

from tests.house.tree import ROOMS, attributes, imported, modules, names_from

PURE = ("sdk/caselog/model.py", "lake/layout.py", "lake/schema.py")

#: Who reads the environment beside `cli`, and why it must.
READS_ENVIRONMENT = {
    "sdk/caselog/settings.py": "its settings are the variables of somebody else's process",
    "voila_dashboards/kernel/showing.py": "a notebook learns in no other way where it runs",
}

#: What the SDK may import beside the standard library, and only where an extra was asked for.
EXTRAS: dict[str, set[str]] = {}


def test_only_the_command_line_reads_the_environment() -> None:
    reads = {
        path: line
        for path, tree in modules(*ROOMS)
        if not path.startswith("cli/")
        for name, line in attributes(tree)
        if name in {"os.environ", "os.getenv", "os.environb", "os.putenv"}
    }

    assert set(reads) <= set(READS_ENVIRONMENT), reads


def test_no_module_hides_the_environment_behind_an_import_of_its_name() -> None:
    hidden = [path for path, tree in modules(*ROOMS) if names_from(tree, "os") & {"environ", "getenv"}]

    assert hidden == []


@pytest.mark.parametrize("path", PURE)
def test_what_a_log_is_and_where_it_lies_asks_no_clock(path: str) -> None:
    ((_, tree),) = modules(path)

    asked = [name for name, _ in attributes(tree) if name.rpartition(".")[2] in {"now", "today", "utcnow"}]

    assert asked == []


def test_the_sdk_needs_nothing_but_the_standard_library() -> None:
    own = {"__future__", "caselog"} | sys.stdlib_module_names
    foreign = {path: names for path, tree in modules("sdk/caselog") if (names := imported(tree) - own)}

    assert foreign == EXTRAS


def test_nothing_is_mocked() -> None:
    mocks = [
        path
        for path, tree in modules("tests")
        if "mock" in imported(tree) | names_from(tree, "unittest") or _imports(tree, "unittest.mock")
    ]

    assert mocks == []


def _imports(tree: ast.Module, module: str) -> bool:
    plain = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    return module in plain or bool(names_from(tree, module))
