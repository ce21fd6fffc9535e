"""What the image installs is exactly what running Caselog needs, at the versions that are tested."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import metadata

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.tree import ROOT


def _printed(*roots: str) -> str:
    command = [sys.executable, ".ci/runtime_requirements.py", *roots]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def _names(requirements: str) -> set[str]:
    return {canonicalize_name(name) for name in re.findall(r"(?m)^[a-z0-9._-]+", requirements)}


def _installed_here(requirements: str) -> set[str]:
    """The pinned requirements whose marker holds on this machine."""
    lines = re.findall(r"(?m)^([a-z0-9._-]+==[^\\\n]+)", requirements)
    pinned = [Requirement(line) for line in lines]
    return {canonicalize_name(each.name) for each in pinned if each.marker is None or each.marker.evaluate()}


def _needed(distribution: str, extras: frozenset[str], found: set[str]) -> set[str]:
    """Everything an installed distribution needs here, followed through metadata."""
    for text in metadata.requires(distribution) or []:
        wanted = Requirement(text)
        asked = wanted.marker is None or any(
            wanted.marker.evaluate({"extra": extra}) for extra in extras | {""}
        )
        name = canonicalize_name(wanted.name)
        if asked and (name not in found or wanted.extras):
            found.add(name)
            _needed(name, frozenset(wanted.extras), found)
    return found


def test_the_image_installs_all_that_running_needs_and_no_tool() -> None:
    needed = _needed("caselog-server", frozenset(), set()) - {"caselog"}

    installed = _installed_here(_printed())

    assert needed - installed == set()
    assert (
        installed & {"hatchling", "jupyterlab", "langchain", "mypy", "pandas", "playwright", "pytest"}
        == set()
    )


def test_what_the_image_installs_is_hashed() -> None:
    requirements = re.split(r"(?m)^(?=[a-z0-9])", _printed().strip())[1:]

    assert [each for each in requirements if "--hash=sha256:" not in each] == []


def test_the_image_builds_with_the_locked_hatchling() -> None:
    assert "hatchling" in _names(_printed("hatchling"))
