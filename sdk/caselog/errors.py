"""What can go wrong on a log's way, in one tree; none of it is ever raised into the workflow.

- `CaselogError`
    - `SettingError`: whoever set the environment of the workflow can mend it
        - `MissingSetting`
        - `InvalidSetting`
    - `NotALog`: the workflow's code handed over something that is no mapping
    - `NotAMask`: the workflow's code handed over something as its mask that cannot be called
    - `DeliveryError`: the log did not reach the collector, as far as is known
        - `CollectorUnreachable`: network; sent again later
        - `CollectorBusy`: the collector asked for time; sent again later
        - `UnexpectedAnswer`: something else answered in the collector's place; sent again later
        - `LogRefused`: the collector will not take this log; not sent again
            - `LinesRefused`: it took the others of the same request
            - `SenderRefused`: it takes none from this sender: the key, a proxy; what is on disk stays there

No sentence holds anything of a log's content, and none holds the API key.
"""

from __future__ import annotations

from collections.abc import Sequence


class CaselogError(Exception):
    """Root of everything the SDK can report."""


class SettingError(CaselogError):
    """A setting keeps logs from being sent; the workflow goes on without them."""


class MissingSetting(SettingError):
    """A variable that the SDK cannot do without is not set."""

    def __init__(self, *names: str) -> None:
        self.names = names
        verb = "is" if len(names) == 1 else "are"
        super().__init__(f"{' and '.join(names)} {verb} not set: the workflow runs on, no log is sent")


class InvalidSetting(SettingError):
    """A variable is set to something the SDK cannot use."""

    def __init__(self, name: str, rule: str) -> None:
        self.name = name
        super().__init__(f"{name} is not usable: {rule}")


class NotALog(CaselogError):
    """What was to be shipped is no mapping of fields to values."""

    def __init__(self, found: type) -> None:
        super().__init__(f"a log is a mapping, this is a {found.__name__}: nothing was sent")


class NotAMask(CaselogError):
    """What was to mask logs cannot be called."""

    def __init__(self, found: type) -> None:
        super().__init__(
            f"set_mask takes a function of path and value, this is a {found.__name__}: it is not used"
        )


class DeliveryError(CaselogError):
    """A log did not reach the collector, as far as is known."""

    #: Seconds the other side asked to wait; None where it did not say.
    retry_after_s: float | None = None
    #: Whether sending the same bytes again may help; doing so is always safe.
    may_retry = True


class CollectorUnreachable(DeliveryError):
    """No answer came; whether the log was stored is unknown."""

    def __init__(self, origin: str, cause: str) -> None:
        super().__init__(f"{origin} did not answer ({cause}); logs wait in memory and are sent again")


class CollectorBusy(DeliveryError):
    """The collector, or a proxy before it, asked for time."""

    def __init__(self, origin: str, status: int, retry_after_s: float | None = None) -> None:
        self.retry_after_s = retry_after_s
        #: Whether any log would have got this answer; 500 and the like may be the fault of one.
        self.is_about_load = status in (408, 425, 429, 502, 503, 504)
        super().__init__(f"{origin} answered {status}; logs wait in memory and are sent again")


class UnexpectedAnswer(DeliveryError):
    """Something answered 2xx, but not as a collector does: a captive portal, a wrong address."""

    def __init__(self, origin: str, status: int) -> None:
        super().__init__(
            f"{origin} answered {status}, but not as a Caselog collector does: check LOG_COLLECTOR_URL"
        )


class LogRefused(DeliveryError):
    """The collector, or what stands in its place, will never take this request as it is."""

    may_retry = False
    _consequence = "; it is not sent again"

    def __init__(self, origin: str, status: int, explanation: str = "") -> None:
        self.status = status
        super().__init__(f"{origin} refused a log with {status}{explanation}{self._consequence}")


class SenderRefused(LogRefused):
    """The collector, or a proxy before it, takes no log from this sender as things are."""

    _consequence = ": logs are lost, unless CASELOG_SPOOL_DIR keeps them until that is mended"


class LinesRefused(LogRefused):
    """Of several logs the collector stored all but some; ``lines`` are their places in the request, from 1."""

    def __init__(self, origin: str, status: int, lines: Sequence[int], explanation: str = "") -> None:
        self.lines = tuple(lines)
        super().__init__(origin, status, f", {len(lines)} of those it was sent{explanation}")
