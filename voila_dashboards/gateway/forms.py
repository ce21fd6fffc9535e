"""Forms that a browser sends us: small, of our own pages, and with the token they were shown with."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from voila_dashboards.gateway.errors import FormExpired

_LONGEST_FORM: Final = 16 * 1024


async def read_form(request: Request) -> dict[str, str]:
    """The form's texts; raises `FormExpired` where it is no form of ours."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _LONGEST_FORM:
            raise FormExpired
    try:
        return dict(
            parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=False, max_num_fields=20)
        )
    except ValueError:
        raise FormExpired from None
