"""Headers that ask for another protocol or coding; offers that are not a websocket's are as if not made."""

from __future__ import annotations

from typing import Final

import httptools

_OFFERS: Final = frozenset({b"upgrade", b"http2-settings"})
#: How the names of headers begin that a handshake is made of.
_HANDSHAKE: Final = (b"connection", b"upgrade", b"origin", b"sec-websocket-")


def are_for_websocket(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether `websockets` can answer an offer: it fails at bytes beyond ASCII, and is silent where a body follows."""
    if any(not value.isascii() for name, value in headers if name.startswith(_HANDSHAKE)):
        return False
    return all(
        name != b"transfer-encoding" and (name != b"content-length" or value == b"0")
        for name, value in headers
    )


def lines_without_offer(headers: list[tuple[bytes, bytes]]) -> list[bytes]:
    """The headers as lines, without the offer to speak another protocol."""
    kept = [(name, value) for name, value in headers if name not in _OFFERS and name != b"connection"]
    tokens = [
        token.strip() for name, value in headers if name == b"connection" for token in value.split(b",")
    ]
    if others := [token for token in tokens if token.lower() not in _OFFERS]:
        kept.append((b"connection", b", ".join(others)))
    lines = [name + b": " + value for name, value in kept]
    if any(b"\r" in line or b"\n" in line for line in lines):
        raise httptools.HttpParserError("a line within a line")
    return lines


def are_plainly_framed(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether no coding but chunks is in a body's way, and that one once.

    The parser passes over others before it, where a proxy that knows them reads another body.
    """
    codings = [value for name, value in headers if name == b"transfer-encoding"]
    return not codings or [value.strip().lower() for value in codings] == [b"chunked"]
