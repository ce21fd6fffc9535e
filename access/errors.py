"""What can go wrong where it is decided who may.

* `AccessError`
    * `InvalidName`: a client or user name cannot be used.
    * `ClientExists`, `UnknownClient`
    * `ClientRemoved`: the client's logs are refused, so that a key would be of no use.
    * `UnknownKey`, `InvalidExpiry`
    * `NoKeyToRotate`: which key a new one replaces cannot be told.
    * `UserExists`, `UnknownUser`
    * `InvalidUser`
        * `InvalidPassword`: a new password does not follow the rules.
    * `PasswordChanged`: somebody else gave the user another password meanwhile.
    * `ClientDeleted`: the client's id was deleted and is not given out again by itself.
    * `InvalidRetention`: how long something is kept cannot be meant.
    * `InvalidLimit`: how much a client may send cannot be meant.
    * `UnknownDeletion`
    * `BrokenControlObject`: somebody changed the store by hand.
"""

from __future__ import annotations

from collections.abc import Sequence


class AccessError(Exception):
    """Root of every error of this room."""


class InvalidName(AccessError):
    """A name that cannot be part of a key, a policy and a URL."""

    def __init__(self, what: str, name: str, rule: str) -> None:
        super().__init__(f"{name!r} cannot be a {what}: use {rule}.")


class ClientExists(AccessError):
    """There is such a client; it was left as it is."""

    def __init__(self, client_id: str) -> None:
        super().__init__(f"The client {client_id!r} exists already and was not changed.")


class UnknownClient(AccessError):
    """There is no such client."""

    def __init__(self, client_id: str) -> None:
        super().__init__(f"There is no client {client_id!r}. `caselog clients list` shows those there are.")


class UnknownKey(AccessError):
    """No API key's hash starts like this, or more than one does."""

    def __init__(self, key_id: str) -> None:
        super().__init__(f"No single API key has the id {key_id!r}. `caselog keys list` shows the ids.")


class ClientRemoved(AccessError):
    """The client was removed: its logs are refused, whatever the key."""

    def __init__(self, client_id: str) -> None:
        super().__init__(
            f"The client {client_id!r} was removed and its logs are refused: `caselog clients restore {client_id}` "
            "has them taken again."
        )


class InvalidExpiry(AccessError):
    """A key's end is not in the future."""

    def __init__(self) -> None:
        super().__init__("Nothing was changed: a key's end lies in the future.")


class NoKeyToRotate(AccessError):
    """Which key a new one replaces cannot be told."""

    def __init__(self, client_id: str, key_ids: Sequence[str]) -> None:
        if key_ids:
            said = f"has {len(key_ids)} keys that work ({', '.join(key_ids)}): name the one to replace."
        else:
            said = f"has no key that works: `caselog keys issue {client_id}` makes one."
        super().__init__(f"Nothing was changed: {client_id!r} {said}")


class UserExists(AccessError):
    """There is such a user; it was left as it is."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The user {name!r} exists already and was not changed.")


class UnknownUser(AccessError):
    """There is no such user."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no user {name!r}. `caselog users list` shows those there are.")


class InvalidUser(AccessError):
    """Role, client and password do not make a user."""


class InvalidPassword(InvalidUser):
    """A new password does not follow the rules; nothing was changed."""


class PasswordChanged(AccessError):
    """The password is another than the one that was to be replaced; it was left as it is."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The password of {name!r} was changed by somebody else meanwhile, and not by this.")


class BrokenControlObject(AccessError):
    """An object below ``control/`` is not what Caselog wrote there."""

    def __init__(self, key: str) -> None:
        super().__init__(f"The object {key!r} is not one that Caselog wrote: restore or delete it.")


class InvalidRetention(AccessError):
    """How long logs or traces are kept cannot be meant as it was said."""

    def __init__(self, rule: str) -> None:
        super().__init__(f"Nothing was changed: {rule}.")


class InvalidLimit(AccessError):
    """How much a client may send cannot be meant as it was said."""

    def __init__(self, rule: str) -> None:
        super().__init__(f"Nothing was changed: {rule}.")


class ClientDeleted(AccessError):
    """The client was deleted; its id stands for what must not come back."""

    def __init__(self, client_id: str, deletion_id: str) -> None:
        super().__init__(
            f"The client {client_id!r} was deleted (receipt {deletion_id}). Use another id, or say --again: logs of "
            "the time before stay deleted."
        )


class UnknownDeletion(AccessError):
    """No deletion's id begins like this, or more than one does."""

    def __init__(self, deletion_id: str) -> None:
        super().__init__(
            f"No single deletion has the id {deletion_id!r}. `caselog delete list` shows those there are."
        )
