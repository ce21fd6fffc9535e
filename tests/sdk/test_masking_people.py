"""Names of people that are known in a ticket: however they are written elsewhere in it, and what is no name."""

# ruff: noqa: E501 - lists of examples

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from caselog.masking import Masker

MASKER = Masker(b"a key of this test")
_CHANCE = random.Random(11)


def _word() -> str:
    return _CHANCE.choice("BDFGKLMNPRT") + "".join(
        _CHANCE.choice("aeiou") + _CHANCE.choice("bdlmnrst") for _ in range(3)
    )


PEOPLE = [("Bob", "Jones"), ("Mia", "Li"), ("Omar", "Davis"), *((_word(), _word()) for _ in range(12))]


def mask(*texts: str, **fields: Any) -> list[str]:
    masked = MASKER.mask({"trace": {"texts": list(texts), **fields}})
    return list(masked["trace"]["texts"])


# ---------------------------------------------------------------- once known


@pytest.mark.parametrize(
    "gap", [" ", "  ", "\n", "\r\n", "\u00a0", "\t", "\u2009", "+", "%20", "\\n", "&nbsp;"]
)
@pytest.mark.parametrize(("first", "last"), PEOPLE)
def test_a_full_name_is_found_over_whatever_parts_its_words(gap: str, first: str, last: str) -> None:
    for form in (str, str.lower, str.upper):
        written = f"{form(first)}{gap}{form(last)}"
        assert mask(f"my name is {first} {last}.", f"seen: {written}, twice")[1] == "seen: [name], twice"


SLUGS = [
    f"{{{a}}}{joint}{{{b}}}"
    for (a, b), joint in itertools.product((("first", "last"), ("last", "first")), "_.-")
]


@pytest.mark.parametrize("slug", [*SLUGS, "x/u/{first}-{last}", "/home/{first}.{last}/x"])
@pytest.mark.parametrize(("first", "last"), PEOPLE)
def test_a_user_name_made_of_a_known_name_is_masked(slug: str, first: str, last: str) -> None:
    for form in (str, str.lower, str.upper):
        written = slug.format(first=form(first), last=form(last))
        done = mask(f"my name is {first} {last}.", f"id {written} ok")[1]
        assert "[name]" in done
        assert first.lower() not in done.lower()
        assert last.lower() not in done.lower()
        assert done.startswith("id ")
        assert done.endswith(" ok")


@pytest.mark.parametrize(("first", "last"), PEOPLE)
def test_a_user_id_in_humps_is_masked(first: str, last: str) -> None:
    assert mask(f"my name is {first} {last}.", f"id {first}{last} ok")[1] == "id [name] ok"


def test_first_and_last_name_of_one_object_make_user_names_too() -> None:
    for first, last in (("first_name", "last_name"), ("givenName", "familyName"), ("vorname", "nachname")):
        customer = {first: "Mia", last: "Li"}
        assert mask("id mia_li", customer=customer) == ["id [name]"]
        assert mask("id mia_li", 'so {"' + first + '": "Mia", "' + last + '": "Li"}')[0] == "id [name]"


@pytest.mark.parametrize("number", ["_3668", "-3668", "42", ".7", "_x1"])
@pytest.mark.parametrize(("first", "last"), PEOPLE)
def test_an_id_with_a_number_by_which_the_customer_is_found_stays(first: str, last: str, number: str) -> None:
    text = f"id {first.lower()}_{last.lower()}{number}, twice"

    assert mask(f"my name is {first} {last}.", text)[1] == text


@pytest.mark.parametrize(
    "text",
    ["id emily_jones_1", "a bobjonesy thing", "jones-bobby", "bob_the_jones", "kabob_jonesy", "mia-limited"],
)
def test_what_only_holds_the_letters_of_a_name_stays(text: str) -> None:
    assert mask("my name is Bob Jones. My name is Mia Li.", text)[1] == text


def test_words_that_make_another_word_together_stay() -> None:
    assert mask("my name is Jo An.", "joan and a grantli")[1] == "joan and a grantli"


@pytest.mark.parametrize(
    "address", ["https://x.example/u/jones", "https://x.example/u/bob-jones", "/home/jones/x", "bob_jones"]
)
def test_a_name_in_an_address_does_not_make_it_a_word(address: str) -> None:
    assert (
        mask("my name is Bob Jones.", f"see {address}", "Jones called; Jones, Bob")[2]
        == "[name] called; [name], [name]"
    )


def test_a_word_in_lower_case_in_prose_still_does() -> None:
    assert mask("my name is Ada Brown.", "a brown bag", "Brown bags")[2] == "Brown bags"


