"""What can be deleted. Pure, and cheap to import."""

from __future__ import annotations

from enum import StrEnum


class DeletionKind(StrEnum):
    """What a deletion removes."""

    CLIENT = "client"
    TICKET = "ticket"
    SUBJECT = "subject"
