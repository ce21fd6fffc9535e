"""Receipts of deletions as files: the client's copy, by which it can be shown later what was deleted and when."""

from __future__ import annotations

import json
import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from access.audit import Event
from access.receipts import Receipt
from voila_dashboards.gateway.audit import Audit
from voila_dashboards.gateway.client_facts import FactsOfClients
from voila_dashboards.gateway.errors import NoSuchPage
from voila_dashboards.gateway.guard import require_session
from voila_dashboards.gateway.sessions import Session, Sessions

#: As ids of deletions are made; it becomes part of a file's name.
_ID: Final = re.compile(r"[0-9a-f-]{1,64}")
_HEADERS: Final = {"Cache-Control": "no-store"}


class ReceiptFiles:
    """Handlers of receipts; what is not the viewer's is not there."""

    def __init__(self, sessions: Sessions, facts: FactsOfClients, audit: Audit) -> None:
        self._sessions = sessions
        self._facts = facts
        self._audit = audit

    async def one(self, request: Request) -> Response:
        """`GET /receipts/<client>/<deletion>.json`: one receipt, whole."""
        session = await require_session(request, self._sessions)
        deletion_id = request.path_params["deletion_id"]
        found = [each for each in await self._of(request, session) if each.told.get("id") == deletion_id]
        if not found or not _ID.fullmatch(deletion_id):
            raise NoSuchPage
        self._note(request, session, f"receipt {deletion_id}")
        body = json.dumps(found[0].told, indent=1)
        name = f'attachment; filename="caselog-receipt-{deletion_id}.json"'
        return Response(
            body, media_type="application/json", headers={**_HEADERS, "Content-Disposition": name}
        )

    async def all(self, request: Request) -> Response:
        """`GET /receipts/<client>.ndjson`: all of them, one a line, the newest first."""
        session = await require_session(request, self._sessions)
        found = await self._of(request, session)
        self._note(request, session, "receipts")
        lines = "".join(json.dumps(each.told) + "\n" for each in found)
        name = 'attachment; filename="caselog-receipts.ndjson"'
        headers = {**_HEADERS, "Content-Disposition": name}
        return Response(lines, media_type="application/x-ndjson", headers=headers)

    async def _of(self, request: Request, session: Session) -> list[Receipt]:
        client_id = request.path_params["client_id"]
        if not session.viewer.may_see(client_id):
            raise NoSuchPage
        return await self._facts.receipts(session.viewer.scope, client_id)

    def _note(self, request: Request, session: Session, what: str) -> None:
        if request.method == "HEAD":  # nothing was taken
            return
        client_id = request.path_params["client_id"]
        self._audit.note(Event.DOWNLOADED, request, user=session.viewer.name, client_id=client_id, what=what)
