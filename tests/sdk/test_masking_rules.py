"""The table of rules holds what it says: its examples, its words in each language, and that only spans change."""

# ruff: noqa: E501 - lists of examples

from __future__ import annotations

import base64
import html
import itertools
import json
import random
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from caselog.masking import Masker, engine, people
from caselog.masking.engine import Engine
from caselog.masking.field_names import TELLING, TELLING_NOTHING
from caselog.masking.kinds import SECRET
from caselog.masking.languages import LANGUAGES
from caselog.masking.readings import read
from caselog.masking.rules import RULES, Rule
from caselog.masking.token_forms import TOKEN_FORMS
from caselog.masking.view import SHORTEST_TOKEN, View
from tests.sdk.tokens_by_form import TokenMaker

MASKER = Masker(b"a key of this test")
SHARED = Path(__file__).resolve().parents[3] / "shared"
HASH = re.compile(r"(?:email|phone):[0-9a-f]{16}|\[(?:secret|card|iban|name)\]")


# ---------------------------------------------------------------- the table


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_a_rule_finds_in_its_examples_the_marked_part_and_no_character_more(rule: Rule) -> None:
    for example in rule.matches:
        text = example.replace("»", "").replace("«", "")
        view = View(text)

        spans = engine._union(find[:2] for find in rule.find(view)) if rule.may_hold(view) else []

        assert (text, spans) == (text, [(example.index("»"), example.index("«") - 1)])
        assert not view.is_plain


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_what_a_rule_says_it_leaves_comes_back_as_it_is(rule: Rule) -> None:
    assert {text: MASKER.mask_text(text) for text in rule.leaves} == {text: text for text in rule.leaves}


def test_each_rule_has_a_name_of_its_own_and_examples_of_both_kinds() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert [rule.name for rule in RULES if not (rule.matches and rule.leaves and rule.finds)] == []


_NUMBER = "0501234567"
#: For the words of each kind, what is private under or behind them, what stands in its place, and how it is told.
BY_WORD: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "password": ("hunter22", "[secret]", ("{word}: {it}", '{{"{word}": "{it}"}}', "{upper} = {it}", "x {word}：{it}")),
    "phone": (_NUMBER, MASKER.hash_phone(_NUMBER), ("{word}: {it}", "{word} {it}", '{{"{word}": "{it}"}}')),
    "code": ("482913", "[secret]", ("{word}: {it}",)),
    "person": ("Ada Lovelace", "[name]", ()),
}  # fmt: skip
#: What is private under a field of this kind too.
_FIELDS = ("password", "phone", "person")


def _words(kind: str) -> list[str]:
    return [word for words in LANGUAGES.values() for word in getattr(words, kind)]


@pytest.mark.parametrize("kind", BY_WORD)
def test_what_is_private_is_known_by_its_word_in_each_language(kind: str) -> None:
    it, mark, ways = BY_WORD[kind]
    told = [way.format(word=word, upper=word.upper(), it=it) for word in _words(kind) for way in ways]

    assert {text: MASKER.mask_text(text) for text in told} == {text: text.replace(it, mark) for text in told}


@pytest.mark.parametrize("kind", _FIELDS)
def test_what_is_private_is_known_by_its_field_in_each_language(kind: str) -> None:
    it, mark, _ = BY_WORD[kind]
    words = _words(kind)

    # Each by itself: words that stand together may tell more.
    masked = {word: MASKER.mask({"trace": {word: it}})["trace"][word] for word in words}

    assert masked == dict.fromkeys(words, mark)


def test_a_name_behind_my_name_is_is_known_in_each_language() -> None:
    masked = {}
    for word in _words("i_am"):
        joined = word[-1] >= "\u0e00"
        name = "王小明" if joined and word[0] >= "\u3040" and not "가" <= word[0] <= "힣" else "Ada Lovelace"
        masked[word] = name, MASKER.mask_text(f"{word} {name}." if not joined else f"{word}{name}。")

    assert {word: text for word, (name, text) in masked.items() if name in text} == {}


@pytest.mark.parametrize(
    ("kind", "form", "word"),
    [(kind, form, word) for kind, form, words in (*TELLING, *people.TELLING) for word in sorted(set(words))],
)
def test_a_word_that_the_page_says_is_told_by_a_field_is_told(kind: str, form: str, word: str) -> None:
    *above, name = form.format(word).replace("_*", "").replace("*_", "my_").replace("*", "").split(".")
    value = {"card": "123", "phone": "0501234567", "name": "Ada Lovelace"}.get(kind, "Xy12345zK8")

    trace: dict[str, Any] = {name: value}
    for owner in reversed(above):
        trace = {owner: trace}
    masked = json.dumps(MASKER.mask({"trace": trace}))

    assert value not in masked
    assert f"[{kind}]" in masked or f"{kind}:" in masked


