from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.tree import ROOT

#: What is locked, by its lock: the house, and the adapters' environment.
LOCKS = {
    name: (ROOT / name).read_text(encoding="utf-8")
    for name in ("requirements.lock", "requirements-adapters.lock")
}
FILES = {
    name: tomllib.loads((ROOT / name).read_text(encoding="utf-8"))
    for name in ("pyproject.toml", "sdk/pyproject.toml")
}
PROJECT: dict[str, Any] = FILES["pyproject.toml"]["project"]


def _lines(name: str) -> list[str]:
    """Requirements of a lock, continuation lines joined."""
    lines = re.sub(r"\\\n\s*", " ", LOCKS[name]).splitlines()
    return [line for line in lines if line and not line.lstrip().startswith("#")]


def _locked(name: str) -> dict[str, str]:
    """The requirement of each name; the last one where Pythons differ."""
    return {canonicalize_name(re.split(r"[=\s;\[]", line, maxsplit=1)[0]): line for line in _lines(name)}


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_is_pinned_and_hashed(name: str) -> None:
    loose = [line for line in _lines(name) if not re.match(r"[\w.\-\[\]]+==[^ ]+ .*--hash=sha256:", line)]

    assert len(_lines(name)) > 50
    assert loose == []


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_names_no_address(name: str) -> None:
    found = re.compile(r"://|--(extra-)?index-url|--find-links| @ ")
    addresses = [line for line in LOCKS[name].splitlines() if found.search(line)]

    assert addresses == []


def test_the_lock_holds_every_direct_dependency_at_an_allowed_version() -> None:
    extras = PROJECT["optional-dependencies"].values()
    wanted = [
        Requirement(text)
        for text in [*PROJECT["dependencies"], *(each for extra in extras for each in extra)]
    ]

    locked = _locked("requirements.lock")
    wrong = [str(each) for each in wanted if each.name != "caselog" and not _allows(each, locked)]

    assert wrong == []


def test_the_adapters_lock_holds_their_frameworks_at_an_allowed_version() -> None:
    extras = FILES["sdk/pyproject.toml"]["project"]["optional-dependencies"]
    wanted = [Requirement(text) for name in ("crewai", "llama-index") for text in extras[name]]
    wanted += [Requirement(text) for text in FILES["pyproject.toml"]["dependency-groups"]["adapters"]]

    locked = _locked("requirements-adapters.lock")
    wrong = [str(each) for each in wanted if each.name != "caselog" and not _allows(each, locked)]

    assert wrong == []


def _allows(wanted: Requirement, locked: dict[str, str]) -> bool:
    line = locked.get(canonicalize_name(wanted.name))
    version = re.search(r"==([^ ;]+)", line or "")
    return version is not None and wanted.specifier.contains(version[1])
