"""The services as tools that a chat model can call; a tool raises the `ServiceError` of its service."""

from __future__ import annotations

from typing import Any, Final

from langchain_core.tools import BaseTool, tool
from langchain_core.utils.function_calling import convert_to_openai_tool
from langgraph.runtime import get_runtime

from examples.support_workflow.recording import VERSION, Context
from examples.support_workflow.services import Services

Json = dict[str, Any]


def _services() -> Services:
    """The services of the run that calls the tool: tools are made once, services belong to a run."""
    return get_runtime(Context).context.services


@tool
def lookup_order(order_number: str) -> Json:
    """An order or invoice: item, amount, card, dates, status."""
    return _services().lookup_order(order_number)


@tool
def find_orders(customer_email: str) -> Json:
    """Numbers of a customer's orders, where the customer names none."""
    return _services().find_orders(customer_email)


@tool
def track_parcel(tracking_number: str) -> Json:
    """Where the carrier last saw a parcel, and whether it counts as lost."""
    return _services().track_parcel(tracking_number)


@tool
def check_refund_policy(order_number: str, reason: str) -> Json:
    """Whether an order may be refunded. Reasons: changed_mind, damaged, renewal, lost, double_charge."""
    return _services().check_refund_policy(order_number, reason)


@tool
def issue_refund(order_number: str, amount: float, card_number: str) -> Json:
    """Pay an amount in US dollars back to a card; only after check_refund_policy."""
    # A slip of version 2.3.0: the currency that every earlier one named is left out.
    currency = None if get_runtime(Context).context.version == VERSION else "USD"
    return _services().issue_refund(order_number, amount, card_number, currency)


@tool
def search_knowledge(query: str) -> Json:
    """Articles of the help centre for a few words."""
    return _services().search_knowledge(query)


@tool
def look_up_account(customer_email: str) -> Json:
    """Plan and state of a customer's account."""
    return _services().look_up_account(customer_email)


@tool
def reset_access(customer_email: str, method: str) -> Json:
    """Unlock an account and mail its owner a link. Methods: password, two_factor."""
    return _services().reset_access(customer_email, method)


@tool
def inspect_key(api_key: str) -> Json:
    """Whether an API key is active, expired or revoked."""
    return _services().inspect_key(api_key)


@tool
def update_ticket(status: str, note: str) -> Json:
    """Set the ticket to solved or needs_human, with a note for colleagues."""
    return _services().update_ticket(status, note)


TOOLS: Final[dict[str, BaseTool]] = {
    each.name: each
    for each in (
        lookup_order, find_orders, track_parcel, check_refund_policy, issue_refund, search_knowledge, look_up_account,
        reset_access, inspect_key, update_ticket,
    )
}  # fmt: skip
#: What a model is told about them; made once, because it takes longer than a scripted run.
TOOL_SCHEMAS: Final = [convert_to_openai_tool(each) for each in TOOLS.values()]
