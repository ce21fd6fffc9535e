"""Closed sets of words in a payload: plain text in Python, a union type in the browser.

Each is defined where Python knows it; `Words` names it for the TypeScript that is generated.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """All the words that a text of a payload may be; ``name`` is the type's in TypeScript."""

    name: str
    words: tuple[str, ...]
