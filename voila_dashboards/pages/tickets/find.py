"""Finds values to narrow the list to, among however many there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from access.viewer import Viewer
from voila_dashboards.conditions import read_conditions
from voila_dashboards.finding import LONGEST_WORDS, Finding, Found
from voila_dashboards.pages.tickets.facets import COLUMN_OF, value_of
from voila_dashboards.params import read_client, read_text
from voila_dashboards.periods import read_period
from voila_dashboards.queries.narrowing import fits, narrowed, visible
from voila_dashboards.queries.source import Filter, Source, chosen_client

#: Values that a search tells; it says how many more there are.
MOST_FOUND: Final = 50
#: What is not to be seen, as of `lake.folding`: joiners, marks of direction, soft hyphens.
_INVISIBLE: Final = r"[\x{ad}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2064}\x{2066}-\x{2069}\x{feff}]"
_SPACE: Final = r"[\s\p{Z}]+"
#: A value is looked for once, however many tickets have it. The whole value comes before those that only contain it.
_FIND: Final = """
    WITH asked AS (
        SELECT {folded_words} AS words
    ), counted AS (
        SELECT {value} AS name, count(CASE WHEN {fits} THEN 1 END) AS tickets, max(executed_at) AS newest
        FROM logs {where} GROUP BY ALL
    ), folded AS (
        SELECT *, {folded_name} AS folded FROM counted {named}
    )
    SELECT name, tickets, count(*) OVER ()
    FROM folded, asked WHERE contains(folded, words)
    ORDER BY folded = words DESC, tickets DESC, newest DESC, name
    LIMIT ?
"""


def find_values(
    reader: Source, viewer: Viewer, params: Mapping[str, str], now_ms: int, param: str, words: str
) -> Found:
    """The values of ``param`` that have ``words``, each with what it would show beside the other choices."""
    period, conditions = read_period(params, now_ms, "all"), read_conditions(params)
    client_id = chosen_client(viewer, read_client(params.get("client")))
    base = narrowed(reader, visible(viewer, client_id, period), conditions, viewer, period)
    others = Filter()
    for name, rule in fits(conditions).items():
        if name != param:
            others.clauses += rule.clauses
            others.values += rule.values
    query = _FIND.format(
        folded_words=_folded("?::VARCHAR"),
        value=value_of(param),
        fits=" AND ".join(f"({clause})" for clause in others.clauses) or "true",
        where=base.where,
        folded_name=_folded("coalesce(name, 'none')"),
        named="WHERE name <> ''" if param == "status" else "",  # no status of the page is none
    )
    asked = [read_text(words, LONGEST_WORDS), *others.values, *base.values, MOST_FOUND]
    found = reader.sql(query, asked)
    return {
        "values": [{"name": name, "count": count} for name, count, _ in found],
        "more": found[0][-1] - len(found) if found else 0,
    }


def _folded(text: str) -> str:
    """SQL of a text without case, accents, and what is not to be seen, with single spaces."""
    seen = f"regexp_replace({text}, '{_INVISIBLE}', '', 'g')"
    return f"lower(strip_accents(nfc_normalize(trim(regexp_replace({seen}, '{_SPACE}', ' ', 'g')))))"


FINDING: Final = Finding(tuple(COLUMN_OF), find_values)
