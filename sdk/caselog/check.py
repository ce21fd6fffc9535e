"""What stands between this process and a stored log: settings, name, connection, certificate, key, client, clock."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Callable

from .clock import new_id, now_text, now_utc
from .errors import CollectorUnreachable, InvalidSetting, SettingError
from .serialize import dump
from .settings import LEVELS, OFF, read_api_key, read_client_id, read_level, read_masks, read_url, require
from .transport import Request, Response, Transport, describe, origin_of

_TIMEOUT_S = 10.0
#: A clock that is off by more makes tickets appear at the wrong time.
_MAX_CLOCK_ERROR_S = 60.0


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    is_fine: bool
    sentence: str


def check_delivery(env: Mapping[str, str], transport: Transport) -> list[Finding]:
    """What was found on a test log's way to the collector, in the order of the way; it ends where a log would."""
    findings = check_settings(env)
    if not all(finding.is_fine for finding in findings):
        return findings
    url = read_url(env)
    request = _request(url, read_api_key(env), read_client_id(env))
    try:
        response = transport(request)
    except CollectorUnreachable as error:
        return [*findings, Finding(is_fine=False, sentence=_explain_network(url, error.__cause__ or error))]
    return [*findings, *check_answer(url, response, now_utc())]


def check_settings(env: Mapping[str, str]) -> list[Finding]:
    """One finding for each variable; a key is named, never shown."""
    return [_check_setting(env, name, read) for name, read in _READERS.items()]


def _check_setting(env: Mapping[str, str], name: str, read: Callable[[Mapping[str, str]], str]) -> Finding:
    try:
        require(env, *([name] if name.startswith("LOG_") else []))
        return Finding(is_fine=True, sentence=f"{name}: {read(env)}")
    except SettingError as error:
        return Finding(is_fine=False, sentence=str(error))


def check_answer(url: str, response: Response, now: datetime) -> list[Finding]:
    """What the collector's answer to the test log means."""
    origin = origin_of(url)
    sentence = _MEANINGS.get(response.status)
    if 200 <= response.status < 300:
        receipt = _read_receipt(response.body)
        is_collector = receipt is not None
        sentence = (
            "stored the test log"
            if is_collector
            else "answered, but not as a Caselog collector does: check LOG_COLLECTOR_URL"
        )
        if receipt and receipt.get("status") == "off":
            is_collector, sentence = (
                False,
                "took the test log and stored nothing: the provider has set this client to OFF",
            )
        return [Finding(is_collector, f"{origin} {sentence}"), *_check_clock(response, now)]
    said = sentence or f"answered {response.status}"
    return [Finding(is_fine=False, sentence=f"{origin} {said}"), *_check_clock(response, now)]


_READERS: dict[str, Callable[[Mapping[str, str]], str]] = {
    "LOG_COLLECTOR_URL": read_url,
    "LOG_COLLECTOR_API_KEY": lambda env: f"a key of {len(read_api_key(env))} characters",
    "CLIENT_ID": lambda env: read_client_id(env) or "not set, so the API key tells the client",
    "CASELOG_LEVEL": lambda env: _describe_level(read_level(env)),
    "CASELOG_MASK": lambda env: _describe_masks(*read_masks(env)),
    "CASELOG_SPOOL_DIR": lambda env: _describe_folder(env.get("CASELOG_SPOOL_DIR")),
}
_MEANINGS = {
    301: "redirects, and redirects are not followed: set LOG_COLLECTOR_URL to where it leads",
    302: "redirects, and redirects are not followed: set LOG_COLLECTOR_URL to where it leads",
    307: "redirects, and redirects are not followed: set LOG_COLLECTOR_URL to where it leads",
    308: "redirects, and redirects are not followed: set LOG_COLLECTOR_URL to where it leads",
    401: "does not know this API key: it is mistyped, was revoked or has expired; ask your provider for another",
    403: "says that CLIENT_ID is not the API key's client (correct it, or leave it out), or that client is removed",
    404: "has nothing at this address: check the path of LOG_COLLECTOR_URL",
    405: "takes no logs at this address: check the path of LOG_COLLECTOR_URL",
    407: "is a proxy that asks for a user and a password: put them into HTTPS_PROXY",
    413: "or a proxy before it takes only smaller requests than a test log",
    422: "finds the test log invalid: this version of caselog does not fit that collector",
    429: "takes no more logs of this client for the moment; what ships now is sent later",
    503: "is there but cannot store logs for the moment; what ships now is sent later",
}


def _describe_level(level: str) -> str:
    return (
        f"{level}, so no log is sent but this one"
        if level == OFF
        else f"{level} (one of {', '.join(LEVELS)})"
    )


def _describe_masks(also: frozenset[str], left: frozenset[str]) -> str:
    return ", ".join(["the usual", *sorted(also), *(f"not {word}" for word in sorted(left))])


def _describe_folder(folder: str | None) -> str:
    """What will come of the folder; raises `InvalidSetting` where nothing can be written to it."""
    if not folder:
        return "not set, so logs wait in memory only"
    try:
        Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise InvalidSetting("CASELOG_SPOOL_DIR", f"it cannot be written to ({error.strerror})") from error


def _request(url: str, api_key: str, client_id: str | None) -> Request:
    now = now_text()
    log = {
        "log_id": new_id(),
        "ticket_id": "caselog-check",
        "status": "SUCCESS",
        "category": "caselog-check",
        "executed_at": now,
    }
    body = gzip.compress(dump({**log, "client_id": client_id} if client_id else log).encode())
    headers = {"X-API-Key": api_key, "Content-Type": "application/json", "Content-Encoding": "gzip"}
    return Request(url, headers, body, _TIMEOUT_S)


def _explain_network(url: str, cause: BaseException) -> str:
    origin, words = origin_of(url), describe(cause)
    if isinstance(cause, socket.gaierror):
        return f"the name in {origin} is unknown here ({words}): check LOG_COLLECTOR_URL, DNS, or HTTPS_PROXY"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"{origin} is not trusted ({words}): a private authority's certificate goes into SSL_CERT_FILE"
    if isinstance(cause, ssl.SSLError):
        return f"{origin} does not speak TLS ({words}): is it http:// instead of https://?"
    if isinstance(cause, TimeoutError):
        return f"{origin} did not answer within {_TIMEOUT_S:g} s: a firewall, or HTTPS_PROXY is missing"
    if isinstance(cause, ConnectionRefusedError):
        return f"nothing listens at {origin}: check host and port of LOG_COLLECTOR_URL"
    return f"{origin} did not answer ({words})"


def _read_receipt(body: bytes) -> dict[str, Any] | None:
    """What a collector answers; ``None`` where it is something else."""
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _check_clock(response: Response, now: datetime) -> list[Finding]:
    try:
        there = parsedate_to_datetime(response.headers["date"])
        error_s = (now - there).total_seconds()
    except (KeyError, TypeError, ValueError):
        return []
    if abs(error_s) <= _MAX_CLOCK_ERROR_S:
        return [Finding(is_fine=True, sentence="the clocks here and there agree")]
    return [
        Finding(
            is_fine=False,
            sentence=f"the clock here is {error_s:+.0f} s off the collector's: tickets get wrong times",
        )
    ]
