"""Sealing a kernel: layers by which a process gives up, for good, what its page has no use for.

`seal` before a kernel's other threads and its visitor exist, `close_sockets` once its own sockets are bound. A
layer that this platform lacks is left out, and `describe_platform` says what is then not promised; one that it
has, and that cannot be put on, stops the kernel.
"""

from voila_dashboards.sandbox.errors import LayerFailed, NotSealed, SandboxError
from voila_dashboards.sandbox.layers import (
    LAYERS,
    Account,
    Reach,
    available_layers,
    close_sockets,
    describe_platform,
    seal,
)
from voila_dashboards.sandbox.limits import Limits
from voila_dashboards.sandbox.process import become as become_user
from voila_dashboards.sandbox.process import end_with_parent, hide_memory, may_change_user

__all__ = [
    "LAYERS",
    "Account",
    "LayerFailed",
    "Limits",
    "NotSealed",
    "Reach",
    "SandboxError",
    "available_layers",
    "become_user",
    "close_sockets",
    "describe_platform",
    "end_with_parent",
    "hide_memory",
    "may_change_user",
    "seal",
]
