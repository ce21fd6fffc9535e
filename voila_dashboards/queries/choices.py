"""What the pages of errors and tools are narrowed by, and what narrows them: parameters as texts, values bound."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

from access.viewer import Viewer
from lake.columns import ERRORS, MESSAGE_PATTERN, TOOL_CALLS
from voila_dashboards.params import NONE, read_client
from voila_dashboards.queries.source import Filter, chosen_client, visible_to

#: Only of a tool call and of an entry of the list of errors is the name that of a tool; of others it is the part's own.
TOOL: Final = f"CASE WHEN source IN ('{TOOL_CALLS}', '{ERRORS}') THEN name END"
#: What tells errors apart, by the parameter that names it: a message is its `lake.message_pattern`.
OF_ERROR_COLUMNS: Final = {"type": "type", "message": MESSAGE_PATTERN, "node": "node", "tool": f"({TOOL})"}
_LONGEST: Final = 1_000


def read_choices(params: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """The values of these parameters, to the letter; nothing where one is no text, or longer than a log has it."""
    return {name: _read(params.get(name)) for name in names}


def _read(value: object) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST:
        return ""
    return "" if any(unicodedata.category(letter) == "Cs" for letter in value) else value


def narrow(chosen: Filter, column: str, value: str) -> Filter:
    """``chosen``, and only rows with this value in ``column``; of nothing all, of `NONE` those without."""
    if value == NONE:
        return chosen.add(f"{column} IS NULL OR {column} IN ('', ?)", NONE)
    return chosen.add(f"{column} = ?", value) if value else chosen


def of_client(viewer: Viewer, params: Mapping[str, str]) -> tuple[str, Filter]:
    """The client that the page is narrowed to, or nothing; and what the viewer may see of it."""
    client_id = chosen_client(viewer, read_client(params.get("client")))
    return client_id or "", visible_to(viewer, client_id)
