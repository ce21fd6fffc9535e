"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
import sys
import tomllib

import pytest

from tests.house.tree import ROOMS, ROOT, attributes, imported, modules, names_from

PURE = ("sdk/caselog/model.py", "lake/layout.py", "lake/schema.py")

#: Who reads the environment beside `cli`, and why it must.
READS_ENVIRONMENT = {
    "sdk/caselog/settings.py": "its settings are the variables of somebody else's process",
    "voila_dashboards/kernel/showing.py": "a notebook learns in no other way where it runs",
}

#: Modules of the SDK that need more than the standard library; whoever imports them has asked for the extra.
EXTRAS = {
    "sdk/caselog/crewai/listener.py": "crewai",
    "sdk/caselog/crewai/runs.py": "crewai",
    "sdk/caselog/langchain/handler.py": "langchain",
    "sdk/caselog/llama_index/handlers.py": "llama-index",
    "sdk/caselog/llama_index/objects.py": "llama-index",
    "sdk/caselog/openai_agents/calls.py": "openai-agents",
    "sdk/caselog/openai_agents/processor.py": "openai-agents",
    "sdk/caselog/openai_agents/runner.py": "openai-agents",
    "sdk/caselog/pydantic_ai/capability.py": "pydantic-ai",
}
#: What a distribution is imported as, where that is another name.
IMPORTED_AS = {
    "llama_index_core": "llama_index",
    "openai_agents": "agents",
    "pydantic_ai_slim": "pydantic_ai",
}


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

    undeclared = {path: names - _declared(EXTRAS.get(path)) for path, names in foreign.items()}

    assert {path for path, names in undeclared.items() if names} == set()


def _declared(extra: str | None) -> set[str]:
    """Import names of what an extra of the SDK installs."""
    project = tomllib.loads((ROOT / "sdk" / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["optional-dependencies"].get(extra, [])
    names = {re.split(r"[\[<>=!~; ]", each, maxsplit=1)[0].replace("-", "_") for each in wanted}
    return {IMPORTED_AS.get(name, name) for name in names}


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
