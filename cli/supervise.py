"""Several servers of one machine, started and stopped together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import Final

from cli.errors import CliError
from cli.parent import PARENT
from serving.address import bind

#: How long a part may take until it answers.
_START_S: Final = 60.0
_POLL_S: Final = 0.1
#: Between the end of a part and its next start; doubles, so that a part that cannot live does not burn a core.
_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 30.0


@dataclass(frozen=True)
class Part:
    """One child: the arguments of ``caselog`` that start it, and the address at which it says it is well."""

    name: str
    arguments: Sequence[str]
    health_url: str | None = None


def require_free_port(host: str, port: int, setting: str) -> None:
    """Return where the port can be listened on; raises `CliError` that names the setting to change."""
    try:
        bind(host, port).close()
    except OSError as error:
        raise CliError(
            f"Port {port} of {host} cannot be used ({error.strerror}): choose another with {setting}."
        ) from error


class Parts:
    """Running children. Every way out of `running` stops them all."""

    def __init__(self, env: Mapping[str, str], stop: threading.Event, stop_s: float) -> None:
        self._env = {**env, PARENT: str(os.getpid())}
        self._stop = stop
        self._stop_s = stop_s
        self._parts: dict[str, Part] = {}
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, parts: Sequence[Part]) -> None:
        """Start the parts and wait until each is well; raises `CliError` where one is not in time."""
        for part in parts:
            self._launch(part)
        for part in parts:
            self._await_health(part)

    def _launch(self, part: Part) -> None:
        command = [sys.executable, "-m", "cli.main", *part.arguments]
        self._parts[part.name] = part
        self._children[part.name] = subprocess.Popen(command, env=self._env)  # noqa: S603 - our own command

    def _await_health(self, part: Part) -> None:
        deadline = time.monotonic() + _START_S
        while part.health_url and not self._stop.is_set():
            self._require_all_alive()
            if _answers(part.health_url):
                return
            if time.monotonic() > deadline:
                raise CliError(
                    f"The {part.name} did not answer at {part.health_url} within {_START_S:.0f} s."
                )
            self._stop.wait(_POLL_S)

    def watch(self, say: Callable[[str], None]) -> None:
        """Return when told to stop; until then a part that ended by itself is started again."""
        pause_s = _FIRST_PAUSE_S
        while not self._stop.wait(_POLL_S * 5):
            for name, status in self._ended():
                say(f"The {name} ended with status {status}: starting it again in {pause_s:.0f} s.")
                if self._stop.wait(pause_s):
                    return
                self._launch(self._parts[name])
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    def _ended(self) -> list[tuple[str, int]]:
        """Name and exit status of every part that is not running."""
        statuses = ((name, child.poll()) for name, child in self._children.items())
        return [(name, status) for name, status in statuses if status is not None]

    def _require_all_alive(self) -> None:
        for name, status in self._ended():
            if not self._stop.is_set():
                raise CliError(
                    f"The {name} ended with status {status}; everything was stopped. Its reason stands above."
                )

    def stop(self) -> None:
        """End every part: politely, then after a while for good."""
        for child in self._children.values():
            with suppress(ProcessLookupError):
                child.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + self._stop_s
        for child in self._children.values():
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


@contextmanager
def running(env: Mapping[str, str], stop_s: float) -> Iterator[tuple[Parts, threading.Event]]:
    """Parts that are stopped when the block ends, and the event that Ctrl-C or SIGTERM sets.

    A part that has not stopped ``stop_s`` after it was asked to is killed.
    """
    stop = threading.Event()
    parts = Parts(env, stop, stop_s)

    def on_signal(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield parts, stop
    finally:
        parts.stop()
        for number, handler in before.items():
            signal.signal(number, handler)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - an address of ours
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
