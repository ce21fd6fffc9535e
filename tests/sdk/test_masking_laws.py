"""What holds of masking for any text: only what is private changes, once is enough, and JSON is masked as what it says."""

# ruff: noqa: E501 - lists of examples

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from caselog.masking import Masker

MASKER = Masker(b"a key of this test")

#: Private things, each with what must be gone of it; none tells of what stands beside it.
PRIVATE = {
    "bob@example.com": "bob@example.com", "4111 1111 1111 1111": "4111 1111 1111 1111", "+49 171 2345678": "+49 171 2345678",
    "DE89 3704 0044 0532 0130 00": "DE89 3704 0044 0532 0130 00", "password=hunter2x": "hunter2x", "密码是hunter22": "hunter22",
    "ghp_abcdefghijklmnopqrst0123": "ghp_abcdefghijklmnopqrst0123", "Bearer abc123def456": "abc123def456", "my name is Ada Lovelace.": "Ada Lovelace",
    "a%40b.example": "a%40b.example", "Customer: Mei Patel,": "Mei Patel", "https://u:hunter2@x.example": "u:hunter2",
}  # fmt: skip
#: Words that are nobody's, in any order.
WORDS = st.sampled_from(
    ("the train leaves", "at noon", "x = f(y)", "größer", "café ☕", "東京は晴れ", "привет всем", "42", "[1, 2]", "<b>so</b>", "%41", "\\n", "&amp;",
     "👨‍👩‍👧", "می‌خواهم", "a/b/c", "2024-05-15", "{}", '"quoted"', "--", "v1.2.3", "0x1F", "\t", "nothing.")
)  # fmt: skip
PARTS = st.lists(st.one_of(WORDS, st.sampled_from(sorted(PRIVATE))), min_size=1, max_size=7)


@settings(deadline=None, max_examples=300)
@given(PARTS)
def test_all_that_is_not_private_stays_and_all_that_is_private_goes(parts: list[str]) -> None:
    masked = MASKER.mask_text("\n".join(parts)).split("\n")

    assert len(masked) == len(parts)
    for part, after in zip(parts, masked, strict=True):
        secret = PRIVATE.get(part)
        if secret is None:
            assert after == part
        else:
            before, _, behind = part.partition(secret)
            assert after.startswith(before)
            assert after.endswith(behind)
            assert secret not in after
            assert len(after) <= len(part) + 24


@settings(deadline=None, max_examples=300)
@given(st.one_of(st.text(max_size=60), PARTS.map(" ".join), PARTS.map("\n".join)))
@example("phone: 0636cf3956689a77")
@example("密码:00")
@example("+2000000001 +2700000")
@example('{"password": "[secret]", "phone": "phone:0636cf3956689a77"}')
def test_masking_what_is_masked_changes_nothing(text: str) -> None:
    once = MASKER.mask_text(text)

    assert MASKER.mask_text(once) == once


NAMES = st.sampled_from(("text", "password", "items", "n", "email", "note"))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(0, 999), WORDS, st.sampled_from(sorted(PRIVATE))),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=8,
)


@settings(deadline=None, max_examples=300)
@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_json_in_a_text_is_masked_as_what_it_says(value: dict[str, Any]) -> None:
    masked = json.loads(MASKER.mask_text(json.dumps(value)))

    # Of two kinds that a value is, the mark of either may stand.
    assert _any_mark(masked) == _any_mark(MASKER.mask({"trace": value})["trace"])


def _any_mark(value: Any) -> str:
    return re.sub(r"\[(?:secret|card|iban|name)\]|(?:email|phone):[0-9a-f]{16}", "[mark]", json.dumps(value))
