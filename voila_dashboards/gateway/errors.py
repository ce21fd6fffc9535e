"""Why the gateway says no, as a page for people.

* `GatewayError`
    * the visitor's address: `NoSuchPage` (404), also for what exists but belongs to another client
    * the visitor's form: `FormExpired` (403), `WrongOrigin` (403)
    * a company's proxy: `HeaderNotTrusted`, `NoSuchUserHere`, `CookieNotKept` (403)
    * pace: `TooManyAttempts`, `TooManyDownloads`, `TooManyTraces` (429)
    * said, not refused: `SignedOutHereOnly` (200)
    * this side: `DashboardsUnavailable`, `SignOutUntold`, `AccountDamaged`, `LogsNotUnderstood` (503),
      `Unexpected` (500)

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
    #: When to come back, where that helps, in seconds.
    retry_after_s: int | None = None


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


class HeaderNotTrusted(GatewayError):
    """The header that names a user came from somebody who may not say so, or not as the proxy says it."""

    title = "This request was refused"

    def __init__(self) -> None:
        super().__init__(
            "The request says by a header who is signed in, and it did not come from the proxy that may say so. If you "
            "came through your company's sign-in, ask whoever runs it: the dashboards' service log says what is wrong."
        )


class NoSuchUserHere(GatewayError):
    """The company's proxy names somebody who may not sign in: unknown here, or disabled."""

    title = "You may not sign in here"
    action_href = "/login"
    action_label = "Try again"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Your company's sign-in says that you are {name[:100]}, and nobody of this name may sign in to these "
            "dashboards. Ask your provider for access."
        )


class CookieNotKept(GatewayError):
    """The browser did not send back the cookie that it was given a moment ago."""

    title = "Your browser keeps no cookie of this site"
    action_href = "/login"
    action_label = "Try again"

    def __init__(self) -> None:
        super().__init__(
            "You are signed in by your company's proxy, and your browser did not keep the cookie that says so. Allow "
            "cookies for this site. If they are allowed, ask your provider to check CASELOG_DASHBOARDS_PUBLIC_URL."
        )


class TooManyAttempts(GatewayError):
    """As many wait to sign in as may; ``retry_after_s`` says when to come back."""

    title = "Too many attempts"
    retry_after_s: int

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(
            f"Too many attempts to log in are waiting just now. Wait {retry_after_s} seconds, then try again."
        )
        self.retry_after_s = retry_after_s


class TooManyDownloads(GatewayError):
    """As many downloads are on their way as may be, of everybody or of this user."""

    title = "Another download is on its way"
    action_href = "/tickets"
    action_label = "Go to the tickets"

    retry_after_s = 30

    def __init__(self) -> None:
        super().__init__(
            "Wait until it has ended, then ask for this one again; or choose a shorter time range."
        )


class TooManyTraces(GatewayError):
    """As many traces are on their way as may be, of everybody or of this visitor."""

    title = "Other traces are on their way"
    action_href = "/tickets"
    action_label = "Go to the tickets"
    retry_after_s = 10

    def __init__(self) -> None:
        super().__init__("Wait until they have arrived, then ask for this one again.")


class DashboardsUnavailable(GatewayError):
    """Voila does not answer; it is started again by itself."""

    title = "The dashboards are starting"
    action_label = "Try again"

    def __init__(self) -> None:
        super().__init__(
            "The dashboards are not ready yet. They start by themselves: try again in a few seconds."
        )


class SignOutUntold(GatewayError):
    """The visitor is signed out here, and the lake does not know it yet."""

    title = "You are logged out of this browser"
    action_href = "/login"
    action_label = "Log in again"

    def __init__(self) -> None:
        super().__init__(
            "The log store does not answer, so the other servers of these dashboards do not know it yet; telling them "
            "is tried again by itself. If somebody else may hold a copy of your session, tell your provider."
        )


class SignedOutHereOnly(GatewayError):
    """The visitor is signed out, and the company's proxy goes on saying who they are."""

    title = "You are logged out of Caselog"
    action_href = "/login"
    action_label = "Log in again"

    def __init__(self) -> None:
        super().__init__(
            "Your company's own sign-in still knows you: opening a page here logs you in again. To end that as well, "
            "log out there or close the browser."
        )


class AccountDamaged(GatewayError):
    """A record below ``control/`` that this request needs cannot be read; the service log names it."""

    title = "This account cannot be read"
    action_label = "Try again"

    def __init__(self) -> None:
        super().__init__(
            "What is stored about this account is damaged. Your logs are not affected. Ask your provider to repair the "
            "account: the dashboards' service log names the object."
        )


class Unexpected(GatewayError):
    """A defect of the dashboards."""

    title = "Something went wrong"

    def __init__(self) -> None:
        super().__init__(
            "This is a mistake on our side, and its place stands in the service log. Load the page again; if it stays, "
            "tell your provider when it happened."
        )


class StoreSilent(GatewayError):
    """The lake does not answer, so it is not known who the visitor is."""

    title = "The log store does not answer"
    action_label = "Try again"

    def __init__(self) -> None:
        super().__init__("Your logs are safe, but they cannot be read just now. Try again in a minute.")


class LogsNotUnderstood(GatewayError):
    """A newer version of Caselog, or another program, changed the tables; the service log says which table and how."""

    title = "These logs need newer dashboards"
    action_label = "Try again"

    def __init__(self) -> None:
        super().__init__(
            "Your logs are safe, but a newer version stored them than this one can read. Ask your provider to upgrade "
            "the dashboards: their service log says what they lack."
        )


STATUS: Final[dict[type[Exception], int]] = {
    NoSuchPage: 404,
    FormExpired: 403,
    WrongOrigin: 403,
    HeaderNotTrusted: 403,
    NoSuchUserHere: 403,
    CookieNotKept: 403,
    SignedOutHereOnly: 200,
    TooManyAttempts: 429,
    TooManyDownloads: 429,
    TooManyTraces: 429,
    DashboardsUnavailable: 503,
    SignOutUntold: 503,
    AccountDamaged: 503,
    Unexpected: 500,
    StoreSilent: 503,
    LogsNotUnderstood: 503,
    LakeError: 503,
}
