"""What `/openapi.json` says beyond what FastAPI finds out by itself: bodies, answers, errors, the key. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from collector.answers import partial_body
from collector.envelope import Envelope
from collector.errors import STATUS, CollectorError, FieldError
from collector.schemas import LOG_EXAMPLE, SMALL_EXAMPLE

SCHEMAS: Final = "#/components/schemas/"

ABOUT: Final[Mapping[str, Any]] = {
    "title": "Caselog collector",
    "version": "1",
    "description": (
        "Receives the log of one finished workflow run per ticket, and acknowledges it once it is stored. "
        "Sending a log again is always safe: it counts once."
    ),
}

_MESSAGES: Final = {
    400: "Not HTTP, or the connection was closed before the body was complete.",
    401: "No valid API key in `X-API-Key`.",
    403: "The log names another client than the key's, or the key's client was removed.",
    404: "Nothing is served at this address.",
    405: "This address does not answer that method; `Allow` says which it does.",
    408: "The body did not arrive in time.",
    413: "The body, one log or the number of logs is over its limit.",
    415: "`Content-Type` or `Content-Encoding` is none that is understood.",
    422: "Not JSON, or not a valid log: `fields` says which and why. Nothing was stored.",
    429: "More logs, or bytes in a day, than this client may send: wait `Retry-After` seconds.",
    431: "The request line and headers are over their limit.",
    500: "A defect of the collector. Sending the same again is safe.",
    503: "The object store did not confirm the log, or too much is in flight: wait `Retry-After` seconds, send again.",
}


def codes_by_status() -> dict[int, list[str]]:
    """The error codes that go with each HTTP status, in ascending order."""
    found: dict[int, list[str]] = {}
    for kind, status in sorted(STATUS.items(), key=lambda item: item[1]):
        found.setdefault(status, []).append(kind.code)
    return found


def meaning_of(status: int) -> str:
    """What an error status means to the sender."""
    return _MESSAGES[status]


def _header(description: str, kind: str) -> dict[str, Any]:
    return {"description": description, "required": True, "schema": {"type": kind}}


_REQUEST_ID: Final = {"X-Request-Id": _header("The request's own, or a new one.", "string")}
#: Headers of single answers beside that of all.
_HEADERS: Final[Mapping[int, dict[str, Any]]] = {
    401: {"WWW-Authenticate": _header("In which header a key is sent.", "string")},
    429: {"Retry-After": _header("Seconds to wait.", "integer")},
    503: {"Retry-After": _header("Seconds to wait.", "integer")},
}


def _answer(description: str, schema: Mapping[str, Any], example: Any) -> dict[str, Any]:
    return {
        "description": description,
        "headers": dict(_REQUEST_ID),
        "content": {"application/json": {"schema": schema, "example": example}},
    }


def _error(status: int) -> dict[str, Any]:
    codes = codes_by_status()[status]
    example: dict[str, Any] = {"code": codes[0], "message": _MESSAGES[status]}
    if status == 422:
        example = {
            **example,
            "code": "invalid_log",
            "fields": [{"path": "executed_at", "message": "is missing"}],
        }
    answer = _answer(_MESSAGES[status], {"$ref": SCHEMAS + "Error"}, {"error": example})
    answer["headers"] |= _HEADERS.get(status, {})
    return answer


def _errors(statuses: Iterable[int]) -> dict[int | str, dict[str, Any]]:
    return {status: _error(status) for status in statuses}


def _stored_answer() -> dict[str, Any]:
    one = {"log_id": LOG_EXAMPLE["log_id"], "status": "stored"}
    schema = {
        "anyOf": [
            {"$ref": SCHEMAS + "StoredLog"},
            {"$ref": SCHEMAS + "StoredLogs"},
            {"$ref": SCHEMAS + "NotKept"},
        ]
    }
    said = (
        "Stored: the object store has confirmed it. Or, of a client whose level is OFF, taken and not stored."
    )
    answer = _answer(said, schema, one)
    many = {"status": "stored", "logs": 1, "log_ids": [LOG_EXAMPLE["log_id"]]}
    del answer["content"]["application/json"]["example"]
    answer["content"]["application/json"]["examples"] = {
        "one log": {"value": one},
        "many logs": {"value": many},
        "a client whose level is OFF": {"value": {"status": "off"}},
    }
    return answer


def _partial_answer() -> dict[str, Any]:
    fields = [FieldError("executed_at", "is missing", 2)]
    return _answer(
        "Of many logs, those are stored that can be: `refused_lines` names the lines of the others.",
        {"$ref": SCHEMAS + "PartlyStored"},
        partial_body([LOG_EXAMPLE["log_id"]], [2], fields),
    )


_NDJSON_EXAMPLE: Final = "".join(
    json.dumps({**SMALL_EXAMPLE, "ticket_id": ticket}) + "\n" for ticket in ("T-1042", "T-1043")
)

#: Of a sequence OpenAPI describes the items as an array's: https://spec.openapis.org/oas/v3.2.0#sequential-media-types
_LINES: Final = {"type": "array", "items": {"$ref": SCHEMAS + "Log"}, "minItems": 1}

_LOGS_BODY: Final[dict[str, Any]] = {
    "required": True,
    "description": "One log as JSON, or many as NDJSON: one log per line; every valid line is stored.",
    "content": {
        "application/json": {
            "schema": {"$ref": SCHEMAS + "Log"},
            "examples": {"smallest": {"value": SMALL_EXAMPLE}, "whole": {"value": LOG_EXAMPLE}},
        },
        "application/x-ndjson": {"schema": _LINES, "example": _NDJSON_EXAMPLE},
    },
}

_ENCODING_PARAMETER: Final[dict[str, Any]] = {
    "name": "Content-Encoding",
    "in": "header",
    "required": False,
    "description": "How the body is compressed, if it is.",
    "schema": {"type": "string", "enum": ["gzip", "zstd", "identity", ""]},
}

POST_LOGS: Final[Mapping[str, Any]] = {
    "summary": "Store logs",
    "operation_id": "post_logs",
    "tags": ["Logs"],
    "response_model": None,
    "responses": {
        200: _stored_answer(),
        207: _partial_answer(),
        **_errors(s for s in codes_by_status() if s not in {404, 405}),
    },
    "openapi_extra": {
        "requestBody": _LOGS_BODY,
        "parameters": [_ENCODING_PARAMETER],
        "security": [{"ApiKey": []}],
    },
}

_STATUS_SCHEMA: Final = {"$ref": SCHEMAS + "Status"}

HEALTHZ: Final[Mapping[str, Any]] = {
    "summary": "Whether the process answers",
    "operation_id": "healthz",
    "tags": ["Operation"],
    "response_model": None,
    "responses": {
        200: _answer("The process answers.", _STATUS_SCHEMA, {"status": "ok"}),
        **_errors([400, 431]),
    },
}

READYZ: Final[Mapping[str, Any]] = {
    "summary": "Whether logs can be stored",
    "operation_id": "readyz",
    "tags": ["Operation"],
    "response_model": None,
    "responses": {
        200: _answer(
            "An object was written, read back and removed, and every part runs.",
            _STATUS_SCHEMA,
            {"status": "ready"},
        ),
        503: {
            **_error(503),
            "description": "Logs cannot be stored, as `message` says.",
            "headers": _REQUEST_ID,
        },
        **_errors([400, 431]),
    },
}

_TEXT: Final = {"type": "string"}


def _object(properties: Mapping[str, Any], required: Iterable[str]) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "required": list(required)}


_FIELD: Final = _object(
    {
        "path": {
            "type": "string",
            "description": "The field, such as `metrics.overall_confidence`; empty: the log itself.",
        },
        "message": _TEXT,
        "line": {"type": "integer", "description": "The NDJSON line, from 1."},
    },
    ["path", "message"],
)

_ERROR: Final = _object(
    {
        "code": {"type": "string", "enum": sorted(kind.code for kind in STATUS)},
        "message": _TEXT,
        "fields": {"type": "array", "items": {"$ref": SCHEMAS + "FieldError"}},
    },
    ["code", "message"],
)
_LOG_IDS: Final = {"type": "array", "items": _TEXT, "description": "In the order of the lines."}
_LINE_NUMBERS: Final = {
    "type": "array",
    "items": {"type": "integer"},
    "description": "Each line that is not stored, from 1; `fields` explains the first of them.",
}

_OWN_SCHEMAS: Final[dict[str, Any]] = {
    "StoredLog": _object({"log_id": _TEXT, "status": {"const": "stored"}}, ["log_id", "status"]),
    "StoredLogs": _object(
        {"status": {"const": "stored"}, "logs": {"type": "integer"}, "log_ids": _LOG_IDS},
        ["status", "logs", "log_ids"],
    ),
    "PartlyStored": _object(
        {
            "status": {"const": "partly_stored"},
            "logs": {"type": "integer"},
            "log_ids": _LOG_IDS,
            "refused_lines": _LINE_NUMBERS,
            "error": _ERROR,
        },
        ["status", "logs", "log_ids", "refused_lines", "error"],
    ),
    "Status": _object({"status": _TEXT}, ["status"]),
    "NotKept": _object({"status": {"const": "off"}}, ["status"]),
    "FieldError": _FIELD,
    "Error": _object({"error": _ERROR}, ["error"]),
}


def log_schemas() -> dict[str, Any]:
    """The schema of a log and of what it is made of, from the model that checks it."""
    schema = Envelope.model_json_schema(ref_template=SCHEMAS + "{model}")
    parts: dict[str, Any] = schema.pop("$defs")
    return {**parts, "Log": {**schema, "title": "Log"}}


def describe(app: FastAPI, root_path: str = "") -> dict[str, Any]:
    """The OpenAPI description of ``app``, served below ``root_path``, complete; made once."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            servers=[{"url": root_path}] if root_path else None,
        )
        components = schema.setdefault("components", {})
        components["schemas"] = {**components.get("schemas", {}), **_OWN_SCHEMAS, **log_schemas()}
        components["securitySchemes"] = {
            "ApiKey": {
                "type": "apiKey",
                "in": "header",
                "name": "X-API-Key",
                "description": "A client's key, from `caselog keys issue`. It can write, and never read.",
            }
        }
        app.openapi_schema = schema
    return app.openapi_schema


def error_kinds() -> list[type[CollectorError]]:
    """Every error that a sender can be told, by status and code."""
    return sorted(STATUS, key=lambda kind: (STATUS[kind], kind.code))
