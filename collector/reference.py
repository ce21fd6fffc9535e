"""The page a client's engineer works from: the OpenAPI description as HTML, with nothing loaded from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources import files
from string import Template
from typing import Any, Final

from fastapi import FastAPI

from collector import openapi
from collector.answers import JSON, encode
from collector.errors import STATUS, CollectorError
from collector.fixed import FixedAnswer
from collector.schemas import LOG_EXAMPLE, SMALL_EXAMPLE
from collector.settings import CollectorSettings

_STATIC: Final = files("collector") / "static"
_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_FILES: Final = {"reference.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}

#: The settings that a sender notices, in the order in which he meets them.
LIMITS: Final = (
    "max_body_bytes",
    "max_log_bytes",
    "max_logs_per_request",
    "upload_timeout_s",
    "ack_timeout_s",
    "rate_limit_per_s",
    "key_cache_ttl_s",
)
_AFTER: Final = "after `Retry-After` seconds"
#: Whether sending the same again helps; where it is not listed it does not.
SEND_AGAIN: Final[Mapping[str, str]] = {
    "upload_aborted": "yes",
    "upload_too_slow": "yes",
    "too_large": "in smaller parts",
    "rate_exceeded": _AFTER,
    "quota_exceeded": _AFTER,
    "unexpected": "yes",
    "not_confirmed": _AFTER,
    "overloaded": _AFTER,
    "damaged_record": _AFTER,
    "stopping": _AFTER,
}

_LINES: Final = json.dumps(SMALL_EXAMPLE).replace(', "status"', ',\n       "status"')

CURL_ONE: Final = f"""\
COLLECTOR=https://collector.example.com   # the address your provider gave you
API_KEY=caselog_...                       # and the key

curl --fail-with-body "$COLLECTOR/v1/logs" \\
  -H "X-API-Key: $API_KEY" -H "Content-Type: application/json" \\
  -d '{_LINES}'"""

CURL_MANY: Final = """\
gzip -c logs.ndjson | curl --fail-with-body "$COLLECTOR/v1/logs" \\
  -H "X-API-Key: $API_KEY" -H "Content-Type: application/x-ndjson" \\
  -H "Content-Encoding: gzip" --data-binary @-"""

PYTHON: Final = """\
import json
import os
import urllib.request
from datetime import datetime, timezone

log = {
    "ticket_id": "T-1042",
    "executed_at": datetime.now(timezone.utc).isoformat(),
    "status": "SUCCESS",
    "execution_time_seconds": 8.4,
    "metrics": {"overall_confidence": 0.93},
    "trace": {"final_response": "Your refund is on its way."},
}
request = urllib.request.Request(
    os.environ["COLLECTOR"] + "/v1/logs",
    data=json.dumps(log).encode(),
    headers={"X-API-Key": os.environ["API_KEY"], "Content-Type": "application/json"},
)
with urllib.request.urlopen(request, timeout=10) as answer:
    print(json.load(answer))"""


def add_pages(app: FastAPI, settings: CollectorSettings) -> None:
    """Serve ``/docs`` with its two files, and ``/openapi.json``; all routes that are described are there already."""

    def page() -> bytes:
        return render(openapi.describe(app, settings.root_path), settings).encode()

    def description() -> bytes:
        return encode(openapi.describe(app, settings.root_path))

    fixed = {
        "/docs": FixedAnswer(page, "text/html", _HEADERS),
        "/openapi.json": FixedAnswer(description, JSON, {"Cache-Control": "no-cache"}),
        **{
            f"/docs/{name}": FixedAnswer((_STATIC / name).read_bytes, media_type, _HEADERS)
            for name, media_type in _FILES.items()
        },
    }
    for path, found in fixed.items():
        app.add_api_route(path, found.answer, methods=["GET", "HEAD"], include_in_schema=False)


def render(description: Mapping[str, Any], settings: CollectorSettings) -> str:
    """The page, from the OpenAPI description and this collector's limits."""
    schemas = description["components"]["schemas"]
    answers = description["paths"]["/v1/logs"]["post"]["responses"]
    stored = answers["200"]["content"]["application/json"]["examples"]
    texts = {
        "title": f"{description['info']['title']} API",
        "description": description["info"]["description"],
        "curl_one": CURL_ONE,
        "curl_many": CURL_MANY,
        "python": PYTHON,
        "stored_one": json.dumps(stored["one log"]["value"], indent=2),
        "stored_many": json.dumps(stored["many logs"]["value"], indent=2),
        "log_example": json.dumps(LOG_EXAMPLE, indent=2),
        "error_example": json.dumps(answers["422"]["content"]["application/json"]["example"], indent=2),
    }
    tables = {
        "fields": _field_rows(schemas["Log"]),
        "metrics": _field_rows(schemas["Metrics"]),
        "trace": _trace_tables(_not_null(schemas["Log"]["properties"]["trace"])),
        "errors": _error_rows(),
        "limits": _limit_rows(settings),
        "others": _other_rows(description),
    }
    template = Template((_STATIC / "reference.html").read_text(encoding="utf-8"))
    return template.substitute({name: escape(text) for name, text in texts.items()}, **tables)


