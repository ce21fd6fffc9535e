"""A gateway for tests of kernels alone: it hands each kernel one file, and says hello."""

from __future__ import annotations

import json
import os
import socket
import threading
from contextlib import suppress
from pathlib import Path


class StandinGateway:
    """Listens on ``path`` until closed; each kernel that asks gets a descriptor of its scope's ``file``."""

    def __init__(self, path: Path, folders: Path, file: Path) -> None:
        self._folders = folders
        self._file = file
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(64)
        #: The folder that each kernel named, by kernel id.
        self.folders: dict[str, Path] = {}
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            for line in lines:
                said = json.loads(line)
                if "folder" in said:
                    self.folders[said["kernel_id"]] = self._folders / said["folder"]
                    self._hand_over(connection, self.folders[said["kernel_id"]])

    def _hand_over(self, connection: socket.socket, folder: Path) -> None:
        link = folder / "link"
        link.hardlink_to(self._file)
        descriptor = os.open(link, os.O_RDONLY)
        link.unlink()
        socket.send_fds(connection, [b"hello"], [descriptor])
        os.close(descriptor)
