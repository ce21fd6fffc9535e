"""What is known of the request at hand: its id, and what its steps learn.

Metrics and the service log tell it without being handed through every step. No web framework is needed to know it.
"""

from __future__ import annotations

import random
import time
from contextvars import ContextVar, Token


def new_request_id() -> str:
    """An id for a request that came without one."""
    return f"{random.getrandbits(64):016x}"  # it need not be hard to guess


class Exchange:
    """One request and its answer, as far as it has come."""

    __slots__ = (
        "begun",
        "client_id",
        "code",
        "is_question",
        "logs",
        "reason",
        "received_bytes",
        "request_id",
        "route",
        "status",
        "store_error",
    )

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id
        #: In seconds of ``time.perf_counter``.
        self.begun = time.perf_counter()
        self.received_bytes = 0
        #: Of the answer; 0 as long as there is none.
        self.status = 0
        #: The pattern of its address: the address itself may name tickets. Empty where no route is known.
        self.route = ""
        #: Why it was refused; empty where it was not.
        self.code = ""
        #: What the service log says of a failure of this side, beside the code; a sentence without content.
        self.reason = ""
        #: Whose request it is; empty as long as nobody knows.
        self.client_id = ""
        #: Logs that were stored.
        self.logs = 0
        #: Whether a no is an answer to it, and no failure that the service log has to hear of.
        self.is_question = False
        #: What the store failed in, beside writing logs.
        self.store_error = ""

    @property
    def seconds(self) -> float:
        """How long it has taken until now."""
        return time.perf_counter() - self.begun


_current: ContextVar[Exchange | None] = ContextVar("exchange", default=None)


def current_exchange() -> Exchange | None:
    """The request that the calling task works for; ``None`` for what is done for nobody alone."""
    return _current.get()


def begin_exchange(exchange: Exchange) -> Token[Exchange | None]:
    """Work for ``exchange`` from now on, in this task."""
    return _current.set(exchange)


def end_exchange(token: Token[Exchange | None]) -> None:
    """Work for whatever was worked for before."""
    _current.reset(token)


def note(**learnt: str | int) -> None:
    """Note something about the request at hand, by the names of `Exchange`; outside of one nothing happens."""
    if (exchange := _current.get()) is not None:
        for name, value in learnt.items():
            setattr(exchange, name, value)