@pytest.mark.parametrize(
    ("form", "word"), [(form, word) for form, words in TELLING_NOTHING for word in sorted(set(words))]
)
def test_a_word_that_the_page_says_tells_nothing_private_tells_nothing(form: str, word: str) -> None:
    name = form.format(word).replace("*", "password")
    log = {"trace": {name: "Xy12345zK8"}}

    assert MASKER.mask(log) == log


# ---------------------------------------------------------------- only spans change

_PRIVATE = st.sampled_from(
    ("bob@example.com", "4111 1111 1111 1111", "+49 171 2345678", "ghp_abcdefghijklmnopqrst0123", "password=hunter2",
     "DE89 3704 0044 0532 0130 00", "my name is Ada Lovelace", '{"api_key": "hunter2"}', "a%40b.example", "\\u0040x.org",
     "密码是hunter22", "&#64;example.com", "Dear Ms. Li,\n")
)  # fmt: skip
_ANY_TEXT = st.lists(st.one_of(st.text(max_size=30), _PRIVATE), max_size=6).map(" ".join)


@settings(deadline=None, max_examples=300)
@given(_ANY_TEXT)
@pytest.mark.claim("only-spans")
def test_without_the_spans_both_sides_are_equal(text: str) -> None:
    masked = MASKER.mask_text(text)
    finds = MASKER.finds.get(text, [])

    at = place = 0
    for find in finds:
        kept = text[at : find.start]
        assert masked[place : place + len(kept) + len(find.mark)] == kept + find.mark
        at, place = find.end, place + len(kept) + len(find.mark)
    assert text[at:] == masked[place:]


@settings(deadline=None, max_examples=300)
@given(_ANY_TEXT)
def test_a_reading_knows_where_each_of_its_characters_stands(text: str) -> None:
    reading = read(text)
    assume(reading is not None)
    assert reading

    spans = [reading.locate(place, place + 1) for place in range(len(reading.text))]

    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))


def test_json_in_a_text_keeps_each_character_that_is_not_private() -> None:
    text = '{"password":"Xy12345z","price":1.10,"big":1e400,"a":1,"a":2,"card" : 4111111111111111 , "pins": [1234,\n 5678]}'

    masked = MASKER.mask_text(text)

    assert masked == (
        '{"password":"[secret]","price":1.10,"big":1e400,"a":1,"a":2,"card" : "[card]" , "pins": "[secret]"}'
    )
    assert json.loads(masked)["price"] == 1.1


# ---------------------------------------------------------------- every writing

WRITINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "percent": lambda text: quote(text, safe=""),
    "percent twice": lambda text: quote(quote(text, safe=""), safe=""),
    "all percent": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "entities": lambda text: html.escape(text).replace("@", "&#64;"),
    "hexadecimal entities": lambda text: "".join(f"&#x{ord(char):x};" for char in text),
    "JSON": json.dumps,
    "JSON in JSON in JSON": lambda text: json.dumps({"a": json.dumps({"b": json.dumps({"c": text})})}),
    "escapes": lambda text: "".join(f"\\u{ord(char):04x}" for char in text),
    "hexadecimal escapes": lambda text: "".join(f"\\x{ord(char):02x}" for char in text),
    "repr": repr,
    "zero width": lambda text: text.replace("1", "1\u200b").replace("@", "@\u200b").replace("e", "e\u200d"),
    "full width": lambda text: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
    "base64": lambda text: base64.b64encode(f"some words, {text}, and more words".encode()).decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(
        f"some words?? {text} more words??".encode()
    ).decode(),
}
PLANTED = ("bob.jones@example.com", "4111 1111 1111 1111", "+49 171 2345678", "DE89 3704 0044 0532 0130 00",
           "sk-proj-abcdefghijklmnopqrstuvwx", "password=hunter2x7", "api_key: 'hunter2x7'")  # fmt: skip


@pytest.mark.parametrize("planted", PLANTED)
@pytest.mark.parametrize("writing", WRITINGS)
@pytest.mark.claim("everywhere")
def test_what_is_private_is_found_in_every_writing_and_what_stands_around_it_stays(
    writing: str, planted: str
) -> None:
    written = WRITINGS[writing](planted)
    text = f"Before {written} after"

    masked = MASKER.mask_text(text)

    assert HASH.search(masked)
    assert masked.startswith("Before ")
    assert masked.endswith(" after")
    assert written not in masked


# ---------------------------------------------------------------- tokens


_FRAMES = ("it said {} there", "{}", '{{"key_id": "{}"}}', "https://x.example/?a={}&b=1", "x={}\n")