def _row(*cells: str) -> str:
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _code(text: object) -> str:
    return f"<code>{escape(str(text))}</code>"


def _prose(text: str) -> str:
    """Text with `code` in backquotes, single or double."""
    parts = text.replace("``", "`").split("`")
    return "".join(_code(part) if index % 2 else escape(part) for index, part in enumerate(parts))


def _not_null(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a field is where it is given: every optional field may also be null."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice.get("type") != "null"]
    return choices[0] if len(choices) == 1 else schema


def _type(schema: Mapping[str, Any]) -> str:
    kind = schema.get("format") or schema.get("type") or ("object" if "$ref" in schema else "any")
    return {"date-time": "RFC 3339 text"}.get(kind, str(kind))


def _rules(schema: Mapping[str, Any]) -> str:
    """What a value must keep to, in words."""
    low, high, longest = (schema.get(name) for name in ("minimum", "maximum", "maxLength"))
    if longest is not None:
        return f"at most {longest:,} characters"
    if low is not None and high is not None:
        return f"{low:,.0f} to {high:,.0f}"
    return "" if low is None else f"{low:,.0f} or more"


def _field_rows(schema: Mapping[str, Any]) -> str:
    required = schema.get("required", ())
    return "".join(_field_row(name, field, name in required) for name, field in schema["properties"].items())


def _field_row(name: str, field: Mapping[str, Any], required: bool) -> str:  # noqa: FBT001  # one row, told from its table
    kind = _not_null(field)
    must = '<span class="must">required</span>' if required else ""
    rules = f' <span class="rule">{escape(_rules(kind))}</span>' if _rules(kind) else ""
    return _row(_code(name) + must, escape(_type(kind)) + rules, _prose(field.get("description", "")))


def _trace_tables(trace: Mapping[str, Any]) -> str:
    return "".join(_trace_table(name, part) for name, part in trace["properties"].items())


def _trace_table(name: str, part: Mapping[str, Any]) -> str:
    if "anyOf" not in part:
        return f"<h3>{_code(name)}</h3><p>Text, or any JSON.</p>"
    head = "<thead><tr><th>Field</th><th>Type</th><th>Meaning</th></tr></thead>"
    rows = _field_rows(part["anyOf"][0]["items"])
    return f'<h3>{_code(name + "[]")}</h3><div class="table"><table>{head}<tbody>{rows}</tbody></table></div>'


def _error_rows() -> str:
    return "".join(_error_row(kind) for kind in openapi.error_kinds())


def _error_row(kind: type[CollectorError]) -> str:
    again = '<span class="label">Send again? </span>' + _prose(SEND_AGAIN.get(kind.code, "no"))
    return _row(str(STATUS[kind]), _code(kind.code), _prose(kind.__doc__ or ""), again)


def _limit_rows(settings: CollectorSettings) -> str:
    described: Iterable[tuple[str, str]] = (
        (name, CollectorSettings.model_fields[name].description or "") for name in LIMITS
    )
    return "".join(
        _row(_code(name), f"{getattr(settings, name):,.10g}", _prose(text)) for name, text in described
    )


def _other_rows(description: Mapping[str, Any]) -> str:
    paths = {path: item["get"] for path, item in description["paths"].items() if "get" in item}
    return "".join(
        _row(_code(f"GET {path}"), _code(", ".join(item["responses"])), escape(item["summary"]))
        for path, item in paths.items()
    )
