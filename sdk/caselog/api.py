"""The functions of a workflow, over one client that is made from the environment at the first use.

The way of a log from here to the wire, to be read in this order:

1. `api.ship_log_async` has a client; `client.Client.ship` completes the log and takes a snapshot of it.
2. `shipper.Shipper.submit` queues the snapshot and returns to the workflow. All else happens in the thread.
3. `shipper.Shipper._run` takes batches from the queue for `delivery.Delivery.deliver`, which settles each log of them.
4. `preparation.Preparer.prepare` reads a snapshot, masks it, brings it into form and cuts it: one line of JSON.
5. `sender.Sender.pack` packs the lines; `sender.Sender.send` sends them, over HTTP (transport.py).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Callable

from .client import Client
from .console import Console
from .errors import InvalidSetting, NotAMask, SettingError
from .guard import never_raises
from .settings import (
    MASKABLE,
    METRICS_ONLY,
    OFF,
    OwnMask,
    Settings,
    environment,
    read_api_key,
    read_client_id,
    read_level,
    read_masks,
    read_url,
    require,
)

if TYPE_CHECKING:
    from .what_leaves import Preview

# A dict, because setdefault is one step for the interpreter: two first calls at once agree on one client
# without a lock that a fork could leave locked.
_clients: dict[str, Client] = {}
_masks: dict[str, OwnMask] = {}
#: One for all calls, so that many of them do not say the same again and again.
_console = Console()
#: What waits for a framework that tells of runs after their end, for as many seconds as it is given.
_settle_first: list[Callable[[float], Any]] = []


@never_raises(bool)
def ship_log_async(log: Mapping[str, Any]) -> bool:
    """Send a log in the background; True where it was accepted.

    Returns at once, from synchronous code, coroutines and threads alike, and never raises. What is sent is the
    log as it is now; changing it afterwards is safe.
    """
    return _client().ship(log)


@never_raises(bool)
def flush(timeout_s: float = 5.0) -> bool:
    """Wait until every log shipped so far is delivered or given up; False where the deadline came first.

    `stats` tells the one from the other. In a coroutine: ``await asyncio.to_thread(flush)``.
    """
    end = time.monotonic() + timeout_s
    settle_frameworks(timeout_s)
    return _clients["default"].flush(max(0.0, end - time.monotonic())) if _clients else True


def settle_first(wait: Callable[[float], Any]) -> None:
    """Let ``wait`` have what a framework has still to tell come in before a flush."""
    _settle_first.append(wait)


@never_raises(lambda: None)
def settle_frameworks(timeout_s: float) -> None:
    """Wait until every framework has told what has happened so far."""
    for wait in _settle_first:
        wait(timeout_s)


@never_raises(lambda: None)
def close(timeout_s: float = 5.0) -> None:
    """Flush with the deadline and stop the thread. A log shipped later starts anew and reads the environment again."""
    client = _clients.pop("default", None)
    if client:
        client.close(timeout_s)


@never_raises(dict)
def stats() -> dict[str, Any]:
    """``{"pending": n, "lost": {reason: n}}`` of this process."""
    return _clients["default"].stats() if _clients else {"pending": 0, "lost": {}}


@never_raises(lambda: None)
def preview(log: Mapping[str, Any]) -> Preview | None:
    """What would be sent of a log, what was masked in it and by which rule, and how big it is; nothing is sent.

    Print it to read it. The level and the masks are those of the environment; at OFF it is what FULL_TRACE would send,
    and its ``is_sent`` is False. None where the log could not be sent at all.
    """
    from .what_leaves import preview_log  # masking and gzip: not at import

    env, console = environment(), _console
    settings = read_settings(
        env, "", env.get("LOG_COLLECTOR_API_KEY", ""), settle_level(env, console), console
    )
    return preview_log(log, settings, own_mask(), console)


@never_raises(lambda: None)
def set_mask(mask: OwnMask | None) -> None:
    """Mask what only you know to be private: ``mask(path, value)`` gives what is to be sent in the value's place.

    It is asked about every value of a log, from the outside in, after the SDK's own masking, with paths such as
    ``trace.tool_calls[0].arguments.member_id``. It runs in the background; where it raises, the value is not sent.
    None takes it away. What cannot be called is refused with a line on stderr; the mask that was there stays.
    """
    given: Any = mask
    if given is not None and not callable(given):
        _console.say("own mask", str(NotAMask(type(given))))
        return
    _masks.clear()
    if mask:
        _masks["own"] = mask
    if _clients:
        _clients["default"].mask = mask


def own_mask() -> OwnMask | None:
    """What `set_mask` was given last."""
    return _masks.get("own")


def _client() -> Client:
    return _clients.get("default") or _clients.setdefault("default", open_client(environment()))


def swap_client(client: Client | None) -> Client | None:
    """Put a client in the place of the environment's, or none; the one that was there before."""
    before = _clients.pop("default", None)
    if client:
        _clients["default"] = client
    return before


def open_client(env: Mapping[str, str]) -> Client:
    """A client as ``env`` says; one that sends nothing, after one line on stderr, where it cannot be used."""
    client = _open_client(env)
    client.mask = own_mask()
    return client


def _open_client(env: Mapping[str, str]) -> Client:
    console = Console(debug=env.get("CASELOG_DEBUG", "") not in ("", "0"))
    level = settle_level(env, console)
    if level == OFF:
        return Client(Settings(url="", api_key="", level=OFF), console=console)
    try:
        require(env, "LOG_COLLECTOR_URL", "LOG_COLLECTOR_API_KEY")
        url, api_key = read_url(env), read_api_key(env)
    except SettingError as error:
        console.say(type(error).__name__, str(error))
        return Client(Settings(url="", api_key="", level=OFF), console=console)
    return Client(read_settings(env, url, api_key, level, console), console=console)


def settle_level(env: Mapping[str, str], console: Console) -> str:
    """The level that ``env`` names; METRICS_ONLY, after a line on stderr, where that is none."""
    return str(_settle(lambda: read_level(env), METRICS_ONLY, console))


def read_settings(env: Mapping[str, str], url: str, api_key: str, level: str, console: Console) -> Settings:
    """What ``env`` says of the rest; what it says wrong is named on stderr, and the stricter holds."""
    masks_also, masks_not = _settle(lambda: read_masks(env), (MASKABLE, frozenset()), console)
    return Settings(
        url,
        api_key,
        _settle(lambda: read_client_id(env), None, console),
        level,
        env.get("CASELOG_HASH_KEY") or None,
        env.get("CASELOG_SPOOL_DIR") or None,
        masks_also,
        masks_not,
    )


def _settle(read: Callable[[], Any], otherwise: Any, console: Console) -> Any:
    try:
        return read()
    except InvalidSetting as error:
        console.say(error.name, str(error))
        return otherwise
