"""The search within a ticket folds texts in the browser as the lake folds them for the search in the list."""

from __future__ import annotations

import json
import subprocess
import unicodedata
from typing import Final

from playwright._impl._driver import compute_driver_executable

from lake.folding import fold
from tests.house.tree import ROOT

#: Reads texts as JSON and writes them folded.
_PROGRAM: Final = """
import { fold } from "./voila_dashboards/web/text/fold.ts";
import { readFileSync } from "node:fs";
process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(fold)));
"""
#: Capitals of Cherokee fold the other way round in Python, and old forms of Cyrillic letters are folded only there.
_OTHERWISE: Final = [range(0x13A0, 0x1400), range(0x1C80, 0x1C90), range(0xAB70, 0xABC0)]
#: Controls that only Python takes for spaces.
_SPACES: Final = frozenset("\x1c\x1d\x1e\x1f\x85")


def _folded_by_the_view(texts: list[str]) -> list[str]:
    node, _ = compute_driver_executable()
    done = subprocess.run(
        [node, "--input-type=module", "--eval", _PROGRAM],
        cwd=ROOT,
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    return [str(text) for text in json.loads(done.stdout)]


def test_every_letter_is_folded_as_the_lake_folds_it() -> None:
    known = [chr(code) for code in range(0x20000) if not any(code in letters for letters in _OTHERWISE)]
    letters = [
        f"a{c}b" for c in known if c not in _SPACES and unicodedata.category(c) not in {"Cn", "Cs", "Co"}
    ]

    folded = _folded_by_the_view(letters)

    assert len(letters) > 60_000
    assert [(t, f) for t, f in zip(letters, folded, strict=True) if f != fold(t)] == []


def test_texts_are_folded_as_the_lake_folds_them() -> None:
    texts = [
        "Crème  BRÛLÉE\n\tnaïve",
        "STRASSE Straße",
        "ＡＢＣ１２　返金依頼",
        "İstanbul ISPARTA",
        "العَرَبِيَّة أحمد",
        "Ёлка",
        "か\u3099 が",
        "ΟΔΟΣ ὁδός ᾳ",
        "re\u200bfund soft\u00adhyphen",
        "",
    ]

    assert _folded_by_the_view(texts) == [fold(text) for text in texts]
