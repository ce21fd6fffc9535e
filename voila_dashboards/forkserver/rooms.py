"""The pages' own rooms, as kernels run them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from IPython.core.profiledir import ProfileDir

from voila_dashboards.forkserver.kernel import Room
from voila_dashboards.forkserver.messages import Setup
from voila_dashboards.sandbox.code_folders import package_folders

#: What a kernel imports from outside Python's own folders.
_PACKAGES: Final = ("voila_dashboards", "access", "lake", "caselog")


def open_room(setup: Setup) -> Room:
    """The room of the pages; everything it imports is imported by now."""
    from voila_dashboards.lean import leave_pandas_out

    leave_pandas_out()  # before DuckDB asks for it
    from voila_dashboards.kernel.connection import adopt
    from voila_dashboards.kernel.showing import confine_reader, open_reader

    def open_once() -> None:
        open_reader()

    return Room(package_folders(_PACKAGES), open_profile(setup), adopt, open_once, confine_reader)


def open_profile(setup: Setup) -> ProfileDir:
    """An empty profile, so that IPython looks for none and makes none."""
    folder = str(Path(setup.sockets_folder) / "profile")
    profile: ProfileDir = ProfileDir.create_profile_dir(folder)  # type: ignore[no-untyped-call]
    return profile
