"""The pages' own files, read once, with a fingerprint in each address so that browsers keep them for good."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from voila_dashboards.gateway.errors import NoSuchPage

_SERVED: Final = {".js", ".css", ".woff2", ".svg", ".png", ".ico"}
_COMPRESSED: Final = {".js", ".css", ".svg"}
_URL_IN_CSS: Final = re.compile(r"""url\((['"]?)([\w./-]+)\1\)""")
_FOR_GOOD: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    """One file as it is sent."""

    body: bytes
    gzipped: bytes | None
    media_type: str
    fingerprint: str


class Assets:
    """Files of ``folders`` by their path within; a later folder wins."""

    def __init__(self, folders: Iterable[Path]) -> None:
        files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for folder in folders
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix in _SERVED
        }
        self._assets = {name: _asset(name, body) for name, body in files.items() if not name.endswith(".css")}
        for name in (name for name in files if name.endswith(".css")):
            self._assets[name] = _asset(name, self._with_fingerprints(name, files[name]))

    def url(self, name: str) -> str:
        """The address of ``name``, which changes when its content does."""
        return f"/static/{name}?v={self._assets[name].fingerprint}"

    async def serve(self, request: Request) -> Response:
        """Answer `/static/<name>`; raises `NoSuchPage`."""
        asset = self._assets.get(request.path_params["name"])
        if asset is None:
            raise NoSuchPage
        is_current = request.query_params.get("v") == asset.fingerprint
        headers = {
            "Cache-Control": _FOR_GOOD if is_current else "no-cache",
            "ETag": f'"{asset.fingerprint}"',
            "Vary": "Accept-Encoding",
        }
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        if asset.gzipped is not None and "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(asset.gzipped, media_type=asset.media_type, headers=headers)
        return Response(asset.body, media_type=asset.media_type, headers=headers)

    def _with_fingerprints(self, name: str, css: bytes) -> bytes:
        """The stylesheet with the fingerprinted address of each file it names."""
        folder = Path(name).parent

        def replace(match: re.Match[str]) -> str:
            target = (folder / match[2]).as_posix()
            return f'url("{self.url(target)}")' if target in self._assets else match[0]

        return _URL_IN_CSS.sub(replace, css.decode()).encode()


def _asset(name: str, body: bytes) -> Asset:
    suffix = Path(name).suffix
    media_type = {".js": "text/javascript", ".woff2": "font/woff2"}.get(suffix) or mimetypes.guess_type(name)[
        0
    ]
    gzipped = gzip.compress(body, 9, mtime=0) if suffix in _COMPRESSED else None
    return Asset(
        body, gzipped, media_type or "application/octet-stream", hashlib.sha256(body).hexdigest()[:16]
    )
