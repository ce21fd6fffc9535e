"""The object store: one bucket, one folder, or memory for tests; the only module that touches it.

Objects are written whole and never appended to. A write that returned is durable: S3 confirmed it, or the
file and its folder were fsynced.
"""

from __future__ import annotations

import asyncio
import os
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import obstore
from obstore import exceptions as obs_errors
from obstore.store import LocalStore, MemoryStore, S3Store

from lake.errors import (
    BucketMissing,
    InvalidLakeUrl,
    ObjectExists,
    ObjectNotFound,
    StoreRefused,
    StoreUnavailable,
)

#: Longer than any healthy answer, shorter than a sender's patience; obstore's own default is three minutes.
_REQUEST_TIMEOUT: Final = timedelta(seconds=20)
_RETRY_TIMEOUT: Final = timedelta(seconds=8)
#: S3 deletes at most this many keys with one request.
_DELETE_BATCH: Final = 1000

#: What every S3 server and every library between spells the same way; deltalake panics at a bracket.
_PREFIX: Final = re.compile(r"[A-Za-z0-9._/-]*", re.ASCII)

#: How S3 says that there is no such bucket, https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_NO_BUCKET: Final = "<Code>NoSuchBucket</Code>"
_REFUSALS: Final = ("status code: 401", "status code: 403")
_STORE_ERRORS = (obs_errors.BaseError, OSError, ValueError)


@dataclass(frozen=True)
class StoredObject:
    """One object of a listing; ``size`` in bytes, ``modified`` in UTC."""

    key: str
    size: int
    modified: datetime


@contextmanager
def _named_failures(tried: str, key: str = "") -> Iterator[None]:
    """Turn what the libraries raise into this room's errors, with no URL or credential in the text."""
    try:
        yield
    except FileNotFoundError as error:
        raise BucketMissing() if _NO_BUCKET in str(error) else ObjectNotFound(key) from error
    except (obs_errors.AlreadyExistsError, FileExistsError) as error:
        raise ObjectExists(key) from error
    except TimeoutError as error:
        raise StoreUnavailable(tried, "no answer in time") from error
    except _STORE_ERRORS as error:
        raise _failure(tried, error) from error


def _failure(tried: str, error: Exception) -> StoreUnavailable:
    """Whose turn it is: the operator's, or nobody's and a retry helps. The library's own text names URLs."""
    said = str(error)
    if _NO_BUCKET in said:
        return BucketMissing()
    refused = isinstance(error, obs_errors.PermissionDeniedError | obs_errors.UnauthenticatedError)
    if refused or any(status in said for status in _REFUSALS):
        return StoreRefused(tried)
    return StoreUnavailable(tried, type(error).__name__)


