"""A limit on failed sign-ins, by user name and by network address."""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict, deque
from typing import Final

#: Names and addresses remembered at most; the oldest are forgotten first, so memory is bounded.
_MOST_REMEMBERED: Final = 20_000


class AttemptLimit:
    """Counts failures of a key within a sliding window of ``window_s`` seconds; times are seconds of any clock."""

    def __init__(self, most: int, window_s: float) -> None:
        self._most = most
        self._window_s = window_s
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def wait_s(self, key: str, now: float) -> int:
        """Whole seconds until ``key`` may try again; 0 means now.

        >>> limit = AttemptLimit(most=2, window_s=60)
        >>> limit.record_failure("ada", 0.0), limit.record_failure("ada", 10.0)
        (None, None)
        >>> limit.wait_s("ada", 20.0), limit.wait_s("bob", 20.0), limit.wait_s("ada", 60.0)
        (40, 0, 0)
        """
        failures = self._recent(key, now)
        if len(failures) < self._most:
            return 0
        return max(1, math.ceil(failures[-self._most] + self._window_s - now))

    def record_failure(self, key: str, now: float) -> None:
        """Count one failure of ``key``."""
        self._failures.setdefault(key, deque(maxlen=self._most)).append(now)
        self._failures.move_to_end(key)
        while len(self._failures) > _MOST_REMEMBERED:
            self._failures.popitem(last=False)

    def forget(self, key: str) -> None:
        """Forget the failures of ``key``: it has signed in."""
        self._failures.pop(key, None)

    def _recent(self, key: str, now: float) -> deque[float]:
        failures = self._failures.get(key, deque())
        while failures and failures[0] <= now - self._window_s:
            failures.popleft()
        return failures


def network_of(address: str) -> str:
    """The part of a network address that one visitor cannot vary at will: an IPv4 address, or an IPv6 /64.

    >>> network_of("203.0.113.7"), network_of("2001:db8:1:2:3:4:5:6"), network_of("testclient")
    ('203.0.113.7', '2001:db8:1:2::/64', 'testclient')
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, 64), strict=False))
