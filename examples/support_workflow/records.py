"""What the business knows: tickets, orders and accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal


@dataclass(frozen=True)
class Ticket:
    """One request of a customer, as the help desk received it."""

    ticket_id: str
    client_id: str
    customer_name: str
    customer_email: str
    subject: str
    body: str
    channel: str
    created_at: datetime


@dataclass(frozen=True)
class Order:
    """Goods that were ordered, or a subscription period that was invoiced; amounts in US dollars."""

    order_number: str
    customer_email: str
    kind: Literal["goods", "subscription"]
    item: str
    amount: float
    card_number: str
    placed_on: date
    delivered_on: date | None
    tracking_number: str | None = None
    #: Where the carrier last saw the parcel.
    last_seen: str | None = None
    charged_times: int = 1


@dataclass(frozen=True)
class Account:
    """A customer's account; ``api_key`` is the one its last failing request was signed with."""

    customer_email: str
    plan: str
    locked: bool
    two_factor: bool
    api_key: str | None = None
    api_key_status: Literal["active", "expired", "revoked"] = "active"


@dataclass(frozen=True)
class Scenario:
    """A ticket, the categories of the help desk it came to, and what the services know about it."""

    ticket: Ticket
    categories: tuple[str, ...]
    orders: tuple[Order, ...]
    account: Account
