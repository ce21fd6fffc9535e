"""Users of the dashboards: the provider's people see all clients or some, a client's people see that client."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self

import argon2
from pydantic import Field, model_validator

from access import records
from access.clients import get_client
from access.errors import InvalidName, InvalidUser, UnknownUser, UserExists
from access.records import Record
from access.viewer import Viewer
from lake.errors import ObjectExists
from lake.layout import control_key, is_client_id
from lake.scope import EVERYONE, Scope
from lake.store import Store

_KIND: Final = "users"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,62}", re.ASCII)
_NAME_RULE: Final = "1 to 63 of a-z, 0-9 and . _ @ + -, the first a letter or digit"
#: Short enough to type, long enough that the attempt limit makes guessing hopeless; the upper bound keeps
#: argon2 from being fed megabytes.
MIN_PASSWORD: Final = 10
MAX_PASSWORD: Final = 1024

#: argon2id with the library's defaults, which follow RFC 9106's low-memory recommendation.
_HASHER: Final = argon2.PasswordHasher()


class Role(StrEnum):
    """What a user is to Caselog."""

    PROVIDER = "provider"
    CLIENT = "client"


class User(Record):
    """One user. ``clients`` are those whose logs they see: of the role `Role.CLIENT` exactly one; ``None`` is all."""

    name: str
    role: Role
    clients: tuple[str, ...] | None = None
    display_name: str
    password_hash: str = Field(repr=False)
    created_at: datetime

    @model_validator(mode="before")
    @classmethod
    def _read_older(cls, record: Any) -> Any:
        """A record of the time when a user had one client or saw all named it ``client_id``."""
        if isinstance(record, dict) and "clients" not in record and record.get("client_id"):
            return {**record, "clients": [record["client_id"]]}
        return record

    @model_validator(mode="after")
    def _names_its_clients(self) -> Self:
        """An empty list is nobody's and a mistake: it must never be read as everyone."""
        if self.clients is not None and not (self.clients and all(map(is_client_id, self.clients))):
            raise ValueError("clients must be client ids, at least one; null is all")
        if self.role is Role.CLIENT and len(self.clients or ()) != 1:
            raise ValueError("the role client sees exactly one client")
        return self

    @property
    def scope(self) -> Scope:
        """Whose logs this user may see."""
        return EVERYONE if self.clients is None else Scope.of(*self.clients)


def viewer_of(user: User) -> Viewer:
    """The user as the pages know them: the one place where a user's rights become a viewer's."""
    return Viewer(user.name, user.display_name, user.scope)


def create_user(
    store: Store,
    name: str,
    role: Role,
    password: str,
    now: datetime,
    *,
    clients: Collection[str] = (),
    display_name: str | None = None,
) -> User:
    """Make a user who sees ``clients``, or all where none are named (`Role.PROVIDER` only).

    Raises `InvalidName`, `InvalidUser`, `UserExists`, `access.errors.UnknownClient`.
    """
    if not _NAME.fullmatch(name):
        raise InvalidName("user name", name, _NAME_RULE)
    _check_clients(store, role, clients)
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise InvalidUser(f"A password has {MIN_PASSWORD} to {MAX_PASSWORD} characters.")
    user = User(
        name=name,
        role=role,
        clients=tuple(sorted(set(clients))) or None,
        display_name=display_name or name,
        password_hash=_HASHER.hash(password),
        created_at=now,
    )
    try:
        records.create_record(store, _KIND, name, user)
    except ObjectExists as error:
        raise UserExists(name) from error
    return user


def _check_clients(store: Store, role: Role, clients: Collection[str]) -> None:
    if role is Role.CLIENT and not clients:
        raise InvalidUser("A user with the role client needs a client: add --client ID.")
    if role is Role.CLIENT and len(set(clients)) > 1:
        raise InvalidUser(
            "A user with the role client sees one client. Who sees several is of the role provider."
        )
    for client_id in clients:
        get_client(store, client_id)


def get_user(store: Store, name: str) -> User | None:
    """The user, or ``None``."""
    return records.read_record(store, User, _KIND, name) if _NAME.fullmatch(name) else None


def list_users(store: Store) -> list[User]:
    """Every user, by name."""
    return list(records.list_records(store, User, _KIND))


def remove_user(store: Store, name: str) -> None:
    """Take a user's access away; raises `UnknownUser`."""
    if get_user(store, name) is None:
        raise UnknownUser(name)
    store.delete([control_key(_KIND, name)])


def forget_client(store: Store, client_id: str) -> int:
    """Remove the users who see this client alone, and take it from those who see others too; how many."""
    found = [user for user in list_users(store) if client_id in (user.clients or ())]
    for user in found:
        left = tuple(each for each in user.clients or () if each != client_id)
        if left:
            records.write_record(store, _KIND, user.name, user.model_copy(update={"clients": left}))
        else:
            store.delete([control_key(_KIND, user.name)])
    return len(found)


@functools.cache
def _nobody() -> str:
    """Verified against where there is no such user, so that the answer takes as long."""
    return _HASHER.hash("nobody")


def verify_password(user: User | None, password: str) -> bool:
    """Whether this is the user's password; takes as long where there is no user."""
    try:
        _HASHER.verify(user.password_hash if user else _nobody(), password[:MAX_PASSWORD])
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False
    return user is not None
