"""What can go wrong where logs live.

* `LakeError`
    * `InvalidLakeUrl`: the operator's setting is wrong.
    * `StoreUnavailable`: the store did not answer, or refused; trying again is safe.
        * `BucketMissing`, `StoreRefused`: the operator has to do something first.
    * `ObjectNotFound`, `ObjectExists`: the answer to a question, not a failure of the store.
    * `UnreadableRaw`: a raw object or one of its lines is not what the collector writes.
    * `SnapshotGone`: a file of the snapshot went away; a new snapshot sees its logs in their new place.
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


class ObjectNotFound(LakeError):
    """There is no object with this key."""

    def __init__(self, key: str) -> None:
        super().__init__(f"There is no object {key!r} in the lake.")
        self.key = key


class ObjectExists(LakeError):
    """An object with this key is there already; it was left as it is."""

    def __init__(self, key: str) -> None:
        super().__init__(f"The object {key!r} exists already and was not changed.")
        self.key = key


class UnreadableRaw(LakeError):
    """Raw bytes that are not a log; the reason names no content."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)


class SnapshotGone(LakeError):
    """Something the snapshot names is gone or expired."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is gone, most likely compacted meanwhile: take a new snapshot.")
