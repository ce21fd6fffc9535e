"""What the structure of a log tells of its values: names of fields, neighbours in objects and lists, conversations."""

# ruff: noqa: E501 - lists of names

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caselog.masking import Masker
from caselog.masking import field_names as keys
from caselog.masking.field_names import STEMS, judge_key

MASKER = Masker(b"a key of this test")
WITH_NAMES = Masker(b"a key of this test", masks_not=frozenset({"names"}))
WITHOUT_BODIES = Masker(b"a key of this test", masks_also=frozenset({"bodies"}))
H = "hunter2"
BODY = "I am Ada and I lost my bag."


def mask(part: Any, masker: Masker = MASKER) -> Any:
    """A part of a node's output, masked; each hash of a telephone number is written as "[phone]"."""
    masked = masker.mask({"trace": {"nodes": [{"output": part}]}})["trace"]["nodes"][0]["output"]
    return json.loads(re.sub(r"phone:[0-9a-f]{16}", "[phone]", json.dumps(masked)))


def mask_own(part: Any) -> Any:
    """A field of one's own, beside the trace, without bodies."""
    return WITHOUT_BODIES.mask({"own": part})["own"]


# ---------------------------------------------------------------- names of fields

SECRETS = (
    "EMAIL_PASS", "MAIL_PASS", "RABBITMQ_DEFAULT_PASS", "api_pass", "smtpPass", "pass", "pw", "user_pw", "creds",
    "OPENAI_KEY", "STRIPE_KEY", "JWT_KEY", "APP_KEY", "LICENSE_KEY", "NEW_RELIC_LICENSE_KEY", "DD_APP_KEY", "gpg_key",
    "wifi_key", "deploy_key", "service_key", "anthropic_key", "azureKey", "google_key", "maps_key", "sendgrid_key",
    "twilio_key", "github_key", "gitlab_key", "hf_key", "groq_key", "cohere_key", "mistral_key", "pinecone_key",
    "algolia_key", "mapbox_key", "datadog_key", "newrelic_key", "aes_key", "rsa_key", "ssh_key", "pgp_key", "ssh_keys",
    "openaikey", "auth_header", "authHeaders", "csrf", "PHPSESSID", "JSESSIONID", "X-Goog-Signature", "one_time_code",
    "sms_code", "login_code", "recovery_codes", "backup_codes", "security_answer", "code_verifier", "client_assertion",
    "saml_response", "access_code", "salt", "jwts", "otps", "OTPs", "pins", "bot_tokens", "fcm_tokens",
    "contraseña", "Passwörter", "Passwort", "senha", "wachtwoord", "mot_de_passe",
    "reset_token", "refresh_token", "update_key_password", "reset_password_token", "no_reply_password", "check_in_pin",
    "AWS_ACCESS_KEY_ID", "confirm_password", "VERIFY_TOKEN", "hub.verify_token",
    "spring.datasource.hikari.data-source-properties.trust-store.password",
    "password", "Password", "userPassword", "user_password", "user-password", "USER_PASSWORD", "dbpassword", "passwd", "pwd",
    "api_key", "apiKey", "APIKey", "api-key", "X-API-Key", "x_api_key", "apikey", "openai_api_key", "OPENAI_API_KEY",
    "secret", "clientSecret", "client_secret", "secret_key", "aws_secret_access_key", "privateKey", "jwt", "otp", "pin",
    "token", "access_token", "accessToken", "refresh-token", "id_token", "auth_token", "authToken", "csrfToken", "token_1",
    "authorization", "Authorization", "Proxy-Authorization", "cookie", "Set-Cookie", "credentials", "connection_string",
    "db_pass", "passphrase",
)  # fmt: skip
CARDS = (
    "card_numbers", "cardNumbers", "cvvs", "ccn", "card_expiry", "securityCodes", "cvv", "CVV2", "cvc", "card_number", "cardNumber",
    "card-no", "creditCardNumber", "pan", "security_code",
)  # fmt: skip
PHONES = (
    "phone", "phones", "phone_numbers", "phoneNumbers", "phone_home", "phone_work", "phone_e164", "cell", "tel",
    "telefon", "telefonnummer", "handy", "rufnummer", "contact_number", "caller_id", "from_number", "to_number",
    "phoneno", "phonenumber", "customer_phone", "phone_no", "msisdn",
)  # fmt: skip
IBANS = ("iban", "IBAN", "IBAN_number", "customerIban", "ibans")
NO_SECRETS = (
    "primary_key", "foreign_key", "sort_key", "cache_key", "partition_key", "idempotency_key", "object_key",
    "translation_key", "project_key", "issue_key", "update_key", "session_id", "sid", "signature", "pincode",
    "session_count", "api_key_id", "credential_id", "boarding_pass", "bus_pass", "ski_pass", "season_pass",
    "booking_code", "confirmation_code", "status_code", "promo_code",
    "forgot_password", "forgotten_pin", "verify_pin", "validate_token", "check_password", "has_password", "is_secret",
    "usesAuth", "no_password", "requires_auth", "needs_pin", "invalid_token", "missing_api_key", "wrong_pin",
    "reset_password", "change_pin", "update_auth", "confirm_auth", "token_expires_in", "password_expiry",
    "token_created", "password_resets", "auth_errors", "auth_failures", "password_days", "token_seconds", "otp_sent",
    "pin_verified", "password_check", "password_checked", "token_ttl", "secret_version",
    "How do I reset my password?", "the password that was set for the account", "number", "home",
    "output_tokens", "input_tokens", "inputTokens", "max_tokens", "total_tokens", "token_count", "tokenCount", "tokens_used",
    "tokenizer", "token_type", "cost_per_token", "time_to_first_token", "next_page_token", "passengers", "compass",
    "password_required", "password_changed_at", "api_key_status", "author", "authority", "authored_by", "secretary", "keyboard",
    "keywords", "monkey", "spinning", "shipping", "company", "pancake", "cardinal", "cardboard", "card_type",
    "credit_card_7815826", "last_four", "pinned", "signature_dish",
)  # fmt: skip


