"""Why the gateway says no, as a page for people.

* `GatewayError`
    * the visitor's address: `NoSuchPage` (404), also for what exists but belongs to another client
    * the visitor's form: `FormExpired` (403), `WrongOrigin` (403)
    * pace: `TooManyAttempts` (429)
    * this side: `DashboardsUnavailable` (503)

A store that does not answer is `lake.errors.StoreUnavailable`, shown as 503 too.
"""

from __future__ import annotations

from typing import Final

from lake.errors import LakeError


class GatewayError(Exception):
    """Root: a title, one sentence that says what to do, and where the button leads."""

    title = "That did not work"
    action_href = "/"
    action_label = "Go to the overview"


class NoSuchPage(GatewayError):
    """Nothing is shown at this address to this visitor."""

    title = "There is nothing here"

    def __init__(self) -> None:
        super().__init__(
            "This page does not exist, or it is not yours to see. Check the address, or start at the overview."
        )


class FormExpired(GatewayError):
    """The form's token does not fit: it is old, or was not made for this browser."""

    title = "This form has expired"
    action_label = "Try again"

    def __init__(self) -> None:
        super().__init__(
            "The form was open for too long or in another browser. Open the page again and repeat what you did."
        )


class WrongOrigin(GatewayError):
    """A POST came from another site, or from a client that does not say where from."""

    title = "This request was refused"

    def __init__(self) -> None:
        super().__init__(
            "The request did not come from this site's own page. If you typed this site's address yourself, ask your "
            "provider to check the setting CASELOG_DASHBOARDS_PUBLIC_URL."
        )


class TooManyAttempts(GatewayError):
    """Too many failed sign-ins; ``retry_after_s`` says how long to wait."""

    title = "Too many attempts"

    def __init__(self, retry_after_s: int) -> None:
        minutes = max(1, round(retry_after_s / 60))
        wait = "a minute" if minutes == 1 else f"{minutes} minutes"
        super().__init__(f"There were too many failed attempts to log in. Wait {wait}, then try again.")
        self.retry_after_s = retry_after_s


class DashboardsUnavailable(GatewayError):
    """Voila does not answer; it is started again by itself."""

    title = "The dashboards are starting"
    action_label = "Try again"

    def __init__(self) -> None:
        super().__init__(
            "The dashboards are not ready yet. They start by themselves: try again in a few seconds."
        )


class StoreSilent(GatewayError):
    """The lake does not answer, so it is not known who the visitor is."""

    title = "The log store does not answer"
    action_label = "Try again"

    def __init__(self) -> None:
        super().__init__("Your logs are safe, but they cannot be read just now. Try again in a minute.")


STATUS: Final[dict[type[Exception], int]] = {
    NoSuchPage: 404,
    FormExpired: 403,
    WrongOrigin: 403,
    TooManyAttempts: 429,
    DashboardsUnavailable: 503,
    StoreSilent: 503,
    LakeError: 503,
}
