"""Lines of logs on the wire: packed, signed with the key, sent once."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass

from .answers import check_answer
from .console import Console
from .settings import Limits, Settings
from .transport import Request, Transport
from .version import __version__

#: Above this level gzip takes more time than it saves bytes.
_GZIP_LEVEL = 5


@dataclass
class Sender:
    """Sends lines to the collector, once."""

    settings: Settings
    limits: Limits
    transport: Transport
    console: Console

    def pack(self, lines: Sequence[bytes]) -> Request:
        """The request that carries these lines: one as JSON, more as NDJSON."""
        headers = {
            "X-API-Key": self.settings.api_key,
            "Content-Type": "application/json" if len(lines) == 1 else "application/x-ndjson",
            "Content-Encoding": "gzip",
            "Accept": "application/json",
            "User-Agent": f"caselog-python/{__version__}",
        }
        body = gzip.compress(b"\n".join(lines), _GZIP_LEVEL)
        return Request(self.settings.url, headers, body, self.limits.timeout_s)

    def send(self, request: Request, logs: int) -> None:
        """Nothing where the logs are stored; otherwise raises the `DeliveryError` that the answer means."""
        check_answer(self.settings.url, self.transport(request), explains=logs == 1)
        self.console.debug(f"{logs} log(s) stored, {len(request.body)} bytes sent")