#: For the names of each table values, and what becomes of each.
BY_NAME: tuple[tuple[tuple[str, ...], tuple[tuple[Any, Any], ...]], ...] = (
    (SECRETS, ((H, "[secret]"),)),
    (CARDS, (("123", "[card]"),)),
    (PHONES, (("01712345678", "[phone]"), (1712345678, "[phone]"), (1712345678.0, "[phone]"),
              ("0171/1234567 (mobile)", "[phone] (mobile)"), ("030.901820", "[phone]"))),
    # With a typing mistake too.
    (IBANS, (("DE89 3704 0044 0532 0130 01", "[iban]"), (["DE89370400440532013001"], ["[iban]"]), ("not given", "not given"))),
    (NO_SECRETS, tuple((kept, kept) for kept in ("a word", 512345678, {"duration": 5, "status": "ok"}, {"deep": 1}))),
)  # fmt: skip


@pytest.mark.parametrize(
    ("names", "values"), BY_NAME, ids=["secrets", "cards", "phones", "IBANs", "no secrets"]
)
def test_the_name_of_a_field_says_what_becomes_of_its_value(
    names: tuple[str, ...], values: tuple[tuple[Any, Any], ...]
) -> None:
    for value, masked in values:
        assert {name: mask({name: value})[name] for name in names} == dict.fromkeys(names, masked)


def test_a_name_that_tells_on_its_own_holds_a_stem_by_which_it_is_found_in_texts() -> None:
    names = (*SECRETS, *CARDS, *PHONES, *IBANS)
    folded = {
        name: unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower() for name in names
    }

    assert [name for name in names if not judge_key(name)] == []
    assert [name for name in names if not any(stem in folded[name] for stem in STEMS)] == []


def test_no_word_that_tells_is_missing_among_the_stems() -> None:
    words = (*keys._SECRET_WORDS, *keys._CARD_WORDS, *keys._PHONE_WORDS, "key", "pass", "code", "iban")
    endings = (
        *keys._SECRET_ENDINGS,
        *keys._PHONE_ENDINGS,
        *keys._ACTS_OR_FIELDS,
        ("cc", "num"),
        ("cc", "number"),
    )

    assert [word for word in words if not any(stem in word for stem in STEMS)] == []
    assert [ending for ending in endings if not any(stem in "_".join(ending) for stem in STEMS)] == []


