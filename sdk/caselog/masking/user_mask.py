"""A user's own masking, after ours: asked about every value, from the outside in; closed where it fails."""

from __future__ import annotations

from typing import Any, Callable

from caselog.serialize import plain

#: What tells logs apart is not the user's to change.
_IDENTITY = frozenset(("schema_version", "log_id", "client_id", "executed_at"))
#: What stands in the place of a value that the user's code failed on begins so.
_FAILED = "[not maskable: "
_STATUS = "MASK FAILED"


def apply_own_mask(
    log: dict[str, Any], mask: Callable[[str, Any], Any], rest: Callable[[], None]
) -> tuple[dict[str, Any], int]:
    """The log with what ``mask(path, value)`` gives in each value's place, and on how many values it failed.

    >>> apply_own_mask({"metrics": {"n": 1}}, lambda path, value: 2 if path == "metrics.n" else value, lambda: None)
    ({'metrics': {'n': 2}}, 0)
    """
    asking = _Asking(mask)
    masked: dict[str, Any] = {}
    for name, value in log.items():
        rest()
        masked[name] = value if name in _IDENTITY else asking.mask(value, name)
    # Without these two a log is no use; they have been through our own rules.
    for name in ("ticket_id", "status"):
        if str(masked.get(name, "")).startswith(_FAILED):
            masked[name] = f"masked-{log['log_id']}" if name == "ticket_id" and "log_id" in log else _STATUS
    return masked, asking.failures


class _Asking:
    """Asks the user's code about each value of one log."""

    def __init__(self, mask: Callable[[str, Any], Any]) -> None:
        self._mask = mask
        self.failures = 0

    def mask(self, value: Any, path: str) -> Any:
        try:
            given = self._mask(path, value)
            # What is new may be anything; what came back is plain data already.
            value = given if given is value else plain(given)
        except Exception as error:  # noqa: BLE001 - fails closed, whatever the user's code does
            self.failures += 1
            return f"{_FAILED}{type(error).__name__}]"
        if isinstance(value, dict):
            return {name: self.mask(item, f"{path}.{name}") for name, item in value.items()}
        if isinstance(value, list):
            return [self.mask(item, f"{path}[{place}]") for place, item in enumerate(value)]
        return value
