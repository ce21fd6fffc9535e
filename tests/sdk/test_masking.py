"""Nothing private leaves the client, wherever in a log it stands; and what is not private stays readable."""

from __future__ import annotations

import html
import itertools
import json
import string
from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from caselog.errors import InvalidSetting
from caselog.masking import Masker
from caselog.masking.report import describe_masking
from caselog.settings import Settings, read_masks
from tests.sdk.test_masking_structure import SECRETS

MASKER = Masker(b"a key of this test")
CARDS = (
    "4111111111111111",
    "5555555555554444",
    "378282246310005",
    "6011111111111117",
    "3530111333300000",
    "30569309025904",
)
JWT = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA7bq0f3\nhT5z\n-----END RSA PRIVATE KEY-----"


# ruff: noqa: E501 - lists of names

# ---------------------------------------------------------------- by name


@pytest.mark.parametrize(
    "private",
    [
        {"password": ["hunter2", "hunter3"]},
        {"credentials": {"user": "u", "value": "hunter2"}},
        {"card": {"number": "4000 hunter2", "holder": "x"}},
        {"api": {"key": "hunter2"}},
        {"headers": [["Authorization", "hunter2"]]},
        {"headers": [{"name": "X-Api-Key", "value": "hunter2"}]},
        {"env": {"key": "DB_PASSWORD", "value": "hunter2"}},
        {"password": 70707007},
        {"tokens": ["hunter2"]},
        {"text": '{"user": {"password": "hunter2"}}'},
        {"text": json.dumps({"body": json.dumps({"password": "hunter2"})})},
        {"text": 'The tool said: {"password": {"first": "hunter2"}} and left'},
        {"text": "{'password': 'hunter2', 'user': 'bob'}"},
        {"text": 'data: \\"api_key\\": \\"hunter2\\", more'},
        {"text": '{"password": "hunter2", "cut off'},
        {"text": "password=hunter2&user=bob"},
        {"text": "Server=db;Password=hunter2;"},
        {"text": "curl --password hunter2 http://example.com"},
        {"text": "DB_PASSWORD: hunter2"},
        {"text": "My password is hunter2, thanks"},
        {"text": "Authorization: Basic aHVudGVyMjpodW50ZXIy"},
        {"text": "Cookie: session=hunter2; other=hunter2"},
        {"text": "postgresql://bob:hunter2@db.example.com/tickets"},
        {"text": "https://example.com/x?token=hunter2"},
    ],
)
def test_secrets_are_found_in_every_shape(private: dict[str, Any]) -> None:
    text = json.dumps(MASKER.mask({"trace": {"nodes": [{"output": private}]}}))

    assert "hunter" not in text
    assert "70707007" not in text
    assert "aHVudGVy" not in text


@pytest.mark.parametrize(
    "text",
    [
        "Your token: use max_tokens=512 and temperature=0.2",
        "The password is wrong.",
        "I forgot my password: what now?",
        "basic economy, Basic Understanding of digest authentication",
        "The key: be patient. Authority over tokens.",
        "ref 2024-05-15 15:00:00, flight HAT271, 1715785200000, 0.4539578763621486",
        "a1b2c3d4-0000-4000-8000-411111111111",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "langchain@1.0.2, @mention, 50% @ noon",
        "12 34 56 78 90 and 100-200-300",
    ],
)
def test_text_that_only_sounds_private_is_kept(text: str) -> None:
    if text.startswith("Your token"):
        assert MASKER.mask_text(text).endswith("max_tokens=512 and temperature=0.2")
    elif "what now" in text:
        assert "forgot my password" in MASKER.mask_text(text)
    else:
        assert MASKER.mask_text(text) == text


# ---------------------------------------------------------------- by look