@given(
    st.sampled_from(SECRETS), st.sampled_from(["old", "customer", "my", "x", "temp"]), st.sampled_from("_-.")
)
def test_an_owner_before_a_secret_does_not_hide_it(name: str, owner: str, joint: str) -> None:
    assert judge_key(f"{owner}{joint}{name}".lower()) or not judge_key(name.lower())


# ---------------------------------------------------------------- values that cannot be it


@pytest.mark.parametrize(
    "kept",
    [
        {"secrets": 3, "cookies": 2, "pins": 3, "api_keys": 4},
        {"node_times": {"auth": 0.3}},
        {"intents": {"reset_password": 0.93, "password": 0.07}},
        {"latency": {"auth": {"p50": 0.3, "p99": 0.9}}},
        {"reset_password": {"duration": 5}},
        {"has_password": "no", "password_check": "failed"},
        {"channel_scores": {"phone": 0.123456}},
        {"channel_scores": {"phone": "0.123456"}},
        {"whatsapp": "2026-01-01T00:00:00"},
        {"mobile": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"},
        {"phone": 12345},
        {"cards": [{"number": 3}, {"number": 12}]},
        {"pan": 30, "csc": 1, "cvv": ""},
        {"camera": {"pan": 120.5}},
        {"password": None, "token": "", "auth": True, "pin": [], "secret": {}},
        {"token": "Hello", "logprob": -0.1},
        {"token": "Hello", "score": 0.7},
        {"token": "Hello", "top_logprobs": [{"token": "Hi", "logprob": -2.5}], "logprob": -0.1},
        {"tokens": ["Hello", " there"], "token_logprobs": [-0.1, -0.25]},
        {"ibans": 2, "iban": "DE89"},
    ],
)  # fmt: skip
def test_flags_counts_and_fractions_are_kept_whatever_they_are_called(kept: dict[str, Any]) -> None:
    assert mask(kept) == kept


@pytest.mark.parametrize(
    ("given_part", "masked"),
    [
        ({"pins": ["1234"]}, {"pins": "[secret]"}),
        ({"pins": [1234, 5678]}, {"pins": "[secret]"}),
        ({"otps": "123456"}, {"otps": "[secret]"}),
        ({"password": 1234567}, {"password": "[secret]"}),
        ({"card": {"number": 4000}}, {"card": {"number": "[card]"}}),
        ({"cvv": 123}, {"cvv": "[card]"}),
        ({"phone": "0171 1234567, 0172 7654321"}, {"phone": "[phone], [phone]"}),
        ({"phone": {"number": "01712345678"}}, {"phone": {"number": "[phone]"}}),
        ({"phone": {"home": "01712345678", "verified": True}}, {"phone": {"home": "[phone]", "verified": True}}),
        ({"phones": [{"type": "home", "number": "01712345678"}]}, {"phones": [{"type": "home", "number": "[phone]"}]}),
        ({"phones": ["01712345678"]}, {"phones": ["[phone]"]}),
        ({"api": {"keys": [H]}}, {"api": {"keys": "[secret]"}}),
        ({"contact": {"number": "01712345678"}}, {"contact": {"number": "[phone]"}}),
        ({"iban": {"value": "DE89370400440532013001"}}, {"iban": {"value": "[iban]"}}),
        ({"token": H, "user": "bob"}, {"token": "[secret]", "user": "bob"}),
    ],
)  # fmt: skip
def test_what_can_be_it_is_masked(given_part: dict[str, Any], masked: dict[str, Any]) -> None:
    assert mask(given_part) == masked


# ---------------------------------------------------------------- schemas


@pytest.mark.parametrize(
    "kept",
    [
        {"properties": {"password": {"type": "string", "description": "The user's password."}}},
        {"properties": {"api_key": {"description": "Of the service."}, "auth": {"$ref": "#/defs/auth"}}},
        {"password": {"type": "string", "minLength": 8}},
        {"token": {"type": ["string", "null"], "default": None}},
        {"token": {"anyOf": [{"type": "string"}, {"type": "null"}], "title": "Token"}},
        {"credentials": {"type": "object", "properties": {"user": {"type": "string"}}, "required": ["user"]}},
        {"first_name": {"type": "string"}},
        {"required": ["password", "email"]},
    ],
)  # fmt: skip
def test_a_schema_that_describes_a_secret_is_kept(kept: dict[str, Any]) -> None:
    assert mask(kept) == kept


@pytest.mark.parametrize(
    "private",
    [
        {"password": {"type": "string", "value": H}},
        {"password": {"type": "string", "default": H}},
        {"password": {"type": "string", "enum": [H]}},
        {"properties": {"password": H}},
        {"properties": {"password": {"text": H}}},
        {"properties": {"password": {"description": "Yours.", "example": H}}},
        {"token": {"anyOf": [{"type": "string", "default": H}]}},
        {"credentials": {"type": "object", "properties": {"user": H}}},
        {"credentials": {"type": "object", "properties": {"pw": {"type": "string", "const": H}}}},
    ],
)  # fmt: skip
def test_a_secret_does_not_hide_behind_the_words_of_a_schema(private: dict[str, Any]) -> None:
    assert H not in json.dumps(mask(private))


# ---------------------------------------------------------------- names and values side by side


@pytest.mark.parametrize(
    ("given_part", "masked"),
    [
        ([["password", 1234567]], [["password", "[secret]"]]),
        ([["password", [H]]], [["password", "[secret]"]]),
        ([["Accept", "text/html"], ["Cookie", H]], [["Accept", "text/html"], ["Cookie", "[secret]"]]),
        ([["password", "letmein"]], [["password", "[secret]"]]),
        ([["phone", "01712345678"]], [["phone", "[phone]"]]),
        (["Authorization", "Hunter1"], ["Authorization", "[secret]"]),
        (["X-Api-Key", H], ["X-Api-Key", "[secret]"]),
        (["password", H], ["password", "[secret]"]),
        (["password", 1234567], ["password", "[secret]"]),
        (["mysql", "--password", H, "-u"], ["mysql", "--password", "[secret]", "-u"]),
        ({"args": ["--api-key", H, "--x"]}, {"args": ["--api-key", "[secret]", "--x"]}),
        (["--password", "letmein"], ["--password", "[secret]"]),
        (["run", "--pin", 1234, "--token", H], ["run", "--pin", "[secret]", "--token", "[secret]"]),
    ],
)  # fmt: skip
def test_a_value_after_its_name_in_a_list_is_masked(given_part: Any, masked: Any) -> None:
    assert mask(given_part) == masked


@pytest.mark.parametrize(
    "kept",
    [
        ["phone", "email"],
        ["auth", "billing"],
        ["reset_password", "escalate"],
        ["password", "first_name"],
        ["API_KEY", "DB_PASSWORD"],
        ["How do I reset my password?", "Click on the link"],
        ["--api-key", "--verbose"],
        ["--output-tokens", "512"],
        ["auth", 0.3],
        [["phone", 3], ["email", 5]],
        [1, 2],
    ],
)  # fmt: skip
def test_two_names_in_a_list_are_no_name_and_value(kept: Any) -> None:
    assert mask(kept) == kept


def test_the_first_item_of_a_list_is_masked_like_any_text() -> None:
    masked = mask(["password of bob@example.com", "Hunter3"])

    assert masked[0] == f"password of {MASKER.hash_email('bob@example.com')}"
    assert "bob" not in str(mask([["token=bob@example.com", H]]))


@pytest.mark.parametrize(
    ("given_part", "masked"),
    [
        ({"Name": "API_KEY", "Value": H}, {"Name": "API_KEY", "Value": "[secret]"}),
        ({"ParameterKey": "DbPassword", "ParameterValue": H}, {"ParameterKey": "DbPassword", "ParameterValue": "[secret]"}),
        ({"type": "password", "value": H}, {"type": "password", "value": "[secret]"}),
        ({"name": "password", "values": [H]}, {"name": "password", "values": "[secret]"}),
        ({"name": "password", "content": H}, {"name": "password", "content": "[secret]"}),
        ({"field": "password", "old_value": H, "new_value": H}, {"field": "password", "old_value": "[secret]", "new_value": "[secret]"}),
        ({"system": "phone", "value": "01712345678"}, {"system": "phone", "value": "[phone]"}),
        ({"variable_name": "db_password", "default": H}, {"variable_name": "db_password", "default": "[secret]"}),
        ({"id": "csrf", "val": H}, {"id": "csrf", "val": "[secret]"}),
        ({"label": "Password", "value": H}, {"label": "Password", "value": "[secret]"}),
        ({"attribute": "pin", "value": 1234}, {"attribute": "pin", "value": "[secret]"}),
    ],
)  # fmt: skip
def test_a_value_beside_its_name_is_masked(given_part: dict[str, Any], masked: dict[str, Any]) -> None:
    assert mask(given_part) == masked
    assert H not in mask(json.dumps(given_part))


@pytest.mark.parametrize(
    "kept",
    [
        {"role": "tool", "name": "verify_pin", "content": "Order 5 not found"},
        {"role": "tool", "name": "reset_password", "content": "The link is on its way"},
        {"role": "tool", "name": "auth", "content": "The link is on its way"},
        {"tool_call_id": "c1", "name": "auth", "content": "The link is on its way"},
        {"name": "auth", "duration": 5, "data": {"status": "ok"}},
        {"name": "auth", "duration_ms": 5, "value": "ok"},
        {"name": "auth", "arguments": {"user": 5}, "value": "ok"},
        {"type": "token", "content": "Hello"},
        {"type": "auth", "text": "Please wait"},
        {"name": "city", "value": "Berlin"},
        {"name": "password", "required": True},
    ],
)  # fmt: skip
def test_the_name_of_a_step_is_not_the_name_of_what_it_says(kept: dict[str, Any]) -> None:
    assert mask(kept) == kept


def test_an_answer_under_a_question_is_kept() -> None:
    faq = {
        "How do I reset my password?": "Click on",
        "Where do I find the API key of my account": "In the settings",
    }

    assert mask(faq) == faq


# ---------------------------------------------------------------- identities


def test_two_tickets_whose_ids_are_masked_stay_two() -> None:
    first, second = (MASKER.mask({"ticket_id": f"+49 171 123456{n}"})["ticket_id"] for n in (1, 2))

    assert first.startswith("masked-")
    assert first != second


def test_a_ticket_id_that_is_an_address_stays_that_addresss_hash() -> None:
    assert MASKER.mask({"ticket_id": "bob@example.com"})["ticket_id"] == MASKER.hash_email("bob@example.com")
    assert MASKER.mask({"ticket_id": "T-[card]-1"})["ticket_id"] == "T-[card]-1"


# ---------------------------------------------------------------- closed where it fails


def test_what_stands_beside_a_part_that_fails_is_masked_by_what_is_said_of_it_all_the_same(
    masking_fails_on_poison: None,
) -> None:
    masked = Masker(b"k", masks_also=frozenset({"bodies"})).mask(
        {
            "a": {"name": "password", "value": H, "note": "poison here"},
            "b": [["password", "letmein"], ["note", "poison here"]],
            "c": {"phones": ["01712345678", "poison here"]},
            "d": {"role": "user", "content": "hunter2 said", "note": "poison here"},
            "e": {"name": "Hunter", "email": "x", "note": "poison here"},
            "f": {"poison here": 1, "fine": "fine"},
        }
    )

    text = json.dumps(masked)
    for private in ("hunter", "Hunter", "letmein", "0171", "poison"):
        assert private not in text
    assert masked["f"]["fine"] == "fine"


def test_what_no_json_holds_is_a_marker_and_a_tuple_is_a_list() -> None:
    assert mask({"a": ("password", H), "b": {H}, "c": H.encode()}) == {
        "a": ["password", "[secret]"],
        "b": "[not maskable: set]",
        "c": "[not maskable: bytes]",
    }


# ---------------------------------------------------------------- names of people


@pytest.mark.parametrize(
    ("given_part", "masked"),
    [
        ({"customer": {"name": {"first": "Ada"}}}, {"customer": {"name": {"first": "[name]"}}}),
        ({"requester": {"name": "Ada"}}, {"requester": {"name": "[name]"}}),
        ({"billing_details": {"name": "Ada"}}, {"billing_details": {"name": "[name]"}}),
        ({"from": {"name": "Ada"}}, {"from": {"name": "[name]"}}),
        ({"to": [{"name": "Ada"}]}, {"to": [{"name": "[name]"}]}),
        ({"recipients": [{"name": "Ada"}]}, {"recipients": [{"name": "[name]"}]}),
        ({"profile": {"name": "Ada"}}, {"profile": {"name": "[name]"}}),
        ({"passenger": {"first": "Ada", "last": "L."}}, {"passenger": {"first": "[name]", "last": "[name]"}}),
        ({"cardholder": "Ada"}, {"cardholder": "[name]"}),
        ({"account_holder": "Ada"}, {"account_holder": "[name]"}),
        ({"passengers": ["Ada Lovelace"]}, {"passengers": ["[name]"]}),
        ({"customer": "Ada Lovelace"}, {"customer": "[name]"}),
        ({"customer": "Anne-Marie O'Neill"}, {"customer": "[name]"}),
        ({"user": "Ludwig van Beethoven"}, {"user": "[name]"}),
        ({"driver": {"name": "Ada Lovelace"}}, {"driver": {"name": "[name]"}}),
        ({"name": "Ada", "email": "?"}, {"name": "[name]", "email": "?"}),
        ({"name": "Ada", "date_of_birth": "?"}, {"name": "[name]", "date_of_birth": "?"}),
        ({"name": "first_name", "value": "Ada"}, {"name": "first_name", "value": "[name]"}),
        ([["first_name", "Ada"]], [["first_name", "[name]"]]),
        (["first_name", "Ada"], ["first_name", "[name]"]),
    ],
)  # fmt: skip
def test_a_persons_name_is_known_by_whose_it_is(given_part: Any, masked: Any) -> None:
    assert mask(given_part) == masked
    assert mask(given_part, WITH_NAMES) == given_part


@pytest.mark.parametrize(
    "name",
    ["requester_name", "from_name", "name_first", "lname", "fname", "nickname", "surname", "vorname", "nachname",
     "given_name", "assignee_name", "buyerName", "travellers_names", "attendee_name", "lead_name", "full_name"],
)  # fmt: skip
def test_a_field_for_a_persons_name_is_known_in_whatever_words(name: str) -> None:
    assert mask({name: "Ada"}) == {name: "[name]"}


@pytest.mark.parametrize(
    "kept",
    [
        {"client_name": "httpx"},
        {"customers": {"first": "2026", "last": "2027"}, "page": {"first": "a"}},
        {"driver": {"name": "postgres"}},
        {"repo": {"full_name": "octocat/hello-world"}},
        {"full_name": "octocat/hello-world"},
        {"models": [{"display_name": "Large 2"}]},
        {"agent": {"name": "billing"}, "agent_name": "billing"},
        {"tool": {"name": "find"}, "node": {"name": "auth"}, "model": {"name": "large"}},
        {"nodes": [{"name": "classify"}], "tool_calls": [{"name": "find", "arguments": {}, "email": ""}]},
        {"first_name": "", "last_name": None},
        {"customer": "cus_123", "user": "admin", "sender": "bot", "from": "LHR", "to": "CDG"},
        {"user": "where is my bag", "customers": 5},
    ],
)  # fmt: skip
def test_names_of_things_are_kept(kept: dict[str, Any]) -> None:
    assert mask(kept) == kept


# ---------------------------------------------------------------- bodies, where they are asked to be removed

CONVERSATIONS: tuple[Any, ...] = (
    {"messages": [BODY]},
    {"messages": BODY},
    {"Messages": {"first": [BODY]}},
    {"conversation": [{"speaker": "customer", "line": BODY}]},
    {"chat_history": [["user", BODY], ["assistant", BODY]]},
    {"chatHistory": [{"question": BODY}]},
    {"CHAT_HISTORY": BODY},
    {"history": [{"notes": {"deep": [BODY]}}]},
    {"transcript": BODY},
    {"role": "user", "content": BODY},
    {"role": "model", "parts": [{"text": BODY}]},
    {"role": "assistant", "content": None, "reasoning_content": BODY, "refusal": BODY},
    {"Role": "assistant", "Content": {"answer": BODY}},
    {"type": "human", "content": BODY},
    {"type": "AIMessageChunk", "content": [{"type": "text", "text": BODY}]},
    {"type": "ai", "data": {"content": BODY, "additional_kwargs": {"reasoning_content": BODY}}},
    {"author": "Ada", "body": BODY},
    {"from": "customer", "text": BODY},
    {"type": "text", "text": BODY},
    {"type": "output_text", "text": BODY},
    {"type": "input_text", "text": BODY},
    {"type": "thinking", "thinking": BODY},
    {"type": "reasoning", "summary": [{"type": "summary_text", "text": BODY}]},
    [["user", BODY], ["ai", [BODY]]],
    {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "HumanMessage"], "kwargs": {"content": BODY}},
    {"choices": [{"index": 0, "message": {"role": "assistant", "content": BODY}}]},
    {"choices": [{"delta": {"content": BODY}}]},
    {"choices": [{"text": BODY, "logprobs": {"tokens": [BODY]}}]},
    {"generations": [[{"text": BODY, "message": {"lc": 1, "kwargs": {"content": BODY}}}]]},
    {"react_iterations": [{"input": BODY}]},
    {"react_iterations": [{"input": [BODY, {"prompt": BODY}]}]},
    {"reactIterations": [{"input": {"system": BODY, "turns": [[BODY]]}}]},
    {"customer_question": BODY, "systemPrompt": [BODY]},
    {"answers": {"first": BODY}, "reply": BODY, "llm_response": {"out": [BODY]}, "completion": BODY},
    {"final_response": BODY},
    {"finalResponse": {"text": [BODY]}},
)  # fmt: skip