@pytest.mark.parametrize(
    ("texts", "masked"),
    [
        (("제 이름은 김민수입니다", "김민수 고객 예약, 김민수에게 전화. 김민수님의 예약"), ("제 이름은 [name]입니다", "[name] 고객 예약, [name]에게 전화. [name]님의 예약")),
        (("제 이름은 박지훈이에요.", "박지훈을"), ("제 이름은 [name]이에요.", "[name]을")),
        (("मेरा नाम राहुल शर्मा है", "राहुल शर्मा का बैग"), ("मेरा नाम [name] है", "[name] का बैग")),
        (("मेरा नाम राहुल शर्मा है और मुझे मदद चाहिए",), ("मेरा नाम [name] है और मुझे मदद चाहिए",)),
        (("میرا نام علی خان ہے", "علی خان"), ("میرا نام [name] ہے", "[name]")),
        (("私の名前は田中太郎です。", "田中太郎様"), ("私の名前は[name]です。", "[name]様")),
        (("此致\n敬礼\n王小明",), ("此致\n敬礼\n[name]",)),
        (("Sehr geehrter Herr Prof. Dr. Meier,", "Prof. Kunz, Meier"), ("Sehr geehrter Herr Prof. Dr. [name],", "Prof. [name], [name]")),
        (("Dear Prof. Dr. Ada Byron,", "Dr. who?"), ("Dear Prof. Dr. [name],", "Dr. who?")),
        (("Szanowny Panie Kowalski,", "Panie Nowak"), ("Szanowny Panie [name],", "Panie Nowak")),
        (("Mr. Smith's office",), ("Mr. [name]'s office",)),
        (("my name is Bob Jones.", "/home/Bob Jones/x"), ("my name is [name].", "/home/[name]/x")),
        (("mein Name ist José García", "jose_garcia, jose.garcia"), ("mein Name ist [name]", "[name], [name]")),
    ],
)  # fmt: skip
def test_a_name_ends_where_people_end_it(texts: tuple[str, ...], masked: tuple[str, ...]) -> None:
    assert tuple(mask(*texts)) == masked


# ---------------------------------------------------------------- fields


@pytest.mark.parametrize(
    "fields",
    [
        {"name": {"first": "Ada", "last": "Byron"}}, {"resourceType": "Patient", "name": [{"given": ["Ada"], "family": "Byron"}]},
        {"name": [{"given": "Ada", "family": "Byron"}]}, {"@type": "Person", "name": "Ada Byron"}, {"client": "Ada Byron"},
        {"caller": "Ada Byron"}, {"reporter": "Ada Byron"}, {"created_by": "Ada Byron"}, {"updatedBy": "Ada Byron"}, {"beneficiary": "Ada"},
        {"student": "Ada Byron"}, {"doctor": "Dr. Ada Byron"}, {"spouse": "Ada"}, {"tenant": {"name": "Ada Byron"}},
        {"customer_name": "Maria Sales"}, {"customer": {"last_name": "Bank"}}, {"recipient": "Ada von der Leyen"},
    ],
)  # fmt: skip
def test_a_field_for_a_person_is_masked(fields: dict[str, Any]) -> None:
    done = str(MASKER.mask({"trace": {"x": fields}}))
    assert "[name]" in done
    assert not any(word in done for word in ("Ada", "Byron", "Sales'", "Bank", "Leyen"))


_ORGANISATIONS = (
    "ACME Corp", "Sales Team", "Platform Team", "Penguin Books", "Acme Inc.", "Foo Ltd", "Bar GmbH", "Customer Support", "Claims Department",
    "First Bank", "Acme Group", "Blue Airlines", "Billing Office", "Data Science Team", "Acme, Inc.",
)  # fmt: skip


@pytest.mark.parametrize("organisation", _ORGANISATIONS)
@pytest.mark.parametrize(
    "field",
    ["customer", "recipient", "owner", "author", "assignee", "client", "created_by", "sender", "user"],
)
def test_an_organisation_is_no_person(field: str, organisation: str) -> None:
    trace = {"x": {field: organisation}, "y": f"{organisation} and {organisation.split(maxsplit=1)[0]} store"}
    assert MASKER.mask({"trace": trace})["trace"] == trace


@pytest.mark.parametrize("name", ["ACME Corp", "Foo Ltd", "Acme GmbH", "Sales Team"])
@pytest.mark.parametrize("field", ["customer_name", "recipientName", "owner_name", "full_name"])
def test_an_organisation_under_a_name_of_persons_is_left_where_its_form_says_so(
    field: str, name: str
) -> None:
    trace = {"x": {field: name}}
    assert MASKER.mask({"trace": trace})["trace"] == trace


