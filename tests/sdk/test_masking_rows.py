"""Tables as data: what stands below or beside a name of a column that says it is private."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caselog.masking import Masker

MASKER = Masker(b"key of these tests")


def mask(value: Any) -> Any:
    return MASKER.mask({"trace": value})["trace"]


@pytest.mark.parametrize("as_text", [False, True], ids=["data", "JSON in a text"])
def test_private_columns_below_a_header_are_masked_and_no_others(as_text: bool) -> None:
    table = [
        ["id", "user", "password", "city"],
        [1, "bob", "hunter2!x", "Paris"],
        [2, "ada", "Xy7kq0pp", "Rome"],
    ]

    masked = json.loads(mask(json.dumps(table))) if as_text else mask(table)

    assert masked == [table[0], [1, "bob", "[secret]", "Paris"], [2, "ada", "[secret]", "Rome"]]


@pytest.mark.parametrize("rows", ["rows", "data", "values"])
@pytest.mark.parametrize("columns", [["user", "card_number"], [{"name": "user"}, {"name": "card_number"}]])
def test_private_columns_that_are_named_beside_the_rows_are_masked(rows: str, columns: list[Any]) -> None:
    masked = mask({"columns": columns, rows: [["bob", "4111 1111"], ["ada", None]]})

    assert masked == {"columns": columns, rows: [["bob", "[card]"], ["ada", None]]}


@pytest.mark.parametrize(
    "table",
    [
        [["Content-Type", "json"], ["Accept", "*/*"]],
        [["grant_type", "password"], ["scope", "offline_access"]],
        [["user", "password_required"], ["bob", "maybe later"]],
        [["user", "city"], ["bob", "Paris"]],
        [["user", "password"], ["bob"], ["ada", "x", "y"]],
        [[1, 2], [3, 4]],
        [[], []],
        {"columns": ["user", "city"], "rows": [["bob", "Paris"]]},
        {"columns": 3, "rows": 12},
        {"columns": ["user", "password"], "rows": 12},
        {"fields": [1, 2], "data": [[1, 2]]},
    ],
)
def test_what_is_no_table_with_a_private_column_stays(table: Any) -> None:
    assert mask(table) == table


@given(
    st.lists(st.sampled_from(("id", "city", "amount", "user", "note")), unique=True, min_size=2, max_size=4),
    st.integers(0, 4),
    st.integers(1, 5),
)
def test_wherever_the_column_stands_all_below_it_and_nothing_else_is_masked(
    names: list[str], place: int, rows: int
) -> None:
    place = min(place, len(names))
    header = [*names[:place], "api_key", *names[place:]]
    table = [[f"v{row}" if name != "api_key" else f"Zq9x{row}Kk" for name in header] for row in range(rows)]

    masked = mask([header, *table])

    assert masked == [
        header,
        *[[*row[:place], "[secret]", *row[place + 1 :]] for row in table],
    ]
