"""Secrets that a set form of words gives away are found; programs and sentences that only name them stay."""

# ruff: noqa: E501 - lists of examples

from __future__ import annotations

import random
import string
import time
from typing import Any

import pytest

from caselog.masking import Masker

MASKER = Masker(b"a key of this test")

HELD = (
    "username: bob\npassword:\n  {}", "Password ({})", "Your new password has been set to {}", "password changed from {} to {}",
    "user bob, pass {}", "CREATE USER bob IDENTIFIED BY '{}'", "ALTER USER bob IDENTIFIED BY {}", "HTTPBasicAuth('bob','{}')", 'httpx.BasicAuth("bob", "{}")',
    "set -x OPENAI_API_KEY {}", "net use \\\\srv\\x {} /user:bob", "net use z: \\\\srv\\x /user:bob {}", "WIFI:T:WPA;S:home;P:{};;", "WIFI:S:home;T:WPA2;P:{};H:true;",
    "Private-Lines: 1\n{}\nPrivate-MAC: 12", "Mi contraseña nueva es {}", "La mia password nuova è {}",
)  # fmt: skip
CODES = (
    "{} is your verification code",
    "G-{} is your Google verification code",
    "Use {} as your login code.",
    "Your code: {}",
    "your code is {}",
    "Il mio codice di accesso è {}",
    "{} es tu código",
)


@pytest.mark.parametrize("form", HELD)
def test_a_secret_in_a_set_form_of_words_is_found_and_nothing_else_is(form: str) -> None:
    chance = random.Random(form)
    for _ in range(40):
        secret = f"{''.join(chance.choices(string.ascii_letters, k=6))}{chance.randrange(10, 100)}x"

        assert MASKER.mask_text(form.replace("{}", secret)) == form.replace("{}", "[secret]")


@pytest.mark.parametrize("form", CODES)
def test_a_code_is_found_before_its_word_too(form: str) -> None:
    for code in ("9932", "482913", "00412233"):
        masked = MASKER.mask_text(form.format(code))

        assert masked == form.format("[secret]").replace("G-[secret]", "[secret]")


@pytest.mark.parametrize(
    "text",
    ["Passwords: {}, {}, {}", "recovery codes: {} {}", '{"t": "Passwords: {}, {}"}', "backup_codes: {}; {}"],
)
def test_all_that_a_name_in_the_plural_names_is_private(text: str) -> None:
    for secrets in (("alpha1", "beta2", "gamma3"), ("1234-5678", "8765-4321", "1111-2222")):
        written = text
        for secret in secrets[: text.count("{}")]:
            written = written.replace("{}", secret, 1)

        assert not any(secret in MASKER.mask_text(written) for secret in secrets)


@pytest.mark.parametrize(
    ("fields", "gone"),
    [({"iban": "DE00 1234"}, "1234"), ({"element": "Password field", "text": "hunter2x"}, "hunter2x"), ({"selector": "#password", "text": "hunter2x"}, "hunter2x"),
     ({"selector": "input[name=password]", "value": "hunter2x"}, "hunter2x"), ({"locator": "API key input", "text": "hunter2x"}, "hunter2x")],
)  # fmt: skip
def test_a_field_of_a_page_and_a_part_of_an_account_are_private(fields: dict[str, Any], gone: str) -> None:
    assert gone not in str(MASKER.mask({"trace": fields}))


@pytest.mark.parametrize(
    "text",
    [
        "if password == stored:", "while (token !== END) {", "if (token === TOKEN_EOF)", "WHERE token = :token", "WHERE password = :pw", "int pin = LED_BUILTIN;",
        "password: !vault |\n", "cookies: [chocolate chip, oatmeal]", '{"token": "Ġthe", "logprob": -0.1}', '{"logprob": -0.1, "token": "Ġthe"}', "пароль: не указан",
        "Password (sha256)", "password (base64)", "password has been set to expire", "users pass tests", "user 12 may pass 3 gates", "2024 is your year", "your code: see below",
        "WIFI: 12 networks", "IDENTIFIED BY the customer", "the password was reset to defaults",
    ],
)  # fmt: skip
def test_what_only_names_a_secret_stays(text: str) -> None:
    assert MASKER.mask_text(text) == text


@pytest.mark.parametrize(
    ("items", "masked"),
    [(["DB_PASSWORD=hunter2x", "LOG_LEVEL=debug"], ["DB_PASSWORD=[secret]", "LOG_LEVEL=debug"]), (["password", "Forgot it?"], ["password", "Forgot it?"]),
     (["password", "hunter2x"], ["password", "[secret]"])],
)  # fmt: skip
def test_two_items_are_a_name_and_its_value_only_where_they_look_so(
    items: list[str], masked: list[str]
) -> None:
    assert MASKER.mask({"trace": {"x": items}})["trace"]["x"] == masked


@pytest.mark.parametrize(
    "unit",
    [
        "password (",
        "user a pass ",
        "net use a ",
        "WIFI:S:",
        "Private-Lines: 1\na",
        "identified by ",
        "your code ",
        "1234 is your ",
        "passwords: a1, ",
        "password ==",
        "basic_auth('a',",
        "password changed from a1111",
    ],
)
def test_forms_that_begin_again_and_again_take_time_in_proportion(unit: str) -> None:
    def seconds(times: int) -> float:
        began = time.thread_time()
        MASKER.mask_text(unit * times)
        return time.thread_time() - began

    assert any(seconds(1600) <= 16 * seconds(200) + 0.05 for _ in range(3))
