"""What the SDK is told by its environment, read at the first use and never at import."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any, Callable, NamedTuple

from .errors import InvalidSetting, MissingSetting
from .model import CLIENT_ID_PATTERN, MAX_LOG_BYTES

#: Every log, with its trace; every log without its trace; nothing.
FULL_TRACE, METRICS_ONLY, OFF = LEVELS = ("FULL_TRACE", "METRICS_ONLY", "OFF")

#: What CASELOG_MASK may add to what is masked, and what of that it may leave alone: a rule of the product is that no
#: secret, card or e-mail address leaves, so those words may be named but not taken away.
MASKABLE = frozenset(("bodies",))
ALWAYS_MASKED = frozenset(("emails", "secrets", "cards"))
LEAVABLE = frozenset(("ibans", "names", "phones"))

#: A user's own masking: a path and a value in, what is to be sent in its place out.
OwnMask = Callable[[str, Any], Any]

# Compiled at its first use; urllib.parse would cost a tenth of the time that importing the whole SDK takes.
_URL = (
    r"(?P<origin>https?://(?:[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>\d{1,5}))?)"
    r"(?P<path>(?:/[\w.~%!$&'()*+,;=:@-]*)*)"
)
LOGS_PATH = "/v1/logs"


# No dataclasses, whose import costs a workflow as much as all of this package's own modules.
class Settings:
    """Where logs go and how much of them; the repr hides what is secret."""

    def __init__(
        self,
        url: str,
        api_key: str,
        client_id: str | None = None,
        level: str = FULL_TRACE,
        hash_key: str | None = None,
        spool_dir: str | None = None,
        masks_also: frozenset[str] = frozenset(),
        masks_not: frozenset[str] = frozenset(),
    ) -> None:
        #: Full address of the collector's ``/v1/logs``.
        self.url = url
        self.api_key = api_key
        #: Whose logs these are; None leaves it to the API key.
        self.client_id = client_id
        self.level = level
        #: Key of the hashes that stand for e-mail addresses; None derives one from the API key.
        self.hash_key = hash_key
        #: Folder for masked logs that could not be delivered; None keeps them in memory only.
        self.spool_dir = spool_dir
        #: What is masked beside what always is: ``bodies``.
        self.masks_also = masks_also
        #: What is left alone although it is private, or looks so: ``ibans``, ``names``, ``phones``.
        self.masks_not = masks_not

    def __repr__(self) -> str:
        shown = (f"{name}={value!r}" for name, value in vars(self).items() if name not in _HIDDEN)
        return f"{type(self).__name__}({', '.join(shown)})"

    def changed(self, **changes: Any) -> Settings:
        """The same settings but for some."""
        return Settings(**{**vars(self), **changes})

    @property
    def owner(self) -> str:
        """Whose logs wait on disk: the client's, whatever its key; the key's, where only it tells the client."""
        return f"{self.url} {f'client {self.client_id}' if self.client_id else self.api_key}"


_HIDDEN = frozenset(("api_key", "hash_key"))


class Limits(NamedTuple):
    """How much memory, time and patience the SDK may take."""

    max_queue_logs: int = 1000
    max_queue_bytes: int = 32 * 1024 * 1024
    #: Larger logs are cut, longest strings first, with a marker where something was cut.
    max_log_bytes: int = MAX_LOG_BYTES
    max_batch_logs: int = 50
    max_batch_bytes: int = 1024 * 1024
    timeout_s: float = 10.0
    first_retry_s: float = 0.5
    max_retry_s: float = 30.0
    #: A log that could not be delivered for this long is given up.
    max_age_s: float = 3600.0
    #: How long the end of the process waits for logs that are still on their way.
    exit_flush_s: float = 2.0
    max_spool_bytes: int = 100 * 1024 * 1024
    #: Logs that have waited on disk for longer are given up.
    max_spool_age_s: float = 7 * 86400.0


def environment() -> Mapping[str, str]:
    """The variables of this process; the one place where the SDK looks at them."""
    return os.environ


def read_level(env: Mapping[str, str]) -> str:
    """The level set in ``env``.

    Raises `InvalidSetting` where it is no level: whoever set the environment meant something else.
    """
    level = env.get("CASELOG_LEVEL", "").strip().upper() or FULL_TRACE
    if level not in LEVELS:
        raise InvalidSetting(
            "CASELOG_LEVEL", f"it must be one of {', '.join(LEVELS)}; until then METRICS_ONLY is used"
        )
    return level


def read_client_id(env: Mapping[str, str]) -> str | None:
    """The client's id set in ``env``; raises `InvalidSetting` where it can be nobody's."""
    client_id = env.get("CLIENT_ID", "").strip() or None
    if client_id and not re.fullmatch(CLIENT_ID_PATTERN, client_id):
        raise InvalidSetting(
            "CLIENT_ID", f"it must match {CLIENT_ID_PATTERN}; until then the API key tells the client"
        )
    return client_id


def read_masks(env: Mapping[str, str]) -> tuple[frozenset[str], frozenset[str]]:
    """What CASELOG_MASK adds to what is masked, and what it leaves alone (``-names``, ``-phones``).

    Raises `InvalidSetting` for a word that is none, or one that cannot be left alone: more was to be masked than
    would be.
    """
    words = {word.strip().lower() for word in env.get("CASELOG_MASK", "").split(",")} - {""}
    left = frozenset(word[1:] for word in words if word.startswith("-"))
    named = frozenset(word for word in words if not word.startswith("-"))
    if not named <= ALWAYS_MASKED | MASKABLE | LEAVABLE or not left <= LEAVABLE:
        may = ", ".join(
            (*sorted(ALWAYS_MASKED | MASKABLE | LEAVABLE), *(f"-{word}" for word in sorted(LEAVABLE)))
        )
        raise InvalidSetting(
            "CASELOG_MASK", f"it is a list of {may}; until then all of it and bodies are masked"
        )
    return named & MASKABLE, left


def read_url(env: Mapping[str, str]) -> str:
    """Full address of the collector's logs, whether or not the variable names the path."""
    text = env["LOG_COLLECTOR_URL"].strip()
    rule = "it must look like https://collector.example.com, without user, query or fragment"
    found = re.fullmatch(_URL, text, re.ASCII)
    if not found or not 0 < int(found["port"] or 443) < 65536:
        raise InvalidSetting("LOG_COLLECTOR_URL", rule)
    path = found["path"].rstrip("/")
    return f"{found['origin']}{path if path.endswith(LOGS_PATH) else path + LOGS_PATH}"


def read_api_key(env: Mapping[str, str]) -> str:
    """The API key, without the line break that a file or a shell leaves at its end."""
    key = env["LOG_COLLECTOR_API_KEY"].strip()
    if not re.fullmatch(r"[\x21-\x7e]+", key):
        raise InvalidSetting("LOG_COLLECTOR_API_KEY", "it holds characters that no key has")
    return key


def require(env: Mapping[str, str], *names: str) -> None:
    """Nothing; raises `MissingSetting` naming each variable that is missing or empty."""
    missing = [name for name in names if not env.get(name, "").strip()]
    if missing:
        raise MissingSetting(*missing)
