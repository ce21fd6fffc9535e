"""What customers write. Names are made up, domains are reserved for examples, card numbers are test numbers."""

from __future__ import annotations

from typing import Final, NamedTuple


class Phrase(NamedTuple):
    """A subject and a body with the names of an order's and an account's fields in braces."""

    subject: str
    body: str


FIRST_NAMES: Final = (
    "Amira", "Bela", "Carys", "Dario", "Elin", "Farid", "Greta", "Hanno", "Imke", "Jorin", "Kaya", "Lenno",
    "Mirela", "Nuria", "Oskar", "Petra", "Quirin", "Runa", "Selim", "Tamsin", "Umay", "Vero", "Wanda", "Yannis",
)  # fmt: skip
LAST_NAMES: Final = (
    "Abelard", "Brookfen", "Castellane", "Dorrance", "Ellerby", "Fenwright", "Gallowan", "Harrowby", "Islewood",
    "Jessamy", "Kestreval", "Lindqvale", "Marlowen", "Northam", "Oakhurst", "Penhalden", "Quillane", "Rosendahl",
    "Silverton", "Thornbury", "Underhill", "Vantongen", "Westerly", "Yarrowdale",
)  # fmt: skip
DOMAINS: Final = ("example.com", "example.org", "example.net", "mail.example.com")
CHANNELS: Final = ("email", "email", "email", "chat", "web form")

#: Published test numbers of the card networks: valid by Luhn's formula, charged to nobody.
CARDS: Final = (
    "4242 4242 4242 4242", "4000-0566-5566-5556", "5555 5555 5555 4444", "2223003122003222",
    "3782 822463 10005", "6011 1111 1111 1117",
)  # fmt: skip

GOODS: Final = (
    ("Trail running shoes, size 42", 119.95), ("Merino base layer, dark green", 74.5),
    ("Two-person tent", 349.0), ("Insulated bottle, 750 ml", 32.9), ("Rain jacket, size M", 189.0),
    ("Head torch, rechargeable", 59.0), ("Daypack, 24 l", 98.0), ("Down sleeping bag", 429.0),
    ("Camping stove", 84.25), ("Set of four enamel mugs", 46.0), ("Trekking poles, pair", 104.0),
    ("Wool socks, pack of three", 27.5),
)  # fmt: skip
PLANS: Final = (
    ("Starter plan, 3 seats, monthly", 36.0), ("Starter plan, 5 seats, monthly", 60.0),
    ("Team plan, 8 seats, monthly", 144.0), ("Team plan, 12 seats, monthly", 216.0),
    ("Team plan, 20 seats, monthly", 360.0), ("Business plan, 40 seats, monthly", 1120.0),
)  # fmt: skip
CARRIERS: Final = (
    "sorting centre Leipzig", "depot Rotterdam", "customs Zurich", "depot Lyon", "parcel shop Utrecht",
)  # fmt: skip

RETAIL: Final[dict[str, tuple[Phrase, ...]]] = {
    "refund": (
        Phrase(
            "Return for order {order_number}",
            "Hello,\n\nI bought the {item_lower} with order {order_number}, and I would like to send it back and "
            "get my money. Unused, everything still on it. Please refund it to the card I paid with "
            "({card_number}).\n\nThanks\n{first_name}",
        ),
        Phrase(
            "Refund please",
            "Hi, I sent back {order_number} because I changed my mind. When do I get my {amount} back? You can reach "
            "me at {customer_email}, I do not read letters.",
        ),
        Phrase(
            "Still no refund",
            "This is the second time I am writing about {order_number}. The {item_lower} did not look like on "
            "your photos and I want a refund of {amount}. I paid with {card_number}.\n\n{customer_name}",
        ),
        Phrase(
            "Can I still return this?",
            "Could you tell me whether I can still return the {item_lower}? I do not have the order number any more, "
            "but it was ordered with this address: {customer_email}.",
        ),
    ),
    "damaged_item": (
        Phrase(
            "Arrived broken",
            "The parcel for {order_number} was squashed on one side, and the {item_lower} inside did not survive it. "
            "I have photos. Can I have a refund instead of a new one?\n\nBest\n{customer_name}",
        ),
        Phrase(
            "Damaged: {item}",
            "hi there, opened the box today and found the {item_lower} with a crack right through. order no. "
            "{order_number}. not happy, this was a birthday present. i paid with {card_number} if you need that",
        ),
        Phrase(
            "Defective product in {order_number}",
            "Dear team, one day of normal use and the {item_lower} fell apart. I followed the instructions. "
            "I would like the {amount} back on my card.\n\nKind regards, {customer_name}",
        ),
    ),
    "late_delivery": (
        Phrase(
            "Where is {order_number}?",
            "Hello, my order {order_number} was promised for last week and tracking {tracking_number} has not moved "
            "for days. Is it lost?\n\n{first_name}",
        ),
        Phrase(
            "Parcel late",
            "I leave for a trip on Friday and still wait for the {item_lower}. Order {order_number}. "
            "Please tell me honestly whether it will make it.",
        ),
        Phrase(
            "Delivery status",
            'Good morning, the app says "in transit" since forever. Can you check {tracking_number} with the '
            "carrier? You can write to {customer_email}.",
        ),
        Phrase(
            "No parcel, no answer",
            "Nobody answers the phone. {order_number} is late, it is the third late delivery this year. "
            "If it is lost I want my {amount} back.",
        ),
    ),
    "billing": (
        Phrase(
            "Charged twice",
            "My statement shows {amount} twice for {order_number}. The card is {card_number}. Please give one of "
            "them back.\n\n{customer_name}",
        ),
        Phrase(
            "Invoice for {order_number}",
            "Could you check the charge for {order_number}? I was billed {amount} and I am not sure that is right. "
            "Our bookkeeping is at {customer_email}.",
        ),
    ),
    "account_access": (
        Phrase(
            "Cannot log in",
            "It says my password is wrong although I am sure it is not, and now the account is locked. The address "
            "is {customer_email}.\n\n{first_name}",
        ),
        Phrase(
            "Reset mail never arrives",
            "I asked for a password reset three times, no mail, also not in spam. Account: {customer_email}. I need to "
            "see my order {order_number}.",
        ),
    ),
    "technical": (
        Phrase(
            "Checkout does not work",
            "On my phone the checkout shows an empty page after I enter the address. I tried two browsers. Is the "
            "shop down, or is it me?",
        ),
        Phrase(
            "App crashes",
            "The app crashes as soon as I open my orders (for instance {order_number}). Reinstalling did not help.",
        ),
    ),
}

