"""What can go wrong in a page's kernel; each is one sentence for the page, and a code for its script.

* `PageError`
    * `NotFound`: no such ticket within this scope, or a question that is none.
    * `VisitEnded`: signed out, expired, or the page was left alone for too long.
    * `NoAdmission`: whoever wanted to see the page is gone, or the gateway is.
    * `TooLong`: the question took more processor time than one may.
    * `StoreSilent`: the store does not answer.
    * `Unexpected`: a mistake of ours.
"""

from __future__ import annotations

from typing import ClassVar


class PageError(Exception):
    """Root: ``code`` is for the page's script, the message for people."""

    code: ClassVar[str]
    sentence: ClassVar[str]

    def __init__(self) -> None:
        super().__init__(self.sentence)


class NotFound(PageError):
    """Nothing like that in this scope: the same answer for a foreign and for an unknown ticket."""

    code = "not_found"
    sentence = "There is no such ticket, or it is not yours to see."


class BadQuestion(PageError):
    """What came over the comm is not a question."""

    code = "bad_question"
    sentence = "The page asked for something that does not exist: load it again."


class VisitEnded(PageError):
    """The gateway no longer knows this visit."""

    code = "gone"
    sentence = "This page has been open for a long time, or you have logged out: load it again."


class NoAdmission(PageError):
    """Nobody was let in through this kernel, so it shows nothing."""

    code = "no_admission"
    sentence = "This page was not opened through the dashboards: start at the overview."


class TooLong(PageError):
    """The query was ended because it ran away."""

    code = "too_long"
    sentence = "This took too long and was ended: choose a shorter time range, one client, or fewer filters."


class StoreSilent(PageError):
    """The store did not answer; nothing is lost."""

    code = "store_unavailable"
    sentence = "The log store does not answer just now. Your logs are safe: try again in a minute."


class Unexpected(PageError):
    """A mistake of ours; what happened stands in the service's log."""

    code = "internal"
    sentence = "This page could not be built. The operator finds the reason in the service's log."
