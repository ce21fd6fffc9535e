"""Tickets of two made-up clients, with the orders and accounts behind them; the same seed gives the same ones."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

from examples.support_workflow import phrases
from examples.support_workflow.phrases import Phrase
from examples.support_workflow.records import Account, Order, Scenario, Ticket

#: The last ticket starts so long before ``now`` that even a long run is over by then.
LAST_START: Final = timedelta(minutes=10)
#: How likely a customer asks for a person.
THREAT_SHARE: Final = 0.025
#: Tickets of each hour of a day, relative to each other; UTC.
HOURS: Final = (1, 1, 1, 1, 1, 2, 5, 11, 17, 19, 18, 15, 13, 15, 16, 15, 13, 10, 8, 7, 6, 4, 3, 2)
WEEKEND: Final = 0.45


@dataclass(frozen=True)
class Company:
    """A client of the provider: what it sells, and what its customers write about."""

    ticket_prefix: str
    order_prefix: str
    sells: Literal["goods", "subscription"]
    texts: dict[str, tuple[Phrase, ...]]
    mix: dict[str, int]


COMPANIES: Final = {
    "acme": Company(
        "ACM", "AC", "goods", phrases.RETAIL,
        {"late_delivery": 28, "refund": 26, "damaged_item": 20, "billing": 12, "account_access": 8, "technical": 6},
    ),
    "globex": Company(
        "GLX", "GX", "subscription", phrases.SOFTWARE,
        {"technical": 38, "billing": 26, "account_access": 20, "refund": 16},
    ),
}  # fmt: skip


def make_scenarios(client_id: str, count: int, days: int, now: datetime, seed: int) -> Iterator[Scenario]:
    """``count`` tickets of a client, oldest first, started within the last ``days`` before ``now``."""
    chance = random.Random(f"{seed}/{client_id}")
    starts = sorted(_start(days, now, chance) for _ in range(count))
    for number, start in enumerate(starts, start=1001):
        yield _scenario(client_id, number, start, chance)


def _start(days: int, now: datetime, chance: random.Random) -> datetime:
    """A moment that people write tickets at: rather on a weekday, rather in office hours."""
    while True:
        start = now - LAST_START - timedelta(seconds=chance.random() * days * 86400)
        likely = HOURS[start.hour] / max(HOURS) * (WEEKEND if start.weekday() >= 5 else 1)
        if chance.random() < likely:
            return start


def _scenario(client_id: str, number: int, start: datetime, chance: random.Random) -> Scenario:
    company = COMPANIES[client_id]
    category = chance.choices(list(company.mix), list(company.mix.values()))[0]
    first, last = chance.choice(phrases.FIRST_NAMES), chance.choice(phrases.LAST_NAMES)
    email = f"{first}.{last}{chance.randrange(1, 99)}@{chance.choice(phrases.DOMAINS)}".lower()
    order = _order(company, category, email, start.date(), chance)
    account = _account(company, email, category, chance)
    subject, body = _text(company, category, {**vars(account), **vars(order)}, f"{first} {last}", chance)
    ticket = Ticket(
        f"{company.ticket_prefix}-{number}", client_id, f"{first} {last}", email, subject, body,
        chance.choice(phrases.CHANNELS), start,
    )  # fmt: skip
    return Scenario(ticket, tuple(company.mix), (order,), account)


def _text(
    company: Company, category: str, records: dict[str, Any], name: str, chance: random.Random
) -> tuple[str, str]:
    is_twice = records["charged_times"] > 1
    phrase = chance.choice([text for text in company.texts[category] if _is_about_twice(text) == is_twice])
    values = {
        **records,
        "amount": f"${records['amount']:,.2f}",
        "item_lower": records["item"].split(",")[0].lower(),
        "customer_name": name,
        "first_name": name.split(maxsplit=1)[0],
    }
    threat = chance.choice(phrases.THREATS) if chance.random() < THREAT_SHARE else ""
    return phrase.subject.format(**values), phrase.body.format(**values) + threat


def _is_about_twice(phrase: Phrase) -> bool:
    return "twice" in phrase.subject


def _order(company: Company, category: str, email: str, today: date, chance: random.Random) -> Order:
    item, amount = chance.choice(phrases.GOODS if company.sells == "goods" else phrases.PLANS)
    age = chance.choices((6, 12, 21, 38, 70), (30, 34, 22, 8, 6))[0] + chance.randrange(5)
    placed = today - timedelta(days=age)
    arrived = company.sells == "subscription" or category != "late_delivery"
    return Order(
        order_number=f"{company.order_prefix}-{chance.randrange(100_000, 999_999)}",
        customer_email=email,
        kind=company.sells,
        item=item,
        amount=amount,
        card_number=chance.choice(phrases.CARDS),
        placed_on=placed,
        delivered_on=placed + timedelta(days=chance.randrange(2, 5)) if arrived else None,
        tracking_number=f"TR{chance.randrange(10**8, 10**9)}XY" if company.sells == "goods" else None,
        last_seen=chance.choice(phrases.CARRIERS) if company.sells == "goods" else None,
        charged_times=2 if category == "billing" and chance.random() < 0.6 else 1,
    )


def _account(company: Company, email: str, category: str, chance: random.Random) -> Account:
    is_software = company.sells == "subscription"
    return Account(
        customer_email=email,
        plan=chance.choice(phrases.PLANS)[0] if is_software else "Customer account",
        locked=category == "account_access" and chance.random() < 0.6,
        two_factor=is_software,
        api_key=f"gx_live_{chance.randbytes(16).hex()}" if is_software else None,
        api_key_status=chance.choices(("active", "expired", "revoked"), (2, 6, 2))[0]
        if is_software
        else "active",
    )