@pytest.mark.parametrize(
    "secret",
    [
        "sk-proj-abcdefghijklmnopqrstuvwx", "sk-ant-api03-abcdefghijklmnop", "sk_live_abcdefghijklmnop", "ghp_abcdefghijklmnopqrst0123",
        "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "xoxb-123456789012-abcdef", "caselog_abcdefghijklmnopqrstuvwxyz",
        "AIzaSyA1234567890abcdefghijklmnopqrstuv", JWT, PEM, PEM[:60],
    ],
)  # fmt: skip
@pytest.mark.parametrize("frame", ["{}", "use {} now", "({})", '"{}"', "key={}", "a\n{}\nb", '{{"x": "{}"}}'])
def test_credentials_are_known_by_their_look(secret: str, frame: str) -> None:
    masked = MASKER.mask(
        {"trace": {"errors": [{"message": frame.format(secret)}]}, "category": frame.format(secret)}
    )

    text = json.dumps(masked)
    assert secret not in text
    assert secret[5:25] not in text


def test_the_sdks_own_key_is_masked_whatever_it_looks_like() -> None:
    masker = Masker.from_settings(Settings("http://h/v1/logs", "plainword"))

    assert masker.mask_text("sent with plainword") == "sent with [secret]"
    assert masker.mask_text("plainword") == "[secret]"


@pytest.mark.parametrize("card", CARDS)
@pytest.mark.parametrize("separator", ["", " ", "-", "\u00a0"])
def test_card_numbers_are_known_by_brand_and_check_digit(card: str, separator: str) -> None:
    sizes = {16: (4, 4, 4, 4), 15: (4, 6, 5), 14: (4, 6, 4)}[len(card)]
    cuts = [sum(sizes[:place]) for place in range(len(sizes) + 1)]
    written = separator.join(card[start:end] for start, end in itertools.pairwise(cuts))

    assert MASKER.mask_text(f"Card {written}, please, for order 12") == "Card [card], please, for order 12"
    assert MASKER.mask_text(f"order 77 {written}") == "order 77 [card]"


def test_a_card_number_that_is_a_number_is_masked_too() -> None:
    assert MASKER.mask({"metrics": {"x": 4111111111111111}}) == {"metrics": {"x": "[card]"}}


@pytest.mark.parametrize(
    "text", ["4111111111111112", "credit_card_7815826", "gift_card_4111111", "41111111111111110000000"]
)
def test_digits_that_no_card_has_are_kept(text: str) -> None:
    assert MASKER.mask_text(text) == text


def test_bank_accounts_and_telephone_numbers_are_replaced() -> None:
    assert MASKER.mask_text("IBAN DE89 3704 0044 0532 0130 00.") == "IBAN [iban]."
    assert MASKER.mask_text("GB82WEST12345698765432") == "[iban]"
    first, second = map(MASKER.hash_phone, ("+49 30 901820", "(555) 123-4567"))
    assert MASKER.mask_text("call +49 30 901820 or (555) 123-4567") == f"call {first} or {second}"
    assert MASKER.mask({"trace": {"phone_number": "5551234567"}}) == {"trace": {"phone_number": second}}


def test_a_telephone_number_is_the_same_hash_however_its_digits_are_set_apart() -> None:
    ways = ("+49 171 2345678", "0049 171 2345678", "+49 (0) 171 / 234 56 78", "+49-171-2345678")

    assert len({MASKER.mask_text(f"Call {number}, please") for number in ways}) == 1
    assert MASKER.mask_text("Call +49 171 2345679") != MASKER.mask_text("Call +49 171 2345678")


# ---------------------------------------------------------------- e-mail addresses


@pytest.mark.parametrize("labels", [1, 9, 10, 11, 60, 126])
def test_an_address_of_a_long_domain_is_one_address(labels: int) -> None:
    domain = "a." * labels + "com"

    assert MASKER.mask_text(f"to bob@{domain} now") == f"to {MASKER.hash_email(f'bob@{domain}')} now"


