"""What `docs/` and the rules of masking say, where a page says it too: written once, there, and shown as it stands."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from caselog.masking.report import RULES_WITHOUT_TEXT
from caselog.masking.rules import RULES

_OPT_OUT: Final = Path(__file__).parents[2] / "docs" / "how-to-opt-out.md"
_BEGINNING: Final = "**In short.**"
#: The names of the tests that hold the sentences.
_CLAIM: Final = re.compile(r"\s*<!--.*?-->", re.DOTALL)
#: A link to another page of the docs, which no page has.
_LINK: Final = re.compile(r"\[([^]]+)\]\((?!https?:)[^)]*\)")
_HEADING: Final = re.compile(r"^## (.+)$", re.MULTILINE)


def masking_rules(head: str) -> str:
    """The module that says what each rule of masking finds, by its name."""
    found = {**{rule.name: rule.finds for rule in RULES}, **RULES_WITHOUT_TEXT}
    return f"{head}\nexport const MASKING_RULES: Readonly<Record<string, string>> = {_literal(found)};\n"


def opt_out(head: str) -> str:
    """The module that says how to opt out: Markdown, in sections by their titles; the first has none."""
    sections = sections_of(_OPT_OUT.read_text(encoding="utf-8"))
    return f"{head}\nexport const OPT_OUT: Readonly<Record<string, string>> = {_literal(sections)};\n"


def sections_of(text: str) -> dict[str, str]:
    r"""The sections of a page of the docs from its summary on, without what is for the docs alone.

    >>> sections_of("# A\n\n**In short.** b [c](d.md). <!-- claim: e -->\n\n## F\n\ng <!-- claim: h -->\n")
    {'': '**In short.** b c.', 'F': 'g'}
    """
    shown = _LINK.sub(r"\1", _CLAIM.sub("", text[text.index(_BEGINNING) :]))
    first, *rest = _HEADING.split(shown)
    return {
        "": first.strip(),
        **{title: body.strip() for title, body in zip(rest[::2], rest[1::2], strict=True)},
    }


def _literal(value: Mapping[str, str]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
