"""Ship one structured log per run of an AI workflow to Caselog, without ever being in the workflow's way.

The last node of a workflow calls ``ship_log_async(build_workflow_log(state))``; that is all.
"""

from __future__ import annotations

from .api import close, flush, preview, set_mask, ship_log_async, stats
from .build import build_workflow_log
from .client import Client
from .decorators import node, tool
from .errors import CaselogError
from .recorder import Ticket, current_ticket, ticket
from .settings import Limits, Settings
from .version import __version__

__all__ = [
    "CaselogError",
    "Client",
    "Limits",
    "Settings",
    "Ticket",
    "__version__",
    "build_workflow_log",
    "close",
    "current_ticket",
    "flush",
    "node",
    "preview",
    "set_mask",
    "ship_log_async",
    "stats",
    "ticket",
    "tool",
]
