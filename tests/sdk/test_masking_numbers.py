"""Numbers of many countries, made and checked by other people's tools: telephones, cards, bank accounts."""

# ruff: noqa: E501 - a list of numbers

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any

import pytest

from caselog.masking import Masker
from caselog.masking.cards import is_card
from caselog.masking.phone_lengths import PHONE_LENGTHS
from tests.sdk import masking_facts

MASKER = Masker(b"a key of this test")
WITHOUT = "without phonenumbers and python-stdnum there is nothing to compare with"
phonenumbers = pytest.importorskip("phonenumbers", reason=WITHOUT)
iban_oracle = pytest.importorskip("stdnum.iban", reason=WITHOUT)
luhn = pytest.importorskip("stdnum.luhn", reason=WITHOUT)


def _numbers_of_the_world() -> Iterator[tuple[str, Any]]:
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE):
            number = phonenumbers.example_number_for_type(region, kind)
            if number:
                yield region, number


@pytest.mark.parametrize("form", ["INTERNATIONAL", "E164", "RFC3966"])
def test_a_number_of_any_country_is_found_as_it_is_written_between_countries(form: str) -> None:
    missed = []
    for region, number in _numbers_of_the_world():
        written = phonenumbers.format_number(number, getattr(phonenumbers.PhoneNumberFormat, form))
        masked = MASKER.mask_text(f"Please call {written} tomorrow")
        digits = written.removeprefix("tel:").split(";", maxsplit=1)[0]
        if not re.fullmatch(r"Please call (?:tel:)?phone:[0-9a-f]{16} tomorrow", masked):
            missed.append((region, digits, masked))

    assert missed == []


def test_a_number_of_any_country_is_found_behind_its_word_as_it_is_written_at_home() -> None:
    missed = []
    for region, number in _numbers_of_the_world():
        written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
        if sum(map(str.isdigit, written)) >= 7 and not re.fullmatch(
            r"Phone: phone:[0-9a-f]{16}, thanks", MASKER.mask_text(f"Phone: {written}, thanks")
        ):
            missed.append((region, written))

    assert missed == []


def test_the_lengths_of_numbers_are_those_of_the_oracle() -> None:
    assert {int(code): set(lengths) for code, lengths in PHONE_LENGTHS.items()} == {
        code: set(lengths) for code, lengths in masking_facts.phone_lengths().items()
    }


def _card(chance: random.Random) -> str:
    prefix, length = chance.choice(
        [("4", 16), ("51", 16), ("2221", 16), ("34", 15), ("36", 14), ("6011", 16), ("3530", 16)]
    )
    digits = prefix + "".join(chance.choice("0123456789") for _ in range(length - len(prefix) - 1))
    return str(digits + luhn.calc_check_digit(digits))


def test_cards_of_every_issuer_are_found_and_with_another_check_digit_none_is() -> None:
    chance = random.Random(7)
    for _ in range(300):
        card = _card(chance)
        wrong = card[:-1] + str((int(card[-1]) + chance.randrange(1, 10)) % 10)

        assert MASKER.mask_text(f"paid with {card} today") == "paid with [card] today"
        assert MASKER.mask_text(f"order {wrong} today") == f"order {wrong} today"
        assert is_card(card) == luhn.is_valid(card)


@pytest.mark.parametrize(
    "account",
    ["GB82WEST12345698765432", "DE89370400440532013000", "FR1420041010050500013M02606", "NL91ABNA0417164300",
     "ES9121000418450200051332", "IT60X0542811101000000123456", "CH9300762011623852957", "SE4550000000058398257466",
     "PL61109010140000071219812874", "NO9386011117947", "MT84MALT011000012345MTLCAST001S", "BR1800360305000010009795493C1"],
)  # fmt: skip
def test_an_account_is_found_in_each_spelling_and_with_another_check_digit_none_is(account: str) -> None:
    wrong = account[:2] + f"{(int(account[2:4]) + 1) % 97:02d}" + account[4:]

    assert iban_oracle.is_valid(account, check_country=False)
    for written in (
        account,
        iban_oracle.format(account),
        account.lower(),
        "-".join(re.findall(".{1,4}", account)),
    ):
        assert MASKER.mask_text(f"to {written} today") == "to [iban] today"
    assert "[iban]" not in MASKER.mask_text(f"to {wrong} today")
