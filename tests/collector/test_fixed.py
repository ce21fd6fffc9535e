"""What strangers may ask for is made once, however often they ask."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

from collector import openapi, reference
from collector.fixed import FixedAnswer
from collector.settings import CollectorSettings
from tests.collector.conftest import make_collector

_FIXED = ("/docs", "/openapi.json", "/docs/reference.css", "/docs/icon.svg")


def test_the_pages_are_made_once_however_often_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    render, log_schemas = reference.render, openapi.log_schemas

    def counted(description: Mapping[str, Any], settings: CollectorSettings) -> str:
        made.append("page")
        return render(description, settings)

    def described() -> dict[str, Any]:
        made.append("description")
        return log_schemas()

    monkeypatch.setattr(reference, "render", counted)
    monkeypatch.setattr(openapi, "log_schemas", described)

    with make_collector().http() as http:
        answers = {http.get(path).content for path in _FIXED for _ in range(3)}

    assert sorted(made) == ["description", "page"]
    assert len(answers) == len(_FIXED)


@pytest.mark.parametrize("path", _FIXED)
def test_who_has_a_page_already_is_told_so_and_sent_nothing(http: TestClient, path: str) -> None:
    first = http.get(path)
    mark = first.headers["etag"]

    for told in (mark, f'"other", W/{mark}', "*"):
        again = http.get(path, headers={"If-None-Match": told})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", mark)
    assert http.get(path, headers={"If-None-Match": '"other"'}).content == first.content


@pytest.mark.parametrize("path", _FIXED)
def test_a_head_is_what_the_page_would_begin_with(http: TestClient, path: str) -> None:
    whole, head = http.get(path), http.head(path)

    assert (head.status_code, head.content) == (200, b"")
    assert {**head.headers, "x-request-id": ""} == {**whole.headers, "x-request-id": ""}


def test_nothing_is_made_before_somebody_asks() -> None:
    made: list[bytes] = []

    def make() -> bytes:
        made.append(b"x")
        return b"x"

    answer = FixedAnswer(make, "text/plain", {})
    assert not made

    asyncio.run(answer.answer(Request({"type": "http", "headers": []})))
    asyncio.run(answer.answer(Request({"type": "http", "headers": []})))

    assert made == [b"x"]
