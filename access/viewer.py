"""Who looks at a page: the one name for a person there, from a session to a kernel. Pure, and cheap to import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lake.scope import Scope


@dataclass(frozen=True)
class Viewer:
    """A signed-in user as the pages know them: a name to show, and whose logs they may see."""

    name: str
    display_name: str
    scope: Scope

    def may_see(self, client_id: str) -> bool:
        """Whether logs of ``client_id`` are this viewer's to see.

        >>> Viewer("ann", "Ann", Scope.of("acme")).may_see("globex")
        False
        """
        return self.scope.allows(client_id)

    @property
    def sees_many(self) -> bool:
        """Whether there are clients to choose from and to tell apart."""
        return self.scope.sees_many

    @property
    def title(self) -> str:
        """What the header says under the name.

        >>> from lake.scope import EVERYONE
        >>> [Viewer("x", "X", scope).title for scope in (EVERYONE, Scope.of("acme"), Scope.of("a", "b", "c"))]
        ['Provider', 'Client acme', '3 clients']
        """
        if self.scope.clients is None:
            return "Provider"
        if self.scope.only_client is not None:
            return f"Client {self.scope.only_client}"
        return f"{len(self.scope.clients)} clients"

    def as_claims(self) -> dict[str, Any]:
        """What a page acts on: claims about what the viewer may do, never a role to compare."""
        return {
            "display_name": self.display_name,
            "title": self.title,
            "sees_many": self.sees_many,
            "client_id": self.scope.only_client,
        }

    def to_json(self) -> dict[str, Any]:
        """The viewer as the gateway tells a kernel; ``clients`` is null for everyone's."""
        clients = self.scope.clients
        return {
            "name": self.name,
            "display_name": self.display_name,
            "clients": None if clients is None else sorted(clients),
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Viewer:
        """What `to_json` made; a viewer that names no clients at all is an error, not everyone.

        >>> Viewer.from_json(Viewer("ann", "Ann", Scope.of("acme")).to_json()).scope == Scope.of("acme")
        True
        """
        clients = told["clients"]
        scope = Scope(None) if clients is None else Scope.of(*clients)
        return cls(told["name"], told["display_name"], scope)
