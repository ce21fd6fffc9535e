"""Ship one structured log per run of an AI workflow to Caselog, without ever being in the workflow's way.

    from caselog import build_workflow_log, ship_log_async

    def audit_log(state):
        ship_log_async(build_workflow_log(state))
        return {}
"""

from __future__ import annotations

from .api import close, flush, ship_log_async, stats
from .build import build_workflow_log
from .client import Client
from .errors import CaselogError
from .settings import Limits, Settings
from .version import VERSION as __version__

__all__ = [
    "CaselogError",
    "Client",
    "Limits",
    "Settings",
    "__version__",
    "build_workflow_log",
    "close",
    "flush",
    "ship_log_async",
    "stats",
]
