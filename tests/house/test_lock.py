from __future__ import annotations

import re
import tomllib
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.tree import ROOT

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _lines() -> list[str]:
    """Requirements of the lock, continuation lines joined."""
    lines = re.sub(r"\\\n\s*", " ", LOCK).splitlines()
    return [line for line in lines if line and not line.lstrip().startswith("#")]


def _locked() -> dict[str, str]:
    """The requirement of each name; the last one where Pythons differ."""
    return {canonicalize_name(re.split(r"[=\s;\[]", line, maxsplit=1)[0]): line for line in _lines()}


def test_every_requirement_is_pinned_and_hashed() -> None:
    loose = [line for line in _lines() if not re.match(r"[\w.\-\[\]]+==[^ ]+ .*--hash=sha256:", line)]

    assert len(_lines()) > 50
    assert loose == []


def test_the_lock_names_no_address() -> None:
    addresses = [
        line for line in LOCK.splitlines() if re.search(r"://|--(extra-)?index-url|--find-links| @ ", line)
    ]

    assert addresses == []


def test_the_lock_holds_every_direct_dependency_at_an_allowed_version() -> None:
    extras = PROJECT["optional-dependencies"].values()
    wanted = [
        Requirement(text)
        for text in [*PROJECT["dependencies"], *(each for extra in extras for each in extra)]
    ]

    locked = _locked()
    wrong = [str(each) for each in wanted if each.name != "caselog" and not _allows(each, locked)]

    assert wrong == []


def _allows(wanted: Requirement, locked: dict[str, str]) -> bool:
    line = locked.get(canonicalize_name(wanted.name))
    version = re.search(r"==([^ ;]+)", line or "")
    return version is not None and wanted.specifier.contains(version[1])
