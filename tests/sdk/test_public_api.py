"""What users may rely on: a change here is a change of the changelog and, one day, of the major version."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from pathlib import Path
from typing import Any, Final

import pytest

import caselog
from caselog import errors, losses
from caselog.model import LOG_FIELDS, METRICS, TRACE_PARTS
from caselog.testing import capture
from tests.conftest import missing

README: Final = (Path(__file__).resolve().parents[2] / "sdk" / "README.md").read_text(encoding="utf-8")
SOURCES: Final = Path(caselog.__file__).parent

PUBLIC: Final = {
    "build_workflow_log": "(state: 'Any', /, **overrides: 'Any') -> 'dict[str, Any]'",
    "close": "(timeout_s: 'float' = 5.0) -> 'None'",
    "current_ticket": "() -> 'Ticket | None'",
    "flush": "(timeout_s: 'float' = 5.0) -> 'bool'",
    "node": "(name: 'str') -> 'Callable[[_F], _F]'",
    "preview": "(log: 'Mapping[str, Any]') -> 'Preview | None'",
    "set_mask": "(mask: 'OwnMask | None') -> 'None'",
    "ship_log_async": "(log: 'Mapping[str, Any]') -> 'bool'",
    "stats": "() -> 'dict[str, Any]'",
    "ticket": "(**fields: 'Any') -> 'Ticket'",
    "tool": "(function: '_F') -> '_F'",
}


def test_the_functions_are_these_with_these_arguments() -> None:
    functions = {
        name: getattr(caselog, name) for name in caselog.__all__ if inspect.isfunction(getattr(caselog, name))
    }

    assert {name: str(inspect.signature(function)) for name, function in functions.items()} == PUBLIC


def test_the_classes_are_these() -> None:
    classes = [name for name in caselog.__all__ if inspect.isclass(getattr(caselog, name))]

    assert classes == ["CaselogError", "Client", "Limits", "Settings", "Ticket"]


def test_the_version_is_that_of_the_distribution() -> None:
    declared = re.search(r'^version = "(.+)"$', (SOURCES.parent / "pyproject.toml").read_text(), re.MULTILINE)

    assert declared
    assert declared[1] == caselog.__version__


def test_every_variable_that_is_read_is_in_the_guide() -> None:
    read = set()
    for source in SOURCES.rglob("*.py"):
        read |= set(re.findall(r'"((?:CASELOG|LOG_COLLECTOR|CLIENT)_[A-Z_]+)"', source.read_text()))

    assert {name for name in read if name not in README} == set()
    assert "CASELOG_LEVEL" in read


@pytest.mark.parametrize("reason", losses.REASONS)
def test_every_reason_of_a_loss_is_in_the_guide(reason: str) -> None:
    assert f"`{reason}`" in README


def test_the_guide_names_every_field_that_a_state_can_give() -> None:
    given = [field.name for field in LOG_FIELDS if field.name not in ("schema_version", "metrics", "trace")]
    counted = ("react_iterations", "error_count", "tool_call_count")
    metrics = [metric.name for metric in METRICS if metric.name not in counted]

    assert [name for name in [*given, *metrics, *TRACE_PARTS] if f"`{name}`" not in README] == []


#: Adapters whose frameworks are installed in an environment apart, where their own tests import them as the guide does.
APART = ("caselog.crewai", "caselog.llama_index")


@pytest.mark.parametrize("example", re.findall(r"```python\n(.*?)```", README, re.DOTALL))
def test_every_example_of_the_guide_is_python_that_imports_what_is_there(example: str) -> None:
    tree = ast.parse(example)

    imports = [found for found in ast.walk(tree) if isinstance(found, ast.ImportFrom)]
    for imported in (found for found in imports if found.module not in APART):
        module = _import_module(imported.module or "")
        assert [name.name for name in imported.names if not hasattr(module, name.name)] == []


def _import_module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing(f"no {error.name}: the extra `dev` installs it")


def test_the_first_example_of_the_guide_ships_a_log() -> None:
    example = re.findall(r"```python\n(.*?)```", README, re.DOTALL)[0]
    names: dict[str, Any] = {}
    exec(compile(example, "README.md", "exec"), names)

    with capture() as logs:
        names["audit_log"]({"ticket_id": "T-1", "status": "success"})

    assert [log["status"] for log in logs] == ["SUCCESS"]


def test_every_error_is_in_the_tree_that_its_module_draws() -> None:
    leaves = [
        name
        for name, found in vars(errors).items()
        if inspect.isclass(found) and issubclass(found, Exception)
    ]

    assert [name for name in leaves if f"`{name}`" not in (errors.__doc__ or "")] == []


def test_no_repr_shows_the_key() -> None:
    settings = caselog.Settings("http://h/v1/logs", "the-key-itself", hash_key="the-other-key")

    assert "the-key-itself" not in repr(settings)
    assert "the-other-key" not in repr(settings)
    assert "the-key-itself" not in repr(caselog.Client(settings))


def test_the_distribution_says_that_it_is_typed() -> None:
    assert (SOURCES / "py.typed").exists()
