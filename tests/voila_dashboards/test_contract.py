"""What the browser knows of the pages is what Python says of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypedDict, get_type_hints

import pytest

from voila_dashboards.contract.interfaces import Interfaces
from voila_dashboards.contract.module import GENERATED, contract, error_codes, files
from voila_dashboards.pages import PAGES
from voila_dashboards.pages.tickets.payload import TicketRow
from voila_dashboards.queries.one_ticket import Log
from voila_dashboards.queries.ticket_order import SORTS
from voila_dashboards.words import Words


class Inner(TypedDict):
    """Something
    inside."""

    word: Annotated[str, Words("Colour", ("red", "green"))]


class Outer(TypedDict, total=False):
    """Something around it."""

    inner: list[Inner | None]
    more: dict[str, Any]
    unit: Literal["day", "week"]


def test_the_generated_files_say_what_the_code_says() -> None:
    for path, text in files().items():
        assert path.read_text(encoding="utf-8") == text, "run `make web`"


def test_no_other_file_is_called_generated() -> None:
    assert set(GENERATED.iterdir()) == set(files())


def test_a_typed_dict_is_an_interface_and_what_it_needs_stands_before_it() -> None:
    interfaces = Interfaces()

    interfaces.name(Outer)

    assert interfaces.text() == (
        'export const COLOURS = [\n  "red",\n  "green",\n] as const;\n'
        "export type Colour = (typeof COLOURS)[number];\n\n"
        "/** Something inside. */\nexport interface Inner {\n  word: Colour;\n}\n\n"
        "/** Something around it. */\nexport interface Outer {\n  inner?: (Inner | null)[];\n"
        '  more?: Record<string, unknown>;\n  unit?: "day" | "week";\n}'
    )


@pytest.mark.parametrize("python", [bytes, set[str], dict[int, str]])
def test_what_json_cannot_hold_is_refused(python: Any) -> None:
    with pytest.raises(TypeError, match="no counterpart"):
        Interfaces().name(python)


def test_two_types_of_one_name_are_refused() -> None:
    interfaces = Interfaces()
    interfaces.words(Words("Inner", ("a",)))

    with pytest.raises(TypeError, match="called Inner"):
        interfaces.name(Inner)


def test_whatever_can_be_sorted_by_is_a_field_of_a_row() -> None:
    assert {sort.replace("executed_at", "executed_at_ms") for sort in SORTS} <= get_type_hints(
        TicketRow
    ).keys()


def test_what_a_row_and_its_ticket_both_show_is_the_same() -> None:
    row, log = get_type_hints(TicketRow), get_type_hints(Log)

    assert {"client_id", "status", "executed_at_ms", "error_count"} <= row.keys() & log.keys()
    assert [name for name in row.keys() & log.keys() if row[name] != log[name]] == []


def test_every_code_that_a_kernel_or_the_gateway_may_say_is_known_to_the_browser() -> None:
    assert {"not_found", "gone", "unavailable", "internal"} <= set(error_codes())
    assert all(f'"{code}"' in contract() for code in error_codes())


def test_every_parameter_of_a_path_is_one_of_the_page() -> None:
    assert [page.name for page in PAGES.values() if not set(page.path_params) <= page.params.keys()] == []
