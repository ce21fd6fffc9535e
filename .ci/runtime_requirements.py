"""Prints the part of requirements.lock that running Caselog needs: no notebooks, no examples, no tools.

Follows the ``# via`` notes of the lock from the dependencies in pyproject.toml (or from the names given as
arguments), hashes and markers untouched, so that the image is built from the same pins as the tests.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path


def entries(lock: str) -> dict[str, tuple[str, set[str]]]:
    """Name -> (its lines in the lock, the names that asked for it); more than one line where Pythons differ."""
    found: dict[str, tuple[str, set[str]]] = {}
    for text in re.split(r"(?m)^(?=[a-z0-9])", lock):
        requirement, _, notes = text.partition("    # via")
        if name := re.match(r"[a-z0-9._-]+", requirement):
            lines, askers = found.get(name[0], ("", set()))
            found[name[0]] = (lines + requirement, askers | set(re.findall(r"[a-z0-9][a-z0-9._-]*", notes)))
    return found


def closure(lock: str, roots: set[str]) -> str:
    """The lock's lines for the roots and everything they ask for."""
    known = entries(lock)
    needed, more = set(), roots
    while more:
        needed |= more
        more = {name for name, (_, askers) in known.items() if askers & needed} - needed
    return "".join(known[name][0] for name in sorted(needed))


def names(requirements: list[str]) -> set[str]:
    """Normalised names of the requirements, without our own SDK, which is built beside."""
    bare = {re.split(r"[\s\[<>=!~;]", each, maxsplit=1)[0] for each in requirements}
    return {re.sub(r"[-_.]+", "-", name).lower() for name in bare} - {"caselog"}


def main(folder: Path, roots: list[str]) -> str:
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lock = (folder / "requirements.lock").read_text(encoding="utf-8")
    return closure(lock, names(roots or project["dependencies"]))


if __name__ == "__main__":
    sys.stdout.write(main(Path.cwd(), sys.argv[1:]))
