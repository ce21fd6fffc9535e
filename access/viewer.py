"""Who looks at a page: the one name for a person there, from a session to a kernel. Pure, and cheap to import."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lake.scope import Scope

#: So many bytes of names reach a kernel, which is some thousands; the other clients are called by their ids.
_MOST_BYTES_OF_NAMES: Final = 128 * 1024


@dataclass(frozen=True)
class Viewer:
    """A signed-in user as the pages know them: a name to show, and whose logs they may see.

    ``client_names`` is what clients are called; of others than the scope's none is told to anybody.
    """

    name: str
    display_name: str
    scope: Scope
    client_names: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    def may_see(self, client_id: str) -> bool:
        """Whether logs of ``client_id`` are this viewer's to see.

        >>> Viewer("ann", "Ann", Scope.of("acme")).may_see("globex")
        False
        """
        return self.scope.allows(client_id)

    def name_of(self, client_id: str) -> str:
        """What the client is called: its id, where it has no name or is not this viewer's to see.

        >>> ann = Viewer("ann", "Ann", Scope.of("acme"), {"acme": "Acme Retail", "globex": "Globex"})
        >>> ann.name_of("acme"), ann.name_of("globex")
        ('Acme Retail', 'globex')
        """
        return self.client_names.get(client_id, client_id) if self.may_see(client_id) else client_id

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
            return f"Client {self.name_of(self.scope.only_client)}"
        return f"{len(self.scope.clients)} clients"

    def to_json(self) -> dict[str, Any]:
        """The viewer as the gateway tells a kernel; ``clients`` is null for everyone's."""
        clients = self.scope.clients
        return {
            "name": self.name,
            "display_name": self.display_name,
            "clients": None if clients is None else sorted(clients),
            "client_names": dict(self._names()),
        }

    def _names(self) -> Iterator[tuple[str, str]]:
        """Names of the scope's clients, as many as fit."""
        left = _MOST_BYTES_OF_NAMES
        for client_id, name in sorted(self.client_names.items()):
            if self.may_see(client_id):
                left -= len(client_id) + len(json.dumps(name)) + 4
                if left < 0:
                    return
                yield client_id, name

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Viewer:
        """What `to_json` made; a viewer that names no clients at all is an error, not everyone.

        >>> Viewer.from_json(Viewer("ann", "Ann", Scope.of("acme")).to_json()).scope == Scope.of("acme")
        True
        """
        clients = told["clients"]
        scope = Scope(None) if clients is None else Scope.of(*clients)
        return cls(told["name"], told["display_name"], scope, told.get("client_names", {}))
