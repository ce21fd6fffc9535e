"""Conditions of the list of tickets as SQL over the view ``logs``; every value is bound."""

from __future__ import annotations

import re
from typing import Final

from access.viewer import Viewer
from lake.columns import ERRORS
from voila_dashboards.conditions import COLUMNS, NUMBERS, OF_ERROR, OPERATORS, Condition, Conditions
from voila_dashboards.periods import Period
from voila_dashboards.queries.choices import OF_ERROR_COLUMNS, narrow
from voila_dashboards.queries.compared import within
from voila_dashboards.queries.source import Filter, Source, visible_to

#: What may be the beginning of a UUID, and is no word by chance.
_UUID_BEGINNING: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f-]{0,27})?")
#: Letters as they are frequent in texts, the most frequent last; what is not among them is rarer. Digits stand in ids.
_FREQUENT: Final = "zqjxkvbywgpfm9876543210cudlhrsnioate"
#: A text stands between quotation marks as JSON, so it is no number, whatever it says.
_METRIC: Final = "TRY_CAST(json_extract(metrics, ?)::VARCHAR AS DOUBLE)"


def visible(viewer: Viewer, client_id: str | None, period: Period) -> Filter:
    """What ``viewer`` may see of the period, narrowed to the client where they may see that."""
    return within(period.span, visible_to(viewer, client_id))


def narrowed(
    reader: Source, chosen: Filter, conditions: Conditions, viewer: Viewer, period: Period
) -> Filter:
    """``chosen``, and only tickets with the words, numbers and errors that are asked for, whatever the choices."""
    if conditions.has_failed_calls:
        chosen.add("failed_tool_calls > 0")
    for condition in conditions.numbers:
        _add_number(chosen, condition)
    _add_error(reader, chosen, conditions, viewer, period)
    _add_words(reader, chosen, conditions, viewer)
    return chosen


def chosen_only(chosen: Filter, conditions: Conditions) -> Filter:
    """``chosen``, and only what the choices leave."""
    for each in fits(conditions).values():
        for clause in each.clauses:
            chosen.add(clause)
        chosen.values += each.values
    return chosen


def fits(conditions: Conditions) -> dict[str, Filter]:
    """For each choice that the list offers, what a row must be to be chosen: nothing where there is no choice made."""
    statuses = Filter()
    if conditions.statuses:
        # Not a list in one value: a comparison is pushed down to the files' dictionaries, a function is not.
        statuses.add(f"status IN ({', '.join('?' * len(conditions.statuses))})", *conditions.statuses)
    return {
        "status": statuses,
        **{
            name: narrow(Filter(), column, conditions.choices.get(name, ""))
            for name, column in COLUMNS.items()
        },
    }


def _add_words(reader: Source, chosen: Filter, conditions: Conditions, viewer: Viewer) -> None:
    """Only tickets that say every word: in the log's text, or where it has none, in the ticket's id; or in its own id.

    Each column that is read for every word costs half as much again, so the ids are read only where some row needs it.
    """
    words = conditions.words
    if not words:
        return
    own = visible_to(viewer, None)
    lacks_texts = _is_any(reader, Filter([*own.clauses], [*own.values]).add("search_text IS NULL"))
    for word in words:
        said = _said(word)
        if lacks_texts:
            _or(said, Filter().add("search_text IS NULL AND contains(lower(ticket_id), ?)", word))
        of_id = _of_log_id(word, conditions.search if len(words) == 1 else word)
        if of_id and _is_any(reader, Filter([*own.clauses, *of_id.clauses], [*own.values, *of_id.values])):
            _or(said, of_id)
        chosen.add(said.clauses[0], *said.values)


def _said(word: str) -> Filter:
    """Texts with the word. Where it begins with a frequent letter, what follows a rarer one is looked for before it.

    DuckDB looks for the first letter, and compares the rest at each: three times as dear for an ``e`` as for a ``z``.
    """
    rarer = rarest_end(word)
    if rarer == word:
        return Filter().add("contains(search_text, ?)", word)
    return Filter().add("contains(search_text, ?) AND contains(search_text, ?)", rarer, word)


def rarest_end(word: str) -> str:
    """The end of ``word`` that begins with its rarest letter; the last letter is no end of its own.

    >>> rarest_end("refund"), rarest_end("kenlover"), rarest_end("返金"), rarest_end("e")
    ('fund', 'kenlover', '返金', 'e')
    """
    places = range(max(1, len(word) - 1))
    return word[min(places, key=lambda place: _FREQUENT.find(word[place])) :]


def _of_log_id(word: str, typed: str) -> Filter | None:
    """Logs whose id is the word as it was ``typed``, where a digit is in it, or begins with what may begin a UUID."""
    if _UUID_BEGINNING.fullmatch(word):
        # A range, not `starts_with`: pieces of files are left unread by the ids that they span.
        return Filter().add("log_id >= ? AND log_id < ?", word, word[:-1] + chr(ord(word[-1]) + 1))
    if any(letter.isdigit() for letter in word):
        return Filter().add("log_id = ?", typed)
    return None


def _or(one: Filter, other: Filter) -> None:
    """Either of two conditions, in ``one``."""
    one.clauses[:] = [f"({one.clauses[0]}) OR ({other.clauses[0]})"]
    one.values += other.values


def _is_any(reader: Source, chosen: Filter) -> bool:
    return bool(reader.sql(f"SELECT 1 FROM logs {chosen.where} LIMIT 1", chosen.values))  # noqa: S608 - bound


def _add_number(chosen: Filter, condition: Condition) -> None:
    """A number that is not told, or not finite, fulfils no condition."""
    operator = OPERATORS[condition.operator]
    if condition.name in NUMBERS:
        # The comparison stands alone too, so that pieces of files are left unread by what they span.
        chosen.add(f"{condition.name} {operator} ?", condition.number)
        chosen.add(f"isfinite({condition.name}::DOUBLE)")
    else:
        path = "$." + _quoted(condition.name)
        chosen.add(f"{_METRIC} {operator} ?", path, condition.number)


def _quoted(name: str) -> str:
    """A key of an object as a path of DuckDB's JSON functions has it."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _add_error(
    reader: Source, chosen: Filter, conditions: Conditions, viewer: Viewer, period: Period
) -> None:
    """Only tickets with an error of the kind."""
    wanted = {name: value for name in OF_ERROR if (value := conditions.of_error.get(name))}
    if not wanted:
        return
    reader.need(ERRORS)
    errors = within(period.span, visible_to(viewer, None))
    for name, value in wanted.items():
        narrow(errors, OF_ERROR_COLUMNS[name], value)
    chosen.add(
        # By 64 bits of the two: of ten million tickets with none, one is there by chance in a million million asks.
        f"hash(client_id, log_id) IN (SELECT hash(client_id, log_id) FROM scope_errors {errors.where})",  # noqa: S608
        *errors.values,
    )
