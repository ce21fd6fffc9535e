"""Who looks at a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Viewer:
    """A signed-in user as the pages know them; ``client_id`` is None for the provider, who sees all clients."""

    name: str
    display_name: str
    role: Literal["provider", "client"]
    client_id: str | None

    def may_see(self, client_id: str) -> bool:
        """Whether logs of ``client_id`` are this viewer's to see; a client without an id sees nothing.

        >>> Viewer("ann", "Ann", "client", "acme").may_see("globex")
        False
        """
        return self.role == "provider" or (self.client_id is not None and self.client_id == client_id)
