"""The contract as TypeScript: one module of types and constants, and one that knows where each page's view is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from caselog.model import KNOWN_STATUSES, TRACE_PARTS
from lake import said_errors
from lake.folding import INVISIBLE, LETTERS, OPTIONAL
from voila_dashboards.contract import documents
from voila_dashboards.contract.interfaces import Interfaces
from voila_dashboards.finding import Found
from voila_dashboards.gateway.document import UNAVAILABLE
from voila_dashboards.gateway.session_end import SESSION_OVER, SessionEnd
from voila_dashboards.kernel.errors import PageError
from voila_dashboards.pages import PAGES, Page
from voila_dashboards.params import NONE, Param
from voila_dashboards.payload import FailedPayload, Payload
from voila_dashboards.periods import DAYS
from voila_dashboards.words import Words
from voila_dashboards.zones import DAY_MS

#: Where the view reads them.
GENERATED: Final = Path(__file__).parent.parent / "web" / "generated"

_HEAD: Final = """\
// Written by `python -m voila_dashboards.contract` from the list of pages (voila_dashboards/pages) and the definitions
// it names. Do not edit: `make web` writes it anew, and a test compares.
"""
_ENVELOPE: Final = """\
/** A page's payload: the envelope around its own data. */
export type PagePayload<Name extends PageName> = Omit<Payload, "page" | "params" | "data"> & {
  page: Name;
  params: PageParams[Name];
  data: PageData[Name];
};
"""


def contract(pages: Mapping[str, Page] = PAGES) -> str:
    """The module's text; ``pages`` is the list of pages."""
    interfaces = Interfaces()
    for param in [param for page in pages.values() for param in page.params.values()]:
        if isinstance(param.choices, Words):
            interfaces.words(param.choices)
    for payload in (Payload, FailedPayload, Found):
        interfaces.name(payload)
    data = {name: interfaces.name(page.data) for name, page in pages.items()}
    for words in (
        Words("KnownStatus", KNOWN_STATUSES),
        Words("RangeName", (*DAYS, "all")),
        Words("ErrorCode", error_codes()),
        Words("TracePart", tuple(TRACE_PARTS)),
        Words("SessionEnd", tuple(SessionEnd)),
    ):
        interfaces.words(words)
    parts = [_HEAD, interfaces.text() + "\n", _constants(pages), *_pages(pages, data), _ENVELOPE]
    return "\n".join(parts)


def error_codes() -> tuple[str, ...]:
    """Every code that a page may be told in place of its data."""
    return tuple(sorted({UNAVAILABLE, *(each.code for each in PageError.__subclasses__())}))


def _constants(pages: Mapping[str, Page]) -> str:
    values: dict[str, Any] = {
        "DAY_MS": DAY_MS,
        "NONE": NONE,
        "SESSION_OVER": SESSION_OVER,
    }
    for page in pages.values():
        values |= page.constants
    return "".join(f"export const {name} = {_literal(value)} as const;\n" for name, value in values.items())


def views(pages: Mapping[str, Page] = PAGES) -> str:
    """The module that loads a page's view when it is needed; nothing else of the shared view knows the pages."""
    lines = "".join(f'  {name}: () => import("../../pages/{name}/view.tsx"),\n' for name in pages)
    return f"{_HEAD}\nexport const VIEWS = {{\n{lines}}};\n"


def files() -> dict[Path, str]:
    """What every generated file says, by its path."""
    return {
        GENERATED / "contract.ts": contract(),
        GENERATED / "views.ts": views(),
        GENERATED / "masking-rules.ts": documents.masking_rules(_HEAD),
        GENERATED / "opt-out.ts": documents.opt_out(_HEAD),
        GENERATED / "folding.ts": folding(),
        GENERATED / "said-errors.ts": error_names(),
    }


def folding() -> str:
    """The module of the letters that are one and the same to who searches: `lake.folding` for browsers."""
    letters = {chr(letter): plain for letter, plain in LETTERS.items()}
    return (
        f"{_HEAD}\nexport const OPTIONAL = {json.dumps(OPTIONAL.pattern)};\n"
        f"export const INVISIBLE = {json.dumps(INVISIBLE.pattern)};\n"
        f"export const LETTERS: Readonly<Record<string, string>> = {_literal(letters)};\n"
    )


def error_names() -> str:
    """The module of the names under which errors say something (`lake.said_errors`): no page needs it at first."""
    names = ("TYPES", "MESSAGES", "INSIDE", "STACKS", "WORDS")
    lists = "".join(
        f"export const {name}: readonly string[] = {_literal(getattr(said_errors, name))};\n"
        for name in names
    )
    return f"{_HEAD}\n{lists}"


def _pages(pages: Mapping[str, Page], data: Mapping[str, str]) -> list[str]:
    names = _union(pages)
    listed = _literal({name: _page(page) for name, page in pages.items()})
    params = "".join(f"  {name}: {_params(page.params)};\n" for name, page in pages.items())
    datas = "".join(f"  {name}: {data[name]};\n" for name in pages)
    about = "/** The parameters of each page, as its payload says them back. */"
    found = "/** The parameters of each page whose values can be looked for. */"
    findable = "".join(
        f"  {name}: {_union(page.finding.params)};\n" for name, page in pages.items() if page.finding
    )
    return [
        f"export type PageName = {names};\n",
        f"/** The list of pages, in the order of the navigation. */\nexport const PAGES = {listed} as const;\n",
        f"{about}\nexport interface PageParams {{\n{params}}}\n",
        f"{found}\nexport interface PageFinding {{\n{findable}}}\n",
        f"/** The data of each page. */\nexport interface PageData {{\n{datas}}}\n",
    ]


def _page(page: Page) -> dict[str, Any]:
    return {
        "path": page.path.replace(":path", ""),
        "title": page.title,
        "navigation": page.navigation,
        "marked": page.marked,
        "params": {name: _default(param) for name, param in page.params.items()},
    }


def _default(param: Param) -> Any:
    """The value that an address leaves out, or by which other parameter it is chosen."""
    if param.default_by is None:
        return param.default
    other, defaults = param.default_by
    return {"by": other, "defaults": dict(defaults)}


def _params(params: Mapping[str, Param]) -> str:
    return "{\n" + "".join(f"    {name}: {_choices(param)};\n" for name, param in params.items()) + "  }"


def _choices(param: Param) -> str:
    if isinstance(param.choices, Words):
        return param.choices.name
    return _union(param.choices) or "string"


def _union(words: Iterable[str]) -> str:
    return " | ".join(json.dumps(each) for each in words)


def _literal(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