@pytest.mark.parametrize("part", CONVERSATIONS, ids=lambda part: json.dumps(part)[:60])
def test_nothing_that_a_conversation_says_stays(part: Any) -> None:
    wrapped = (
        part,
        {"input": {"state": part}},
        json.dumps(part),
        f"The tool said {json.dumps({'x': part})} and left",
    )

    for each in wrapped:
        assert BODY not in json.dumps(mask(each, WITHOUT_BODIES))
        assert BODY in json.dumps(mask(each, WITH_NAMES))


@pytest.mark.parametrize("part", CONVERSATIONS, ids=lambda part: json.dumps(part)[:60])
def test_bodies_that_are_removed_stay_as_they_are_when_masked_again(part: Any) -> None:
    once = mask(part, WITHOUT_BODIES)

    assert mask(once, WITHOUT_BODIES) == once


def test_who_spoke_when_and_which_tools_were_called_stays() -> None:
    messages: list[Any] = [
        {"role": "user", "name": "ada", "id": "m1", "content": BODY, "created_at": "2026-01-01T10:00:00Z", "index": 0},
        {"role": "assistant", "content": "", "finish_reason": "tool_calls", "model": "large", "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"order": 5, "password": "hunter2"}'}},
        ]},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "c2", "name": "find", "input": {"order": "A5"}}]},
        {"role": "tool", "tool_call_id": "c1", "status": "ok", "content": BODY},
    ]  # fmt: skip

    masked = mask_own({"messages": messages})["messages"]

    assert masked[0] == {**messages[0], "content": f"[body: {len(BODY)} characters]"}
    assert masked[1]["tool_calls"][0]["function"] == {
        "name": "find",
        "arguments": '{"order": 5, "password": "[secret]"}',
    }
    assert {**masked[1], "tool_calls": []} == {**messages[1], "tool_calls": []}
    assert masked[2] == messages[2]
    assert masked[3] == {**messages[3], "content": f"[body: {len(BODY)} characters]"}
    assert mask_own({"messages": [["human", BODY]]}) == {"messages": [["human", masked[3]["content"]]]}


