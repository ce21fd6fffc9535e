"""Users of the dashboards: the provider's people see all clients, a client's people see that client."""

from __future__ import annotations

import functools
import re
from datetime import datetime
from enum import StrEnum
from typing import Final

import argon2
from pydantic import Field

from access import records
from access.clients import get_client
from access.errors import InvalidName, InvalidUser, UnknownUser, UserExists
from access.records import Record
from lake.errors import ObjectExists
from lake.layout import control_key
from lake.scope import Scope
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
#: Verified against where there is no such user, so that the answer takes as long..
_NOBODY: Final = _HASHER.hash("nobody")


class Role(StrEnum):
    """What a user is to Caselog."""

    PROVIDER = "provider"
    CLIENT = "client"


class User(Record):
    """One user; ``client_id`` is set exactly for the role `Role.CLIENT`."""

    name: str
    role: Role
    client_id: str | None = None
    display_name: str
    password_hash: str = Field(repr=False)
    created_at: datetime

    @property
    def scope(self) -> Scope:
        """Whose logs this user may see."""
        if self.role is Role.PROVIDER:
            return Scope(None)
        if not self.client_id:
            raise InvalidUser(f"The user {self.name!r} has the role client and no client.")
        return Scope.of(self.client_id)


def create_user(
    store: Store,
    name: str,
    role: Role,
    password: str,
    now: datetime,
    *,
    client_id: str | None = None,
    display_name: str | None = None,
) -> User:
    """Make a user; raises `InvalidName`, `InvalidUser`, `UserExists`, `access.errors.UnknownClient`."""
    if not _NAME.fullmatch(name):
        raise InvalidName("user name", name, _NAME_RULE)
    _check_role(store, role, client_id)
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise InvalidUser(f"A password has {MIN_PASSWORD} to {MAX_PASSWORD} characters.")
    user = User(
        name=name,
        role=role,
        client_id=client_id,
        display_name=display_name or name,
        password_hash=_HASHER.hash(password),
        created_at=now,
    )
    try:
        records.create_record(store, _KIND, name, user)
    except ObjectExists as error:
        raise UserExists(name) from error
    return user


def _check_role(store: Store, role: Role, client_id: str | None) -> None:
    if role is Role.CLIENT and not client_id:
        raise InvalidUser("A user with the role client needs a client: add --client ID.")
    if role is Role.PROVIDER and client_id:
        raise InvalidUser("A user with the role provider sees all clients: leave --client out.")
    if client_id:
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
