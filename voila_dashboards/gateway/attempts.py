"""Failed sign-ins slow the next ones down, and lock nobody out.

Where strangers fail, those after them wait: for each user name and for each network there is a pause between two
attempts, that grows with the failures and never beyond a bound. Whoever waits gets a turn, and the pauses shrink where
many wait, so that nobody waits longer than another bound, however many guess beside him. Turns are taken network by
network: a crowd in one network is one in the row.

A browser that signed in before is no stranger: `gateway.devices` knows it, and it does not wait.
"""

from __future__ import annotations

import asyncio
import ipaddress
import math
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Final, TypeVar

from voila_dashboards.gateway.errors import TooManyAttempts
from voila_dashboards.settings import DashboardSettings

#: Names, networks and browsers remembered at most; those of which nothing was heard for longest are forgotten first.
_MOST_REMEMBERED: Final = 20_000
#: Those who wait at once: in all, and for one name from one network.
_MOST_WAITING: Final = 64
_MOST_WAITING_ALIKE: Final = 8
_FIRST_PAUSE_S: Final = 0.25
#: Failures beyond this many change nothing.
_MOST_COUNTED: Final = 64
#: How long one sleeps before he looks again: others may have come or gone.
_LOOK_AGAIN_S: Final = 0.25

Key = TypeVar("Key")
Sleep = Callable[[float], Awaitable[None]]