class Store:
    """Objects by key, on whatever ``url`` names. Safe to share between threads and tasks."""

    def __init__(
        self,
        url: str,
        objects: S3Store | LocalStore | MemoryStore,
        *,
        folder: Path | None = None,
        delta_options: Mapping[str, str] | None = None,
    ) -> None:
        self.url = url
        self.folder = folder
        self.delta_options = dict(delta_options or {})
        self._objects = objects

    def __repr__(self) -> str:
        return f"Store({self.url!r})"

    def get(self, key: str) -> bytes:
        """The object's bytes; raises `ObjectNotFound`, `StoreUnavailable`."""
        with _named_failures(f"reading {key}", key):
            return bytes(self._objects.get(key).bytes())

    async def get_async(self, key: str) -> bytes:
        """As `get`, without blocking the event loop."""
        with _named_failures(f"reading {key}", key):
            answer = await self._objects.get_async(key)
            return bytes(await answer.bytes_async())

    def put(self, key: str, data: bytes) -> None:
        """Write or replace the object, durably; raises `StoreUnavailable`."""
        with _named_failures(f"writing {key}", key):
            if self.folder is not None:
                _write_file(self.folder / key, data, os.replace)
            else:
                self._objects.put(key, data, use_multipart=False)

    async def put_async(self, key: str, data: bytes, *, timeout_s: float | None = None) -> None:
        """As `put`; with ``timeout_s`` the object may still arrive after `StoreUnavailable` was raised."""
        with _named_failures(f"writing {key}", key):
            async with asyncio.timeout(timeout_s):
                if self.folder is not None:
                    await asyncio.to_thread(_write_file, self.folder / key, data, os.replace)
                else:
                    await self._objects.put_async(key, data, use_multipart=False)

    def create(self, key: str, data: bytes) -> None:
        """Write the object only where there is none; raises `ObjectExists`, `StoreUnavailable`."""
        with _named_failures(f"creating {key}", key):
            if self.folder is not None:
                _write_file(self.folder / key, data, _link_new)
            else:
                self._objects.put(key, data, use_multipart=False, mode="create")

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """The objects below ``prefix`` (whole path segments), by key in ascending order."""
        with _named_failures(f"listing {prefix}"):
            pages = self._objects.list(prefix, chunk_size=1000)
            found = (StoredObject(o["path"], o["size"], o["last_modified"]) for page in pages for o in page)
            if isinstance(self._objects, S3Store):
                yield from found
            else:
                yield from sorted(found, key=lambda stored: stored.key)

    def delete(self, keys: Iterable[str]) -> None:
        """Remove the objects; one that is not there is no error."""
        pending = [*keys]
        for start in range(0, len(pending), _DELETE_BATCH):
            batch = pending[start : start + _DELETE_BATCH]
            try:
                with _named_failures(f"deleting {len(batch)} objects"):
                    self._objects.delete(batch)
            except ObjectNotFound:
                self._delete_each(batch)

    def _delete_each(self, keys: Iterable[str]) -> None:
        for key in keys:
            with _named_failures(f"deleting {key}"), contextmanager(_ignoring_missing)():
                self._objects.delete(key)

    def signed_urls(self, keys: Iterable[str], expires_in: timedelta) -> Sequence[str]:
        """Addresses at which anyone may GET these objects until they expire; S3 only."""
        if not isinstance(self._objects, S3Store):
            raise TypeError("Only an s3:// store signs its own URLs.")
        wanted = [*keys]
        with _named_failures("signing addresses"):
            signed = obstore.sign(self._objects, "GET", wanted, expires_in) if wanted else []
        return [_with_plain_partitions(url) for url in signed]

    async def check_async(self) -> None:
        """Return where the store answers a small listing; raises `StoreUnavailable`."""
        with _named_failures("a listing"):
            await self._objects.list_with_delimiter_async("control/")

    def table_url(self, name: str) -> str:
        """Where the Delta table ``name`` stands, for libraries that open tables themselves."""
        if self.folder is not None:
            return str(self.folder / name)
        return f"{self.url.rstrip('/')}/{name}"


def _with_plain_partitions(url: str) -> str:
    """The same address with ``client_id=acme`` spelled plainly, which is how readers find partitions.

    A signature covers the decoded path (SigV4), so it stays good.
    """
    path, _, query = url.partition("?")
    return f"{path.replace('%3D', '=')}?{query}"


def _ignoring_missing() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        return


def _link_new(staged: Path, final: Path) -> None:
    """Give the staged file its name unless the name is taken: ``link`` fails where ``rename`` replaces."""
    try:
        os.link(staged, final)
    finally:
        staged.unlink()


def _write_file(path: Path, data: bytes, publish: Callable[[Path, Path], None]) -> None:
    """Write, fsync, publish under the final name, fsync the folders: a crash leaves all of it or nothing.

    ``name#123`` is the form of staged names that obstore leaves out of its listings.
    """
    staged = path.with_name(f"{path.name}#{uuid.uuid4().int}")
    created = _make_folders(path.parent)
    with open(staged, "xb", opener=_private) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    publish(staged, path)
    for folder in (path.parent, *created):
        _fsync_folder(folder)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o640)


def _make_folders(folder: Path) -> list[Path]:
    """Create ``folder``; the folders that now hold a new name and must be fsynced."""
    missing = [f for f in (folder, *folder.parents) if not f.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return [f.parent for f in missing]


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def memory_store() -> Store:
    """An empty store that is gone with the process; for tests."""
    return Store("memory://", MemoryStore())


def open_store(url: str, env: Mapping[str, str]) -> Store:
    """The store at ``url``; for ``s3://`` with the standard ``AWS_*`` variables of ``env``.

    Nothing is contacted yet. Raises `InvalidLakeUrl`.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        return _open_folder(url, unquote(parts.path), parts.netloc)
    if parts.scheme == "s3":
        return _open_bucket(url, parts.netloc, parts.path.strip("/"), env)
    raise InvalidLakeUrl(url, "the address starts with neither file:// nor s3://")


def _open_folder(url: str, path: str, host: str) -> Store:
    if host or not path.startswith("/") or path == "/":
        raise InvalidLakeUrl(url, "a folder is named by three slashes and an absolute path")
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        objects = LocalStore(folder)
    except (OSError, obs_errors.BaseError) as error:
        raise InvalidLakeUrl(url, f"the folder cannot be used ({type(error).__name__})") from error
    return Store(url, objects, folder=folder.resolve())


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
    return Store(url, objects, delta_options=options)