def test_an_address_becomes_the_same_hash_wherever_it_stands_and_however_it_is_written() -> None:
    masked = MASKER.mask(
        {
            "ticket_id": "Bob@Example.com",
            "category": "mail from bob@example.com.",
            "metrics": {"bob@example.com": 1},
            "trace": {
                "messages": [
                    {"content": '{"email": "bob@example.com"}'},
                    {"content": "?to=bob%40example.com&x=1"},
                ]
            },
        }
    )

    text = json.dumps(masked)
    assert text.count(MASKER.hash_email("bob@example.com")) == 5
    assert "example.com" not in text.lower()


def test_hashes_differ_from_client_to_client_and_stay_when_a_hash_key_is_given() -> None:
    def hash_with(api_key: str, hash_key: str | None = None) -> str:
        return Masker.from_settings(Settings("", api_key, hash_key=hash_key)).hash_email("bob@example.com")

    assert hash_with("caselog_one") == hash_with("caselog_one") != hash_with("caselog_two")
    assert hash_with("caselog_one", "k") == hash_with("caselog_two", "k")


def test_two_addresses_as_names_of_fields_stay_two_fields() -> None:
    masked = MASKER.mask({"trace": {"nodes": [{"output": {"bob@example.com": 1, "BOB@example.com": 2}}]}})

    assert list(masked["trace"]["nodes"][0]["output"].values()) == [1, 2]


# ---------------------------------------------------------------- the log as such


def test_the_logs_own_fields_keep_their_form() -> None:
    log = {
        "log_id": "01a20abe-3564-74ac-bbf9-1a3764da3ed0",
        "client_id": "auth-token",
        "executed_at": "2026-11-23T14:05:00+00:00",
        "execution_time_seconds": 12.5,
        "metrics": {"output_tokens": 12, "overall_confidence": 0.9},
    }

    assert MASKER.mask(log) == log


def test_two_private_identities_stay_two() -> None:
    first, second = (MASKER.mask({"log_id": card})["log_id"] for card in CARDS[:2])

    assert first != second
    assert first.startswith("masked-")


@pytest.mark.claim("fails-closed")
def test_what_cannot_be_masked_becomes_a_marker_and_takes_nothing_else_with_it(
    masking_fails_on_poison: None,
) -> None:
    masked = MASKER.mask(
        {"category": "poison here", "trace": {"nodes": [{"input": "poison here"}, {"input": "fine"}]}}
    )

    assert masked["category"] == "[not maskable: ValueError]"
    assert masked["trace"]["nodes"][1] == {"input": "fine"}
    assert "poison" not in json.dumps(masked)


def test_an_enormous_text_is_cut_between_words_before_it_is_masked() -> None:
    masked = MASKER.mask_text("word " * 1_700_000 + "4111 1111 1111 1111 bob@example.com" + " word" * 120_000)

    assert "[cut: " in masked
    assert "4111" not in masked
    assert "bob" not in masked


# ---------------------------------------------------------------- by setting

CONVERSATION: dict[str, Any] = {
    "trace": {
        "nodes": [{"name": "classify", "input": {"customer": {"name": "Ada", "id": 7}, "first_name": "Ada"}}],
        "tool_calls": [{"name": "find", "result": '{"passengers": [{"last_name": "Ada"}], "name": "x"}'}],
        "messages": [
            {"role": "user", "content": "I am Ada."},
            {"role": "tool", "content": [{"type": "text", "text": "Ada"}]},
        ],
        "final_response": "Goodbye, Ada.",
    }
}


def test_names_of_people_are_removed_wherever_they_stand_once_they_are_known_unless_they_are_to_be_left() -> (
    None
):
    masked = MASKER.mask(CONVERSATION)["trace"]

    assert masked["nodes"] == [
        {"name": "classify", "input": {"customer": {"name": "[name]", "id": 7}, "first_name": "[name]"}}
    ]
    assert "Ada" not in masked["tool_calls"][0]["result"]
    assert masked["tool_calls"][0]["name"] == "find"
    assert "Ada" not in json.dumps(masked)
    assert masked["final_response"] == "Goodbye, [name]."
    assert Masker(b"k", masks_not=frozenset({"names"})).mask(CONVERSATION) == CONVERSATION


