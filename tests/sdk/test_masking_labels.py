"""Names behind labels in each language, and private cells and fields of tables, forms and markup."""

# ruff: noqa: E501 - lists of examples

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest

from caselog.masking import Masker
from caselog.masking.languages import LANGUAGES

MASKER = Masker(b"a key of this test")
SECRET = "Xk9mPq2Lw7Tz"
KEYS = ("password", "api_key", "clientSecret", "auth_token", "DB_PASS")
#: A name in the script of a language; in others "Ada Lovelace".
NAMES = {
    "Chinese": "王小明", "Japanese": "田中太郎", "Korean": "김민수", "Arabic": "محمد علي", "Persian": "علی رضایی", "Urdu": "علی خان",
    "Hindi": "राज शर्मा", "Marathi": "राज पाटील", "Bengali": "রাজ শর্মা", "Tamil": "ராஜ் குமார்", "Telugu": "రాజ్ కుమార్",
    "Thai": "สมชาย ใจดี", "Russian": "Анна Петрова", "Ukrainian": "Олена Коваль", "Turkish": "Ayşe Yılmaz", "Vietnamese": "Nguyễn Văn An",
}  # fmt: skip


@pytest.mark.parametrize(
    ("language", "word"),
    [(language, word) for language, words in LANGUAGES.items() for word in words.customer],
)
def test_a_name_is_found_behind_the_word_for_a_customer_in_each_language(language: str, word: str) -> None:
    name = NAMES.get(language, "Ada Lovelace")
    if language == "Japanese":
        word = f"ご案内 {word}"
    for text in (
        f"{word}: {name}",
        f"- **{word}:** {name}\n",
        f"| {word} | {name} |",
        f"x\n{word}：{name}, 12",
    ):
        assert MASKER.mask_text(text) == text.replace(name, "[name]")


