"""The services behind the tools: orders, payments, accounts, knowledge and the help desk, all in memory.

Their rules are real, and so are their failures: the network between the workflow and them is slow, times out
now and then, and one service can be down for a while. Chance is seeded, so a run can be repeated.
"""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final

from examples.support_workflow.clock import Clock
from examples.support_workflow.knowledge import rank_articles
from examples.support_workflow.records import Account, Order, Scenario

TIMEOUT_S: Final = 10.0
#: Share of requests that time out in fair weather, and the seconds a good one takes: least, typical.
TIMEOUTS: Final = {
    "orders": 0.025,
    "carrier": 0.06,
    "payments": 0.03,
    "accounts": 0.02,
    "knowledge": 0.012,
    "desk": 0.004,
}
LATENCY_S: Final = {
    "orders": (0.08, 0.15), "carrier": (0.4, 0.9), "payments": (0.5, 0.6), "accounts": (0.06, 0.12),
    "knowledge": (0.12, 0.2), "desk": (0.05, 0.08),
}  # fmt: skip

RETURN_DAYS: Final = {"changed_mind": 30, "damaged": 60, "renewal": 14, "lost": 90, "double_charge": 90}
APPROVAL_LIMIT: Final = 400.0
LOST_AFTER_DAYS: Final = 10
#: Clients whose payment service takes nothing without a currency; that of others takes it for US dollars.
WANTS_CURRENCY: Final = frozenset({"globex"})


class ServiceError(Exception):
    """A service did not do what it was asked for."""


class ServiceTimeout(ServiceError):
    """No answer in time; asking again may help."""

    def __init__(self, service: str) -> None:
        super().__init__(f"The {service} service did not answer within {TIMEOUT_S:.0f} s.")


class NotFound(ServiceError):
    """The service answered, and does not know what was asked for."""

    def __init__(self, what: str) -> None:
        super().__init__(f"There is no {what}.")


class NotAllowed(ServiceError):
    """The service answered, and its rules forbid what was asked for."""


class PaymentRefused(ServiceError):
    """The payment service answered, and takes no such request."""

    def __init__(self, field: str) -> None:
        super().__init__(f"The payment service refused the request: the field {field!r} is missing.")


@dataclass(frozen=True)
class Outage:
    """A time in which most requests to one service fail."""

    service: str
    begins: datetime
    ends: datetime
    share: float


class Network:
    """What lies between the workflow and its services."""

    def __init__(self, clock: Clock, chance: random.Random, outages: tuple[Outage, ...] = ()) -> None:
        self.clock = clock
        self._chance = chance
        self._outages = outages

    def reach(self, service: str) -> None:
        """Spend what a request takes; raises `ServiceTimeout` where it gets lost."""
        if self._chance.random() < self._loss(service):
            self.clock.spend(TIMEOUT_S)
            raise ServiceTimeout(service)
        least, typical = LATENCY_S[service]
        self.clock.spend(least + self._chance.expovariate(1 / typical))

    def _loss(self, service: str) -> float:
        now = self.clock.now()
        down = [o.share for o in self._outages if o.service == service and o.begins <= now < o.ends]
        return max([TIMEOUTS[service], *down])


