"""What can go wrong where logs live.

* `LakeError`
    * `InvalidLakeUrl`: the operator's setting is wrong.
    * `StoreUnavailable`: the store did not answer, or refused; trying again is safe.
        * `LakeMissing`, `BucketMissing`, `StoreRefused`, `TableNotUnderstood`: the operator has to do something first.
            * `LakeGone`: there was a lake, and it is not there any more.
    * `ObjectNotFound`, `ObjectExists`, `ObjectChanged`: the answer to a question, not a failure of the store.
        * `ObjectWithheld`: it is there, but cannot be read or removed; the others can.
    * `UnreadableRaw`: a raw object or one of its lines is not what the collector writes.
    * `ObjectDamaged`: a file of the tables is missing or is not what was committed; the others are fine.
    * `CacheUnusable`: the folder that files are kept in for reading cannot be used, or is full.
    * `SnapshotGone`: a file of the snapshot went away; a new snapshot sees its logs in their new place.
    * `QueryTooLong`: a query was ended because it ran for too long.
"""

from __future__ import annotations


class LakeError(Exception):
    """Root of every error of this room."""


class InvalidLakeUrl(LakeError):
    """The lake's address cannot be used as it stands."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"CASELOG_LAKE_URL is {url!r}: {reason}. Use file:///path or s3://bucket/prefix.")


class StoreUnavailable(LakeError):
    """The object store did not confirm what was asked of it."""

    def __init__(self, tried: str, reason: str = "") -> None:
        detail = f" ({reason})" if reason else ""
        super().__init__(f"The object store did not confirm {tried}{detail}: trying again is safe.")


class LakeMissing(StoreUnavailable):
    """There is nothing where the lake's address leads."""

    def __init__(self, url: str) -> None:
        sentence = f"There is no lake at {url}: `caselog init` makes it, or CASELOG_LAKE_URL is mistyped."
        LakeError.__init__(self, sentence)


class LakeGone(LakeMissing):
    """The lake's folder was there, and now there is none, or another one."""

    def __init__(self, url: str, mark: str) -> None:
        """``mark`` is the name of the file by which the lake would be known again."""
        sentence = (
            f"The lake at {url} is not there any more: it was unmounted, moved or replaced, or its file {mark} was "
            "removed. Nothing is written, and nothing that is not found counts as missing, until it is back. To go on "
            "with what is there now, restart."
        )
        LakeError.__init__(self, sentence)


class BucketMissing(StoreUnavailable):
    """The bucket that the lake's address names is not there."""

    def __init__(self) -> None:
        LakeError.__init__(self, "The lake's bucket does not exist: `caselog init` makes it.")


class StoreRefused(StoreUnavailable):
    """The store knows us and says no, or does not know us."""

    def __init__(self, tried: str) -> None:
        sentence = (
            f"The object store refused {tried}: check the AWS_* variables and what they are allowed to do."
        )
        LakeError.__init__(self, sentence)


class TableNotUnderstood(StoreUnavailable):
    """A table asks for what this version does not know: a newer version, or another program, changed it."""

    def __init__(self, table: str, reason: str, author: str = "") -> None:
        """``author`` is the program that says that it made the table what it is."""
        whose = f" ({author} made it so)" if author else ""
        LakeError.__init__(
            self,
            f"The table {table} has {reason}, which this version of Caselog does not know{whose}. Nothing is committed "
            "to it, and new logs stay in raw/. Upgrade whatever uses this lake to the newest version of Caselog; where "
            f"another program wrote to the table, restore {table}/ from a copy, and let other programs only read.",
        )
        self.table = table


class ObjectNotFound(LakeError):
    """There is no object with this key."""

    def __init__(self, key: str) -> None:
        super().__init__(f"There is no object {key!r} in the lake.")
        self.key = key


class ObjectWithheld(ObjectNotFound):
    """One object cannot be read or removed: for whoever goes through many, as good as not there."""

    def __init__(self, key: str, reason: str) -> None:
        LakeError.__init__(self, f"The object {key!r} was left where it is: {reason}.")
        self.key = key
        self.reason = reason


class ObjectExists(LakeError):
    """An object with this key is there already; it was left as it is."""

    def __init__(self, key: str) -> None:
        super().__init__(f"The object {key!r} exists already and was not changed.")
        self.key = key


class ObjectChanged(LakeError):
    """An object with this key is another than it was; it was left as it is."""

    def __init__(self, key: str) -> None:
        super().__init__(f"The object {key!r} was changed by somebody else meanwhile, and not by this.")
        self.key = key


class UnreadableRaw(LakeError):
    """Raw bytes that are not a log; the reason names no content."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)


class ObjectDamaged(LakeError):
    """A file that the tables name is not there, or not whole."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"The file {key} of the lake {reason}: its logs are not shown until it is restored.")
        self.key = key
        self.reason = reason


class CacheUnusable(LakeError):
    """The folder for what was read from the store cannot be used."""

    def __init__(self, folder: object, reason: str) -> None:
        super().__init__(
            f"The cache folder {folder} cannot be used: {reason}. Name another one, or mend this one."
        )
        self.reason = reason


class QueryTooLong(LakeError):
    """A query ran into its time limit and was ended."""

    def __init__(self, limit_s: float) -> None:
        super().__init__(
            f"The query ran for more than {limit_s:g} s and was ended: ask for less, such as a shorter time."
        )


class SnapshotGone(LakeError):
    """Something the snapshot names is gone or expired."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is gone, most likely compacted meanwhile: take a new snapshot.")
