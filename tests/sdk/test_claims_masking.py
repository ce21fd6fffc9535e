"""What docs/what-we-dont-log.md promises, and what it says that cannot be found, held by what a collector gets."""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

import caselog
from caselog import Client, Limits, Settings, close, flush, ship_log_async
from caselog.api import open_client as open_from
from caselog.masking.languages import LANGUAGES
from caselog.masking.token_forms import TOKEN_FORMS
from tests.sdk.conftest import QUICK
from tests.sdk.fake_collector import API_KEY, FakeCollector, answers
from tests.sdk.tokens_by_form import TokenMaker

LOG: dict[str, Any] = {"ticket_id": "T-1", "status": "SUCCESS", "executed_at": "2026-11-23T14:05:00Z"}
ADDRESS, NUMBER, CARD, PASSWORD = "bob.jones@example.com", "+49 30 901820", "4111 1111 1111 1111", "hunter2x7"
PLANTED = ("bob.jones", "901820", "4111", PASSWORD, "Lovelace")


@pytest.fixture
def send(workflow: FakeCollector) -> Callable[[Any], Any]:
    """What a text or any other value is in the log that a collector gets."""

    def send(value: Any) -> Any:
        workflow.requests.clear()
        ship_log_async({**LOG, "trace": {"nodes": [{"input": value}]}})
        flush(10)
        return workflow.logs[0]["trace"]["nodes"][0]["input"]

    return send


def everywhere() -> dict[str, Any]:
    """A log in every part of which something private is planted."""
    told = f"Dear Ms. Lovelace, write to {ADDRESS} or call {NUMBER}; card {CARD}, password={PASSWORD}"
    call = {
        "name": "pay",
        "arguments": {"password": PASSWORD, "q": told},
        "result": json.dumps({"a": [told]}),
    }
    return {
        **LOG,
        "category": told[:200],
        "region": told,
        "metrics": {"note": told, "password": PASSWORD},
        "trace": {
            "nodes": [
                {"name": "n", "input": {"customer": {"name": "Ada Lovelace"}}, "output": {ADDRESS: told}}
            ],
            "react_iterations": [{"thought": told, "observation": quote(told), "tool_calls": [call]}],
            "tool_calls": [call],
            "errors": [{"type": "ValueError", "message": told, "stacktrace": f"line 1\n{told}"}],
            "messages": [{"role": "user", "content": base64.b64encode(told.encode()).decode()}],
            "final_response": told,
        },
    }


def private_in(text: str) -> list[str]:
    """What of the planted stands in a text, also where that is encoded."""
    plain = text + "".join(
        base64.b64decode(word + "=" * (-len(word) % 4)).decode("utf-8", "replace")
        for word in re.findall(r"[A-Za-z0-9+/]{40,}", text)
    )
    return [planted for planted in PLANTED if planted in plain]


# ---------------------------------------------------------------- nothing leaves before


@pytest.mark.claim("nothing-before-masking", "everywhere")
def test_no_byte_that_leaves_holds_anything_private(workflow: FakeCollector) -> None:
    assert private_in(json.dumps(everywhere())) == list(PLANTED)

    ship_log_async(everywhere())
    flush(10)

    assert len(workflow.logs) == 1
    assert private_in(workflow.text) == []
    assert private_in(str([sent.headers for sent in workflow.requests])) == []


