"""Which field a byte of a JSON text belongs to, where the text is no JSON from there on. Pure."""

from __future__ import annotations

import re
from typing import Final

#: Further in, only the field's bytes could tell, and to look for it would cost more than the log is worth.
_LOOKED_AT: Final = 1024 * 1024
_TOKEN: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"|".*|[{}\[\],:]', re.DOTALL)

#: For each array and object around: the position of an item, or a member's name once it is known.
_Step = int | bytes | None


def byte_of_depth(text: bytes, depth: int) -> int | None:
    """Where the first array or object of that depth opens; ``None`` where there is none, or it is too far in.

    >>> byte_of_depth(b'{"a": [[[]]]}', 3)
    7
    """
    around = 0
    for token in _TOKEN.finditer(text, 0, _LOOKED_AT):
        around += (token[0] in (b"{", b"[")) - (token[0] in (b"}", b"]"))
        if around >= depth:
            return token.start()
    return None


def path_of(text: bytes, at: int) -> list[str]:
    r"""The names and positions that lead to byte ``at``; empty where it is in no field, or too far in.

    >>> path_of(b'{"trace": {"nodes": [{}, {"output": NaN', 36)
    ['trace', 'nodes', '1', 'output']
    """
    if at > _LOOKED_AT:
        return []
    steps: list[_Step] = []
    name = b""
    for token in _TOKEN.finditer(text, 0, at):
        match token[0]:
            case b"{" | b"[" as opened:
                steps.append(0 if opened == b"[" else None)
            case b"}" | b"]":
                steps[-1:] = []
            case b":":
                steps[-1:] = [name]
            case b",":
                steps[-1:] = [_next(step) for step in steps[-1:]]
            case string:
                name = string[1:-1]
    return [_shown(step) for step in steps if step is not None]


def _next(step: _Step) -> _Step:
    return step + 1 if isinstance(step, int) else None


def _shown(step: int | bytes) -> str:
    return str(step) if isinstance(step, int) else step.decode("utf-8", "replace")
