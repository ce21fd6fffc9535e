"""Who runs the command, as receipts and the audit name them."""

from __future__ import annotations

import getpass
import os


def this_user() -> str:
    """The name of this machine's user."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return f"uid {os.getuid()}"