@pytest.mark.claim("nothing-before-masking")
def test_no_byte_that_is_written_to_disk_holds_anything_private(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "spool"
    client = Client(Settings("http://127.0.0.1:9/v1/logs", API_KEY, spool_dir=str(folder)), QUICK)

    client.ship(everywhere())
    client.flush(0.3)
    client.close(1)

    (written,) = folder.iterdir()
    text = gzip.decompress(written.read_bytes()).decode()
    assert '"final_response"' in text
    assert private_in(text + written.name) == []


@pytest.mark.claim("messages-without-content")
def test_no_message_on_standard_error_holds_content_or_the_key(
    collector: FakeCollector,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    def fail(path: str, value: Any) -> Any:
        raise ValueError(f"cannot mask {path}: {value} {PASSWORD}")

    tries: list[tuple[dict[str, str], Limits, tuple[int, dict[str, str], bytes]]] = [
        (collector.env, QUICK, (200, {}, b"{}")),
        (
            collector.env,
            QUICK,
            (422, {}, b'{"error": {"code": "invalid", "message": "wrong", "fields": []}}'),
        ),
        (collector.env, QUICK, (503, {}, b"")),
        ({**collector.env, "CASELOG_SPOOL_DIR": str(tmp_path)}, QUICK, (401, {}, b"{}")),
        ({**collector.env, "LOG_COLLECTOR_URL": "http://127.0.0.1:9"}, QUICK, (200, {}, b"{}")),
        ({**collector.env, "LOG_COLLECTOR_URL": f"http://x?{PASSWORD}"}, QUICK, (200, {}, b"{}")),
        (collector.env, Limits(max_log_bytes=100), (200, {}, b"{}")),
    ]
    monkeypatch.setattr("caselog.guard.reraise", False)
    for env, limits, answer in tries:
        collector.answer = answers(answer)
        client = open_from({**env, "CASELOG_DEBUG": "1"})
        client._limits = limits
        for mask in (None, fail):
            client.mask = mask
            client.ship({**everywhere(), "workflow_version": "a plain word of a log"})
            client.ship({"ticket_id": object(), PASSWORD: PASSWORD})
            client.ship(PASSWORD)
            client.flush(0.3)
        client.close(0.3)

    said = capsys.readouterr().err
    assert said.count("caselog: ") > 20
    assert private_in(said.replace(collector.url, "")) == []  # its port may look like part of a card
    assert "plain word" not in said
    assert API_KEY not in said


# ---------------------------------------------------------------- what is taken out, and by what it is found


@pytest.mark.claim("secrets")
@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ({"api_key": PASSWORD}, {"api_key": "[secret]"}),
        ({"Cookie": PASSWORD}, {"Cookie": "[secret]"}),
        ({"пароль": PASSWORD}, {"пароль": "[secret]"}),
        (f"my password is {PASSWORD}", "my password is [secret]"),
        ("use ghp_abcdefghijklmnopqrst0123 now", "use [secret] now"),
        ("-----BEGIN PRIVATE KEY-----\nMIIEow\n-----END PRIVATE KEY-----", "[secret]"),
        ("Your verification code is 482913", "Your verification code is [secret]"),
    ],
)
def test_a_secret_is_replaced(value: Any, masked: Any, send: Callable[[Any], Any]) -> None:
    assert send(value) == masked


@pytest.mark.claim("secrets")
def test_as_many_languages_and_services_are_known_as_the_page_says(send: Callable[[Any], Any]) -> None:
    words = [words.password[0] for words in LANGUAGES.values() if words.password]
    chance = random.Random(7)
    tokens = [TokenMaker(form, chance).make() for _, form in TOKEN_FORMS]

    assert set(send([{word: PASSWORD} for word in words])[0].values()) == {"[secret]"}
    assert PASSWORD not in json.dumps(send([{word: PASSWORD} for word in words]))
    assert len(words) > 30
    masked = send([f"it said {token} there" for token in tokens])
    assert sum("[secret]" in text for text in masked) > 100


@pytest.mark.claim("cards")
@pytest.mark.parametrize(
    ("value", "masked"),
    [
        (f"pay with {CARD} now", "pay with [card] now"),
        ({"number": 4111111111111111}, {"number": "[card]"}),
        ({"cvv": "123", "card": {"exp": "04/27"}}, {"cvv": "[card]", "card": {"exp": "[card]"}}),
        ("my cvv is 1234", "my cvv is [card]"),
    ],
)
def test_a_card_is_replaced(value: Any, masked: Any, send: Callable[[Any], Any]) -> None:
    assert send(value) == masked


@pytest.mark.claim("ibans")
def test_a_bank_account_is_replaced(send: Callable[[Any], Any]) -> None:
    assert send("to DE89 3704 0044 0532 0130 00 today") == "to [iban] today"
    assert send({"iban": "DE89370400440532013000"}) == {"iban": "[iban]"}


@pytest.mark.claim("emails")
@pytest.mark.parametrize(
    "written", [ADDRESS, quote(ADDRESS, safe=""), ADDRESS.replace("@", "&#64;"), ADDRESS.upper()]
)
def test_an_address_is_replaced_by_one_hash_however_it_is_written(
    written: str, send: Callable[[Any], Any]
) -> None:
    assert send(f"to {written} now") == f"to email:{hash_with(API_KEY, ADDRESS)} now"