@pytest.mark.parametrize(
    "fields",
    [{"name": {"first": 1, "last": 2}}, {"name": "main", "type": "function"}, {"caller": "main"}, {"client": "Firefox"}, {"created_by": "system"},
     {"name": {"en": "Chair", "de": "Stuhl"}}, {"stand_by": "Ada Byron"}],
)  # fmt: skip
def test_a_field_that_only_may_be_a_persons_is_left(fields: dict[str, Any]) -> None:
    assert MASKER.mask({"trace": {"x": fields}})["trace"]["x"] == fields


# ---------------------------------------------------------------- in texts

_PARTICLED = (
    "von der Leyen",
    "de Souza",
    "da Silva",
    "van Gogh",
    "De Vries",
    "del Bosque",
    "bin Laden",
    "al Farsi",
    "di Marco",
    "von Braun",
    "de la Cruz",
)


@pytest.mark.parametrize("name", _PARTICLED)
@pytest.mark.parametrize(
    "text", ["Dear Ms. {},", "Dear Mr. {},\nhello", "Mr. {} called", "Sehr geehrter Herr {},", "Geachte heer {},", "my name is Ada {}.", "Customer: Ada {}, 12", "Sehr geehrte Frau Dr. {},"]
)  # fmt: skip
def test_particles_belong_to_a_name(text: str, name: str) -> None:
    name = f"Ada {name}" if "Ada" in text else name
    done = MASKER.mask_text(text.replace("Ada ", "").format(name))
    assert done == text.replace("Ada ", "").format("[name]")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("From: Ada Lovelace\nTo: Bob Stone\nSubject: bag\n\nhi", "From: [name]\nTo: [name]\nSubject: bag\n\nhi"),
        ("Von: Ada von Braun\nAn: Bob Stone\nBetreff: Koffer", "Von: [name]\nAn: [name]\nBetreff: Koffer"),
        ("Passenger: LOVELACE/ADA MRS", "Passenger: [name]"),
        ("on board STONE/BOB MR, 12A", "on board [name], 12A"),
        ("Customer name: ada lovelace", "Customer name: [name]"),
        ("亲爱的王小明：", "亲爱的[name]："), ("山田太郎さん、", "[name]さん、"), ("Chào anh Minh", "Chào anh [name]"),
        ("สวัสดีคุณสมชาย", "สวัสดีคุณ[name]"), ("שלום דוד,", "שלום [name],"), ("Αγαπητέ κύριε Παπαδόπουλε,", "Αγαπητέ κύριε [name],"),
        ("Добрий день, Олено!", "Добрий день, [name]!"), ("Vážený pane Nováku,", "Vážený pane [name],"), ("Kedves Éva!", "Kedves [name]!"),
        ("이름: 김민수", "이름: [name]"), ("Nombre: Ana García\nTeléfono: 612", "Nombre: [name]\nTeléfono: 612"),
    ],
)  # fmt: skip
def test_more_places_of_names(text: str, masked: str) -> None:
    assert MASKER.mask_text(text) == masked


def test_a_name_before_an_address_in_brackets_is_told_by_it() -> None:
    assert MASKER.mask_text("cc Ada Lovelace (ada@example.com)").startswith("cc [name] (email:")
    assert MASKER.mask_text("write to Ada Lovelace <ada@example.com>").startswith("write to [name] <email:")
    assert MASKER.mask_text("cc Data Protection (dpo@example.com)").startswith("cc Data Protection (email:")


@pytest.mark.parametrize(
    "text",
    [
        "Guest: Free Wifi", "Client: React Native", "Recipient: Accounts Payable", "Employee: Full Time", "Dr. Pepper", "Ms. Marvel and Mr. Robot",
        "меня зовут на помощь", "我叫外卖", "Mein Name ist egal", "nombre: Silla Roja", "Nom : Chaise Rouge", "nama: Kursi Merah", "Ad: Summer Sale",
        "From: New York\nTo: Los Angeles", "From: San Francisco\nTo: Boston\nDate: May 5", "Customer name: not provided", "Customer name: as above",
        "read/write MR/MS", "TCP/IP DR", "お客さん、皆さん、店員さん", "亲爱的客户：", "Name: Run Tests", "Customer: ACME Corp", "Contact: Sales Team",
        "שלום לכולם,", "Vážený zákazníku,", "Hello Team, see Dr. Martens", "Me llamo la atención.",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_name_stays(text: str) -> None:
    assert MASKER.mask_text(text) == text
