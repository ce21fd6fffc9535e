"""What is written about the API: its page, its OpenAPI description and `docs/api.md`, each held to the code."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from starlette.testclient import TestClient

from caselog.model import LOG_FIELDS, METRICS, TRACE_PARTS
from cli.environment import read_settings
from cli.errors import SettingsError
from collector import envelope, reference
from collector.errors import STATUS
from collector.settings import CollectorSettings
from collector.strict_json import MAX_DEPTH
from tests.collector.conftest import Collector, make_collector, make_log

_API_MD = Path(__file__).parents[2] / "docs" / "api.md"


class _Page(HTMLParser):
    """Collects what a page loads, links to, names and says."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append(tag)
        self.attributes |= found.keys()
        self.ids |= {str(found["id"])} if "id" in found else set()
        loads = tag in {"img", "link", "script"}
        self.loaded += [str(found[name]) for name in ("src", "href") if name in found and loads]
        self.links += [str(found["href"])] if tag == "a" else []

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def page(http: TestClient) -> _Page:
    return _Page(http.get("/docs").text)


@pytest.fixture
def description(http: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = http.get("/openapi.json").json()
    return found


def test_the_page_loads_only_what_the_collector_serves(http: TestClient, page: _Page) -> None:
    assert page.loaded
    for path in page.loaded:
        assert http.get(urljoin("/docs", path)).status_code == 200
    assert "script" not in page.tags
    assert not {name for name in page.attributes if name == "style" or name.startswith("on")}


def test_every_link_of_the_page_leads_somewhere(http: TestClient, page: _Page) -> None:
    for link in page.links:
        if link.startswith("#"):
            assert link[1:] in page.ids
        else:
            assert http.get(urljoin("/docs", link)).status_code == 200


def test_the_page_allows_nothing_from_elsewhere(http: TestClient) -> None:
    headers = http.get("/docs").headers

    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self';")
    assert headers["x-content-type-options"] == "nosniff"


def test_the_stylesheet_loads_nothing(http: TestClient) -> None:
    css = http.get("/docs/reference.css").text

    assert "url(" not in css
    assert "@import" not in css


def test_the_page_names_everything_a_sender_needs(page: _Page) -> None:
    names = {field.name for field in LOG_FIELDS} | {metric.name for metric in METRICS}
    names |= {field.name for part in TRACE_PARTS.values() for field in part} | {kind.code for kind in STATUS}
    names |= set(reference.LIMITS) | {
        "X-API-Key",
        "application/x-ndjson",
        "gzip",
        "zstd",
        "Retry-After",
        "GET /readyz",
    }

    assert {name for name in names if name not in page.text} == set()


def test_the_page_shows_the_limits_of_this_collector() -> None:
    app = make_collector(max_log_bytes=123_456).app

    with TestClient(app) as http:
        assert "123,456" in http.get("/docs").text


@pytest.mark.parametrize("example", ["smallest", "whole"])
def test_the_examples_of_the_description_are_accepted(
    collector: Collector, http: TestClient, description: dict[str, Any], example: str
) -> None:
    content = description["paths"]["/v1/logs"]["post"]["requestBody"]["content"]
    log = content["application/json"]["examples"][example]["value"]

    one = http.post("/v1/logs", json=log, headers=collector.headers())
    many = http.post(
        "/v1/logs", content=content["application/x-ndjson"]["example"], headers=collector.ndjson()
    )

    assert (one.status_code, many.json()["logs"]) == (200, 2)


def test_the_description_has_every_error_of_the_address(description: dict[str, Any]) -> None:
    responses = description["paths"]["/v1/logs"]["post"]["responses"]

    assert {int(status) for status in responses} == {200, 207} | set(STATUS.values()) - {404, 405}
    for status, response in responses.items():
        assert response["content"]["application/json"]["schema"], status


def test_the_description_says_how_to_authenticate(description: dict[str, Any]) -> None:
    (scheme,) = description["components"]["securitySchemes"].values()

    assert description["paths"]["/v1/logs"]["post"]["security"] == [{"ApiKey": []}]
    assert (scheme["type"], scheme["in"], scheme["name"]) == ("apiKey", "header", "X-API-Key")


def test_every_reference_of_the_description_leads_somewhere(description: dict[str, Any]) -> None:
    references = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(description)))

    assert {"Log", "Metrics", "Error", "FieldError", "StoredLog", "StoredLogs"} <= references
    assert references <= description["components"]["schemas"].keys()