@pytest.mark.claim("phones")
@pytest.mark.parametrize(
    "text", [f"call {NUMBER} now", "(555) 123-4567", "Tel. 030 / 901820", "电话 13812345678"]
)
def test_a_telephone_number_is_replaced_by_a_hash(text: str, send: Callable[[Any], Any]) -> None:
    masked = send(text)

    assert re.search(r"phone:[0-9a-f]{16}", masked)
    assert not re.search(r"\d{3}[ -/]*\d{4}", masked.partition("phone:")[0])


@pytest.mark.claim("names")
@pytest.mark.parametrize(
    "told",
    [
        {"first_name": "Ada", "last_name": "Lovelace"},
        {"customer": {"name": "Ada Lovelace"}},
        "Dear Ada Lovelace,",
        "Ms. Lovelace called",
        "my name is Ada Lovelace",
        "Thanks.\n\nBest regards,\nAda Lovelace",
        f"Ada Lovelace <{ADDRESS}>",
    ],
)
def test_a_name_is_replaced_and_wherever_else_it_stands_in_the_ticket(
    told: Any, send: Callable[[Any], Any]
) -> None:
    masked = json.dumps(send([told, "The bag of Lovelace is in Oslo."]))

    assert "Lovelace" not in masked
    assert "The bag of [name] is in Oslo." in masked


@pytest.mark.claim("told-without-content")
def test_what_is_told_of_masking_holds_nothing_of_what_was_masked(workflow: FakeCollector) -> None:
    ship_log_async(everywhere())
    flush(10)

    told = workflow.logs[0]["sdk"]["masked"]
    assert {"secret", "card", "email", "phone", "name"} <= told.keys()
    assert all(entry["rules"] and entry["paths"] for entry in told.values())
    assert private_in(json.dumps(told)) == []


# ---------------------------------------------------------------- hashes


def hash_with(key: str, text: str) -> str:
    """The hash as anybody can compute it who has the key."""
    derived = hmac.new(key.encode(), b"caselog e-mail hash v1", hashlib.sha256).digest()
    return hmac.new(derived, text.encode(), hashlib.sha256).hexdigest()[:16]


@pytest.mark.claim("hash-stands-for-a-person")
def test_the_same_person_is_the_same_hash_in_all_logs_and_another_is_another(
    send: Callable[[Any], Any],
) -> None:
    first, second, other = send(ADDRESS), send(ADDRESS), send("ada@example.com")
    numbers = send("+49 30 901820"), send("0049 (30) 901820"), send("+49 30 901821")

    assert first == second != other
    assert numbers[0] == numbers[1] != numbers[2]


@pytest.mark.claim("hash-needs-its-key")
def test_a_hash_is_of_no_use_without_its_key(send: Callable[[Any], Any]) -> None:
    _, _, digits = send(ADDRESS).partition(":")

    assert len(digits) == 16
    for plain in (hashlib.sha256, hashlib.sha1, hashlib.md5):
        assert digits not in plain(ADDRESS.encode()).hexdigest()
    assert digits != hash_with("caselog_another-key", ADDRESS)


@pytest.mark.claim("provider-can-test")
def test_whoever_has_the_api_key_can_test_an_address_where_no_other_key_is_set(
    send: Callable[[Any], Any], workflow: FakeCollector
) -> None:
    sent = send(ADDRESS)

    assert sent == f"email:{hash_with(workflow.requests[0].headers['x-api-key'], ADDRESS)}"