def test_a_token_of_each_service_that_is_known_is_found() -> None:
    left = []
    for service, form in TOKEN_FORMS:
        chance = random.Random(service)
        for frame in _FRAMES:
            token = TokenMaker(form, chance).make()
            assert re.fullmatch(form, token, re.ASCII)
            if len(token) >= SHORTEST_TOKEN and token[:-1] in MASKER.mask_text(frame.format(token)):
                left.append((service, token))

    assert left == []


# ---------------------------------------------------------------- closed, and at its cost


def _failing_rule(find: Callable[[View], Iterator[tuple[int, int, str]]]) -> Rule:
    return Rule("failing", "", (SECRET,), lambda _view: True, find)


@pytest.mark.claim("fails-closed")
def test_a_text_that_a_rule_fails_on_is_replaced_whole() -> None:
    def fail(_view: View) -> Iterator[tuple[int, int, str]]:
        raise KeyError

    (find,) = Engine(lambda kind, _plain: kind, more=(_failing_rule(fail),)).find("nothing private")

    assert (find.start, find.end, find.mark) == (0, 15, "[not maskable: KeyError]")


def test_a_text_that_a_rule_has_no_end_with_is_replaced_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_SECONDS", 0.01)

    def find_for_ever(_view: View) -> Iterator[tuple[int, int, str]]:
        while True:
            yield 0, 1, SECRET

    (find,) = Engine(lambda kind, _plain: kind, more=(_failing_rule(find_for_ever),)).find("nothing private")

    assert find.mark == "[not maskable: TimeoutError]"


#: Parts that make patterns look again and again.
_HARD = ("a", "4", "4-", "1 ", "@", "a@b.co ", "password=", "password: [", "<password>", "%41", "api key ", "://a:", "curl -u ",
         "cvv ", "DE89", '{"a":', "[[", "| password ", "\\u0040", "\\\\", "&amp;", "Dear ", "my name is ", "+49 ", "00", "\u0664",
         "密码", "пароль ", "-eyJaaaaaa", "data:image/png;base64,", "\u200b", "token ", "<", "name,", "user,password\n", "<td>Password</td>", '<a name="password">', "insert into t (pin) values (", "ENV TOKEN ",
         '; name="pin"\n', '" {default', "password for my ", "is my password ", "«", "Best regards,\n", "=40", "a.", "x-", "'",
         "a@", "%25", "\\", '"', "(", "token=", " password=(", "password={\n", "e\u0301", "\u0301", "QUJD", "eyJ", "=", "--", "Mr. ",
         "|password", "-----BEGIN PRIVATE KEY-----", "?token=", "Cookie: a=", "name: ", "&a=")  # fmt: skip
_PROSE = "The agent confirmed that baggage of the passenger was added, and the order is paid. "
#: A character of the hardest text may take so many times as long as one of prose.
_TIMES_PROSE = 800


def _seconds(part: str, chars: int) -> float:
    """Processor time of masking so many characters."""
    text = part * (chars // len(part))
    masker = Masker(b"k")
    began = time.thread_time()
    masker.mask_text(text)
    return time.thread_time() - began


def _check_linear(part: str) -> None:
    """Four times the text takes four times the time, not sixteen times, and not as if it were looked at again and again.

    Measured again before it is believed.
    """
    ratios = []
    for _ in range(3):
        small, large, prose = _seconds(part, 8_000), _seconds(part, 32_000), _seconds(_PROSE, 32_000)
        if large <= 8 * small + 0.1 and large <= _TIMES_PROSE * prose:
            return
        ratios.append((large / small, large / prose))
    pytest.fail(f"{part!r} takes {ratios} times the time for four times the text, and of prose")


@pytest.mark.parametrize("part", _HARD)
def test_four_times_the_text_takes_four_times_the_time(part: str) -> None:
    _check_linear(part)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.sampled_from(_HARD), min_size=2, max_size=4).map("".join))
def test_no_mixture_of_hard_parts_takes_more_than_its_share(part: str) -> None:
    _check_linear(part)


# ---------------------------------------------------------------- cases


def _cases() -> list[dict[str, str]]:
    path = SHARED / "cases" / "masking.ndjson"
    return (
        [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    )


@pytest.mark.skipif(not _cases(), reason="../shared/cases is missing")
def test_every_case_that_failed_once_is_as_it_should_be() -> None:
    wrong = []
    for case in _cases():
        masked = MASKER.mask_text(case["text"])
        is_kept = masked == case["text"]
        if is_kept != (case["should_be"] == "unchanged"):
            wrong.append((case["rule"], case["text"], masked))

    assert wrong == []
