"""What of an address was not understood: told on every page, bounded, and nothing that was understood among it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from access.viewer import Viewer
from tests.voila_dashboards.page_lake import ACME, MANAGER, MARKUP, NOW_MS, PROVIDER, log, reader_of
from voila_dashboards.gateway.filters import read_params
from voila_dashboards.kernel.sources import LakeSource
from voila_dashboards.left_out import LeftOut
from voila_dashboards.pages import PAGES
from voila_dashboards.payload import page_payload

TICKET = {"client_id": "acme", "log_id": "log-of-A-1"}
NAMES = sorted({name for page in PAGES.values() for name in page.params if not name.endswith("_id")})


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LakeSource]:
    logs = [log("A-1"), log("A-2", status="FAILED", metrics={"cost_usd": 2}), log("B-1", client="globex")]
    with reader_of(tmp_path_factory.mktemp("lake"), logs) as opened:
        yield opened


def ids_of(page: str) -> dict[str, str]:
    return TICKET if "log_id" in PAGES[page].params else {}


def left_out(
    source: LakeSource, page: str, viewer: Viewer = PROVIDER, /, **params: str
) -> dict[str, list[str]]:
    """What was left out of these, by parameter; and it is said no more once the page's own links are followed."""
    given = {**ids_of(page), **params}
    payload = page_payload(source, viewer, page, given, NOW_MS)
    followed = page_payload(source, viewer, page, payload["params"], NOW_MS)
    assert followed["left_out"] == {"told": [], "more": 0}
    assert followed["data"] == payload["data"]
    found: LeftOut = payload["left_out"]
    assert not found["more"]
    return {name: [each["text"] for each in found["told"] if each["param"] == name] for name in _names(found)}


def _names(found: LeftOut) -> list[str]:
    return list(dict.fromkeys(each["param"] for each in found["told"]))


@pytest.mark.parametrize("page", PAGES)
def test_every_page_tells_of_a_parameter_that_it_does_not_have(source: LakeSource, page: str) -> None:
    assert left_out(source, page, min_cost="abc") == {"min_cost": ["abc"]}


@pytest.mark.parametrize("page", [name for name, page in PAGES.items() if "range" in page.params])
@pytest.mark.parametrize(
    "params",
    [
        {"range": "13d"},
        {"from": "2026-13-45"},
        {"to": "yesterday"},
        {"zone": "Mars/Olympus"},
        {"client": "../globex"},
    ],
)
def test_every_page_of_a_time_tells_of_one_that_it_cannot_read(
    source: LakeSource, page: str, params: dict[str, str]
) -> None:
    assert left_out(source, page, **params) == {name: [value] for name, value in params.items()}


@pytest.mark.parametrize(
    ("page", "params", "expected"),
    [
        *((page, {"sort": "nonsense"}, {"sort": ["nonsense"]}) for page in ("tickets", "errors", "tools")),
        *((page, {"version": "x" * 1_001}, {"version": ["x" * 39 + "…"]}) for page in ("tickets", "errors")),
        ("overview", {"category": "\0" + "x" * 1_001}, {"category": ["x" * 39 + "…"]}),
        ("tickets", {"dir": "up", "sort": "cost_usd"}, {"dir": ["up"]}),
        ("tickets", {"columns": "cost_usd,made_up,status,"}, {"columns": ["made_up"]}),
        ("tickets", {"where": "cost_usd>1,cost_usd>a lot,=3"}, {"where": ["cost_usd>a lot", "=3"]}),
        ("tickets", {"where": ",".join(f"m{n}>1" for n in range(10))}, {"where": ["m8>1", "m9>1"]}),
        ("tickets", {"status": ",".join(map(str, range(22)))}, {"status": ["20", "21"]}),
        ("tickets", {"failed_calls": "yes"}, {"failed_calls": ["yes"]}),
        (
            "tickets",
            {"after": "bm9uc2Vuc2U", "before": "ended"},
            {"after": ["bm9uc2Vuc2U"], "before": ["ended"]},
        ),
        ("tickets", {"q": "x" * 201}, {"q": ["x" * 39 + "…"]}),
        ("ticket", {"part": "nonsense"}, {"part": ["nonsense"]}),
    ],
)
def test_a_value_that_cannot_be_read_is_told(
    source: LakeSource, page: str, params: dict[str, str], expected: dict[str, list[str]]
) -> None:
    assert left_out(source, page, **params) == expected


@pytest.mark.parametrize(
    ("page", "params"),
    [
        ("tickets", {"range": "7d", "from": "2026-11-03"}),
        ("tickets", {"from": "2026-11-03", "to": "2026-11-01", "zone": "Europe/Berlin"}),
        ("tickets", {"status": "MADE_UP, A%2CB", "where": "cost_usd >= 0.50", "columns": "status,cost_usd"}),
        ("tickets", {"sort": "", "q": "  ", "before": "end", "failed_calls": "1", "client": "globex"}),
        ("tickets", {"category": "Refund ", "version": "(none)", "tool": "a\u200db"}),
        ("compare", {"other_client_id": "acme", "other_log_id": "log-of-A-2", "step": "n1"}),
        ("ticket", {"part": "steps", "step": "i2.c1", "find": "refund"}),
    ],
)
def test_what_is_understood_is_not_told(source: LakeSource, page: str, params: dict[str, str]) -> None:
    assert left_out(source, page, **params) == {}


def test_a_link_of_the_provider_names_a_client_its_own_id_and_is_no_mistake(source: LakeSource) -> None:
    assert left_out(source, "tickets", ACME, client="acme") == {}
    assert left_out(source, "tickets", ACME, client="globex") == {"client": ["globex"]}
    assert left_out(source, "tickets", MANAGER, client="initech") == {"client": ["initech"]}


def test_what_is_told_is_bounded_however_much_was_sent(source: LakeSource) -> None:
    given = {f"{MARKUP}{n}" + "y" * 50: "\x1b\ud800" + "z" * 4_000 for n in range(32)}

    told = page_payload(source, PROVIDER, "overview", given, NOW_MS)["left_out"]

    assert (len(told["told"]), told["more"]) == (4, 28)
    assert len(json.dumps(told, ensure_ascii=False).encode()) < 1_000
    assert {each["text"] for each in told["told"]} == {"z" * 39 + "…"}


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), st.text(max_size=60)))
def test_any_address_is_told_in_text_that_can_be_sent(source: LakeSource, params: dict[str, str]) -> None:
    told = page_payload(source, PROVIDER, "tickets", params, NOW_MS)["left_out"]

    json.dumps(told, ensure_ascii=False).encode()
    assert all(len(each["text"]) <= 40 and len(each["param"]) <= 40 for each in told["told"])


def test_what_is_too_long_for_the_gateway_reaches_the_page_as_too_long(source: LakeSource) -> None:
    query = "q=" + "x" * 9_000 + "&" + "n" * 90 + "=1&" + "&".join(f"p{n}=1" for n in range(40))
    request = Request({"type": "http", "query_string": query.encode(), "headers": []})

    params = read_params(request)
    told = page_payload(source, PROVIDER, "tickets", params, NOW_MS)

    assert len(params) == 32
    assert max(map(len, params)) == 65
    assert max(map(len, params.values())) == 4_001
    assert [each["param"] for each in told["left_out"]["told"]] == ["q", "n" * 39 + "…", "p0", "p1"]
    assert told["data"]["found"] == 3