@pytest.mark.claim("own-hash-key")
def test_a_hash_key_of_ones_own_never_leaves_and_the_api_key_tells_nothing_then(
    send: Callable[[Any], Any], workflow: FakeCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = "a long random text 7f3c"
    monkeypatch.setenv("CASELOG_HASH_KEY", own)

    sent = send(f"{ADDRESS}, and the key {own} by mistake")

    assert f"email:{hash_with(own, ADDRESS)}" in sent
    assert hash_with(API_KEY, ADDRESS) not in sent
    left = workflow.text + str([request.headers for request in workflow.requests])
    derived = hmac.new(own.encode(), b"caselog e-mail hash v1", hashlib.sha256).hexdigest()
    hashes = [hashlib.new(name, own.encode()).hexdigest() for name in ("md5", "sha1", "sha256")]
    assert [each for each in (own, derived, *hashes) if each in left] == []


# ---------------------------------------------------------------- what cannot be found


@pytest.mark.claim("unfound-names")
def test_a_name_in_prose_that_nothing_tells_to_be_one_passes(send: Callable[[Any], Any]) -> None:
    assert send("Ada called again, and so did Lovelace.") == "Ada called again, and so did Lovelace."


@pytest.mark.claim("unfound-secrets")
def test_a_list_of_passwords_that_no_word_or_heading_tells_passes(send: Callable[[Any], Any]) -> None:
    table = [["bob", "correct horse"], ["ada", "battery staple"]]

    assert send(table) == table


@pytest.mark.claim("unfound-others")
@pytest.mark.parametrize(
    "text",
    [
        "born on 1984-05-17",
        "lives at 12 Elm Street, Springfield",
        "passport C01X00T47",
        "SSN 078-05-1120",
        "Steuernummer 93/815/08152",
        "customer 10042",
        "she is on sick leave since May",
    ],
)
def test_what_is_not_looked_for_passes(text: str, send: Callable[[Any], Any]) -> None:
    assert send(text) == text


@pytest.mark.claim("unfound-accounts")
@pytest.mark.parametrize(
    "value",
    [
        "Konto 532013000, BLZ 37040044",
        "account 12345678, sort code 20-00-00",
        "routing number 021000021",
        {"account_number": "12345678"},
    ],
)
def test_numbers_of_accounts_that_are_no_ibans_pass(value: Any, send: Callable[[Any], Any]) -> None:
    assert send(value) == value


@pytest.mark.claim("unfound-user-names")
@pytest.mark.parametrize(
    "value",
    [
        "user ada_l wrote",
        {"username": "ada_l"},
        {"user_id": "ada_lovelace_36"},
        ["my name is [name]", "ada_lovelace_36"],
    ],
)
def test_names_of_users_pass_where_nothing_tells_the_name_they_are_made_of(
    value: Any, send: Callable[[Any], Any]
) -> None:
    assert send(value) == value


@pytest.mark.claim("unfound-inflected")
@pytest.mark.parametrize(
    ("known", "text"),
    [
        ("Анна Петрова", "письмо Анне Петровой"),
        ("Jan Kowalski", "o Janie Kowalskim"),
        ("Robert Lovelace", "Bobby called"),
        ("Ada Lovelace", "Lovelase called"),
    ],
)
def test_another_form_of_a_known_name_passes(known: str, text: str, send: Callable[[Any], Any]) -> None:
    assert send([{"customer": {"name": known}}, text]) == [{"customer": {"name": "[name]"}}, text]


@pytest.mark.claim("unfound-national-phones")
@pytest.mark.parametrize("text", ["06 12 34 56 78 please", "so 13812345678 then", "0171 2345678"])
def test_a_telephone_number_as_it_is_written_within_a_country_passes_without_a_word(
    text: str, send: Callable[[Any], Any]
) -> None:
    assert send(text) == text


@pytest.mark.claim("unfound-compressed")
def test_what_is_compressed_passes(send: Callable[[Any], Any]) -> None:
    packed = base64.b64encode(gzip.compress(f"password={PASSWORD} {ADDRESS}".encode(), mtime=0)).decode()

    assert send(f"it is {packed} here") == f"it is {packed} here"


@pytest.mark.claim("base64-words-go-whole")
def test_of_a_word_in_base64_the_whole_word_is_replaced(send: Callable[[Any], Any]) -> None:
    word = base64.b64encode(f"The bag is in Oslo, and password={PASSWORD} opens it.".encode()).decode()

    assert send(f"it is {word} here") == "it is [secret] here"


@pytest.mark.claim("unfound-in-words")
@pytest.mark.parametrize("text", ["four one one one, then twelve zeros", "bob at example dot com"])
def test_what_is_written_as_words_passes(text: str, send: Callable[[Any], Any]) -> None:
    assert send(text) == text


@pytest.mark.claim("unfound-in-pictures")
@pytest.mark.parametrize("kind", ["image/png", "application/pdf", "audio/wav"])
def test_what_is_inside_of_a_picture_or_the_like_is_sent_as_it_is(
    kind: str, send: Callable[[Any], Any]
) -> None:
    data = base64.b64encode(bytes(random.Random(kind).randbytes(3000))).decode()
    block = {"type": "image_url", "image_url": {"url": f"data:{kind};base64,{data}"}}

    assert send(block) == block


@pytest.fixture(autouse=True)
def _no_mask_is_left_behind() -> Any:
    yield
    caselog.set_mask(None)
    close(1)
