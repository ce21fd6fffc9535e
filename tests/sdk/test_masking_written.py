"""However a text is written and whatever stands around it: base64 is read, JSON stays JSON, ids stay, a number has one hash."""

# ruff: noqa: E501 - lists of examples

from __future__ import annotations

import base64
import json
import random
import time
from collections.abc import Callable
from urllib.parse import quote

import pytest

from caselog.masking import Masker
from tests.sdk.test_masking_numbers import luhn

MASKER = Masker(b"a key of this test")
PRIVATE = (
    "user=bob&password=hunter2x",
    '{"größe": 1, "password": "hunter2x"}',
    "密码：hunter2x，日本語のテキスト",
    "é" * 20 + " password=hunter2x",
    "DB_PASSWORD=hunter2x\n" * 1200,
)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


WRITINGS: dict[str, Callable[[str], str]] = {
    "base64": _base64,
    "base64 without padding": lambda text: _base64(text).rstrip("="),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "base64 in lines": lambda text: base64.encodebytes(text.encode()).decode().rstrip("\n"),
    "base64 of base64": lambda text: _base64(_base64(text)),
    "base64 of JSON": lambda text: _base64(json.dumps({"body": text})),
    "base64 of JSON in JSON": lambda text: _base64(json.dumps(json.dumps({"body": text}))),
    "base64 of UTF-16": lambda text: (
        base64.b64encode(f"$x = 1; {text}".encode("utf-16-le")).decode() if text.isascii() else _base64(text)
    ),
    "hexadecimal": lambda text: text.encode().hex(),
}
PLACES = (
    "data {} end",
    "payload={}",
    "https://x.example/?state={}",
    "https://x.example/cb/{}",
    "x: {}",
    '"{}"',
    "a=1;b={}",
    "Content-Transfer-Encoding: base64\n\n{}\n",
)


@pytest.mark.parametrize("writing", WRITINGS)
@pytest.mark.parametrize("place", PLACES)
def test_a_secret_in_base64_takes_its_word_wherever_the_word_stands(place: str, writing: str) -> None:
    for text in PRIVATE:
        written = WRITINGS[writing](text)

        assert MASKER.mask_text(place.format(written)) == place.format("[secret]")


def test_a_secret_is_found_in_the_lines_of_base64_that_stand_in_json() -> None:
    lines = base64.encodebytes(("DB_PASSWORD=hunter2x\n" * 30).encode()).decode()

    assert json.loads(MASKER.mask_text(json.dumps({"content": lines}))) == {"content": "[secret]\n"}


@pytest.mark.parametrize("writing", WRITINGS)
def test_base64_of_what_is_not_private_stays(writing: str) -> None:
    for text in (
        "the train leaves at noon from platform nine",
        "größer und größer, ein langer Satz",
        "東京は晴れ、明日は雨でしょう。",
    ):
        for place in PLACES:
            written = place.format(WRITINGS[writing](text))
            if "eyJ" in written:  # as JWTs begin
                continue

            assert MASKER.mask_text(written) == written


def test_bytes_that_are_no_text_stay() -> None:
    chance = random.Random(7)
    for size in range(31, 64):  # 30 bytes look like a key of AWS, 64 like one of Azure
        text = f"payload={base64.b64encode(chance.randbytes(size)).decode()} {chance.randbytes(size).hex()}"

        assert MASKER.mask_text(text) == text


@pytest.mark.parametrize(
    "unit",
    [
        "aaaa/",
        "QUFB",
        "QUFB/",
        "QUFB" * 15 + "\n",
        "a" * 24 + "/",
        "6161",
        _base64("password=hunter2x") + " ",
    ],
)
def test_words_in_base64_take_time_in_proportion(unit: str) -> None:
    def seconds(times: int) -> float:
        began = time.thread_time()
        MASKER.mask_text(unit * times)
        return time.thread_time() - began

    assert any(seconds(4000) <= 16 * seconds(500) + 0.05 for _ in range(3))


# ---------------------------------------------------------------- cards


def _cards() -> list[str]:
    chance = random.Random(5)
    starts = ["4" + "".join(chance.choices("0123456789", k=14)) for _ in range(40)]
    return [start + str(luhn.calc_check_digit(start)) for start in starts]