SOFTWARE: Final[dict[str, tuple[Phrase, ...]]] = {
    "technical": (
        Phrase(
            "API returns 401 since this morning",
            "Hi, all our requests to /v2/exports return 401 Unauthorized since about 07:40. Nothing changed on our "
            "side, and our nightly job depends on it. This is what we send:\n\n"
            "curl -H 'Authorization: Bearer {api_key}' https://api.example.com/v2/exports\n\n{customer_name}",
        ),
        Phrase(
            "Webhook deliveries missing",
            "We stopped receiving webhooks for created records. Our endpoint answers 200 when I call it by hand. Is "
            "there a problem on your side?\n\nRegards, {first_name}",
        ),
        Phrase(
            "Export stuck at 98 %",
            'A CSV export of 1.2 million rows hangs at 98 % and then says "timed out". Smaller ones work. Is there '
            "a limit that I do not know of?",
        ),
        Phrase(
            "Rate limit too low?",
            "We see a lot of 429 since we moved to the new plan. How many requests per minute do we get, and can "
            "the client retry on its own? Account {customer_email}.",
        ),
        Phrase(
            "Key stopped working",
            'Our integration says "invalid credentials". Settings are api_key={api_key} and region=eu-1, copied from '
            "your page. What is wrong with them?\n\n{first_name}",
        ),
        Phrase(
            "Dashboard very slow",
            "Loading the dashboard takes 20 seconds for everybody in our office. Support asked for a browser trace "
            "last time, I can send one. Is there an incident?",
        ),
    ),
    "billing": (
        Phrase(
            "Charged twice for invoice {order_number}",
            "Our card {card_number} was charged {amount} two times for invoice {order_number} ({item}). Please "
            "correct this.\n\n{customer_name}",
        ),
        Phrase(
            "Question on invoice {order_number}",
            "Hello, the invoice {order_number} is higher than we expected: {amount}. Could you check that the "
            "number of seats is right? Please answer to {customer_email}.",
        ),
        Phrase(
            "VAT number missing",
            "Our accountant needs the VAT number on {order_number}. Is the charge of {amount} correct as it stands?",
        ),
    ),
    "account_access": (
        Phrase(
            "Locked out after new phone",
            "I have a new phone and lost my two-factor codes. I cannot get into {customer_email}. I am the only "
            "administrator, so this is urgent.\n\n{customer_name}",
        ),
        Phrase(
            "Account locked",
            "Our account {customer_email} was locked after several failed logins - a colleague typed an old password. "
            "Could you unlock it?",
        ),
        Phrase(
            "SSO login loop",
            "Since yesterday the login sends me in circles between you and our identity provider. My account is "
            "{customer_email}.",
        ),
    ),
    "refund": (
        Phrase(
            "Cancel and refund {order_number}",
            "We cancelled before the renewal but were charged {amount} anyway ({order_number}). Please refund it to "
            "{card_number}.\n\nBest regards\n{customer_name}",
        ),
        Phrase(
            "Refund for unused seats",
            "We pay for seats nobody uses. We would like the last invoice, {order_number}, refunded and will then "
            "move to a smaller plan.",
        ),
    ),
}

#: What some customers add; it asks for a person.
THREATS: Final = (
    "\n\nIf this is not solved today I will hand it to my lawyer.",
    "\n\nI do not want to talk to a bot. Let a human call me.",
)