@pytest.mark.parametrize("word", LANGUAGES["English"].named)
def test_a_name_is_found_behind_the_word_for_it_with_a_colon_or_without(word: str) -> None:
    for text in (f"{word}: Ada", f"{word.capitalize()} Ada Lovelace, please", f"the {word} is Ada Lovelace."):
        assert "Ada" not in MASKER.mask_text(text)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Passengers:\n  1. Mei Patel\n  2. Ada Byron\n- Total Price: 5", "Passengers:\n  1. [name]\n  2. [name]\n- Total Price: 5"),
        ("Passenger Mei Patel (seat 4A)", "Passenger [name] (seat 4A)"),
        ("I'm Mei Patel and I need help", "I'm [name] and I need help"),
        ("called Dr. Mei Patel, 12 Oak Dr. Denver", "called Dr. [name], 12 Oak Dr. Denver"),
        ("it is late.\nThanks!\nMei Patel", "it is late.\nThanks!\n[name]"),
        ("尊敬的王小明先生，您好", "尊敬的[name]先生，您好"),
        ("田中様", "[name]様"),
        ("저는 김민수입니다. 김민수 고객님", "저는 [name]입니다. [name] 고객님"),
        ("عزيزي محمد،", "عزيزي [name]،"),
    ],
)  # fmt: skip
def test_a_name_is_found_where_people_write_it(text: str, masked: str) -> None:
    assert MASKER.mask_text(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "Customer: Yes Please\nAgent: Thank You", "User: Cancel Order", "Customer: Acme GmbH", "Passenger: Adult", "Client: Premium Account",
        "Contact: Support", "Customer: I want a refund", "用户：好的，谢谢", "客户：谢谢", "お世話様です、製品仕様、同様、お客様", "العميل: أريد إلغاء الحجز",
        "ग्राहक: मुझे रिफंड चाहिए", "고객: 문의드립니다", "저는 학생입니다. 저는 괜찮아요", "담당자님, 선생님", "我叫了一辆出租车", "名前は必須です",
        "Benim adım doğru mu?", "Mi chiamo subito il tecnico.", "Ich heiße Sie willkommen.", "Hello Kitty! Hi Monday! Bonjour, Comment allez-vous ?",
        "name: build\non: push\njobs:\n  test:\n    name: Run Tests", "Passengers:\n- **Payment Method:** card", "obtain from the user:\n- Travel Insurance",
        "Dear Amazon, where is it?", "The name is taken.",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_name_behind_a_label_stays(text: str) -> None:
    assert MASKER.mask_text(text) == text


# ---------------------------------------------------------------- tables, forms, markup

PLACES = (
    "user,{key},age\nbob,{secret},3\n", "id;user;{key}\n1;bob;{secret}\n2;al;{secret}", "user\t{key}\nbob\t{secret}\n",
    '"user","{key}"\n"bob","{secret}"\n', "| user | {key} | age |\n|---|---|---|\n| bob | {secret} | 3 |\n",
    "+----+----+\n| user | {key} |\n+----+----+\n| bob | {secret} |\n+----+----+", " user | {key} \n------+------\n bob  | {secret}\n",
    "INSERT INTO users (name, {key}, age) VALUES ('bob', '{secret}', 3), ('al', '{secret}', 4);",
    '<property name="{key}">{secret}</property>', "<{key}><![CDATA[{secret}]]></{key}>", "<dt>{key}</dt><dd>{secret}</dd>",
    "<tr><th>{key}</th><td>{secret}</td></tr>", '<input name="{key}" type="text" value="{secret}">', '<input type="text" value="{secret}" name="{key}">',
    '--x\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{secret}\r\n--x--', 'variable "{key}" {{\n  default = "{secret}"\n}}',
    "FROM x\nENV {key} {secret}\n", "{key}={secret}&x=1", '{{"{key}": "{secret}"}}', "{key}: {secret}\n", "curl -H 'X-{key}: {secret}' https://x.example",
    "> > {key}: {secret}\n> bye",
)  # fmt: skip
WRITINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "JSON": lambda text: json.dumps({"body": text}),
    "JSON twice": lambda text: json.dumps(json.dumps({"body": text})),
    "URL": lambda text: quote(text, safe=""),
    "HTML": html.escape,
    "escapes": lambda text: "".join(f"\\u{ord(char):04x}" for char in text),
    "repr": repr,
}


@pytest.mark.parametrize("writing", WRITINGS)
@pytest.mark.parametrize("place", PLACES)
def test_a_secret_is_found_in_each_place_and_writing_and_nothing_else_is(place: str, writing: str) -> None:
    write = WRITINGS[writing]
    for key in KEYS:
        text = write(place.format(key=key, secret=SECRET))

        assert MASKER.mask_text(text) == text.replace(
            write(SECRET) if writing == "escapes" else SECRET, "[secret]"
        )


@pytest.mark.parametrize("key", KEYS)
def test_a_secret_in_base64_takes_the_word_with_it(key: str) -> None:
    written = base64.b64encode(json.dumps({"user": "bob", key: SECRET}).encode()).decode()

    assert MASKER.mask_text(f"data {written} end") == "data [secret] end"


def test_columns_of_names_numbers_and_cards_are_private_too() -> None:
    text = 'id,customer_name,phone,card_number\n1,Mei Patel,0501234567,4111111111111111\n2,"Li, Ada",,\n'

    assert MASKER.mask_text(text) == (
        f'id,customer_name,phone,card_number\n1,[name],{MASKER.hash_phone("0501234567")},[card]\n2,"[name]",,\n'
    )


@pytest.mark.parametrize(
    "text",
    [
        "| Option | Description |\n|---|---|\n| password | Password for login |\n| api_key | The key |\n| token | Authentication token |",
        "token,count\nthe,5\nof,3", '<input type="password" name="password">', "<th>Password</th><td>Required</td>",
        '<label for="password" name="password">Enter it</label>', "year,tokens,cost\n2024,12345,0.5",
    ],
)  # fmt: skip
def test_tables_and_forms_that_tell_of_secrets_stay(text: str) -> None:
    assert MASKER.mask_text(text) == text
