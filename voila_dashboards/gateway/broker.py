"""The gateway's door for kernels: a unix socket where a grant becomes a scope, and a token a fresh snapshot.

One connection carries one question and one answer, each a line of JSON:

* ``{"ask": "redeem", "grant": ..., "comm_id": ...}`` -> ``{"token", "viewer", "page", "params", "snapshot", ...}``
* ``{"ask": "snapshot", "token": ...}`` -> ``{"snapshot"}``
* anything else, or a grant or token that is not valid -> ``{"error": code}``

What a kernel may see follows from the visit alone. Nothing in a question can widen it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from access.snapshots import SnapshotSource
from access.users import User
from lake.errors import LakeError
from lake.snapshot import Snapshot
from voila_dashboards.gateway.visits import Visits

logger = logging.getLogger(__name__)

_COMM_ID: Final = re.compile(r"[0-9a-f]{32}")
_QUESTION_TIMEOUT_S: Final = 10


class Broker:
    """Answers kernels; ``clock`` gives seconds since the epoch."""

    def __init__(
        self, visits: Visits, snapshots: SnapshotSource, clock: Callable[[], float], snapshot_max_age_s: float
    ) -> None:
        self._visits = visits
        self._snapshots = snapshots
        self._clock = clock
        self._snapshot_max_age_s = snapshot_max_age_s

    async def listen(self, path: Path) -> asyncio.Server:
        """Serve on ``path``; its folder's mode decides who may connect."""
        server = await asyncio.start_unix_server(self._serve, path=str(path))
        await asyncio.to_thread(path.chmod, 0o600)
        return server

    async def answer(self, question: object) -> dict[str, Any]:
        """The answer to one question, whatever it is made of."""
        match question:
            case {"ask": "redeem", "grant": str(grant), "comm_id": str(comm_id)} if _COMM_ID.fullmatch(
                comm_id
            ):
                return await self._redeem(grant, comm_id)
            case {"ask": "snapshot", "token": str(token)}:
                return await self._renew(token)
            case _:
                return {"error": "bad_question"}

    async def _redeem(self, grant: str, comm_id: str) -> dict[str, Any]:
        redeemed = self._visits.redeem(grant, comm_id, self._clock())
        if redeemed is None:
            return {"error": "grant_refused"}
        visit, token = redeemed
        snapshot = await self._take(visit.visitor.user)
        return {
            "token": token,
            "viewer": _viewer(visit.visitor.user),
            "page": visit.page,
            "params": dict(visit.params),
            "snapshot": snapshot.to_json(),
            "snapshot_max_age_s": self._snapshot_max_age_s,
        }

    async def _renew(self, token: str) -> dict[str, Any]:
        visit = self._visits.of_token(token)
        if visit is None:
            return {"error": "visit_ended"}
        return {"snapshot": (await self._take(visit.visitor.user)).to_json()}

    async def _take(self, user: User) -> Snapshot:
        return await asyncio.to_thread(self._snapshots.take, user.scope)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = await asyncio.wait_for(reader.readline(), _QUESTION_TIMEOUT_S)
            writer.write(json.dumps(await self._answer_line(line)).encode() + b"\n")
            await writer.drain()
        except (TimeoutError, ValueError, ConnectionError):
            logger.warning("A kernel's connection broke off.")
        finally:
            writer.close()

    async def _answer_line(self, line: bytes) -> dict[str, Any]:
        try:
            return await self.answer(json.loads(line))
        except ValueError:
            return {"error": "bad_question"}
        except LakeError as error:
            logger.warning("A kernel asked for a snapshot: %s", error)
            return {"error": "store_unavailable"}


def _viewer(user: User) -> dict[str, Any]:
    return {
        "name": user.name,
        "display_name": user.display_name,
        "role": str(user.role),
        "client_id": user.client_id,
    }
