"""Why the collector says no, and with which HTTP status.

* `CollectorError`
    * the sender's credentials: `UnknownKey` (401), `ForeignClient`, `ClientRemoved` (403)
    * whose figures they are: `MetricsWithheld` (403)
    * the sender's request: `InvalidRequest`, `UploadAborted` (400), `NoSuchPage` (404), `NoSuchMethod` (405),
      `UploadTooSlow` (408), `TooLarge` (413), `UnsupportedMediaType`, `UnsupportedEncoding` (415), `UnreadableBody`,
      `InvalidLog` (422), `HeadTooLarge` (431)
    * pace: `RateExceeded`, `QuotaExceeded` (429), `Overloaded` (503)
    * this side: `NotConfirmed`, `DamagedRecord`, `Stopping`, `NotReady` (503), `Unexpected` (500)

No message quotes what was sent: a field is named by its path, never by its value.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Final


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field; ``line`` is the NDJSON line, from 1, where there are several logs."""

    path: str
    message: str
    line: int | None = None

    def as_json(self) -> dict[str, Any]:
        place = {} if self.line is None else {"line": self.line}
        return {**place, "path": self.path, "message": self.message}


class CollectorError(Exception):
    """Root: ``code`` is for programs, the message for people."""

    code: ClassVar[str]
    headers: Mapping[str, str] = MappingProxyType({})
    fields: Sequence[FieldError] = ()


class InvalidRequest(CollectorError):
    """What arrived is not HTTP, or has a `Transfer-Encoding` other than `chunked`."""

    code = "invalid_request"

    def __init__(self) -> None:
        super().__init__("This is not HTTP, or its Transfer-Encoding is not chunked; nothing was stored.")


class HeadTooLarge(CollectorError):
    """The request line and headers are over their limit."""

    code = "head_too_large"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"The request line and headers are over the limit of {limit} bytes; nothing was stored."
        )


class UnknownKey(CollectorError):
    """No API key, an unknown one, or one that was revoked or has expired."""

    code = "unknown_key"
    headers = MappingProxyType(
        {
            "WWW-Authenticate": 'ApiKey realm="caselog", header="X-API-Key"',
            "Connection": "close",  # whoever is unknown gets nothing read from him
        }
    )

    def __init__(self) -> None:
        super().__init__(
            "The header X-API-Key holds no valid key: ask your provider for one, or check that it was not revoked and "
            "has not expired."
        )


class ForeignClient(CollectorError):
    """The log names another client than the one the key belongs to."""

    code = "foreign_client"

    def __init__(self) -> None:
        super().__init__(
            "The log names another client than the API key's: leave client_id out, or use that client's own key."
        )
        self.fields = (FieldError("client_id", "belongs to another client than the API key"),)


class MetricsWithheld(CollectorError):
    """Somebody else than the operator asks for `/metrics`."""

    code = "metrics_withheld"

    def __init__(self) -> None:
        super().__init__(
            "The figures are for whoever runs the collector: set CASELOG_COLLECTOR_METRICS_TOKEN, and ask with its "
            "token as `Authorization: Bearer ...`."
        )


class ClientRemoved(CollectorError):
    """The API key's client was removed: none of its logs is taken."""

    code = "client_removed"

    def __init__(self) -> None:
        super().__init__("The client of this API key was removed and nothing was stored: ask your provider.")


class NoSuchPage(CollectorError):
    """Nothing is served at this address."""

    code = "not_found"

    def __init__(self) -> None:
        super().__init__(
            "Nothing is served at this address: logs go to POST /v1/logs, and /docs describes the API."
        )


class NoSuchMethod(CollectorError):
    """The address exists, the method does not."""

    code = "method_not_allowed"

    def __init__(self, allowed: str = "") -> None:
        super().__init__(
            "This address does not answer that method: logs go to POST /v1/logs, and /docs describes the API."
        )
        self.headers = {"Allow": allowed} if allowed else {}


class UploadTooSlow(CollectorError):
    """The body did not arrive in time."""

    code = "upload_too_slow"
    headers = MappingProxyType({"Connection": "close"})

    def __init__(self, limit_s: float) -> None:
        super().__init__(
            f"The body did not arrive within {limit_s:g} seconds and nothing was stored: send it again."
        )


class UploadAborted(CollectorError):
    """The sender closed the connection before the body was complete; nobody reads this answer."""

    code = "upload_aborted"

    def __init__(self) -> None:
        super().__init__("The connection was closed before the body was complete and nothing was stored.")


class TooLarge(CollectorError):
    """The body, one log, or the number of logs is over its limit."""

    code = "too_large"
    headers = MappingProxyType({"Connection": "close"})

    def __init__(self, what: str, limit: int, unit: str) -> None:
        super().__init__(
            f"{what} is over the limit of {limit} {unit} and nothing was stored: send less at once."
        )


class UnsupportedMediaType(CollectorError):
    """The body is declared to be something else than JSON or NDJSON."""

    code = "unsupported_media_type"

    def __init__(self) -> None:
        super().__init__(
            "Content-Type must be application/json for one log, or application/x-ndjson for many, in UTF-8."
        )


