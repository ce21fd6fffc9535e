"""Names by which Voila's configuration finds our parts of it; importing the parts themselves costs a second."""

from __future__ import annotations

from typing import Final

PROVISIONER: Final = "caselog-forked"
KERNEL_MANAGER: Final = "voila_dashboards.voila.kernels.ForkedKernelManager"
