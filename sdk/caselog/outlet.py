"""What passes from a client's queue to its thread: logs in batches, and where the thread takes them."""

from __future__ import annotations

from typing import Callable, NamedTuple

from . import losses as reasons
from .losses import Losses


class Queued(NamedTuple):
    """A log as it was when shipped, in JSON, and the monotonic time of that moment in seconds."""

    text: str
    at: float


#: Sleeps so many seconds, less when a flush is in a hurry and the second argument allows it; False: stop now.
Pause = Callable[[float, bool], bool]


class Outlet:
    """Where the thread takes its batches; no method raises.

    This one has no way out, and counts each log as lost; `caselog.delivery.Delivery` is the one that has.
    """

    def __init__(self, losses: Losses) -> None:
        self.losses = losses

    def deliver(self, batch: list[Queued], _pause: Pause) -> None:
        """Settle every log of a batch: delivered, kept on disk, or given up."""
        self.losses.count(reasons.NETWORK, len(batch))

    def send_kept(self, *, hurries: bool) -> float | None:  # noqa: ARG002 - as the one that has a disk
        """Send some of what waits on disk, sooner where a flush waits; seconds until it is worth calling again.

        None where nothing waits.
        """
        return None

    def count_kept(self) -> int:
        """How many logs of this process wait on disk."""
        return 0

    def keep(self, _logs: list[Queued], _until: float) -> int:
        """Keep logs on disk until the monotonic time given; how many were settled."""
        return 0

    def close(self) -> None:
        """Let go of the connection."""

    def abandon(self) -> None:
        """Let go of a connection that another process still uses; for a forked child."""
