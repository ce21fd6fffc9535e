"""Users of the dashboards: the provider's people see all clients or some, a client's people see that client."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, Self

from pydantic import Field, model_validator

from access import passwords, records, signouts
from access.clients import get_client
from access.errors import InvalidName, InvalidUser, UnknownUser, UserExists
from access.passwords import Password, check_password, hash_password
from access.records import Record
from access.signouts import SignOut
from access.viewer import Viewer
from lake.errors import ObjectExists
from lake.layout import control_key, is_client_id
from lake.scope import EVERYONE, Scope
from lake.store import Store

_KIND: Final = "users"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,62}", re.ASCII)
_NO_NAMES: Final[Mapping[str, str]] = MappingProxyType({})
_NAME_RULE: Final = "1 to 63 of a-z, 0-9 and . _ @ + -, the first a letter or digit"


class Role(StrEnum):
    """What a user is to Caselog."""

    PROVIDER = "provider"
    CLIENT = "client"


class User(Record):
    """One user. ``clients`` are those whose logs they see: of the role `Role.CLIENT` exactly one; ``None`` is all.

    Who is disabled may not sign in. ``signed_out_at`` is when all sessions of before ended; it is an object of its
    own, as a password is that was changed.
    """

    name: str
    role: Role
    clients: tuple[str, ...] | None = None
    display_name: str
    password_hash: str = Field(repr=False)
    created_at: datetime
    disabled_at: datetime | None = Field(
        None, description="Since when the user may not sign in, in UTC; null where they may."
    )
    signed_out_at: datetime | None = Field(None, exclude=True)

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


def viewer_of(user: User, client_names: Mapping[str, str] = _NO_NAMES) -> Viewer:
    """The user as the pages know them: the one place where a user's rights become a viewer's."""
    return Viewer(user.name, user.display_name, user.scope, client_names)


def create_user(
    store: Store,
    name: str,
    role: Role,
    password: str | None,
    now: datetime,
    *,
    clients: Collection[str] = (),
    display_name: str | None = None,
) -> User:
    """Make a user who sees ``clients``, or all where none are named (`Role.PROVIDER` only).

    One without a password signs in by the company's proxy alone.

    Raises `InvalidName`, `InvalidUser`, `InvalidPassword`, `UserExists`, `access.errors.UnknownClient`.
    """
    if not _NAME.fullmatch(name):
        raise InvalidName("user name", name, _NAME_RULE)
    _check_clients(store, role, clients)
    if password is not None:
        check_password(name, password)
    user = User(
        name=name,
        role=role,
        clients=tuple(sorted(set(clients))) or None,
        display_name=display_name or name,
        password_hash="" if password is None else hash_password(password),
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
    """The user as of now, or ``None``."""
    if not _NAME.fullmatch(name) or (user := _read(store, name)) is None:
        return None
    return _as_of_now(user, passwords.read_password(store, name), signouts.read_sign_out(store, name))


async def find_user(store: Store, name: str) -> User | None:
    """As `get_user`, without blocking the event loop: everything is asked for at once."""
    if not _NAME.fullmatch(name):
        return None
    user, password, sign_out = await asyncio.gather(
        asyncio.to_thread(_read, store, name),
        asyncio.to_thread(passwords.read_password, store, name),
        asyncio.to_thread(signouts.read_sign_out, store, name),
    )
    return None if user is None else _as_of_now(user, password, sign_out)


def _read(store: Store, name: str) -> User | None:
    """The record that the operator wrote."""
    return records.read_record(store, User, _KIND, name)


def _as_of_now(user: User, password: Password | None, sign_out: SignOut | None) -> User:
    """The user with what was changed since; what was said of an earlier user of the same name says nothing."""
    changes: dict[str, object] = {}
    if password is not None and password.user_created_at == user.created_at:
        changes["password_hash"] = password.password_hash
    if sign_out is not None and sign_out.user_created_at == user.created_at:
        changes["signed_out_at"] = sign_out.signed_out_at
    return user.model_copy(update=changes)


def _require(store: Store, name: str) -> User:
    user = _read(store, name) if _NAME.fullmatch(name) else None
    if user is None:
        raise UnknownUser(name)
    return user


def set_password(
    store: Store, name: str, password: str, now: datetime, *, in_place_of: str | None = None
) -> User:
    """Give the user another password, which ends every session of theirs; who they are.

    With ``in_place_of``, the hash of a password, only where that is still theirs: who knew it may have been somebody
    else, whose change must not be undone by one that began before. Raises `UnknownUser`, `InvalidPassword`,
    `PasswordChanged`.
    """
    user = _require(store, name)
    check_password(name, password)
    changed = Password(
        name=name,
        user_created_at=user.created_at,
        password_hash=hash_password(password),
        changed_at=now,
    )
    if in_place_of is None:
        passwords.write_password(store, changed)
    else:
        passwords.replace_password(store, changed, user.password_hash, in_place_of)
    return user.model_copy(update={"password_hash": changed.password_hash})


def sign_out_everywhere(store: Store, name: str, now: datetime) -> User:
    """End every session of the user; who they are. Raises `UnknownUser`."""
    user = _require(store, name)
    signouts.write_sign_out(store, SignOut(name=name, user_created_at=user.created_at, signed_out_at=now))
    return user


def disable_user(store: Store, name: str, now: datetime) -> User:
    """Let the user sign in no more, and end every session of theirs; raises `UnknownUser`."""
    user = _require(store, name)
    disabled = user.model_copy(update={"disabled_at": user.disabled_at or now})
    records.write_record(store, _KIND, name, disabled)
    sign_out_everywhere(store, name, now)  # or the sessions of before would go on once the user is enabled
    return disabled


def enable_user(store: Store, name: str) -> User:
    """Let the user sign in again, with the password they had; raises `UnknownUser`."""
    enabled = _require(store, name).model_copy(update={"disabled_at": None})
    records.write_record(store, _KIND, name, enabled)
    return enabled


def list_users(store: Store) -> list[User]:
    """Every user, by name."""
    return list(records.list_records(store, User, _KIND))


def remove_user(store: Store, name: str) -> User:
    """Take a user's access away; who they were. Raises `UnknownUser`."""
    user = _require(store, name)
    _delete(store, name)
    return user


def _delete(store: Store, name: str) -> None:
    """The record first: without it, nothing else lets anybody in."""
    store.delete([control_key(_KIND, name)])
    store.delete([passwords.password_key(name), signouts.sign_out_key(name)])


def forget_client(store: Store, client_id: str) -> int:
    """Remove the users who see this client alone, and take it from those who see others too; how many."""
    found = [user for user in list_users(store) if client_id in (user.clients or ())]
    for user in found:
        left = tuple(each for each in user.clients or () if each != client_id)
        if left:
            records.write_record(store, _KIND, user.name, user.model_copy(update={"clients": left}))
        else:
            _delete(store, user.name)
    return len(found)


def verify_password(user: User | None, password: str) -> bool:
    """Whether this is the user's password; takes as long where there is no user."""
    return passwords.fits(user.password_hash if user else None, password)
