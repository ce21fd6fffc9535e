"""Visits: one page in one tab, the kernel behind it, and the session it belongs to.

Which kernel serves a visit is read from Voila's answer to the gateway's own request, never from a kernel or a browser;
only then is the kernel told who looks at what. Times are seconds of one clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from voila_dashboards.gateway.session_end import SessionEnd
from voila_dashboards.gateway.sessions import Session


@dataclass(eq=False)
class Visit:
    """One page shown in one session; ``ended`` is set once, and then its kernel may go."""

    page: str
    params: Mapping[str, str]
    session: Session
    opened_at: float
    last_used_at: float
    kernel_id: str | None = None
    #: The comm of the page's widget: set when the kernel was told who looks at what.
    comm_id: str | None = None
    #: When the question was asked that the kernel has not answered yet.
    asked_at: float | None = None
    #: Why it ended, where its session did.
    session_end: SessionEnd | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_admitted(self) -> bool:
        """Whether its kernel was told who looks at what."""
        return self.comm_id is not None


class Visits:
    """Every visit that has not ended."""

    def __init__(self) -> None:
        self._all: set[Visit] = set()
        self._by_kernel: dict[str, Visit] = {}

    def open(self, page: str, params: Mapping[str, str], session: Session, now: float) -> Visit:
        """A new visit; no kernel serves it yet."""
        visit = Visit(page, params, session, opened_at=now, last_used_at=now)
        self._all.add(visit)
        return visit

    def bind(self, visit: Visit, kernel_id: str) -> bool:
        """Record which kernel serves ``visit``; False where the visit ended, or that kernel serves another."""
        if visit.ended.is_set() or kernel_id in self._by_kernel:
            return False
        visit.kernel_id = kernel_id
        self._by_kernel[kernel_id] = visit
        return True

    def release(self, visit: Visit) -> None:
        """Record that no kernel serves ``visit``; another may."""
        if visit.kernel_id is not None:
            self._by_kernel.pop(visit.kernel_id, None)
        visit.kernel_id = visit.comm_id = None

    def serves(self, kernel_id: str) -> Visit | None:
        """The visit that ``kernel_id`` serves."""
        return self._by_kernel.get(kernel_id)

    def of_kernel(self, kernel_id: str, session: Session) -> Visit | None:
        """The visit that ``kernel_id`` serves, if it is this session's."""
        visit = self._by_kernel.get(kernel_id)
        if visit is None or visit.session.session_id != session.session_id:
            return None
        return visit

    def end(self, visit: Visit) -> None:
        """Forget ``visit``: its kernel id is worthless from now on."""
        self._all.discard(visit)
        if visit.kernel_id is not None:
            self._by_kernel.pop(visit.kernel_id, None)
        visit.ended.set()

    def of_session(self, session_id: str) -> list[Visit]:
        """The session's visits, the one that idled longest first."""
        return [visit for visit in self.all() if visit.session.session_id == session_id]

    def all(self) -> list[Visit]:
        """Every visit, the one that idled longest first."""
        return sorted(self._all, key=lambda visit: visit.last_used_at)
