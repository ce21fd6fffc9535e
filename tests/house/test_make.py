from __future__ import annotations

import re
import subprocess

from tests.house.tree import ROOT, tracked


def _make(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", *arguments], cwd=ROOT, check=True, capture_output=True, text=True)


def test_make_alone_lists_every_target_once_and_says_what_it_does() -> None:
    phony = re.search(r"(?m)^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"))

    listed = _make()

    assert phony
    assert sorted(re.findall(r"(?m)^  ([a-z]+) +\w", listed.stdout)) == sorted(phony[1].split())
    assert listed.stderr == ""


def test_every_target_that_is_written_about_is_there() -> None:
    listed = set(re.findall(r"(?m)^  ([a-z]+) ", _make().stdout))
    pages = [(ROOT / path).read_text(encoding="utf-8") for path in tracked() if path.suffix == ".md"]

    named = {target for page in pages for target in re.findall(r"(?:`|^)make ([a-z]+)", page, re.MULTILINE)}

    assert named <= listed
