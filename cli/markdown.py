"""How a page of the docs that is made from the code is written."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Final

WRITTEN: Final = "<!-- Written from the code by `make docs`; change it there. -->\n\n"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table with its head."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def code(text: str) -> str:
    """Text as code that may stand in a table, whatever is in it.

    >>> code("a|b`<")
    '<code>a&#124;b&#96;&lt;</code>'
    """
    escaped = (
        html.escape(text, quote=False).replace("|", "&#124;").replace("\n", "&#10;").replace("`", "&#96;")
    )
    return f"<code>{escaped}</code>"