def test_bodies_of_messages_are_removed_where_they_are_asked_to_be() -> None:
    masked = Masker(b"k", masks_also=frozenset({"bodies"}), masks_not=frozenset({"names"})).mask(
        CONVERSATION
    )["trace"]

    assert [message["role"] for message in masked["messages"]] == ["user", "tool"]
    assert masked["messages"][0]["content"] == "[body: 9 characters]"
    assert "Ada" not in str((masked["messages"], masked["final_response"]))
    assert masked["nodes"] == [
        {
            "name": "classify",
            "input": {"customer": {"name": "Ada", "id": 7}, "first_name": "[body: 3 characters]"},
        }
    ]


def test_what_always_is_masked_may_be_named_but_not_taken_away_and_a_wrong_word_masks_more() -> None:
    assert read_masks({"CASELOG_MASK": "emails, names"}) == (frozenset(), frozenset())
    assert read_masks({"CASELOG_MASK": "-names"}) == (frozenset(), frozenset({"names"}))
    assert read_masks({"CASELOG_MASK": "bodies,-phones"}) == (frozenset({"bodies"}), frozenset({"phones"}))
    assert read_masks({}) == (frozenset(), frozenset())
    for wrong in ("name", "-emails", "-secrets", "-cards", "-bodies", "-"):
        with pytest.raises(InvalidSetting, match="CASELOG_MASK"):
            read_masks({"CASELOG_MASK": wrong})


def test_numbers_that_only_look_like_telephones_can_be_left_alone() -> None:
    log = {
        "ticket_id": "555-123-4567",
        "trace": {"phone": "01712345678", "text": "call +49 30 901820, bob@x.org"},
    }

    masked = Masker(b"k", masks_not=frozenset({"phones"})).mask(log)

    assert masked["ticket_id"] == "555-123-4567"
    assert masked["trace"]["phone"] == "01712345678"
    assert "+49 30 901820, email:" in masked["trace"]["text"]
    assert MASKER.mask(log)["trace"]["phone"] == MASKER.hash_phone("01712345678")


# ---------------------------------------------------------------- what was masked is told, never what it was


def test_a_log_tells_by_rule_and_path_what_was_masked() -> None:
    log = {
        "category": "bob@example.com",
        "trace": {
            "messages": [{"content": "fine"}, {"content": "4111 1111 1111 1111, bob@example.com"}],
            "n": {"bob@example.com": 1},
        },
        "metrics": {"password": "hunter2"},
    }

    told = describe_masking(log, MASKER.mask(log))

    assert told["card"] == {"count": 1, "paths": ["trace.messages[1].content"]}
    assert told["secret"] == {"count": 1, "paths": ["metrics.password"]}
    assert told["email"]["count"] == 3
    assert told["email"]["paths"][:2] == ["category", "trace.messages[1].content"]
    assert "bob" not in str(told)


def test_a_log_in_which_nothing_was_masked_tells_nothing() -> None:
    log = {"category": "refund", "trace": {"messages": [{"role": "user", "content": "Where is my bag?"}]}}

    assert describe_masking(log, MASKER.mask(log)) == {}


# ---------------------------------------------------------------- nothing planted survives

_LABEL = st.text(string.ascii_lowercase + string.digits, min_size=2, max_size=10)
_PLAIN = st.text(st.characters(codec="utf-8", exclude_characters="\\\"'"), max_size=30)
_EMAILS = st.one_of(
    st.emails(),
    st.builds(
        lambda name, host, end: f"{name}@{host}.{end}",
        _LABEL,
        _LABEL,
        st.sampled_from(["com", "co.uk", "de"]),
    ),
)
_CARDS = st.sampled_from(CARDS)
_TOKENS = st.builds("sk-{}".format, st.text(string.ascii_letters + string.digits, min_size=20, max_size=40))
_NAMES = st.sampled_from(SECRETS)
_SECRETS = st.text(string.ascii_letters + string.digits, min_size=12, max_size=30).map("Zq9{}".format)


