"""The fork server's loop: one thread that forks, reaps, kills and tells. It trusts whoever holds its sockets."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from voila_dashboards.forkserver.accounts import Accounts
from voila_dashboards.forkserver.errorlog import ErrorLog
from voila_dashboards.forkserver.folders import remove_folders
from voila_dashboards.forkserver.kernel import Order, Room, run_kernel
from voila_dashboards.forkserver.messages import Setup, receive, send
from voila_dashboards.sandbox import Account

#: What may be sent to a kernel: to interrupt it and to end it.
_SIGNALS: Final = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGKILL})


class Refused(Exception):
    """What was asked for cannot be done; the message says why."""


@dataclass(eq=False)
class _Kernel:
    kernel_id: str
    pid: int
    #: A descriptor of the process: readable when it has ended, and never another process of the same number.
    process: int
    account: Account | None
    errors: ErrorLog
    owner: socket.socket


@dataclass(eq=False)
class _Asker:
    connection: socket.socket
    #: Whether it may bring others in; its end is the fork server's end.
    is_gateway: bool = False


@dataclass
class ForkServer:
    """Kernels by their id. ``gateway`` is the first to ask, and the one whose end ends everything."""

    setup: Setup
    room: Room
    gateway: socket.socket
    _kernels: dict[str, _Kernel] = field(default_factory=dict)
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)

    def __post_init__(self) -> None:
        self._accounts = Accounts(*self.setup.uids) if self.setup.uids is not None else None
        self._askers: list[_Asker] = []
        self._welcome(_Asker(self.gateway, is_gateway=True))

    def run(self) -> None:
        """Serve until the gateway is gone; then no kernel is left."""
        try:
            while self._askers and self._askers[0].is_gateway:
                for key, _ in self._selector.select():
                    key.data()
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            for kernel in self._kernels.values():
                signal.pidfd_send_signal(kernel.process, signal.SIGKILL)
            for kernel in list(self._kernels.values()):
                self._bury(kernel)

    def _welcome(self, asker: _Asker) -> None:
        self._askers.append(asker)
        self._watch(asker.connection.fileno(), lambda: self._hear(asker))

    def _watch(self, descriptor: int, react: Callable[[], None]) -> None:
        self._selector.register(descriptor, selectors.EVENT_READ, react)

    def _hear(self, asker: _Asker) -> None:
        try:
            message, descriptors = receive(asker.connection)
        except (EOFError, ValueError):  # gone, or nothing that we would say
            self._part(asker)
            return
        try:
            self._do(asker, message, descriptors)
        except Refused as refusal:
            self._tell(asker, {"id": message.get("id"), "error": str(refusal)})
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _do(self, asker: _Asker, message: Mapping[str, Any], descriptors: list[int]) -> None:
        match message:
            case {"id": number, "do": "start", "kernel_id": str(kernel_id)}:
                self._start(asker, number, kernel_id)
            case {"id": number, "do": "signal", "kernel_id": str(kernel_id), "signal": int(which)}:
                self._tell(asker, {"id": number, "found": self._signal(kernel_id, which)})
            case {"id": number, "do": "list"}:
                pids = {kernel.kernel_id: kernel.pid for kernel in self._kernels.values()}
                self._tell(asker, {"id": number, "kernels": pids})
            case {"id": number, "do": "adopt"} if asker.is_gateway and descriptors:
                self._welcome(_Asker(socket.socket(fileno=os.dup(descriptors[0]))))
                self._tell(asker, {"id": number})
            case _:
                raise Refused("This is nothing that the fork server does.")

    def _start(self, asker: _Asker, number: int, kernel_id: str) -> None:
        if kernel_id in self._kernels:
            raise Refused("There is a kernel of this id.")
        if len(self._kernels) >= self.setup.most_kernels:
            raise Refused(f"There are {len(self._kernels)} kernels: no more are started.")
        account = self._accounts.take() if self._accounts is not None else None
        if self._accounts is not None and account is None:
            raise Refused("Every user that a kernel may become is taken.")
        ready, kernel = self._fork(asker, kernel_id, account)
        try:
            self._tell(asker, {"id": number, "pid": kernel.pid}, ready)
        finally:
            os.close(ready)

    def _fork(self, asker: _Asker, kernel_id: str, account: Account | None) -> tuple[int, _Kernel]:
        ready, ready_end = os.pipe()
        errors, errors_end = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            run_kernel(self.setup, self.room, Order(kernel_id, account, ready_end, errors_end))
        os.close(ready_end)
        os.close(errors_end)
        kernel = _Kernel(kernel_id, pid, os.pidfd_open(pid), account, ErrorLog(errors), asker.connection)
        self._kernels[kernel_id] = kernel
        self._watch(kernel.process, lambda: self._bury(kernel))
        self._watch(errors, lambda: self._pass_on_errors(kernel))
        return ready, kernel

    def _pass_on_errors(self, kernel: _Kernel) -> None:
        if not kernel.errors.pass_on():
            self._selector.unregister(kernel.errors.pipe)
            kernel.errors.close()

    def _signal(self, kernel_id: str, number: int) -> bool:
        kernel = self._kernels.get(kernel_id)
        if kernel is None or number not in _SIGNALS:
            return False
        try:
            signal.pidfd_send_signal(kernel.process, number)
        except ProcessLookupError:
            return False
        return True

    def _bury(self, kernel: _Kernel) -> None:
        """Reap a kernel that has ended, free what it had, and tell everybody."""
        _, status = os.waitpid(kernel.pid, 0)
        self._selector.unregister(kernel.process)
        os.close(kernel.process)
        if not kernel.errors.is_closed:
            kernel.errors.pass_on()
            self._selector.unregister(kernel.errors.pipe)
            kernel.errors.close()
        del self._kernels[kernel.kernel_id]
        remove_folders(self.setup, kernel.pid)
        if self._accounts is not None and kernel.account is not None:
            self._accounts.give_back(kernel.account)
        for asker in list(self._askers):
            self._tell(asker, {"ended": kernel.kernel_id, "status": os.waitstatus_to_exitcode(status)})

    def _tell(self, asker: _Asker, message: Mapping[str, Any], *descriptors: int) -> None:
        try:
            send(asker.connection, message, descriptors)
        except OSError:
            self._part(asker)

    def _part(self, asker: _Asker) -> None:
        """Forget who is gone, and end the kernels that nobody else would end."""
        if asker not in self._askers:
            return
        self._askers.remove(asker)
        self._selector.unregister(asker.connection)
        for kernel in self._kernels.values():
            if kernel.owner is asker.connection:
                self._signal(kernel.kernel_id, signal.SIGKILL)
        asker.connection.close()
