"""The object store's door: objects by key, on whatever an address names. A store says what it can by methods.

Objects are written whole and never appended to. A write that returned is durable: S3 confirmed it, or the
file and its folder were fsynced.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from obstore import exceptions as obs_errors
from obstore.store import LocalStore, MemoryStore, S3Store

from lake.errors import (
    BucketMissing,
    LakeMissing,
    ObjectChanged,
    ObjectExists,
    ObjectNotFound,
    StoreRefused,
    StoreUnavailable,
)

#: S3 deletes at most this many keys with one request.
_DELETE_BATCH: Final = 1000
#: Below one of these is something in every lake that was ever prepared or used.
_SIGNS_OF_A_LAKE: Final = ("logs/_delta_log", "raw", "control")
#: Big objects come in pieces of this size, so that several can be read at once in little memory.
_PIECE: Final = 8 * 1024 * 1024
#: And are written in parts: one request for all would not be through before its time is up.
_PART: Final = 8 * 1024 * 1024
_PARTS_AT_ONCE: Final = 4

#: How S3 says that there is no such bucket, https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_NO_BUCKET: Final = "<Code>NoSuchBucket</Code>"
#: How it refuses: a request as a whole, or, of a deletion of many objects, one of them.
_REFUSALS: Final = ("status code: 401", "status code: 403", "AccessDenied")
#: Credentials that were good once, and others that never were, are told with status 400 by some servers.
_BAD_CREDENTIALS: Final = (
    "ExpiredToken",
    "TokenRefreshRequired",
    "InvalidToken",
    "InvalidAccessKeyId",
    "RequestTimeTooSkewed",
)
_STORE_ERRORS = (obs_errors.BaseError, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object of a listing; ``size`` in bytes, ``modified`` in UTC."""

    key: str
    size: int
    modified: datetime


@dataclass(frozen=True)
class Oddity:
    """Something below a prefix that is no object, or none that can be read, and why: it is stepped over."""

    key: str
    reason: str


@dataclass(frozen=True)
class Survey:
    """What lies below a prefix, each by key in ascending order."""

    objects: Sequence[StoredObject]
    oddities: Sequence[Oddity]


@dataclass(frozen=True)
class Level:
    """What lies directly at a prefix: objects, what is stepped over, and the prefixes that lead further down."""

    prefixes: Sequence[str]
    objects: Sequence[StoredObject] = ()
    oddities: Sequence[Oddity] = ()


@contextmanager
def named_failures(tried: str, key: str = "") -> Iterator[None]:
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
    if refused or any(words in said for words in (*_REFUSALS, *_BAD_CREDENTIALS)):
        return StoreRefused(tried)
    if isinstance(error, OSError) and error.strerror:  # such as a full disk, in the system's words
        return StoreUnavailable(tried, error.strerror.lower())
    return StoreUnavailable(tried, type(error).__name__)


