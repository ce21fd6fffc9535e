"""Run the fork server as the gateway's child: ``python -m voila_dashboards.forkserver SOCKET PARENT``."""

from __future__ import annotations

import sys

from voila_dashboards.forkserver.rooms import open_room
from voila_dashboards.forkserver.start import run

if __name__ == "__main__":
    run(socket_number=int(sys.argv[1]), parent=int(sys.argv[2]), open_room=open_room)
