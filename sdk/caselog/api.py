"""The functions of a workflow, over one client that is made from the environment at the first use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from .client import Client, OwnMask
from .console import Console
from .errors import InvalidSetting, SettingError
from .guard import never_raises
from .settings import (
    MASKABLE,
    METRICS_ONLY,
    OFF,
    Settings,
    environment,
    read_api_key,
    read_client_id,
    read_level,
    read_masks,
    read_url,
    require,
)

# A dict, because setdefault is one step for the interpreter: two first calls at once agree on one client
# without a lock that a fork could leave locked.
_clients: dict[str, Client] = {}
_masks: dict[str, OwnMask] = {}


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
    return _clients["default"].flush(timeout_s) if _clients else True


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
def set_mask(mask: OwnMask | None) -> None:
    """Mask what only you know to be private: ``mask(path, value)`` gives what is to be sent in the value's place.

    It is asked about every value of a log, from the outside in, after the SDK's own masking, with paths such as
    ``trace.tool_calls[0].arguments.member_id``. It runs in the background; where it raises, the value is not sent.
    None takes it away.
    """
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
