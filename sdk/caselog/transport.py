"""One HTTP request to the collector and its answer, over a connection that stays open between logs.

A transport is a function from `Request` to `Response` that raises `CollectorUnreachable`; tests hand in one
of their own. No redirect is followed: a log and its key go to the configured address or nowhere.
"""

from __future__ import annotations

import base64
import codecs
import http.client
import io
import os
import socket
import ssl
import time
from dataclasses import dataclass, field
from typing import Any, Callable, Union, cast
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

from .errors import CollectorUnreachable

# What the network needs and imports at its first use. A fork in the middle of that would leave the child with an
# encoding that is unknown for ever; so it is imported with this module, which a fork waits for.
for _encoding in ("idna", "iso-8859-1", "ascii"):
    codecs.lookup(_encoding)

#: An answer is a small JSON object; what is longer is none of a collector's.
MAX_ANSWER_BYTES = 256 * 1024

#: A connection that was idle for longer may be gone without a word: a router forgot it, a machine was frozen.
_MAX_IDLE_S = 30.0

_abandoned: list[object] = []


@dataclass(frozen=True)
class Request:
    """A POST; its repr shows neither the headers, which hold the key, nor the body."""

    url: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    timeout_s: float = 10.0


@dataclass(frozen=True)
class Response:
    """What came back; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes = field(repr=False)


Transport = Callable[[Request], Response]
_Connection = Union[http.client.HTTPConnection, http.client.HTTPSConnection]


class UnusableProxy(OSError):
    """The environment names a proxy of a kind that this client does not speak."""

    def __init__(self, scheme: str) -> None:
        super().__init__(f"a {scheme}:// proxy is set, and only http:// proxies are spoken")


class KeepAlive:
    """A transport that holds one connection; for one thread."""

    def __init__(self) -> None:
        self._connection: _Connection | None = None
        self._used_at = 0.0

    def __call__(self, request: Request) -> Response:
        """The answer to the request; tried twice where a kept connection turns out to be closed.

        Raises `CollectorUnreachable` where no whole answer came in time.
        """
        parts = urlsplit(request.url)
        try:
            return self._exchange(request, parts)
        except (
            OSError,
            http.client.HTTPException,
            ValueError,
        ) as error:  # ValueError: a host that is no name
            raise CollectorUnreachable(origin_of(request.url), describe(error)) from error

    def close(self) -> None:
        """Close the connection, if one is open; the next request opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def abandon(self) -> None:
        """Let go of the connection in a forked child, without a word to the other side: it is the parent's.

        Only the descriptor is closed. Closing the connection as such would wait for ever on the lock of a buffer
        that the parent's thread held at the moment of the fork; so would freeing it, hence the list.
        """
        connection, self._connection = self._connection, None
        _abandoned.append(connection)
        if connection is not None and connection.sock is not None:
            os.close(connection.sock.detach())

    def _exchange(self, request: Request, parts: SplitResult) -> Response:
        reused = self._connection is not None
        try:
            return self._send(request, parts)
        except (http.client.RemoteDisconnected, ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
            self.close()
            if not reused:
                raise
        except BaseException:
            self.close()
            raise
        return self._exchange(request, parts)

    def _send(self, request: Request, parts: SplitResult) -> Response:
        deadline = time.monotonic() + request.timeout_s
        if time.monotonic() - self._used_at > _MAX_IDLE_S:
            self.close()
        if self._connection is None:
            self._connection = _connect(parts, request.timeout_s)
        elif self._connection.sock is not None:
            self._connection.sock.settimeout(request.timeout_s)
        self._connection.request(
            "POST", _target(parts), request.body, {**_proxy_auth(parts), **request.headers}
        )
        answer = self._connection.getresponse()
        body = _read_body(answer, deadline)
        self._used_at = time.monotonic()
        if answer.will_close or answer.status < 200:
            self.close()
        return Response(answer.status, {name.lower(): value for name, value in answer.getheaders()}, body)


class _ImpatientReader(io.RawIOBase):
    """Reads from a socket until a deadline: a socket's own timeout begins anew with every byte that arrives."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        self._raw = raw
        self._sock = sock
        self._deadline = time.monotonic() + (sock.gettimeout() or 0.0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(max(0.001, self._deadline - time.monotonic()))
        return cast("int | None", self._raw.readinto(buffer))

    def close(self) -> None:
        self._raw.close()
        super().close()


class _ImpatientResponse(http.client.HTTPResponse):
    """An answer that has to be whole within the socket's timeout, however slowly it trickles."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_ImpatientReader(self.fp.detach(), sock))


def origin_of(url: str) -> str:
    """Scheme, host and port of an address: what may be named in a sentence.

    >>> origin_of("https://logs.example.com/v1/logs")
    'https://logs.example.com'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def describe(error: BaseException) -> str:
    """A few words on a network error; nothing of what was sent or received."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {error.verify_message}"
    if isinstance(error, OSError):
        return str(error.strerror or error.args[-1] if error.args else type(error).__name__)
    return type(error).__name__


def _read_body(answer: http.client.HTTPResponse, deadline: float) -> bytes:
    body = b""
    while len(body) <= MAX_ANSWER_BYTES and time.monotonic() < deadline:
        chunk = answer.read1(64 * 1024)
        if not chunk:
            if answer.length:  # of Content-Length, what did not come
                raise http.client.IncompleteRead(body, answer.length)
            answer.close()
            return body
        body += chunk
    raise TimeoutError("the answer was too slow or too long")


def _connect(parts: SplitResult, timeout_s: float) -> _Connection:
    proxy = _proxy_of(parts)
    host, port = (proxy.hostname, proxy.port or 80) if proxy else (parts.hostname, parts.port)
    if parts.scheme == "http":
        plain = http.client.HTTPConnection(host or "", port, timeout=timeout_s)
        plain.response_class = _ImpatientResponse
        return plain
    context = ssl.create_default_context()
    connection = http.client.HTTPSConnection(host or "", port, timeout=timeout_s, context=context)
    connection.response_class = _ImpatientResponse
    if proxy:
        connection.set_tunnel(parts.hostname or "", parts.port or 443, headers=_credentials(proxy))
    return connection


def _proxy_of(parts: SplitResult) -> SplitResult | None:
    """The proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name for this address.

    Only the environment is asked: what macOS itself is set to must not be read in a forked process.
    """
    proxy = getproxies_environment().get(parts.scheme)
    if not proxy or proxy_bypass_environment(parts.netloc):
        return None
    found = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    if found.scheme not in ("http", "https"):
        raise UnusableProxy(found.scheme)
    return found


def _target(parts: SplitResult) -> str:
    return parts.geturl() if parts.scheme == "http" and _proxy_of(parts) else parts.path


def _proxy_auth(parts: SplitResult) -> dict[str, str]:
    proxy = _proxy_of(parts) if parts.scheme == "http" else None
    return _credentials(proxy) if proxy else {}


def _credentials(proxy: SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
