"""The pages' own files, read once, below an address that changes with their content: browsers keep them for good."""

from __future__ import annotations

import gzip
import hashlib
import json
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from voila_dashboards.gateway.compression import accepts
from voila_dashboards.gateway.errors import NoSuchPage

_SERVED: Final = {".js", ".css", ".woff2", ".svg", ".png", ".ico"}
_COMPRESSED: Final = {".js", ".css", ".svg"}
_MEDIA_TYPES: Final = {".js": "text/javascript", ".woff2": "font/woff2"}
#: What browsers ask for by themselves where a page names no icon.
_ICON: Final = "logo.svg"
_FOR_GOOD: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    """One file as it is sent."""

    body: bytes
    #: By the coding that a browser must take for it, the smallest first.
    coded: Mapping[str, bytes]
    media_type: str
    etag: str


class Assets:
    """Files of ``folder`` by their path within; what is in its ``widget/`` is a notebook's, and not served."""

    def __init__(self, folder: Path) -> None:
        self._assets = {
            name: _read_asset(path)
            for path in sorted(folder.rglob("*"))
            if path.suffix in _SERVED
            and not (name := path.relative_to(folder).as_posix()).startswith("widget/")
        }
        self._pieces: dict[str, list[str]] = json.loads((folder / "build.json").read_text())["pages"]
        everything = "".join(f"{name}{asset.etag}" for name, asset in sorted(self._assets.items()))
        self._version = hashlib.sha256(everything.encode()).hexdigest()[:12]

    @property
    def base_url(self) -> str:
        """Where they all are; files name each other relative to it."""
        return f"/static/{self._version}"

    def scripts(self, page: str) -> list[str]:
        """Every script that ``page`` runs before it is drawn, so that a browser asks for all of them at once."""
        return self._pieces.get(page, [])

    def styles(self, page: str) -> list[str]:
        """The style sheets of ``page`` beside the one that all pages share."""
        own = f"pages/{page}.css"
        return [own] if own in self._assets else []

    async def serve(self, request: Request) -> Response:
        """Answer `/static/<version>/<name>` (kept for good), `/static/<name>`, `/favicon.ico`; raises `NoSuchPage`."""
        name = request.path_params.get("name", _ICON)
        current = name.removeprefix(f"{self._version}/")
        asset = self._assets.get(current)
        if asset is None:
            raise NoSuchPage
        headers = {
            "Cache-Control": "no-cache" if current == name else _FOR_GOOD,
            "ETag": asset.etag,
            "Vary": "Accept-Encoding",
        }
        if request.headers.get("if-none-match") == asset.etag:
            return Response(status_code=304, headers=headers)
        accepted = request.headers.getlist("accept-encoding")
        for coding, body in asset.coded.items():
            if accepts(coding, accepted):
                headers["Content-Encoding"] = coding
                return Response(body, media_type=asset.media_type, headers=headers)
        return Response(asset.body, media_type=asset.media_type, headers=headers)


def _read_asset(path: Path) -> Asset:
    body = path.read_bytes()
    media_type = _MEDIA_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    return Asset(body, _coded(path, body), media_type or "application/octet-stream", etag)


def _coded(path: Path, body: bytes) -> dict[str, bytes]:
    """Brotli, a tenth less than gzip, is made by the view's build: Python has none, and it takes its time."""
    if path.suffix not in _COMPRESSED:
        return {}
    brotli = path.with_name(f"{path.name}.br")
    gzipped = gzip.compress(body, 9, mtime=0)
    return ({"br": brotli.read_bytes()} if brotli.exists() else {}) | {"gzip": gzipped}