class Failures:
    """Counts the failures of a key within a sliding window of ``window_s`` seconds; times are seconds of any clock."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def count(self, key: str, now: float) -> int:
        """How often ``key`` has failed within the window.

        >>> failures = Failures(window_s=60)
        >>> failures.record("ada", 0.0), failures.record("ada", 10.0)
        (None, None)
        >>> failures.count("ada", 20.0), failures.count("ada", 60.0), failures.count("bob", 20.0)
        (2, 1, 0)
        """
        times = self._failures.get(key, deque())
        while times and times[0] <= now - self._window_s:
            times.popleft()
        return len(times)

    def record(self, key: str, now: float) -> None:
        """Count one failure of ``key``."""
        self._failures.setdefault(key, deque(maxlen=_MOST_COUNTED)).append(now)
        self._failures.move_to_end(key)
        while len(self._failures) > _MOST_REMEMBERED:
            self._failures.popitem(last=False)

    def forget(self, key: str) -> None:
        """Forget the failures of ``key``: it has signed in."""
        self._failures.pop(key, None)


@dataclass(eq=False)
class Place:
    """One attempt that waits for its turn."""

    name: str
    network: str
    since: float
    is_dropped: bool = False


@dataclass
class Pace:
    """The pause between two attempts on one kind of key, by the failures before it."""

    free: int
    longest_s: float
    failures: Failures
    served: OrderedDict[str, float] = field(default_factory=OrderedDict)

    def pause_s(self, failures: int) -> float:
        """How long to wait after the attempt before.

        >>> pace = Pace(2, 5.0, Failures(60))
        >>> [pace.pause_s(count) for count in (0, 1, 2, 3, 4, 60)]
        [0.0, 0.0, 0.25, 0.5, 1.0, 5.0]
        """
        return (
            min(self.longest_s, _FIRST_PAUSE_S * 2 ** (failures - self.free))
            if failures >= self.free
            else 0.0
        )

    def next_at(self, key: str, now: float, at_most_s: float) -> float:
        """When ``key`` may be tried next."""
        pause_s = min(at_most_s, self.pause_s(self.failures.count(key, now)))
        return self.served.get(key, float("-inf")) + pause_s

    def serve(self, key: str, now: float) -> None:
        """Record that ``key`` is tried now."""
        _remember(self.served, key, now)


class Queue:
    """The strangers who wait to sign in; one at a time has his turn."""

    def __init__(self, settings: DashboardSettings, clock: Callable[[], float], sleep: Sleep) -> None:
        self._clock = clock
        self._sleep = sleep
        self._longest_delay_s = settings.login_longest_delay_s
        self._longest_wait_s = settings.login_longest_wait_s
        window_s = settings.login_window_s
        longest_s = settings.login_longest_delay_s
        self._names = Pace(settings.login_free_attempts_per_name, longest_s, Failures(window_s))
        self._networks = Pace(settings.login_free_attempts_per_network, longest_s, Failures(window_s))
        self._waiting: list[Place] = []
        self._of_name: Counter[str] = Counter()
        self._of_network: Counter[str] = Counter()
        self._served: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._one = asyncio.Lock()

    @contextmanager
    def place(self, name: str, network: str) -> Iterator[Place]:
        """A place in the row while the block runs; raises `TooManyAttempts` where the row is full."""
        place = Place(name, network, self._clock())
        alike = sum((each.name, each.network) == (name, network) for each in self._waiting)
        if alike >= _MOST_WAITING_ALIKE or (
            len(self._waiting) >= _MOST_WAITING and not self._make_room(network)
        ):
            raise self._come_back()
        self._join(place)
        try:
            yield place
        finally:
            self._leave(place)

    @asynccontextmanager
    async def turn(self, place: Place) -> AsyncIterator[None]:
        """The turn of ``place``, which lasts as long as the block; raises `TooManyAttempts` where it lost its place."""
        while True:
            await self._wait(place)
            async with self._one:
                if place.is_dropped:
                    raise self._come_back()
                if self._is_next(place):
                    self._serve(place)
                    yield
                    return
            await self._sleep(_LOOK_AGAIN_S)

    def record_failure(self, place: Place) -> None:
        """The password was wrong: whoever tries the name, or comes from the network, waits longer."""
        now = self._clock()
        self._names.failures.record(place.name, now)
        self._networks.failures.record(place.network, now)

    def record_success(self, place: Place) -> None:
        """The password was right: what failed on the name before is forgotten."""
        self._names.failures.forget(place.name)

    async def _wait(self, place: Place) -> None:
        while (wait_s := self._may_at(place) - self._clock()) > 0:
            await self._sleep(min(wait_s, _LOOK_AGAIN_S))

    def _may_at(self, place: Place) -> float:
        now = self._clock()
        of_name, of_network = self._of_name[place.name], self._of_network[place.network]
        by_pace = max(
            self._names.next_at(place.name, now, self._longest_wait_s / max(1, of_name)),
            self._networks.next_at(place.network, now, self._longest_wait_s / max(1, of_network)),
        )
        return min(by_pace, place.since + self._longest_wait_s)

    def _is_next(self, place: Place) -> bool:
        """Whether it is this one's turn: of all who may, first who never had one, then who waited longest."""
        now = self._clock()
        if self._may_at(place) > now:
            return False
        return place is min(
            (each for each in self._waiting if self._may_at(each) <= now), key=self._in_order, default=place
        )

    def _in_order(self, place: Place) -> tuple[float, float]:
        """Network by network, as long as that keeps nobody of a crowded one beyond the longest wait."""
        if self._clock() - place.since >= self._longest_wait_s:
            return float("-inf"), place.since
        return self._served.get((place.name, place.network), 0.0), place.since

    def _serve(self, place: Place) -> None:
        self._leave(place)
        now = self._clock()
        self._names.serve(place.name, now)
        self._networks.serve(place.network, now)
        _remember(self._served, (place.name, place.network), now)

    def _make_room(self, network: str) -> bool:
        """Whether the newest of the most crowded network could be sent away for one of another."""
        ((crowd, size),) = self._of_network.most_common(1)
        if size <= self._of_network[network] + 1:
            return False
        newest = max((each for each in self._waiting if each.network == crowd), key=lambda each: each.since)
        newest.is_dropped = True
        self._leave(newest)
        return True

    def _join(self, place: Place) -> None:
        self._waiting.append(place)
        self._of_name[place.name] += 1
        self._of_network[place.network] += 1

    def _leave(self, place: Place) -> None:
        if place in self._waiting:
            self._waiting.remove(place)
            self._of_name -= Counter([place.name])  # which forgets what is down to nothing
            self._of_network -= Counter([place.network])

    def _come_back(self) -> TooManyAttempts:
        return TooManyAttempts(max(1, math.ceil(self._longest_delay_s)))


def _remember(times: OrderedDict[Key, float], key: Key, now: float) -> None:
    times[key] = now
    times.move_to_end(key)
    while len(times) > _MOST_REMEMBERED:
        times.popitem(last=False)


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
