"""The way a page's grant reaches its kernel. Whatever is missing or odd means no grant, and no data."""

from __future__ import annotations

import json
from collections.abc import Mapping

from voila_dashboards.kernel.errors import NoGrant
from voila_dashboards.names import GRANT_VARIABLE


def await_grant(env: Mapping[str, str]) -> str:
    """The grant of the request this kernel was started for, or will serve; raises `NoGrant`.

    A preheated kernel is told over Voila's own websocket and blocks until then. Its environment is never
    read for it: Voila copies the *previous* visitor's request into it.
    """
    if env.get("VOILA_PREHEAT") == "True":
        return _read_grant(_await_request(env))
    return _read_grant(env)


def _await_request(env: Mapping[str, str]) -> object:
    from websockets.exceptions import WebSocketException
    from websockets.sync.client import connect

    try:
        url = f"ws://127.0.0.1:{int(env['VOILA_APP_PORT'])}/voila/query/{env['VOILA_KERNEL_ID']}"
        with connect(url, open_timeout=20, proxy=None, compression=None) as websocket:
            return json.loads(websocket.recv())
    except (KeyError, ValueError, OSError, WebSocketException) as error:
        raise NoGrant from error


def _read_grant(request: object) -> str:
    grant = request.get(GRANT_VARIABLE) if isinstance(request, Mapping) else None
    if not isinstance(grant, str) or not grant:
        raise NoGrant
    return grant
