"""The object store that an address names: one bucket, one folder, or memory for tests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from obstore import exceptions as obs_errors
from obstore.store import MemoryStore, S3Store

from lake.errors import InvalidLakeUrl
from lake.folder import FolderStore
from lake.objects import Level, Oddity, Store, StoredObject, Survey

__all__ = ["Level", "Oddity", "Store", "StoredObject", "Survey", "memory_store", "open_store", "s3_options"]

#: Longer than any healthy answer, shorter than a sender's patience; obstore's own default is three minutes.
_REQUEST_TIMEOUT: Final = timedelta(seconds=20)
_RETRY_TIMEOUT: Final = timedelta(seconds=8)
#: The same for deltalake, which opens tables by itself.
_DELTA_PATIENCE: Final = {"timeout": "20s", "max_retries": "3", "retry_timeout": "8s"}

#: What every S3 server and every library between spells the same way; deltalake panics at a bracket.
_PREFIX: Final = re.compile(r"[A-Za-z0-9._/-]*", re.ASCII)


def memory_store() -> Store:
    """An empty store that is gone with the process; for tests."""
    return Store("memory://", MemoryStore())


def open_store(url: str, env: Mapping[str, str], *, create: bool = False) -> Store:
    """The store at ``url``; for ``s3://`` with the standard ``AWS_*`` variables of ``env``.

    Nothing is contacted, and nothing made unless ``create`` asks for a folder. Raises `InvalidLakeUrl`.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise InvalidLakeUrl(url, "it is no address") from error
    if parts.scheme == "file":
        return _open_folder(url, unquote(parts.path), parts.netloc, create=create)
    if parts.scheme == "s3":
        return _open_bucket(url, parts.netloc, parts.path.strip("/"), env)
    raise InvalidLakeUrl(url, "the address starts with neither file:// nor s3://")


def _open_folder(url: str, path: str, host: str, *, create: bool) -> Store:
    if host or not path.startswith("/") or path == "/":
        raise InvalidLakeUrl(url, "a folder is named by three slashes and an absolute path")
    folder = Path(path)
    try:
        if create:
            folder.mkdir(parents=True, exist_ok=True)
        if folder.exists() and not folder.is_dir():
            raise InvalidLakeUrl(url, "there is a file, not a folder")
    except (OSError, ValueError) as error:
        raise InvalidLakeUrl(url, f"the folder cannot be used ({type(error).__name__})") from error
    return FolderStore(url, folder)


def s3_options(env: Mapping[str, str]) -> dict[str, str]:
    """The standard ``AWS_*`` variables as options of the Rust object store (obstore and deltalake alike)."""
    options = {name: value for name, value in env.items() if name.startswith("AWS_") and value}
    endpoint = options.pop("AWS_ENDPOINT_URL_S3", None) or options.get("AWS_ENDPOINT_URL")
    if endpoint:
        options["AWS_ENDPOINT_URL"] = endpoint
        options["AWS_ALLOW_HTTP"] = str(endpoint.startswith("http://")).lower()
    if "AWS_REGION" not in options:
        options["AWS_REGION"] = options.get("AWS_DEFAULT_REGION", "us-east-1")
    return options


_S3_NAMES: Final = {
    "AWS_ACCESS_KEY_ID": "access_key_id",
    "AWS_SECRET_ACCESS_KEY": "secret_access_key",
    "AWS_SESSION_TOKEN": "session_token",
    "AWS_REGION": "region",
    "AWS_ENDPOINT_URL": "endpoint",
    "AWS_ROLE_ARN": "role_arn",
    "AWS_ROLE_SESSION_NAME": "role_session_name",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "web_identity_token_file",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "container_credentials_relative_uri",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "container_credentials_full_uri",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "container_authorization_token_file",
}


def _open_bucket(url: str, bucket: str, prefix: str, env: Mapping[str, str]) -> Store:
    if not bucket:
        raise InvalidLakeUrl(url, "no bucket is named")
    if not _PREFIX.fullmatch(prefix):
        raise InvalidLakeUrl(url, "a prefix is made of letters, digits and . _ - /")
    options = s3_options(env)
    config: Any = {short: options[name] for name, short in _S3_NAMES.items() if name in options}
    plain_http = options.get("AWS_ALLOW_HTTP") == "true"
    try:
        objects = S3Store(
            bucket,
            prefix=prefix or None,
            config=config,
            client_options={"timeout": _REQUEST_TIMEOUT, "allow_http": plain_http},
            retry_config={"max_retries": 3, "retry_timeout": _RETRY_TIMEOUT},
        )
    except (obs_errors.BaseError, ValueError) as error:
        raise InvalidLakeUrl(url, f"the AWS_* settings do not fit ({type(error).__name__})") from error
    return Store(url, objects, delta_options={**_DELTA_PATIENCE, **options})