class UnsupportedEncoding(CollectorError):
    """The body is compressed in a way that is not understood."""

    code = "unsupported_encoding"
    headers = MappingProxyType({"Accept-Encoding": "gzip, zstd"})

    def __init__(self) -> None:
        super().__init__("Content-Encoding must be gzip or zstd, once, or be left out.")


class UnreadableBody(CollectorError):
    """The body is not what its headers say: not gzip, not zstd, or without any log."""

    code = "unreadable_body"

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason} Nothing was stored.")


class InvalidLog(CollectorError):
    """The log, or a line of several, breaks the rules; ``fields`` says which and why."""

    code = "invalid_log"

    def __init__(self, fields: Sequence[FieldError]) -> None:
        super().__init__(
            "The log is not valid and nothing was stored: see `fields`, each with its path and what is wrong."
        )
        self.fields = tuple(fields)


class RateExceeded(CollectorError):
    """The client sends more logs per second, or per minute, than it may."""

    code = "rate_exceeded"

    def __init__(self, rate: str, wait_s: float) -> None:
        super().__init__(
            f"This client sends more logs than it may, {rate}, and nothing was stored: wait as long as Retry-After "
            "says, then send again."
        )
        self.headers = {"Retry-After": str(max(1, math.ceil(wait_s)))}


class QuotaExceeded(CollectorError):
    """The client has sent as many bytes of logs as it may in a day."""

    code = "quota_exceeded"

    def __init__(self, limit: int, wait_s: float) -> None:
        super().__init__(
            f"Too little is left of the {limit} bytes of logs that this client may send in a day of UTC, and nothing "
            "was stored: ask your provider for more, or wait as long as Retry-After says, then send again."
        )
        self.headers = {"Retry-After": str(max(1, math.ceil(wait_s)))}


class _Later(CollectorError):
    """Sending the same again helps, ``retry_after_s`` from now."""

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.headers = {"Retry-After": str(retry_after_s)}


class Overloaded(_Later):
    """More bytes are in flight than this process may hold, or more large bodies than it can read."""

    code = "overloaded"

    def __init__(self, retry_after_s: int) -> None:
        message = "The collector has as many logs at once as it can take: send this again after Retry-After seconds."
        super().__init__(message, retry_after_s)


class NotConfirmed(_Later):
    """The object store did not answer in time, or refused."""

    code = "not_confirmed"

    def __init__(self, what: str, retry_after_s: int) -> None:
        super().__init__(f"The object store did not confirm {what}: sending it again is safe.", retry_after_s)


class DamagedRecord(_Later):
    """The key's or the client's record in the store is not one that Caselog wrote."""

    code = "damaged_record"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(
            "It cannot be read who the API key belongs to: its record is damaged and nothing was stored. Tell your "
            "provider; sending it again is safe.",
            retry_after_s,
        )


class Stopping(_Later):
    """The collector is being stopped, and the body or the object store took longer than it could wait."""

    code = "stopping"

    def __init__(self, retry_after_s: int) -> None:
        message = (
            "The collector is being stopped and could not wait for this request: sending it again is safe."
        )
        super().__init__(message, retry_after_s)


class NotReady(CollectorError):
    """The collector answers, and cannot do its work; only `/readyz` says so."""

    code = "not_ready"

    def __init__(self, reasons: Sequence[str]) -> None:
        """``reasons`` are sentences."""
        super().__init__(" ".join(["The collector answers, and cannot store logs now.", *reasons]))


class Unexpected(CollectorError):
    """A defect of the collector."""

    code = "unexpected"

    def __init__(self) -> None:
        super().__init__("The collector failed in a way it does not know: sending the same again is safe.")


STATUS: Final[Mapping[type[CollectorError], int]] = MappingProxyType(
    {
        InvalidRequest: 400,
        UploadAborted: 400,
        UnknownKey: 401,
        ForeignClient: 403,
        MetricsWithheld: 403,
        ClientRemoved: 403,
        NoSuchPage: 404,
        NoSuchMethod: 405,
        UploadTooSlow: 408,
        TooLarge: 413,
        UnsupportedMediaType: 415,
        UnsupportedEncoding: 415,
        UnreadableBody: 422,
        InvalidLog: 422,
        RateExceeded: 429,
        QuotaExceeded: 429,
        HeadTooLarge: 431,
        Unexpected: 500,
        NotConfirmed: 503,
        DamagedRecord: 503,
        Stopping: 503,
        NotReady: 503,
        Overloaded: 503,
    }
)


def error_body(error: CollectorError) -> dict[str, Any]:
    """The JSON that tells a sender about ``error``.

    >>> error_body(UnsupportedEncoding())["error"]["code"]
    'unsupported_encoding'
    """
    body: dict[str, Any] = {"code": error.code, "message": str(error)}
    if error.fields:
        body["fields"] = [field.as_json() for field in error.fields]
    return {"error": body}