def test_the_schema_of_a_log_is_that_of_the_model(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    trace = schemas["Log"]["properties"]["trace"]["anyOf"][0]

    assert list(schemas["Log"]["properties"]) == [field.name for field in LOG_FIELDS]
    assert set(schemas["Log"]["required"]) == {field.name for field in LOG_FIELDS if field.required}
    assert list(schemas["Metrics"]["properties"]) == [metric.name for metric in METRICS]
    assert list(trace["properties"]) == list(TRACE_PARTS)
    for name, fields in TRACE_PARTS.items():
        part = trace["properties"][name].get("anyOf", [{"items": {"properties": {}}}])[0]
        assert list(part["items"]["properties"]) == [field.name for field in fields]


# ---------------------------------------------------------------- docs/api.md


def _table(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading of `docs/api.md`."""
    section = _API_MD.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip().replace("`", "") for cell in row.strip("|").split("|")] for row in rows[2:]]


def test_api_md_lists_every_error() -> None:
    listed = {(int(row[0]), row[1]) for row in _table("Errors")}

    assert listed == {(status, kind.code) for kind, status in STATUS.items()}


def test_api_md_says_the_same_about_sending_again_as_the_page() -> None:
    again = {row[1]: row[3] for row in _table("Errors") if row[3] != "no"}

    assert again == {code: text.replace("`", "") for code, text in reference.SEND_AGAIN.items()}


def test_api_md_lists_every_field() -> None:
    listed = {name.strip() for row in _table("The log") for name in row[0].split(",")} - {"any other"}

    assert listed == {field.name for field in LOG_FIELDS}


def test_api_md_names_every_metric_and_the_bounds_of_the_code() -> None:
    text = _API_MD.read_text(encoding="utf-8")

    assert {metric.name for metric in METRICS if f"`{metric.name}`" not in text} == set()
    for bound in (
        f"at most {envelope.MAX_METRICS} names of up to {envelope.MAX_NAME} characters",
        f"up to {envelope.MAX_METRIC_TEXT} bytes",
        f"at most {MAX_DEPTH} levels",
        f"at most {envelope.MAX_UNKNOWN_FIELDS} fields, {envelope.MAX_UNKNOWN_BYTES // 1024} KiB",
        f"years {envelope.YEARS[0]} to {envelope.YEARS[1]}",
    ):
        assert bound in text


def test_api_md_lists_the_limits_with_their_defaults() -> None:
    listed = {row[0]: float(row[1]) for row in _table("Limits")}

    assert listed == {name: getattr(CollectorSettings(), name) for name in reference.LIMITS}


def test_api_md_lists_every_other_address(description: dict[str, Any]) -> None:
    listed = {row[0] for row in _table("Other addresses")}

    assert listed == {f"GET {path}" for path, item in description["paths"].items() if "get" in item} | {
        "GET /docs",
        "GET /openapi.json",
    }


def test_the_example_of_api_md_gets_the_answer_it_shows(collector: Collector, http: TestClient) -> None:
    text = _API_MD.read_text(encoding="utf-8")
    (body,) = re.findall(r"-d '(.*)'", text)
    answer = json.loads(re.findall(r"```json\n(.*)\n```", text)[0])

    assert http.post("/v1/logs", content=body, headers=collector.headers()).json() == answer


# ---------------------------------------------------------------- behind a proxy

_PATHS = ("/healthz", "/readyz", "/docs", "/docs/reference.css", "/docs/icon.svg", "/openapi.json")


@pytest.mark.parametrize(
    "root", ["/caselog", "/v1", "/v1/logs", "/docs", "/docs/reference.css", "/healthz", "/a/v1"]
)
@pytest.mark.parametrize("is_handed_on", [True, False])
def test_below_the_path_of_a_proxy_everything_is_where_it_was(root: str, *, is_handed_on: bool) -> None:
    """Some proxies take their prefix away, others hand it on; it may look like an address of the collector's own."""
    collector, prefix = make_collector(root_path=root), root if is_handed_on else ""
    with collector.http() as http:
        stored = http.post(f"{prefix}/v1/logs", json=make_log(), headers=collector.headers())
        found = {path: http.get(prefix + path) for path in _PATHS}
        refused = [http.get(prefix + path).status_code for path in ("/v1", root + "s/healthz", "/v1/logs")]

    assert stored.status_code == 200
    assert {answer.status_code for answer in found.values()} == {200}
    assert found["/openapi.json"].json()["servers"] == [{"url": root}]
    assert refused == [404, 404, 405]


@pytest.mark.parametrize("prefix", ["caselog", "/caselog/", "/", "/a b", "/a?b", "/a\n", "/ä", "//a"])
def test_a_path_that_is_none_stops_the_start(prefix: str) -> None:
    with pytest.raises(SettingsError, match="ROOT_PATH: must be empty or a path such as /caselog: each part"):
        read_settings(CollectorSettings, "X_", {"X_ROOT_PATH": prefix})
