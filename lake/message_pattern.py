"""What a message says whatever it is about: the part by which errors without a type of their own are told apart. Pure.

It is made where scope files are made (`lake.scope_tables`): files of the table need no column for it, whoever wrote
them, and no page has to look at messages.
"""

from __future__ import annotations

from typing import Final

#: Types that say no more than that something went wrong, in small letters: the message tells what.
GENERIC_TYPES: Final = ("", "error", "exception")
#: Of a message, what follows so many letters makes no kind of its own.
_LETTERS: Final = 160
#: What stands for a part that varies.
_GAP: Final = "…"
#: Groups are what stays: a status of HTTP, a key of JSON, and what stands before a quoted value, so that an
#: apostrophe within a word begins none. Of a value that the cut leaves open, no end is asked for.
_VARYING: Final = (
    r"((?:HTTP|[Ss]tatus|[Cc]ode)(?: code)?[ :=]{1,3}[1-5]\d\d\b)",
    r'("[\w.$-]+" ?: ?)(?:"[^"]*(?:"|$)|-?\d[\w.+-]*|)',
    r"(^|[ \t\r\n(\[{=:,])'[^']*(?:'|$)",
    r'"[^"]*(?:"|$)',
    "`[^`]*(?:`|$)",
    r"\w+://[^ \t\r\n\"'<>]+",
    r"[\w.~-]*:?(?:[\\/][\w.@%~+-]+){2,}(?::\d+)*",
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    r"[\w+-]*\d[\w-]*(?:[., :;/+-]+\d[\w-]*)*",
)


def pattern_of(message: str, kind: str) -> str:
    """SQL of the pattern of ``message`` for an error of the type ``kind``: columns of texts, or expressions.

    NULL where the type tells more than `GENERIC_TYPES`, and where there is no message.
    """
    varying = "|".join(_VARYING).replace("'", "''")
    pattern = rf"regexp_replace(left({message}, {_LETTERS}), '{varying}', '\1\2\3{_GAP}', 'g')"
    return f"CASE WHEN lower(coalesce({kind}, '')) IN {GENERIC_TYPES} THEN nullif(trim({pattern}), '') END"