class Store:
    """Objects by key, on whatever ``url`` names. Safe to share between threads and tasks."""

    def __init__(
        self,
        url: str,
        objects: S3Store | LocalStore | MemoryStore | None,
        *,
        delta_options: Mapping[str, str] | None = None,
    ) -> None:
        self.url = url
        self.delta_options = dict(delta_options or {})
        self._opened = objects

    def __repr__(self) -> str:
        return f"Store({self.url!r})"

    @property
    def _objects(self) -> S3Store | LocalStore | MemoryStore:
        """The library's own store; raises `LakeMissing` where there is nothing to open yet."""
        if self._opened is None:
            raise LakeMissing(self.url)
        return self._opened

    def _naming(self, tried: str, key: str = "") -> AbstractContextManager[None]:
        """What each question and each change but `put_async` happens within."""
        return named_failures(tried, key)

    def get(self, key: str) -> bytes:
        """The object's bytes; raises `ObjectNotFound`, `StoreUnavailable`."""
        with self._naming(f"reading {key}", key):
            return bytes(self._objects.get(key).bytes())

    async def get_async(self, key: str) -> bytes:
        """As `get`, without blocking the event loop."""
        with named_failures(f"reading {key}", key):
            answer = await self._objects.get_async(key)
            return bytes(await answer.bytes_async())

    def put(self, key: str, data: bytes | memoryview) -> None:
        """Write or replace the object, durably; raises `StoreUnavailable`."""
        with self._naming(f"writing {key}", key):
            self._objects.put(key, data, use_multipart=False)

    def put_file(self, key: str, path: Path) -> None:
        """As `put`, of a file of this machine, some MiB at a time."""
        with self._naming(f"writing {key}", key):
            self._objects.put(key, path, chunk_size=_PART, max_concurrency=_PARTS_AT_ONCE)

    async def put_async(self, key: str, data: bytes, *, timeout_s: float | None = None) -> None:
        """As `put`; with ``timeout_s`` the object may still arrive after `StoreUnavailable` was raised."""
        with named_failures(f"writing {key}", key):
            async with asyncio.timeout(timeout_s):
                await self._put_async(key, data)

    async def _put_async(self, key: str, data: bytes) -> None:
        await self._objects.put_async(key, data, use_multipart=False)

    def create(self, key: str, data: bytes) -> None:
        """Write the object only where there is none; raises `ObjectExists`, `StoreUnavailable`."""
        with self._naming(f"creating {key}", key):
            self._objects.put(key, data, use_multipart=False, mode="create")

    def swap(self, key: str, before: bytes | None, data: bytes) -> None:
        """Write the object only where it is still ``before``, None where there was none.

        Raises `ObjectChanged`, `StoreUnavailable`.
        """
        try:
            if before is None:
                self.create(key, data)
            else:
                self._replace(key, before, data)
        except (ObjectExists, ObjectNotFound) as error:
            raise ObjectChanged(key) from error

    def _replace(self, key: str, before: bytes, data: bytes) -> None:
        """Replace ``before`` by ``data``; the store itself compares, by the object's tag."""
        with self._naming(f"writing {key}", key):
            found = self._objects.get(key)
            if bytes(found.bytes()) != before:
                raise ObjectChanged(key)
            told = {name: found.meta[name] for name in ("e_tag", "version")}
            mode: Any = {name: value for name, value in told.items() if value is not None}
            try:
                self._objects.put(key, data, use_multipart=False, mode=mode)
            except obs_errors.PreconditionError as error:
                raise ObjectChanged(key) from error

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """The objects below ``prefix`` (whole path segments), by key in ascending order."""
        with self._naming(f"listing {prefix}"):
            pages = self._objects.list(prefix, chunk_size=1000)
            found = (StoredObject(o["path"], o["size"], o["last_modified"]) for page in pages for o in page)
            if isinstance(self._objects, S3Store):
                yield from found
            else:
                yield from sorted(found, key=lambda stored: stored.key)

    async def list_keys_async(self, prefix: str) -> Sequence[str]:
        """The keys of all objects below ``prefix``, in no order, without blocking the event loop."""
        with named_failures(f"listing {prefix}"):
            pages = self._objects.list(prefix, chunk_size=1000)
            return [found["path"] async for page in pages for found in page]

    def level(self, prefix: str) -> Level:
        """What lies directly at ``prefix``, each in ascending order: one request for a thousand of them."""
        with self._naming(f"listing {prefix}"):
            found = self._objects.list_with_delimiter(prefix)
        objects = (StoredObject(o["path"], o["size"], o["last_modified"]) for o in found["objects"])
        return Level(
            sorted(f"{below.rstrip('/')}/" for below in found["common_prefixes"]),
            sorted(objects, key=lambda stored: stored.key),
        )

    def oddities(self, prefix: str) -> Sequence[Oddity]:
        """What `list` passes over below ``prefix``, or lists and `get` cannot read."""
        del prefix
        return ()

    def survey(self, prefix: str) -> Survey:
        """What `list` and `oddities` tell, by one look."""
        return Survey([*self.list(prefix)], self.oddities(prefix))

    def move(self, key: str, new_key: str) -> None:
        """Give the object another key, whatever its size; raises as `get`."""
        with self._naming(f"moving {key}", key):
            self._objects.copy(key, new_key)
        self.delete([key])

    def delete(self, keys: Iterable[str]) -> None:
        """Remove the objects; one that is not there is no error.

        Raises `ObjectWithheld` for one that cannot be removed, when the others are.
        """
        pending = [*keys]
        for start in range(0, len(pending), _DELETE_BATCH):
            batch = pending[start : start + _DELETE_BATCH]
            try:
                with self._naming(f"deleting {len(batch)} objects"):
                    self._objects.delete(batch)
            except ObjectNotFound:
                self._delete_each(batch)

    async def delete_async(self, key: str) -> None:
        """Remove one object, without blocking the event loop; one that is not there is no error."""
        with named_failures(f"deleting {key}", key), suppress(FileNotFoundError):
            await self._objects.delete_async(key)

    def _delete_each(self, keys: Iterable[str]) -> None:
        for key in keys:
            with self._naming(f"deleting {key}"), contextmanager(_ignoring_missing)():
                self._objects.delete(key)

    def check(self) -> None:
        """As `check_async`, for a program that may end at once: no task of the store's is left behind."""
        with self._naming("a listing"):
            self._objects.list_with_delimiter("control/")

    async def check_async(self) -> None:
        """Return where the store answers a small listing; raises `StoreUnavailable`."""
        with named_failures("a listing"):
            await self._objects.list_with_delimiter_async("control/")

    def get_ranges(self, key: str, ranges: Sequence[tuple[int, int]]) -> Sequence[bytes]:
        """The bytes from each start to its end (exclusive), asked for at once; raises as `get`."""
        with self._naming(f"reading {key}", key):
            starts, ends = [start for start, _ in ranges], [end for _, end in ranges]
            found = self._objects.get_ranges(key, starts=starts, ends=ends)
            return [bytes(piece) for piece in found]

    def size(self, key: str) -> int:
        """How many bytes the object has; raises as `get`."""
        with self._naming(f"asking for {key}", key):
            return int(self._objects.head(key)["size"])

    def stream(self, key: str) -> Iterator[bytes]:
        """The object's bytes in pieces of some MiB; raises as `get`."""
        with self._naming(f"reading {key}", key):
            for piece in self._objects.get(key).stream(min_chunk_size=_PIECE):
                yield bytes(piece)

    def local_path(self, key: str) -> Path | None:
        """Where the object lies as a file of this machine; ``None`` where it does not."""
        del key
        return None

    def make_durable(self, key: str | None = None) -> None:
        """Return once the object, or all that others wrote, survives a crash; in a bucket it does once confirmed."""

    def require_lake(self) -> None:
        """Raises `LakeMissing` where there is nothing of a lake at all: the address may be mistyped."""
        if not any(self._may_hold(prefix) for prefix in _SIGNS_OF_A_LAKE):
            raise LakeMissing(self.url)

    def _may_hold(self, prefix: str) -> bool:
        try:
            with self._naming(f"listing {prefix}"):
                return any(len(page) for page in self._objects.list(prefix, chunk_size=1))
        except StoreRefused:  # not everybody may look everywhere
            return True

    def table_url(self, name: str) -> str:
        """Where the Delta table ``name`` stands, for libraries that open tables themselves."""
        return f"{self.url.rstrip('/')}/{name}"


def _ignoring_missing() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        return
