"""The kernel's side of the gateway's unix socket."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from typing import Any, Final

from lake.snapshot import Snapshot
from voila_dashboards.kernel.errors import NoGrant, PageError, StoreSilent, VisitEnded
from voila_dashboards.viewer import Viewer

_TIMEOUT_S: Final = 30.0
_ERRORS: Final[dict[str, type[PageError]]] = {
    "grant_refused": NoGrant,
    "visit_ended": VisitEnded,
    "store_unavailable": StoreSilent,
}


@dataclass(frozen=True)
class Admission:
    """What a grant was worth: who looks, at what, and the first snapshot."""

    token: str
    viewer: Viewer
    page: str
    params: dict[str, str]
    snapshot: Snapshot
    snapshot_max_age_s: float


class Gateway:
    """Asks the gateway behind the socket at ``path``."""

    def __init__(self, path: str) -> None:
        self._path = path

    def redeem(self, grant: str, comm_id: str) -> Admission:
        """Trade the grant in; raises `NoGrant` where it is forged, used or late."""
        answer = self._ask({"ask": "redeem", "grant": grant, "comm_id": comm_id})
        return Admission(
            token=answer["token"],
            viewer=Viewer(**answer["viewer"]),
            page=answer["page"],
            params=answer["params"],
            snapshot=Snapshot.from_json(answer["snapshot"]),
            snapshot_max_age_s=answer["snapshot_max_age_s"],
        )

    def renew(self, token: str) -> Snapshot:
        """A snapshot as of now; raises `VisitEnded`, `StoreSilent`."""
        return Snapshot.from_json(self._ask({"ask": "snapshot", "token": token})["snapshot"])

    def _ask(self, question: dict[str, str]) -> dict[str, Any]:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(_TIMEOUT_S)
                connection.connect(self._path)
                connection.sendall(json.dumps(question).encode() + b"\n")
                with connection.makefile("rb") as lines:
                    answer: dict[str, Any] = json.loads(lines.readline())
        except (OSError, ValueError) as error:
            raise StoreSilent from error
        if "error" in answer:
            raise _ERRORS.get(answer["error"], VisitEnded)
        return answer
