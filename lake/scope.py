"""Whose logs somebody may see: the one notion of it, from a user's record to a kernel's files. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Scope:
    """Whose logs: those of ``clients``, or everyone's (``None``).

    >>> Scope.of("acme").allows("globex"), Scope.of("acme", "globex").allows("globex"), EVERYONE.allows("globex")
    (False, True, True)
    """

    clients: frozenset[str] | None

    @classmethod
    def of(cls, *client_ids: str) -> Scope:
        """The logs of exactly these clients; of none, where none are named."""
        return cls(frozenset(client_ids))

    def allows(self, client_id: str) -> bool:
        """Whether a log of ``client_id`` lies within this scope."""
        return self.clients is None or client_id in self.clients

    @property
    def sees_many(self) -> bool:
        """Whether more than one client may be in it, so that there is something to choose from."""
        return self.clients is None or len(self.clients) > 1

    @property
    def only_client(self) -> str | None:
        """The client, where it is one; ``None`` where there may be several, or none."""
        return next(iter(self.clients)) if self.clients and len(self.clients) == 1 else None

    @property
    def key(self) -> str:
        """A name for it that is safe as a file name, and that no two scopes share.

        >>> EVERYONE.key, Scope.of("acme").key, len(Scope.of("acme", "globex").key)
        ('all', 'one-acme', 37)
        """
        if self.clients is None:
            return "all"
        if self.only_client is not None:
            return f"one-{self.only_client}"
        return f"some-{hashlib.sha256('/'.join(sorted(self.clients)).encode()).hexdigest()[:32]}"


#: What the provider sees.
EVERYONE: Final = Scope(None)
