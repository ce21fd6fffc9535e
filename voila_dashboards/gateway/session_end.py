"""Why a session is over, or its pages are not shown any more: told to the page by the code and reason of a close."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

#: Of the codes that are an application's own, https://www.rfc-editor.org/rfc/rfc6455#section-7.4.2 .
SESSION_OVER: Final = 4401


class SessionEnd(StrEnum):
    """What the page is told. That a user is disabled is not told apart from another password."""

    #: Signed out by itself.
    SIGNED_OUT = "signed_out"
    #: Another password, a sign-out everywhere, other rights, disabled, or removed.
    CHANGED = "changed"
    EXPIRED = "expired"
    #: The browser has no session, or none that counts.
    OVER = "over"
    #: The browser has another session than the one that the page was opened in.
    OTHER = "other"
    #: The session goes on, but it could not be asked for too long whether it holds.
    UNCHECKED = "unchecked"
