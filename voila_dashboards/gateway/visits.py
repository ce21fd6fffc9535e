"""Visits: one page in one tab, the kernel behind it, and the session it belongs to.

A visit starts with a **grant**, a random word that works once: the gateway gives it to Voila in a header of
its own, Voila to the kernel, and the kernel trades it for its scope and a token. Which kernel serves the
visit is read from Voila's answer, never from a kernel or a browser. Times are seconds of one clock.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from voila_dashboards.gateway.sessions import Visitor


@dataclass(eq=False)
class Visit:
    """One page shown to one visitor; ``ended`` is set once, and then its kernel may go."""

    page: str
    params: Mapping[str, str]
    visitor: Visitor
    opened_at: float
    last_used_at: float
    kernel_id: str | None = None
    comm_id: str | None = None
    token_digest: str | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_redeemed(self) -> bool:
        """Whether a kernel has traded the grant in."""
        return self.token_digest is not None


class Visits:
    """Every visit that has not ended."""

    def __init__(self, grant_ttl_s: float) -> None:
        self._grant_ttl_s = grant_ttl_s
        self._all: set[Visit] = set()
        self._by_grant: dict[str, Visit] = {}
        self._by_token: dict[str, Visit] = {}
        self._by_kernel: dict[str, Visit] = {}

    def open(self, page: str, params: Mapping[str, str], visitor: Visitor, now: float) -> tuple[Visit, str]:
        """A new visit and its grant."""
        grant = secrets.token_urlsafe(32)
        visit = Visit(page, params, visitor, opened_at=now, last_used_at=now)
        self._all.add(visit)
        self._by_grant[_digest(grant)] = visit
        return visit, grant

    def redeem(self, grant: str, comm_id: str, now: float) -> tuple[Visit, str] | None:
        """The visit of ``grant`` and a token for later questions; None where it is unknown, used or late."""
        visit = self._by_grant.pop(_digest(grant), None)
        if visit is None or visit.ended.is_set() or now - visit.opened_at > self._grant_ttl_s:
            return None
        token = secrets.token_urlsafe(32)
        visit.token_digest = _digest(token)
        visit.comm_id = comm_id
        self._by_token[visit.token_digest] = visit
        return visit, token

    def of_token(self, token: str) -> Visit | None:
        """The visit whose kernel holds ``token``."""
        return self._by_token.get(_digest(token))

    def bind(self, visit: Visit, kernel_id: str) -> bool:
        """Record which kernel serves ``visit``; False where that kernel serves another already."""
        if visit.ended.is_set() or kernel_id in self._by_kernel:
            return False
        visit.kernel_id = kernel_id
        self._by_kernel[kernel_id] = visit
        return True

    def of_kernel(self, kernel_id: str, visitor: Visitor) -> Visit | None:
        """The visit that ``kernel_id`` serves, if it is this session's."""
        visit = self._by_kernel.get(kernel_id)
        if visit is None or visit.visitor.session_id != visitor.session_id:
            return None
        return visit

    def end(self, visit: Visit) -> None:
        """Forget ``visit``: its grant, token and kernel id are worthless from now on."""
        self._all.discard(visit)
        self._by_grant = {grant: other for grant, other in self._by_grant.items() if other is not visit}
        if visit.token_digest is not None:
            self._by_token.pop(visit.token_digest, None)
        if visit.kernel_id is not None:
            self._by_kernel.pop(visit.kernel_id, None)
        visit.ended.set()

    def of_session(self, session_id: str) -> list[Visit]:
        """The session's visits, the one that idled longest first."""
        return [visit for visit in self.all() if visit.visitor.session_id == session_id]

    def all(self) -> list[Visit]:
        """Every visit, the one that idled longest first."""
        return sorted(self._all, key=lambda visit: visit.last_used_at)


def _digest(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()
