"""What is committed tells nothing about the machine it was written on."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from tests.house.tree import ROOT, tracked


def test_no_path_of_this_machine_is_committed() -> None:
    paths = {f"{ROOT}/", f"{Path.home()}/", f"{Path(sys.base_prefix)}/"} - {"/", "//", "/usr/", "/usr/local/"}

    assert _committed_with(paths) == []


def test_no_registry_of_this_machine_is_committed() -> None:
    settings = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], check=False, capture_output=True, text=True
    ).stdout
    told = "\n".join([settings, *(value for name, value in os.environ.items() if _names_a_registry(name))])
    hosts = {urlsplit(url).hostname or "" for url in re.findall(r"https?://[^\s,'\"|]+", told)}

    assert _committed_with(hosts - {"", "127.0.0.1", "localhost"}) == []


def _names_a_registry(variable: str) -> bool:
    return re.search(r"(?i)index_url|proxy|registry", variable) is not None


def _committed_with(words: Iterable[str]) -> list[str]:
    found = []
    for path in tracked():
        text = (ROOT / path).read_bytes().decode("utf-8", "replace")
        found += [f"{path}: {word}" for word in words if word in text]
    return found