class Services:
    """Everything a support workflow may ask or change, for one ticket's customer."""

    def __init__(self, scenario: Scenario, network: Network) -> None:
        self._network = network
        self._orders = {order.order_number: order for order in scenario.orders}
        self._accounts = {scenario.account.customer_email: scenario.account}
        self._refunds: dict[str, str] = {}
        self._ticket_id = scenario.ticket.ticket_id
        self._client_id = scenario.ticket.client_id
        self.categories = scenario.categories
        self.ticket_status = "open"
        self.clock = network.clock

    def lookup_order(self, order_number: str) -> dict[str, Any]:
        self._network.reach("orders")
        order = self._order(order_number)
        return {**_as_json(order), "status": "delivered" if order.delivered_on else "in transit"}

    def find_orders(self, customer_email: str) -> dict[str, Any]:
        self._network.reach("orders")
        found = [order for order in self._orders.values() if order.customer_email == customer_email]
        if not found:
            raise NotFound("order with this e-mail address")
        return {"order_numbers": [order.order_number for order in found]}

    def track_parcel(self, tracking_number: str) -> dict[str, Any]:
        self._network.reach("carrier")
        for order in self._orders.values():
            if order.tracking_number == tracking_number:
                silent = min(self._days_since(order.placed_on) - 2, 24)
                state = "lost" if silent >= LOST_AFTER_DAYS else "moving"
                return {"state": state, "last_seen": order.last_seen, "days_without_scan": silent}
        raise NotFound(f"parcel {tracking_number}")

    def check_refund_policy(self, order_number: str, reason: str) -> dict[str, Any]:
        self._network.reach("orders")
        order = self._order(order_number)
        if reason not in RETURN_DAYS:
            raise NotAllowed(f"The reason must be one of {', '.join(RETURN_DAYS)}.")
        days = self._days_since(order.delivered_on or order.placed_on)
        eligible = days <= RETURN_DAYS[reason] and (reason != "double_charge" or order.charged_times > 1)
        return {
            "eligible": eligible,
            "rule": f"within {RETURN_DAYS[reason]} days, it has been {days}",
            "needs_approval": eligible and order.amount > APPROVAL_LIMIT,
            "approval_limit": APPROVAL_LIMIT,
        }

    def issue_refund(
        self, order_number: str, amount: float, card_number: str, currency: str | None = "USD"
    ) -> dict[str, Any]:
        order = self._order(order_number)
        if amount > APPROVAL_LIMIT:
            raise NotAllowed(
                f"Refunds above ${APPROVAL_LIMIT:.2f} need the approval of a member of the team."
            )
        # The payment's number comes before the request: asked again after a timeout, the money moves once.
        refund_id = self._refunds.setdefault(order_number, f"RF-{order_number[3:]}")
        self._network.reach("payments")
        if currency is None and self._client_id in WANTS_CURRENCY:
            raise PaymentRefused("currency")
        return {
            "refund_id": refund_id,
            "amount": min(amount, order.amount),
            "card_number": card_number,
            "business_days": 5,
        }

    def search_knowledge(self, query: str, limit: int = 3) -> dict[str, Any]:
        self._network.reach("knowledge")
        return {
            "articles": [
                {**article._asdict(), "score": score} for article, score in rank_articles(query, limit)
            ]
        }

    def look_up_account(self, customer_email: str) -> dict[str, Any]:
        self._network.reach("accounts")
        return _as_json(self._account(customer_email))

    def reset_access(self, customer_email: str, method: str) -> dict[str, Any]:
        self._network.reach("accounts")
        account = self._account(customer_email)
        if method == "two_factor" and not account.two_factor:
            raise NotAllowed("This account has no two-factor login.")
        return {
            "sent_to": customer_email,
            "method": method,
            "unlocked": account.locked,
            "link_valid_hours": 24,
        }

    def inspect_key(self, api_key: str) -> dict[str, Any]:
        self._network.reach("accounts")
        for account in self._accounts.values():
            if account.api_key == api_key:
                return {"state": account.api_key_status, "region": "eu-1", "plan": account.plan}
        raise NotFound("account with this API key")

    def update_ticket(self, status: str, note: str) -> dict[str, Any]:
        self._network.reach("desk")
        self.ticket_status = status
        return {"ticket_id": self._ticket_id, "status": status, "note_length": len(note)}

    def send_reply(self, text: str) -> dict[str, Any]:
        """Hands the answer to the help desk, which mails it to the customer."""
        self._network.reach("desk")
        return {"ticket_id": self._ticket_id, "characters": len(text)}

    def _order(self, order_number: str) -> Order:
        if order_number not in self._orders:
            raise NotFound(f"order {order_number}")
        return self._orders[order_number]

    def _account(self, customer_email: str) -> Account:
        if customer_email not in self._accounts:
            raise NotFound("account with this e-mail address")
        return self._accounts[customer_email]

    def _days_since(self, day: date) -> int:
        return (self.clock.now().date() - day).days


def _as_json(record: Order | Account) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, date) else value for name, value in asdict(record).items()}
