"""What can go wrong when a process seals itself.

* `SandboxError`
    * `LayerFailed`: this platform has the layer, and yet it could not be put on. The process must not go on.
    * `NotSealed`: a layer was put on, and yet what it forbids still works. The process must not go on.
"""

from __future__ import annotations


class SandboxError(Exception):
    """Root; the message is for the operator's log."""


class LayerFailed(SandboxError):
    """A layer that this platform has could not be put on."""

    def __init__(self, layer: str, reason: object) -> None:
        super().__init__(f"The layer {layer!r} of the kernel's sandbox could not be put on: {reason}.")


class NotSealed(SandboxError):
    """What a layer forbids was tried, and worked."""

    def __init__(self, what: str) -> None:
        super().__init__(f"A sealed kernel could still {what}.")