def _nested(planted: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The planted thing under lists, names and JSON in strings, beside harmless company."""
    harmless = st.one_of(st.none(), st.booleans(), st.integers(), _PLAIN)
    return st.recursive(
        planted,
        lambda inner: st.one_of(
            st.builds(lambda other, value: [other, value], harmless, inner),
            st.builds(lambda name, value: {name: value}, _LABEL, inner),
            st.builds(lambda name, value, other: {"n": other, name: value}, _PLAIN, inner, harmless),
            inner.map(json.dumps),
            inner.map(lambda value: f"result: {json.dumps(value, ensure_ascii=False)}"),
            inner.map(lambda value: f"observed {value!r} at step 3"),
            inner.map(lambda value: f"https://x.example/?q={quote(json.dumps(value))}&page=2"),
            inner.map(lambda value: f"<td>{html.escape(json.dumps(value))}</td>"),
        ),
        max_leaves=4,
    )


def _appears(planted: str, masked: Any) -> bool:
    plain = json.dumps(masked, ensure_ascii=False)
    texts = (json.dumps(masked), plain, unquote(plain), html.unescape(plain), unquote(unquote(plain)))
    return any(planted.lower() in text.lower() or json.dumps(planted)[1:-1] in text for text in texts)


@settings(deadline=None, max_examples=150)
@given(st.data(), _EMAILS)
def test_no_planted_address_survives(data: st.DataObject, email: str) -> None:
    before, after = data.draw(_PLAIN), data.draw(_PLAIN)
    log = {"trace": data.draw(_nested(st.just(f"{before} {email} {after}")))}

    assert not _appears(email, MASKER.mask(log))


@pytest.mark.parametrize("labels", [1, 11, 100])
def test_an_address_may_have_as_many_labels_as_a_host(labels: int) -> None:
    email = f"0@{'A.' * labels}COM"

    assert not _appears(email, MASKER.mask({"trace": f"to {email} "}))


@settings(deadline=None, max_examples=100)
@given(st.data(), _CARDS, _PLAIN.filter(lambda text: not any(char.isdigit() for char in text)))
def test_no_planted_card_survives(data: st.DataObject, card: str, around: str) -> None:
    log = {"trace": data.draw(_nested(st.just(f"{around} {card} {around}")))}

    assert not _appears(card, MASKER.mask(log))


@settings(deadline=None, max_examples=100)
@given(st.data(), _TOKENS)
def test_no_planted_token_survives(data: st.DataObject, token: str) -> None:
    log = {"trace": data.draw(_nested(st.just(f"with {token} in it")))}

    assert not _appears(token, MASKER.mask(log))


@settings(deadline=None, max_examples=150)
@given(st.data(), _NAMES, _SECRETS)
def test_no_value_under_a_secret_name_survives(data: st.DataObject, name: str, secret: str) -> None:
    shapes = st.sampled_from(
        [
            {name: secret},
            {name: [secret]},
            {name: {"value": secret}},
            f"{name}={secret}",
            f'"{name}": "{secret}"',
        ]
    )
    log = {"trace": data.draw(_nested(shapes))}

    assert not _appears(secret, MASKER.mask(log))


@settings(deadline=None, max_examples=200)
@given(
    st.recursive(
        st.one_of(
            st.none(),
            st.booleans(),
            st.integers(),
            st.floats(allow_nan=False, allow_infinity=False),
            st.text(),
        ),
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)),
    )
)
@example({"mẬT KHẨU:0": 0})
def test_masking_what_is_masked_changes_nothing_more(value: Any) -> None:
    once = MASKER.mask({"trace": value})

    assert MASKER.mask(once) == once
