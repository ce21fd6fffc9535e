"""The environment, read in this one place: settings of each program, and the lake's address."""

from __future__ import annotations

import difflib
import hashlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeVar, get_origin

from pydantic import BaseModel, ValidationError

from cli.errors import SettingsError
from lake.errors import InvalidLakeUrl
from lake.store import Store, open_store
from serving.service_log import LogSettings, configure_service_log

S = TypeVar("S", bound=BaseModel)

LAKE_URL: Final = "CASELOG_LAKE_URL"
COLLECTOR_PREFIX: Final = "CASELOG_COLLECTOR_"
DASHBOARDS_PREFIX: Final = "CASELOG_DASHBOARDS_"
ETL_PREFIX: Final = "CASELOG_ETL_"
LOG_PREFIX: Final = "CASELOG_LOG_"
#: The SDK's own name for the key of the hashes that stand for e-mail addresses.
HASH_KEY: Final = "CASELOG_HASH_KEY"
#: Thirty years: longer than anything waits, and less than what a lock can wait.
_LONGEST_S: Final = 1e9
_MOST: Final = 10**15
_PARTS: Final = ("COLLECTOR", "DASHBOARDS", "ETL", "LAKE", "LOG")


def default_lake_url() -> str:
    """The embedded default: a folder below the current one."""
    return (Path.cwd() / ".caselog" / "lake").as_uri()


def default_cache_dir(env: Mapping[str, str] | None = None) -> Path:
    """Where this lake's files are kept near: below the user's cache folder, a folder for each lake."""
    env = os.environ if env is None else env
    home = Path(env.get("XDG_CACHE_HOME") or Path(env.get("HOME") or tempfile.gettempdir()) / ".cache")
    url = env.get(LAKE_URL) or default_lake_url()
    return home / "caselog" / "lakes" / hashlib.sha256(url.encode()).hexdigest()[:16]


def open_lake_store(env: Mapping[str, str] | None = None, *, create: bool = False) -> Store:
    """The store that ``CASELOG_LAKE_URL`` names; ``create`` makes its folder. Raises `SettingsError`."""
    env = os.environ if env is None else env
    try:
        return open_store(env.get(LAKE_URL) or default_lake_url(), env, create=create)
    except InvalidLakeUrl as error:
        raise SettingsError(str(error)) from error


def read_settings(model: type[S], prefix: str, env: Mapping[str, str] | None = None, **options: Any) -> S:
    """Settings from ``prefix``-ed variables, over which ``options`` that are not ``None`` win.

    Raises `SettingsError` with every mistake at once: unknown names, values out of bounds.
    """
    env = os.environ if env is None else env
    _require_known_parts(env)
    given = {
        name.removeprefix(prefix).lower(): value for name, value in env.items() if name.startswith(prefix)
    }
    unknown = [_unknown(prefix, name, model) for name in given if name not in model.model_fields]
    if unknown:
        raise SettingsError(" ".join(unknown))
    values: dict[str, Any] = {name: _split(model, name, text) for name, text in given.items()}
    values |= {name: value for name, value in options.items() if value is not None}
    try:
        settings = model.model_validate(values)
    except ValidationError as error:
        raise SettingsError(_mistakes(error, prefix)) from error
    if beyond := [f"{prefix}{name.upper()}" for name, value in settings if _is_beyond_use(value)]:
        raise SettingsError(
            f"{', '.join(beyond)}: is no number, or a larger one than anything is counted or waited for."
        )
    return settings


def start_service_log(env: Mapping[str, str] | None = None) -> None:
    """Have this process write its service log as ``CASELOG_LOG_*`` say; raises `SettingsError`."""
    configure_service_log(read_settings(LogSettings, LOG_PREFIX, env))


def hash_key(env: Mapping[str, str] | None = None) -> str:
    """The SDK's key for hashes of e-mail addresses; empty where there is none."""
    return (os.environ if env is None else env).get(HASH_KEY, "").strip()


def _require_known_parts(env: Mapping[str, str]) -> None:
    """Raises `SettingsError` for a name such as ``CASELOG_COLECTOR_PORT``, which no program would ever read."""
    for name in env:
        part, _, rest = name.removeprefix("CASELOG_").partition("_")
        if name.startswith("CASELOG_") and part not in _PARTS:
            close = difflib.get_close_matches(part, _PARTS, n=1, cutoff=0.75)
            if close and rest:
                raise SettingsError(f"There is no setting {name}. Did you mean CASELOG_{close[0]}_{rest}?")


def _is_beyond_use(value: Any) -> bool:
    """Whether it is a number that is none, has no end, or is so large that a clock or a counter fails at it later."""
    limit = _LONGEST_S if isinstance(value, float) else _MOST
    return isinstance(value, int | float) and not abs(value) <= limit


def _split(model: type[BaseModel], name: str, text: str) -> Any:
    """A list is written with commas."""
    if get_origin(model.model_fields[name].annotation) is tuple:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text


def _unknown(prefix: str, name: str, model: type[BaseModel]) -> str:
    close = difflib.get_close_matches(name, model.model_fields, n=1)
    hint = f" Did you mean {prefix}{close[0].upper()}?" if close else ""
    return f"There is no setting {prefix}{name.upper()}.{hint}"


def _mistakes(error: ValidationError, prefix: str) -> str:
    """One sentence for each mistake; the value itself is not repeated, it may be a secret."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return " ".join(_mistake(each["loc"], each["msg"], prefix) for each in found)


def _mistake(where: tuple[int | str, ...], said: str, prefix: str) -> str:
    """The sentence; what is wrong between settings names them itself."""
    if not where:
        return said.removeprefix("Value error, ")
    return f"{prefix}{str(where[0]).upper()}: {said[:1].lower()}{said[1:]}."