@pytest.mark.parametrize(
    "inner",
    [
        '{{"tracking_id":{}}}',
        '{{"a": [1, {}]}}',
        "[{}, 5]",
        "[5, {} ]",
        '{{"a": {{"b": {}, "c": 1}}}}',
        "[[{}]]",
        '{{"id": 1}}\n{{"id": {}}}',
        '{{"password": 4711, "n": {}}}',
    ],
)
def test_json_in_a_text_stays_json_where_a_number_is_a_card(inner: str) -> None:
    for card in _cards():
        text = inner.format(card)
        for depth in range(3):
            masked = MASKER.mask_text(text)

            assert card not in masked
            for line in masked.splitlines():
                value = json.loads(line)
                for _ in range(depth):
                    value = json.loads(value["body"])
            if "\n" in text or '"' not in text:
                break
            text = json.dumps({"body": text})


def test_quotes_of_a_mark_are_written_as_those_beside_it() -> None:
    text = '{"tracking_id": 4111111111111111}'

    for write in (
        lambda text: quote(text, safe=""),
        lambda text: text.replace('"', "&quot;"),
        lambda text: text.replace('"', "\\u0022"),
    ):
        assert MASKER.mask_text(write(text)) == write('{"tracking_id": ') + write('"') + "[card]" + write(
            '"'
        ) + write("}")


@pytest.mark.parametrize(
    "place",
    [
        "0x{}",
        "sha{}",
        "abc-{}-def",
        "{}.png",
        "IMG_{}.jpeg",
        "img_{}",
        "run_{}_part",
        "order-{}-b",
        "etag{}",
        "see /x/{}.json",
    ],
)
def test_digits_within_an_id_or_the_name_of_a_file_are_no_card(place: str) -> None:
    for card in _cards():
        assert MASKER.mask_text(place.format(card)) == place.format(card)


@pytest.mark.parametrize(
    "place",
    [
        "pay {}.",
        "Visa{}",
        "card:{}",
        "card-{}",
        "cardNumber{}",
        "({})",
        "{}, thanks",
        "no.{}",
        "卡号{}",
        "x={}&y",
        "{} abc-def",
        "4242 {}",
        "\\n{}\\n",
        "%20{}%20",
    ],
)
def test_a_card_is_found_beside_what_is_no_part_of_it(place: str) -> None:
    for card in _cards():
        assert card not in MASKER.mask_text(place.format(card))


# ---------------------------------------------------------------- telephones


def test_a_number_of_north_america_has_one_hash_with_its_calling_code_and_without() -> None:
    chance = random.Random(11)
    for _ in range(100):
        area, exchange = (f"{chance.randrange(2, 10)}{chance.randrange(100):02d}" for _ in range(2))
        line = f"{chance.randrange(10000):04d}"
        written = (
            f"{area}-{exchange}-{line}", f"+1 {area}-{exchange}-{line}", f"({area}) {exchange}-{line}", f"+1 ({area}) {exchange}-{line}",
            f"1-{area}-{exchange}-{line}", f"{area}.{exchange}.{line}", f"+1{area}{exchange}{line}", f"001 {area} {exchange} {line}",
        )  # fmt: skip

        hashes = {MASKER.mask_text(f"call {number} now") for number in written}
        fields = {
            MASKER.mask({"phone": number})["phone"] for number in (*written, int(area + exchange + line))
        }

        assert len(hashes) == 1
        assert {f"call {number} now" for number in fields} == hashes


def test_a_number_of_another_country_with_ten_digits_is_not_one_of_north_america() -> None:
    assert MASKER.hash_phone("+45 12 34 56 78") != MASKER.hash_phone("451-234-5678")
    assert MASKER.hash_phone("+65 9123 4567") == MASKER.hash_phone("0065 9123 4567")


@pytest.mark.parametrize(
    "words",
    [
        "my number is",
        "meine Nummer ist",
        "mon numéro est le",
        "mi número es",
        "我的号码是",
        "мой номер",
        "meu número é",
        "il mio numero è",
        "mijn nummer is",
        "numaram",
        "私の番号は",
    ],
)
def test_a_number_is_found_behind_the_words_for_ones_own(words: str) -> None:
    for number in ("0171 2345678", "06 12 34 56 78", "13812345678", "090-1234-5678"):
        assert MASKER.mask_text(f"{words} {number}.") == f"{words} {MASKER.hash_phone(number)}."
