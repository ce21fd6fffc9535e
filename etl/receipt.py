"""What the receipt of a deletion says; it names nobody in clear."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from access.deletions import Deletion
from etl.deletion_pass import Pass
from lake.snapshot import Lake


def facts(deletion: Deletion, last: Pass, now: datetime, beyond: Sequence[str]) -> dict[str, Any]:
    """The content of the receipt; ``last`` is the pass that found nothing."""
    return {
        "id": deletion.deletion_id,
        "kind": deletion.kind.value,
        "client_id": deletion.client_id,
        "named_by": _named_by(deletion),
        "why": deletion.why,
        "by": deletion.by,
        "requested_at": deletion.requested_at.isoformat(),
        "ended_at": now.isoformat(),
        "removed": dict(sorted(deletion.counts.items())),
        "checked": {
            "how": (
                "Everything that can hold it was listed and read again after it was removed: the files of the tables, "
                "those that no table names any more, what the tables' logs tell, raw/ and quarantine/. Nothing was "
                "found."
            ),
            "read": last.read,
            "not_looked_at": last.unseen,
        },
        "out_of_reach": list(beyond),
    }


def _named_by(deletion: Deletion) -> dict[str, Any]:
    """What was deleted, so that whoever knows the ticket or the address can check it, and nobody else learns it."""
    told = {"salt": deletion.salt, "hmac_sha256": deletion.digest, "keyed_hashes": list(deletion.tokens)}
    return {name: value for name, value in told.items() if value}


def out_of_reach(lake: Lake) -> list[str]:
    """What no deletion here can remove."""
    from lake.bucket import keeps_versions  # an ETL that deletes nothing does without boto3

    versions = keeps_versions(lake.store)
    said = {
        None: [],
        False: ["The bucket keeps no versions of what is removed."],
        True: ["The bucket keeps versions: what was removed is in it until its own rules remove it."],
        "unknown": ["Whether the bucket keeps versions of what is removed could not be asked."],
    }[versions]
    return [
        *said,
        "Copies and backups of the lake that were made before.",
        "Files of analysts and others who read the lake, and what dashboards keep near until they look again.",
        "Logs that wait in the client's own systems: they are refused or dropped when they arrive.",
    ]
