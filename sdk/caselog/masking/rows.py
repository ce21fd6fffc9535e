"""Tables as data: rows below a header, ``[["user", "password"], ["bob", "..."]]``, or beside a list of columns."""

from __future__ import annotations

from typing import Any

from .columns import is_private, judge_columns
from .name_words import split_name
from .neighbours import Replace
from .possible_values import can_be

#: Of two columns the first is that of the names; otherwise it is a list of pairs: ``["grant_type", "password"]``.
_NAMED_BY = frozenset(
    ("user", "users", "username", "login", "email", "mail", "name", "id", "account", "host", "service", "customer",
     "client", "member", "employee", "person", "site", "app", "system", "no", "number")
)  # fmt: skip
_COLUMNS = ("columns", "headers", "header", "column_names", "columnNames", "schema", "fields")
_ANY_COLUMNS = frozenset(_COLUMNS)
_ROWS = ("rows", "data", "values", "records", "results")
_FEWEST_COLUMNS = 2


def mask_rows(rows: list[Any], replace: Replace) -> list[Any]:
    """The rows with private columns masked, where the first row is a header and tells of any."""
    header = rows[0]
    if len(rows) < 2 or len(header) < _FEWEST_COLUMNS or not all(isinstance(name, str) for name in header):
        return rows
    if len(header) == _FEWEST_COLUMNS and _NAMED_BY.isdisjoint(split_name(header[0])[-1:]):
        return rows
    return [header, *_mask_below(list(header), rows[1:], replace)]


def mask_beside_columns(fields: dict[str, Any], replace: Replace) -> dict[str, Any]:
    """``{"columns": ["user", "password"], "rows": [["bob", "..."]]}`` with private columns masked."""
    if _ANY_COLUMNS.isdisjoint(fields):
        return fields
    columns = next((fields[name] for name in _COLUMNS if isinstance(fields.get(name), (list, tuple))), None)
    if not columns:
        return fields
    written = [column.get("name") if isinstance(column, dict) else column for column in columns]
    names = [name for name in written if isinstance(name, str)]
    if len(names) < len(written):
        return fields
    return {
        field: _mask_below(names, value, replace)
        if field in _ROWS and isinstance(value, (list, tuple))
        else value
        for field, value in fields.items()
    }


def _mask_below(names: list[str], rows: Any, replace: Replace) -> list[Any]:
    private = judge_columns(names)
    if not private or not all(isinstance(row, (list, tuple)) and len(row) == len(names) for row in rows):
        return list(rows)
    return [[_mask_cell(cell, private.get(place), replace) for place, cell in enumerate(row)] for row in rows]


def _mask_cell(cell: Any, told: tuple[str, str] | None, replace: Replace) -> Any:
    if told is None or isinstance(cell, (dict, list, tuple)):
        return cell
    name, kind = told
    is_told = is_private(cell, name, kind) if isinstance(cell, str) else can_be(cell, kind, name)
    return replace(cell, kind) if is_told else cell
