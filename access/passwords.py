"""Passwords: the rules for a new one, its hash, and the object that replaces what a user was made with.

A user's record says what the operator decides. The password is an object of its own, so that the dashboards, where
users change it, need no right to write records, and nobody's change undoes another's.
"""

from __future__ import annotations

import functools
from datetime import datetime
from typing import Final

import argon2
from pydantic import Field

from access import records
from access.errors import InvalidPassword, PasswordChanged
from access.records import Record
from lake.errors import ObjectChanged, ObjectNotFound
from lake.layout import control_key
from lake.store import Store

_KIND: Final = "passwords"
#: Short enough to type, long enough that the attempt limit makes guessing hopeless; the upper bound keeps
#: argon2 from being fed megabytes.
MIN_PASSWORD: Final = 10
MAX_PASSWORD: Final = 1024
#: Fewer different characters than this are one key held down, or a row of two.
_FEWEST_DIFFERENT: Final = 5
RULES: Final = (
    f"{MIN_PASSWORD} to {MAX_PASSWORD} characters, at least {_FEWEST_DIFFERENT} of them different, and not made of "
    "your user name."
)

#: argon2id with the library's defaults, which follow RFC 9106's low-memory recommendation.
_HASHER: Final = argon2.PasswordHasher()


class Password(Record):
    """A user's password since ``changed_at``; of the user made at ``user_created_at`` and no other of that name."""

    name: str
    user_created_at: datetime
    password_hash: str = Field(repr=False)
    changed_at: datetime


def check_password(name: str, password: str) -> None:
    """Raises `InvalidPassword` where ``password`` cannot be the new one of the user ``name``.

    >>> check_password("ann", "correct horse battery")
    """
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise InvalidPassword(f"A password has {MIN_PASSWORD} to {MAX_PASSWORD} characters.")
    if len(set(password)) < _FEWEST_DIFFERENT:
        raise InvalidPassword(f"A password has at least {_FEWEST_DIFFERENT} different characters.")
    plain = password.lower()
    if len(plain.replace(name.lower(), "")) < _FEWEST_DIFFERENT:
        raise InvalidPassword("A password is not made of the user name.")


def hash_password(password: str) -> str:
    """argon2id; takes a core and 64 MiB for a moment."""
    return _HASHER.hash(password)


@functools.cache
def _nobody() -> str:
    """Verified against where there is no such user, so that the answer takes as long."""
    return _HASHER.hash("nobody")


def fits(password_hash: str | None, password: str) -> bool:
    """Whether ``password`` was hashed so; takes as long where there is no user, or none with a password."""
    try:
        _HASHER.verify(password_hash or _nobody(), password[:MAX_PASSWORD])
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False
    return bool(password_hash)


def write_password(store: Store, password: Password) -> None:
    """Write or replace the user's password, durably; raises `lake.errors.StoreUnavailable`."""
    records.write_record(store, _KIND, password.name, password)


def replace_password(store: Store, password: Password, first_hash: str, known_hash: str) -> None:
    """Replace the user's password only where it is still the one with ``known_hash``.

    ``first_hash`` is that of the password that the user was made with. Of several at once one replaces it. Raises
    `PasswordChanged`, `lake.errors.StoreUnavailable`.
    """
    key = password_key(password.name)
    try:
        stored: bytes | None = store.get(key)
    except ObjectNotFound:
        stored = None
    there = None if stored is None else records.parse_record(Password, key, stored)
    is_theirs = there is not None and there.user_created_at == password.user_created_at
    if (there.password_hash if there is not None and is_theirs else first_hash) != known_hash:
        raise PasswordChanged(password.name)
    try:
        store.swap(key, stored, password.model_dump_json().encode())
    except ObjectChanged as error:
        raise PasswordChanged(password.name) from error


def read_password(store: Store, name: str) -> Password | None:
    """The password that was set last, or ``None`` where it is still the one that the user was made with."""
    return records.read_record(store, Password, _KIND, name)


def password_key(name: str) -> str:
    """Where the password of the user is kept."""
    return control_key(_KIND, name)
