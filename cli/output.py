"""How a command answers: a small table for people, JSON for scripts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import click
from pydantic import BaseModel

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")


def as_mapping(record: BaseModel, *hidden: str) -> dict[str, Any]:
    """A record as JSON-ready values, without its ``hidden`` fields."""
    return record.model_dump(mode="json", exclude=set(hidden))


def answer(value: Mapping[str, Any], *, as_json: bool, sentence: str) -> None:
    """Print ``value`` for a script or ``sentence`` for a person."""
    click.echo(json.dumps(value) if as_json else sentence)


def answer_rows(rows: Sequence[Mapping[str, Any]], *, as_json: bool, none: str) -> None:
    """Print rows for a script, or as a table for a person; ``none`` where there are none."""
    if as_json:
        click.echo(json.dumps(list(rows)))
    elif not rows:
        click.echo(none)
    else:
        click.echo(_table(rows))


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    names = list(rows[0])
    cells = [names, *([_cell(row[name]) for name in names] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(names))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in cells)
    return "\n".join(line.rstrip() for line in lines)


def _cell(value: Any) -> str:
    return "-" if value is None or value == "" else str(value)
