"""ipykernel without files: no connection file, no profile, no history; nothing that a sealed kernel could not do."""

from __future__ import annotations

import logging
import secrets
import time
from pathlib import Path
from typing import Any, Final

import zmq
from ipykernel.iostream import IOPubThread
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from ipykernel.zmqshell import ZMQInteractiveShell
from traitlets import Type
from traitlets.config import Config

_PORTS: Final = {
    "shell_port": 1, "iopub_port": 2, "stdin_port": 3, "hb_port": 4, "control_port": 5
}  # fmt: skip
_BIND_TIMEOUT_S: Final = 10.0

_CONFIG: Final = {
    "IPKernelApp": {"log_level": logging.CRITICAL, "capture_fd_output": False},
    "HistoryManager": {"enabled": False},
    "InteractiveShell": {"colors": "nocolor", "enable_tip": False},
    "Completer": {"use_jedi": False},
}


class _Shell(ZMQInteractiveShell):
    """IPython without a folder."""

    def init_ipython_dir(self, ipython_dir: str | None) -> None:
        """It would look for a folder that it may write to, and make one."""
        self.ipython_dir = ipython_dir or ""


class _Kernel(IPythonKernel):
    shell_class = Type(_Shell)


class SealedKernelApp(IPKernelApp):
    """A kernel whose sockets lie in ``folder``, a private one, and whose key only whoever made it knows."""

    def __init__(self, folder: Path, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self.update_config(Config(_CONFIG))
        self.kernel_class = _Kernel
        self.transport, self.ip = "ipc", str(folder / "k")
        for name, number in _PORTS.items():
            setattr(self, name, number)
        self.session.key = secrets.token_hex(32).encode()

    def how_to_connect(self) -> dict[str, Any]:
        """What a client needs, as JSON."""
        return {
            "transport": self.transport,
            "ip": self.ip,
            **_PORTS,
            "key": self.session.key.decode(),
            "signature_scheme": self.session.signature_scheme,
        }

    def wait_until_bound(self) -> None:
        """Return once all five sockets are there: the heartbeat's is bound by a thread of its own."""
        deadline = time.monotonic() + _BIND_TIMEOUT_S
        while not all(Path(f"{self.ip}-{number}").exists() for number in _PORTS.values()):
            if time.monotonic() > deadline:
                raise TimeoutError("the kernel's sockets were not bound")
            time.sleep(0.001)

    def init_iopub(self, context: zmq.Context[Any]) -> None:
        """As ipykernel does it, but without the TCP port that waits for output of subprocesses: there are none.

        And each subscriber is welcomed. Left to itself, the socket tells the kernel of the first of equal subscriptions
        alone (http://api.zeromq.org/master:zmq-setsockopt, ZMQ_XPUB_VERBOSE), and Voila subscribes twice: its second
        subscription waits to be welcomed before a cell is run.
        """
        self.iopub_socket = context.socket(zmq.XPUB)
        self.iopub_socket.setsockopt(zmq.XPUB_VERBOSE, 1)
        self.iopub_socket.linger = 1000
        self.iopub_port = self._bind_socket(self.iopub_socket, self.iopub_port)  # type: ignore[no-untyped-call]
        self.configure_tornado_logger()  # type: ignore[no-untyped-call]
        self.iopub_thread = IOPubThread(  # type: ignore[no-untyped-call]
            self.iopub_socket, pipe=False, session=self.session
        )
        self.iopub_thread.start()  # type: ignore[no-untyped-call]
        self.iopub_socket = self.iopub_thread.background_socket

    def load_config_file(self, *_arguments: Any, **_options: Any) -> None:
        """What a kernel does without stands in the code."""

    def init_config_files(self) -> None:
        """As above."""

    def init_connection_file(self) -> None:
        """How to connect is told over a pipe."""

    def write_connection_file(self, **_options: Any) -> None:
        """As above."""
