"""How the scripted model solves each kind of ticket: straight on, as a good agent would.

A playbook is replayed from its start on every turn. `Case.ask` gives what the conversation already answers, and
ends the turn with a tool call where it does not; so the model itself keeps no state, as no chat model does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from examples.support_workflow.case import Asked, Case, Failed, Turn

ORDER_NUMBER: Final = r"\b((?:AC|GX)-\d{6})\b"
EMAIL: Final = r"E-mail: (\S+)"
API_KEY: Final = r"(gx_live_[0-9a-f]{32})"
#: Share of technical tickets in which the model never finds an end.
LOST_SHARE: Final = 0.05
#: Share of technical tickets that are answered from the articles the model was given, without a tool.
KNOWN_SHARE: Final = 0.35
GOOD_MATCH: Final = 0.16

Json = dict[str, Any]


def next_turn(category: str, case: Case) -> Turn:
    """What the model says next on a ticket of this category."""
    try:
        if case.says("lawyer", "human call me"):
            return _calm_down(case)
        return PLAYBOOKS.get(category, solve_technical)(case)
    except Asked as asked:
        return asked.turn
    except Failed as failed:
        return _give_up(case, str(failed))


def _give_up(case: Case, reason: str) -> Turn:
    try:
        return case.hand_over(f"I cannot get what I need ({reason}).")
    except Asked as asked:
        return asked.turn
    except Failed:
        return Turn(
            "Even the ticket cannot be updated. I can only answer.",
            answer="A colleague will get back to you.",
        )


def _calm_down(case: Case) -> Turn:
    _find_order(case)
    return case.hand_over("The customer is upset and asks for a person.")


def _find_order(case: Case) -> Json:
    number = case.find(ORDER_NUMBER)
    if not number:
        found = case.ask(
            "There is no order number in the message. I look for orders of this address.",
            "find_orders",
            customer_email=case.find(EMAIL),
        )
        number = found["order_numbers"][0]
    return case.ask(
        case.pick(
            f"The customer writes about {number}. First I look at the order itself.",
            f"I need the facts of {number} before I say anything.",
        ),
        "lookup_order",
        order_number=number,
    )


def solve_refund(case: Case) -> Turn:
    order = _find_order(case)
    reason = "renewal" if order["kind"] == "subscription" else "changed_mind"
    policy = _check_policy(case, order, reason)
    if policy["eligible"]:
        return _pay_back(case, order, policy)
    article = _best_article(case, "cancelling a subscription" if reason == "renewal" else "returning an item")
    return case.close(
        f"Refund declined: {policy['rule']}.",
        f"thank you for writing. I looked at {order['order_number']}: a refund is possible {policy['rule']}. That is "
        f"why I cannot refund it. The rule in full: {article['text']} If I have missed something, just answer.",
    )


def solve_damaged(case: Case) -> Turn:
    order = _find_order(case)
    policy, _ = case.ask_all(
        "A damaged item: I check the rule for it and what the help centre says about photos, both at once.",
        ("check_refund_policy", {"order_number": order["order_number"], "reason": "damaged"}),
        ("search_knowledge", {"query": "damaged defective goods replaced photo"}),
    )
    if policy["eligible"]:
        return _pay_back(case, order, policy)
    return case.hand_over(
        f"The damage was reported late ({policy['rule']}); goodwill is for a person to grant."
    )


def solve_late(case: Case) -> Turn:
    order = _find_order(case)
    number = order["tracking_number"]
    thought = f"It is {order['status']}. The carrier knows more: I ask for {number}."
    parcel = case.ask(thought, "track_parcel", tracking_number=number)
    if parcel["state"] == "lost":
        policy = _check_policy(case, order, "lost")
        return (
            _pay_back(case, order, policy)
            if policy["eligible"]
            else case.hand_over("Lost, but too long ago.")
        )
    return case.close(
        f"Parcel is moving, last seen: {parcel['last_seen']}.",
        f"I checked {order['order_number']} with the carrier. Your parcel {number} was last seen at "
        f"{parcel['last_seen']}, {parcel['days_without_scan']} days ago, so it is late but not lost. If there is "
        "still no scan in a few days it counts as lost, and we send it again or refund it - just answer this message.",
    )


def solve_billing(case: Case) -> Turn:
    order = _find_order(case)
    if order["charged_times"] > 1:
        policy = _check_policy(case, order, "double_charge")
        return (
            _pay_back(case, order, policy) if policy["eligible"] else case.hand_over("An old double charge.")
        )
    article = _best_article(case, "reading an invoice seats VAT number")
    return case.close(
        "Charged once, correct.",
        f"I checked {order['order_number']} ({order['item']}): it was charged once, {_money(order['amount'])}, and "
        f"that is correct. {article['text']}",
    )


def solve_access(case: Case) -> Turn:
    email = case.find(EMAIL)
    account = case.ask(
        case.pick(
            "I look at the account before I change anything.",
            "Is the account locked, or is it the password? The account will tell.",
        ),
        "look_up_account",
        customer_email=email,
    )
    if case.says("sso", "identity provider"):
        article = _best_article(case, "single sign-on login loop identity provider")
        return case.close(
            "Explained SSO loop.",
            f"your account itself is fine. {article['text']} Your identity provider's "
            "administrator can check both in a minute.",
        )
    method = "two_factor" if case.says("two-factor", "new phone") and account["two_factor"] else "password"
    sent = case.ask(
        f"The address matches the ticket's sender, so the owner asks. I send a {method.replace('_', '-')} link.",
        "reset_access",
        customer_email=email,
        method=method,
    )
    unlocked = "I have unlocked your account. " if sent["unlocked"] else ""
    return case.close(
        f"Sent a {method} link.",
        f"{unlocked}A link to set {'up two-factor login' if method == 'two_factor' else 'a new password'} is on its "
        f"way to {sent['sent_to']}; it is valid for {sent['link_valid_hours']} hours. If it does not arrive, look into "
        "the spam folder first, then answer this message.",
    )


def solve_technical(case: Case) -> Turn:
    key = case.find(API_KEY)
    if key:
        return _explain_key(case, key)
    if case.happens(LOST_SHARE):
        _search_forever(case)
    if case.happens(KNOWN_SHARE):
        return _answer_at_once(case)
    subject = case.find(r"Subject: (.*)") or ""
    article = _best_article(case, subject)
    if article["score"] < GOOD_MATCH:
        article = _best_article(case, f"{subject} {' '.join(re.findall(r'[a-z]{6,}', case.text)[-12:])}")
    if article["score"] < GOOD_MATCH / 2:
        return case.hand_over("The help centre has nothing on it.")
    answer = case.pick(
        f"I know this one. {article['text']} If that does not change anything, tell me what you see.",
        f'thanks for the details. This looks like "{article["title"]}": {article["text"]} Does that help?',
    )
    return case.close(f"Answered from {article['article_id']}.", answer)


def _answer_at_once(case: Case) -> Turn:
    given = case.system.partition("\n- ")[2].split("\n")[0]
    if not given:
        return case.hand_over("There is no article on it.")
    title, _, text = given.partition(": ")
    answer = (
        f'this is described in our help centre under "{title}". {text} If it stays as it is, please tell me.'
    )
    return Turn("The first article I was given answers this; no tool is needed.", answer=case.letter(answer))


def _explain_key(case: Case, key: str) -> Turn:
    state = case.ask(
        "The customer pasted the key into the ticket. I check that very key.", "inspect_key", api_key=key
    )["state"]
    if state == "active":
        return case.hand_over("The key is active, yet requests fail: somebody has to look at the logs.")
    article = _best_article(case, "API 401 unauthorized key expired new key")
    return case.close(
        f"Key is {state}.",
        f"the API key in your request is {state}; that is why it is not accepted. {article['text']} You pasted the "
        "key into your message: please treat it as public and delete it once the new one works.",
    )


def _search_forever(case: Case) -> None:
    for word in ("limits", "incident", "timeouts", "browser", "settings", "retry", "logs", "cache", "plan"):
        thought = f'What I have found does not fit. Perhaps "{word}" is the word they use.'
        case.ask(thought, "search_knowledge", query=word)


def _best_article(case: Case, query: str) -> Json:
    found = case.ask(
        case.pick("The help centre may have the exact rule.", "I look up how we explain this."),
        "search_knowledge",
        query=query,
    )["articles"]
    return found[0] if found else {"article_id": "none", "title": "", "text": "", "score": 0.0}


def _check_policy(case: Case, order: Json, reason: str) -> Json:
    return case.ask(
        f"The order exists: {order['item']}, {_money(order['amount'])}. May it be refunded as "
        f"{reason.replace('_', ' ')}?",
        "check_refund_policy",
        order_number=order["order_number"],
        reason=reason,
    )


def _pay_back(case: Case, order: Json, policy: Json) -> Turn:
    money = _money(order["amount"])
    if policy["needs_approval"]:
        return case.hand_over(
            f"{money} is above what I may refund on my own ({_money(policy['approval_limit'])})."
        )
    try:
        paid = _issue(case, order, policy)
    except Failed as failed:
        if failed.error != "PaymentRefused":
            raise
        # A model that takes a refusal lightly: the run succeeds, and nobody is paid.
        return case.close(
            f"{money} approved, the payment is to follow.",
            f"your refund of {money} is approved. The payment follows as soon as the bank has taken our request.",
        )
    return case.close(
        f"Refunded {money}, {paid['refund_id']}.",
        case.pick(
            f"I am sorry for the trouble. I have refunded {money} for {order['order_number']} to the card you paid "
            f"with. It takes up to {paid['business_days']} business days; the reference is {paid['refund_id']}.",
            f'done: {money} for "{order["item"]}" is on its way back to your card ({paid["refund_id"]}). Please '
            f"allow up to {paid['business_days']} business days.",
        ),
    )


def _issue(case: Case, order: Json, policy: Json) -> Json:
    money = _money(order["amount"])
    return case.ask(
        f"Eligible ({policy['rule']}) and below the limit. I refund {money} to the card that was charged.",
        "issue_refund",
        order_number=order["order_number"],
        amount=order["amount"],
        card_number=order["card_number"],
    )


def _money(amount: float) -> str:
    return f"${amount:,.2f}"


PLAYBOOKS: Final[dict[str, Callable[[Case], Turn]]] = {
    "refund": solve_refund,
    "damaged_item": solve_damaged,
    "late_delivery": solve_late,
    "billing": solve_billing,
    "account_access": solve_access,
    "technical": solve_technical,
}