def test_a_body_does_not_stay_for_standing_under_the_name_of_a_role_or_a_time() -> None:
    masked = mask(
        {"messages": [{"status": BODY * 5, "created_at": BODY, "content": 12345678}]}, WITHOUT_BODIES
    )

    assert "Ada" not in json.dumps(masked)
    assert "12345678" not in json.dumps(masked)


@pytest.mark.parametrize(
    "kept",
    [
        {"react_iterations": [{"thought": "look", "observation": "found", "action": {"input": "find"}}]},
        {"nodes": [{"name": "find", "input": "order 7", "parent": "resolve"}], "input": "order 7"},
        {"tool_calls": [{"name": "find", "arguments": {"q": "x"}, "result": "y"}], "answered": "x", "prompt_version": "v"},
        {"response": {"status": 200, "time": 0.5}, "replies": 3, "response_code": "ok", "completion_tokens": 7},
        {"error_messages": ["timeout"], "order_history": ["T-1"], "metrics": {"messages": 5}},
        {"errors": [{"type": "ValueError", "message": "no seat"}]},
        {"choices": ["yes", "no"]},
        ["user", "assistant"],
    ],
)  # fmt: skip
def test_what_is_no_conversation_is_kept_beside_a_trace(kept: Any) -> None:
    assert mask_own(kept) == kept
