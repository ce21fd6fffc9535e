"""The pages' own rooms, as kernels run them."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from IPython.core.profiledir import ProfileDir

from voila_dashboards.forkserver.kernel import Room
from voila_dashboards.forkserver.messages import Setup

#: What a kernel imports from outside Python's own folders.
_PACKAGES: Final = ("voila_dashboards", "access", "lake", "caselog")


def open_room(setup: Setup) -> Room:
    """The room of the pages; everything it imports is imported by now."""
    from voila_dashboards.kernel.lean import leave_pandas_out

    leave_pandas_out()  # before DuckDB asks for it
    from voila_dashboards.kernel.connection import adopt
    from voila_dashboards.kernel.showing import confine_reader, open_reader

    def open_once() -> None:
        open_reader()

    return Room(package_folders(_PACKAGES), open_profile(setup), adopt, open_once, confine_reader)


def package_folders(names: Iterable[str]) -> tuple[Path, ...]:
    """Folders of packages; not those above them, where a checkout has its lake too."""
    specs = [importlib.util.find_spec(name) for name in names]
    return tuple(Path(spec.origin).parent for spec in specs if spec is not None and spec.origin)


def open_profile(setup: Setup) -> ProfileDir:
    """An empty profile, so that IPython looks for none and makes none."""
    folder = str(Path(setup.sockets_folder) / "profile")
    profile: ProfileDir = ProfileDir.create_profile_dir(folder)  # type: ignore[no-untyped-call]
    return profile
