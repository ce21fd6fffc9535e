"""The pages' view is what its sources make, small enough to be painted at once, and readable in one sitting.

What needs npm (types, rules, the same bytes again) is checked by `make view`, which `make lint` runs.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from playwright._impl._driver import compute_driver_executable

from tests.house.tree import ROOT, tracked
from tests.voila_dashboards.view_in_node import answers_of_view
from voila_dashboards.gateway.assets import Assets
from voila_dashboards.pages import PAGES

ROOM: Final = ROOT / "voila_dashboards"
STATIC: Final = ROOM / "static"
WEB: Final = ROOM / "web"
UNITS: Final = ROOT / "tests" / "voila_dashboards" / "web"
#: What the bundle is made of, as `web/build.mjs` says it.
SOURCES: Final = {".ts", ".tsx", ".css", ".mjs", ".json"}
#: Of one visit that has nothing in its cache, font included, in bytes on the wire; and where the browser takes no
#: brotli, as without TLS.
FIRST_VISIT: Final = {"br": 70 * 1024, "gzip": 74 * 1024}
#: The shell, a client's first data and the headers of every answer: measured by `benchmarks.pages`, with room to spare.
DOCUMENT: Final = 16 * 1024


@cache
def built() -> dict[str, Any]:
    told: dict[str, Any] = json.loads((STATIC / "build.json").read_text(encoding="utf-8"))
    return told


def sources() -> Iterator[Path]:
    for folder in (WEB, ROOM / "pages"):
        for path in folder.rglob("*"):
            if path.suffix in SOURCES and "node_modules" not in path.parts and path.is_file():
                yield path


def modules() -> list[Path]:
    """Modules that people write."""
    written = (path for path in sources() if path.suffix in {".ts", ".tsx", ".mjs"})
    return [*(path for path in written if path.parent.name != "generated"), *UNITS.glob("*.ts")]


def test_the_view_is_built_from_these_sources() -> None:
    sha256 = hashlib.sha256()
    for name, path in sorted((path.relative_to(ROOM).as_posix(), path) for path in sources()):
        sha256.update(f"{name}\0".encode() + path.read_bytes() + b"\0")

    assert built()["source"] == sha256.hexdigest(), "run `make web`, and commit what it writes"


def test_every_file_of_the_view_is_the_one_that_was_built() -> None:
    found = {
        path.relative_to(STATIC).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in STATIC.rglob("*")
        if path.suffix in {".js", ".css"}
    }

    assert found == built()["files"]


def test_what_a_notebook_is_given_names_its_sources() -> None:
    """The pieces that a browser fetches do not: `build.json` does, and each byte of a first visit counts."""
    banner = f"/* Caselog's view, built by `make web` from sources with SHA-256 {built()['source'][:12]}. */"

    widget = [name for name in built()["files"] if name.startswith("widget/")]

    assert [banner in (STATIC / name).read_text(encoding="utf-8") for name in widget] == [True, True]


@pytest.mark.parametrize("coding", FIRST_VISIT)
@pytest.mark.parametrize("page", PAGES)
def test_a_first_visit_is_small(page: str, coding: str) -> None:
    assets = Assets(STATIC)
    needed = [
        *assets.scripts(page),
        *assets.styles(page),
        "caselog.css",
        "logo.svg",
        "fonts/inter-ascii.woff2",
    ]

    sent = {name: len(_as_sent(STATIC / name, coding)) for name in needed}

    print(page, coding, sum(sent.values()), sent)
    assert sum(sent.values()) + DOCUMENT <= FIRST_VISIT[coding]


def _as_sent(path: Path, coding: str) -> bytes:
    if path.suffix == ".woff2":
        return path.read_bytes()
    brotli = path.with_name(f"{path.name}.br")
    return (
        brotli.read_bytes()
        if coding == "br" and brotli.exists()
        else gzip.compress(path.read_bytes(), 9, mtime=0)
    )


def test_every_script_and_style_sheet_that_is_served_has_its_own_text_in_brotli_beside_it() -> None:
    served = [name for name in built()["files"] if not name.startswith("widget/")]
    script = """
    import { brotliDecompressSync } from "node:zlib";
    const answer = (path) => brotliDecompressSync(readFileSync(`${path}.br`)).equals(readFileSync(path));
    """
    assert served
    assert {path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*.br")} == {
        f"{n}.br" for n in served
    }
    assert set(answers_of_view(script, [str(STATIC / name) for name in served])) == {True}


def test_what_other_pages_need_is_not_fetched_for_the_first_one() -> None:
    assets = Assets(STATIC)
    needed = {page: set(assets.scripts(page)) for page in PAGES}

    assert needed.keys() == PAGES.keys()
    for page, scripts in needed.items():
        assert "caselog-host.js" in scripts
        assert scripts - set().union(*(others for other, others in needed.items() if other != page)), page


def test_a_person_reads_a_module_in_one_sitting() -> None:
    texts = {path.name: path.read_text(encoding="utf-8").splitlines() for path in modules()}

    assert {name: len(lines) for name, lines in texts.items() if len(lines) > 250} == {}
    wide = {name: max(map(len, lines), default=0) for name, lines in texts.items()}
    assert {name: width for name, width in wide.items() if width > 120} == {}


def test_nothing_of_a_log_becomes_markup() -> None:
    markup = re.compile(
        r"dangerouslySetInnerHTML|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\("
    )

    assert [path.name for path in modules() if markup.search(path.read_text(encoding="utf-8"))] == []


def test_the_lock_names_no_address_and_every_package_by_its_hash() -> None:
    lock = (WEB / "package-lock.json").read_text(encoding="utf-8")
    packages = {name: each for name, each in json.loads(lock)["packages"].items() if name}

    assert "resolved" not in lock
    assert [
        name for name, each in packages.items() if not each.get("integrity", "").startswith("sha512-")
    ] == []


def test_every_dependency_of_the_view_is_pinned() -> None:
    wanted = json.loads((WEB / "package.json").read_text(encoding="utf-8"))["devDependencies"]

    assert [name for name, version in wanted.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []


def test_what_npm_installs_is_not_committed() -> None:
    assert [path for path in tracked() if "node_modules" in path.parts] == []


def test_the_pure_functions_of_the_view_hold() -> None:
    """With the Node that Playwright brings, which reads TypeScript as it stands."""
    node, _ = compute_driver_executable()
    files = sorted(str(path.relative_to(ROOT)) for path in UNITS.glob("*.test.ts"))

    done = subprocess.run([node, "--test", *files], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"(?m)^\S+ pass (\d+)$", done.stdout)
    assert passed
    assert int(passed[1]) >= 30
