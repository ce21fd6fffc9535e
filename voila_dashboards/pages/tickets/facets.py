"""What the list can be narrowed to: values of four columns, each with how many tickets it would show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, TypedDict

from caselog.model import KNOWN_STATUSES
from voila_dashboards.conditions import COLUMNS, Conditions
from voila_dashboards.finding import ValueCount
from voila_dashboards.pages.tickets.payload import MoreValues
from voila_dashboards.params import NONE
from voila_dashboards.queries.narrowing import chosen_only, fits
from voila_dashboards.queries.source import Filter, Source

#: Values of a choice that are offered, the most frequent first; a search finds the others.
MOST_OFFERED: Final = 100

#: The column of each choice.
COLUMN_OF: Final = {"status": "status", **COLUMNS}
_NAMES: Final = ", ".join(COLUMN_OF.values())
#: Which grouping set a row is of: a bit is set for each column that is not grouped by.
_SETS: Final = {"status": 0b0111, "category": 0b1011, "version": 0b1101, "environment": 0b1110}
_ALL: Final = 0b1111
#: Each choice counts what it would show: all that the others leave. Rows are read once, and counted by all four; what
#: each choice shows is then a sum of few counts. Of many values the most frequent come back, and those that are chosen.
_FACETS: Final = """
    WITH {hits} counted AS (
        SELECT {columns}, count(*) AS tickets FROM {rows} GROUP BY ALL
    ), fitting AS (
        SELECT *, {fits} FROM counted
    )
    SELECT grouping({names}) AS set, count(*) OVER (PARTITION BY set), {names}, {counts},
           CASE WHEN set = {all} THEN {newest} END
    FROM fitting
    GROUP BY GROUPING SETS ((status), (category), (workflow_version), (environment), ())
    QUALIFY row_number() OVER (PARTITION BY set ORDER BY {own} DESC, {names}) <= {most} OR {is_kept}
"""
_ALL_ROWS: Final = "(FROM logs {where})"
#: The newest that fit, found on the way where it is dear to look for them once more: texts are read once then.
_HITS: Final = """hits AS MATERIALIZED (
        SELECT status, category, workflow_version, environment, executed_at FROM logs {where}
    ),"""
_NEWEST: Final = "(SELECT max(executed_at, {count}) FROM hits {where})"


class Facets(TypedDict):
    """The part of `TicketsData` that says what is found and what can be chosen."""

    found: int
    statuses: list[ValueCount]
    categories: list[ValueCount]
    versions: list[ValueCount]
    environments: list[ValueCount]
    more: MoreValues


def value_of(name: str) -> str:
    """SQL of a choice's value; what is asked for by `NONE` is NULL.

    >>> value_of("status"), value_of("version")
    ('status', "nullif(nullif(workflow_version, ''), '(none)')")
    """
    column = COLUMN_OF[name]
    return column if name == "status" else f"nullif(nullif({column}, ''), '{NONE}')"


def count_facets(
    reader: Source, base: Filter, conditions: Conditions, newest: int = 0
) -> tuple[Facets, list[datetime]]:
    """How many tickets each value of each choice would show, and how many are found, in one scan.

    And when the ``newest`` of these were executed.
    """
    rules = fits(conditions)
    values = [value for rule in rules.values() for value in rule.values]
    asked = [*base.values, *values, *(values if newest else ())]
    found, times = 0, list[datetime]()
    told: dict[str, list[ValueCount]] = {name: [] for name in rules}
    counts = dict.fromkeys(rules, 0)
    for which, count, *row, newest_found in reader.sql(_query(base, conditions, rules, newest), asked):
        names, counted = row[: len(rules)], row[len(rules) :]
        if which == _ALL:
            found, times = counted[-1], newest_found or []
        for place, name in enumerate(rules):
            if which == _SETS[name]:
                counts[name] = count
                told[name].append({"name": names[place] or None, "count": counted[place]})
    return _facets(found, told, counts, conditions), times


def _query(base: Filter, conditions: Conditions, rules: Mapping[str, Filter], newest: int) -> str:
    chosen = chosen_only(Filter(), conditions).where
    others = {of: [name for name in rules if name != of] for of in (*rules, "all")}
    return _FACETS.format(
        hits=_HITS.format(where=base.where) if newest else "",
        rows="hits" if newest else _ALL_ROWS.format(where=base.where),
        columns=", ".join(f"{value_of(name)} AS {column}" for name, column in COLUMN_OF.items()),
        fits=", ".join(f"{_clause(rule)} AS fits_{name}" for name, rule in rules.items()),
        names=_NAMES,
        counts=", ".join(f"{_count_of(names)} AS of_{of}" for of, names in others.items()),
        newest=_NEWEST.format(count=newest, where=chosen) if newest else "NULL",
        own=_by_set({name: f"of_{name}" for name in rules}, "0"),
        is_kept=_by_set({name: _is_kept(name, rule) for name, rule in rules.items()}, "true"),
        all=_ALL,
        most=MOST_OFFERED,
    )


def _clause(rule: Filter) -> str:
    return rule.clauses[0] if rule.clauses else "true"


def _count_of(names: Iterable[str]) -> str:
    fit = " AND ".join(f"fits_{name}" for name in names)
    return f"coalesce(sum(CASE WHEN {fit} THEN tickets END), 0)::BIGINT"


def _is_kept(name: str, rule: Filter) -> str:
    """Whether a value is offered however rare it is: what is chosen, and that there is none."""
    kept = ["bool_or(fits_" + name + ")"] if rule.clauses else []
    return " OR ".join([*kept, f"{COLUMN_OF[name]} IS NULL"])


def _by_set(sql: Mapping[str, str], otherwise: str) -> str:
    """SQL that is another one for each grouping set."""
    cases = " ".join(f"WHEN {_SETS[name]} THEN {each}" for name, each in sql.items())
    return f"CASE set {cases} ELSE {otherwise} END"


def _facets(
    found: int, told: Mapping[str, list[ValueCount]], counts: Mapping[str, int], conditions: Conditions
) -> Facets:
    more = {name: max(0, counts[name] - len(told[name])) for name in told}
    return {
        "found": found,
        "statuses": _in_order(told["status"], conditions.statuses),
        "categories": _most(told["category"]),
        "versions": _most(told["version"]),
        "environments": _most(told["environment"]),
        "more": more,  # type: ignore[typeddict-item]  # the choices are its fields
    }


def _most(choices: Iterable[ValueCount]) -> list[ValueCount]:
    """The most frequent values first."""
    return sorted(choices, key=lambda each: (-each["count"], each["name"] is None, each["name"] or ""))


def _in_order(choices: Sequence[ValueCount], asked: Sequence[str]) -> list[ValueCount]:
    """Statuses that are known in their order, then others by number; one that was asked for is always there."""
    there = {choice["name"] for choice in choices}
    wanted: list[ValueCount] = [{"name": name, "count": 0} for name in asked if name not in there]
    most = _most([*choices, *wanted])
    known = [choice for name in KNOWN_STATUSES for choice in most if choice["name"] == name]
    return [*known, *(choice for choice in most if choice not in known)]
