"""Words that are looked for in the list: what is found is what the texts hold, whichever letter a word begins with."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import pytest

from lake.folding import fold
from tests.voila_dashboards.page_lake import NOW_MS, PROVIDER, log, reader_of
from voila_dashboards.kernel.sources import LakeSource
from voila_dashboards.pages.tickets.payload import TicketsData
from voila_dashboards.pages.tickets.query import PAGE_SIZE, tickets_data

CHANCE = random.Random(3)
#: Words that hold one another, that begin with the most frequent letter and with the rarest, and ids.
WORDS: Final = (
    *(
        "refund",
        "refunds",
        "fund",
        "eee",
        "ee",
        "e",
        "zebra",
        "quiz",
        "teeth",
        "tee",
        "a-17",
        "0042",
        "order-0042",
    ),
    *("返金", "返金依頼", "crème", "Straße", "it's", "%", "_", "'; --", "x" * 40),
)
TEXTS: Final = [" ".join(CHANCE.choices(WORDS, k=CHANCE.randrange(1, 6))) for _ in range(180)]
LOG_IDS: Final = [f"01a21637-d377-752a-{n:04x}-0000deadbeef" for n in range(len(TEXTS))]
LOGS: Final = [
    log(
        f"T-{n}",
        client=CHANCE.choice(("acme", "globex")),
        log_id=LOG_IDS[n],
        age=timedelta(minutes=n),
        status="FAILED" if n % 3 else "SUCCESS",
        trace={"final_response": text},
    )
    for n, text in enumerate(TEXTS)
]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LakeSource]:
    with reader_of(tmp_path_factory.mktemp("lake"), LOGS) as opened:
        yield opened


def ask(source: LakeSource, **params: str) -> TicketsData:
    return tickets_data(source, PROVIDER, params, NOW_MS)[1]


def with_word(*words: str) -> list[dict[str, Any]]:
    """Logs whose ticket's id or text holds all of these, compared without case and accents."""
    told = [(each, fold(f"{each['ticket_id']} {each['trace']['final_response']}")) for each in LOGS]
    return [each for each, text in told if all(fold(word) in text for word in words)]


@pytest.mark.parametrize("word", [*WORDS, "T-17", "und", "zzz", "ebr", "42 ", "nothing of it"])
def test_a_word_finds_the_tickets_that_hold_it(source: LakeSource, word: str) -> None:
    data = ask(source, q=f'"{word.strip()}"')

    expected = with_word(word.strip())
    assert data["found"] == len(expected)
    # The newest first, as they were made.
    assert [row["log_id"] for row in data["rows"]] == [each["log_id"] for each in expected[:PAGE_SIZE]]
    assert {each["name"]: each["count"] for each in data["statuses"] if each["count"]} == {
        name: count
        for name in ("SUCCESS", "FAILED")
        if (count := sum(each["status"] == name for each in expected))
    }


@pytest.mark.parametrize(
    ("one", "other"), [("refund", "zebra"), ("e", "返金"), ("teeth", "tee"), ("quiz", "T-1")]
)
def test_all_words_must_be_there(source: LakeSource, one: str, other: str) -> None:
    assert ask(source, q=f"{one} {other}")["found"] == len(with_word(one, other))


def test_words_go_together_with_a_choice(source: LakeSource) -> None:
    data = ask(source, q="refund", status="FAILED", sort="ticket_id")

    expected = [each for each in with_word("refund") if each["status"] == "FAILED"]
    assert data["found"] == len(expected)
    assert {row["log_id"] for row in data["rows"]} <= {each["log_id"] for each in expected}
    # The other statuses are still counted: they can be chosen in place of this one.
    assert {each["name"]: each["count"] for each in data["statuses"]}["SUCCESS"] == len(
        [each for each in with_word("refund") if each["status"] == "SUCCESS"]
    )


@pytest.mark.parametrize(
    ("typed", "count"),
    [
        (LOG_IDS[7], 1),
        (LOG_IDS[7][:-5], 1),
        ("01a21637", len(LOGS)),
        ("01a21637-d377-752a-00", len(LOGS)),
        ("01a21638", 0),
        ("01a21636", 0),
        (LOG_IDS[7] + "0", 0),
    ],
)
def test_an_id_of_a_log_or_how_it_begins_finds_it(source: LakeSource, typed: str, count: int) -> None:
    assert ask(source, q=typed)["found"] == count


def test_a_log_without_a_text_is_found_by_its_ids(tmp_path_factory: pytest.TempPathFactory) -> None:
    lone = {**log("T-lone", log_id="order-77"), "ticket_id": ""}
    with reader_of(tmp_path_factory.mktemp("lone"), [lone, *LOGS[:3]]) as source:
        assert [row["log_id"] for row in ask(source, q="order-77")["rows"]] == ["order-77"]
        assert ask(source, q="order-7")["found"] == 0


def test_a_ticket_id_with_a_joiner_is_found_as_it_stands_and_as_it_looks(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with reader_of(tmp_path_factory.mktemp("joined"), [log("A\u200dB-77"), *LOGS[:3]]) as source:
        for typed in ("A\u200dB-77", "AB-77"):
            assert [row["ticket_id"] for row in ask(source, q=typed)["rows"]] == ["A\u200dB-77"]
