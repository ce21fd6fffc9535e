"""The words are held to the code: each command, setting and target stands in README.md or docs/."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest
from pydantic import BaseModel

from cli.environment import COLLECTOR_PREFIX, DASHBOARDS_PREFIX, ETL_PREFIX, LOG_PREFIX
from cli.main import main
from collector.settings import CollectorSettings
from etl.settings import EtlSettings
from serving.service_log import LogSettings
from tests.house.tree import ROOT, tracked
from voila_dashboards.settings import DashboardSettings

DOCS = {path: (ROOT / path).read_text(encoding="utf-8") for path in tracked() if path.suffix == ".md"}
#: Blocks of code: what looks like a link there is none.
CODE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
WORDS = "\n".join(DOCS.values())
SETTINGS: dict[str, type[BaseModel]] = {
    COLLECTOR_PREFIX: CollectorSettings,
    DASHBOARDS_PREFIX: DashboardSettings,
    ETL_PREFIX: EtlSettings,
    LOG_PREFIX: LogSettings,
}


def _commands(group: click.Group, above: str) -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _commands(command, f"{above} {name}")
        else:
            yield f"{above} {name}"


@pytest.mark.parametrize("command", list(_commands(main, "caselog")))
def test_a_command_is_documented(command: str) -> None:
    assert re.search(rf"\b{command}\b", WORDS)


@pytest.mark.parametrize(
    "setting", [prefix + name.upper() for prefix, model in SETTINGS.items() for name in model.model_fields]
)
def test_a_setting_is_documented(setting: str) -> None:
    assert f"`{setting}`" in WORDS


@pytest.mark.parametrize("prefix", SETTINGS)
def test_a_setting_says_what_it_is(prefix: str) -> None:
    silent = [name for name, field in SETTINGS[prefix].model_fields.items() if not field.description]

    assert silent == []


def test_no_setting_is_documented_that_there_is_not() -> None:
    known = {prefix + name.upper() for prefix, model in SETTINGS.items() for name in model.model_fields}

    documented = {
        name for name in re.findall(r"\bCASELOG_[A-Z_]+\b", WORDS) if name.startswith(tuple(SETTINGS))
    }

    assert documented - known - set(SETTINGS) == set()


def test_every_link_between_pages_leads_somewhere() -> None:
    broken = [
        f"{path}: {target}"
        for path, text in DOCS.items()
        for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", CODE.sub("", text))
        if not (ROOT / path.parent / target).exists()
    ]

    assert broken == []
