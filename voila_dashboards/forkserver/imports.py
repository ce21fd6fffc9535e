"""Importing before it is needed: what is imported late costs a page time, or can no longer be read."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable


def import_all(modules: Iterable[str]) -> None:
    """Import what can be imported; a module that this version of a package does not have is none that is needed."""
    for name in modules:
        if name not in sys.modules:
            try:
                importlib.import_module(name)
            except ImportError:
                continue
