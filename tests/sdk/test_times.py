"""Times as people and programs write them, and epochs of any unit, mean one moment in every log."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import caselog
from caselog import build_workflow_log, ship_log_async
from caselog.testing import Captured
from caselog.times import is_time, read_time

np: Any = pytest.importorskip("numpy")
pd: Any = pytest.importorskip("pandas")

MOMENT = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
STATES = Path(__file__).parents[3] / "shared" / "cases" / "states.ndjson"
MOMENTS = st.datetimes(datetime(2002, 1, 1), datetime(2286, 1, 1))  # noqa: DTZ001 - Hypothesis takes naive ones
OFFSETS = st.integers(-14 * 60, 14 * 60)


def moment_of(text: Any) -> datetime:
    assert isinstance(text, str)
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-23T14:05:00+00:00", "2026-11-23T16:05:00+0200", "2026-11-23T16:05:00+02", "2026-11-23T14:05Z",
        "2026-11-23 14:05", "2026-11-23 14:05:00.000", "2026-11-23T14:05:00,000Z", "20261123T140500Z",
        "20261123140500", "2026/11/23 14:05:00", "2026-11-23T16:05:00 +02:00", "2026-11-23 14:05:00 UTC",
        "2026-11-23T16:05+02:00[Europe/Athens]", "2026-11-23T16:05:00+02:00[Europe/Athens][u-ca=gregory]",
        "2026-11-23T12:05:00\N{MINUS SIGN}02:00", "2026-11-23 16:05:00.000 +0200 EET", "2026-11-23 14:04:60 UTC",
        "2026-11-23 14:05:00.000000 +0000 UTC m=+0.001", "23 Nov 2026 16:05:00 +0200", "Monday, 23-Nov-26 14:05:00 GMT",
        "2026-11-23T14:05:00[UTC]", "2026-11-23T14:05:00Z[Europe/Berlin]", "23.11.2026 14:05", "23.11.2026, 14:05 Uhr",
        "Nov 23, 2026 2:05 PM", "November 23rd, 2026 at 2:05 p.m.", "23 Nov 2026 02:05 PM", "23-Nov-2026 14:05:00",
        "23/Nov/2026:16:05:00 +0200", "Monday, November 23, 2026 14:05:00", "2026-11-23 2:05 PM", "2026-11-23 at 14:05",
        "Mon Nov 23 2026 16:05:00 GMT+0200 (Eastern European Standard Time)", "Mon Nov 23 14:05:00 UTC 2026",
        "23. November 2026, 14:05 Uhr", "23 novembre 2026 14:05", "23 de noviembre de 2026 a las 14:05",
        "23 ноября 2026 г. в 14:05", "2026年11月23日 14:05", "2026년 11월 23일 14:05", "2026. 11. 23. 14:05",
        "2026-11-23 16:05 GMT+2", "Mon, 23 Nov 2026 08:05:00 -0600 (CST)",
        20261123140500, "Mon, 23 Nov 2026 14:05:00 GMT", "Mon, 23 Nov 2026 16:05:00 +0200",
        "Mon Nov 23 14:05:00 2026", " 2026-11-23T14:05:00Z ", "2026-11-23t14:05:00z",
        1795442700, 1795442700.0, 1795442700000, 1795442700000000, 1795442700000000000,
        "1795442700", "1795442700.0", "1795442700000", "1795442700000000", "1795442700000000000",
        Decimal(1795442700), np.int64(1795442700), np.float64(1795442700), np.int64(1795442700000000000),
        MOMENT, MOMENT.replace(tzinfo=None), MOMENT.astimezone(timezone(timedelta(hours=-7))),
        np.datetime64("2026-11-23T14:05"), np.datetime64("2026-11-23T14:05:00", "ns"),
        pd.Timestamp(MOMENT), pd.Timestamp("2026-11-23T14:05:00"),
    ],
    ids=repr,
)  # fmt: skip
def test_one_moment_is_read_however_it_is_written(written: Any, logs: Captured) -> None:
    assert moment_of(read_time(written)) == MOMENT

    ship_log_async(build_workflow_log({"ticket_id": "T", "status": "ok", "executed_at": written}))
    ship_log_async({"ticket_id": "T", "status": "ok", "executed_at": written})
    ship_log_async(build_workflow_log({"ticket_id": "T", "status": "ok", "nodes": [{"started_at": written}]}))

    built, as_it_is, traced = logs
    assert moment_of(built["executed_at"]) == moment_of(as_it_is["executed_at"]) == MOMENT
    assert moment_of(traced["trace"]["nodes"][0]["started_at"]) == MOMENT


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 11, 23), "2026-11-23", "20261123", np.datetime64("2026-11-23"), 20261123, 20261123.0,
        "23.11.2026", "23. 11. 2026", "November 23, 2026", "23 Nov 2026", "2026-Nov-23", "2026年11月23日",
        "2026. 11. 23.",
        np.int64(20261123), "2026-11-22T24:00:00Z", "2026-11-22 24:00", "2026-11-22T23:59:60Z",
    ],
)  # fmt: skip
def test_a_day_is_its_beginning(day: Any) -> None:
    assert read_time(day) == "2026-11-23T00:00:00+00:00"


@pytest.mark.parametrize(
    "word",
    [
        "yesterday", "12:30", "2026-02-30T00:00:00", "T-1", "2026", "", "12345", True, ["x"], "2026-11", "2026-W48",
        2026, 2026.0, 0, 1, 1.5, -1, 86_400, 12_345_678, np.int64(2026), 10**20, "2026-11-23T24:00:01Z",
        "2026-11-23T14:05:61Z", "Mon Nov 23 14:05:00 CET 2026", "2026-11-23 14:05:00 CET", "11/23/2026",
        "2026-11-23 14:05:00 EST", "2026-11-23 14:05:00 PST", "Mon, 23 Nov 2026 14:05:00 EST", "23 Nov 2026 14:05 CST",
        "Mon Nov 23 14:05:00 CST 2026", "2026-11-23T14:05:00[Europe/Berlin]", "2026-11-23T14:05[!America/New_York]",
        "2026-11-23T14:05:00[Europe/Berlin][u-ca=gregory]", "2026-11-23[Asia/Tokyo]",
        "2026-11-23 14:05 Europe/Berlin",
        "23.11.2026 14:05 MEZ", "Nov 23, 2026 14:05 CET", "03/04/2026", "23/11/2026", "23-11-2026", "23.11.26",
        "11.23.2026",
        "31.02.2026", "Nov 23, 2026 13:05 PM", "Nov 23, 2026 0:05 AM",
        "until 23 Nov 2026", "Novelty 23, 2026", "Nov 2026",
    ],
)  # fmt: skip
def test_what_is_no_time_stays_as_it_is(word: Any) -> None:
    assert read_time(word) == word


@pytest.mark.parametrize("nothing", [float("nan"), float("inf"), pd.NaT, np.datetime64("NaT")])
def test_a_time_that_is_none_is_none(nothing: Any) -> None:
    assert read_time(nothing) is None
    assert "executed_at" not in build_workflow_log({"executed_at": nothing})


NAMED_FORMS = (
    "%B {d}, %Y", "%b {d}, %Y", "{d} %B %Y", "{d}. %b. %Y", "%A, {d} %B %Y", "%a, %b {d} %Y", "%d-%b-%Y", "%d.%m.%Y",
    "{d}.{m}.%Y",
    "%Y-%b-%d", "%Y年{m}月{d}日", "%Y년 {m}월 {d}일", "%Y. {m}. {d}.",
)  # fmt: skip
CLOCKS = (" %H:%M:%S", " %I:%M:%S %p", " %I:%M:%S%p")
ZONES = (
    "CET",
    "CEST",
    "EST",
    "PST",
    "CST",
    "IST",
    "Europe/Berlin",
    "[Europe/Berlin]",
    "America/New_York",
    "MSK",
    "JST",
)


@given(
    moment=MOMENTS,
    offset=OFFSETS,
    form=st.sampled_from(NAMED_FORMS),
    clock=st.sampled_from(CLOCKS),
    end=st.sampled_from(["", " Z", " UTC", " {}", " GMT{}"]),
    zone=st.sampled_from(ZONES),
)
def test_a_date_that_can_mean_one_day_is_read_and_a_zone_without_an_offset_is_not(
    moment: datetime, offset: int, form: str, clock: str, end: str, zone: str
) -> None:
    moment = moment.replace(microsecond=0)
    sign, (hours, minutes) = "-" if offset < 0 else "+", divmod(abs(offset), 60)
    written = moment.strftime(
        (form + clock).replace("{d}", str(moment.day)).replace("{m}", str(moment.month))
    )
    known = timezone(timedelta(minutes=offset)) if "{}" in end else UTC

    read = read_time(written + end.format(f"{sign}{hours:02}{minutes:02}"))

    assert moment_of(read) == moment.replace(tzinfo=known)
    for without in (written, f"{moment:%Y-%m-%d %H:%M:%S}", f"{moment:%a, %d %b %Y %H:%M:%S}"):
        assert read_time(f"{without} {zone}") == f"{without} {zone}"


def test_a_time_that_is_not_read_is_kept_beside_that_of_shipping(logs: Captured) -> None:
    ship_log_async({"ticket_id": "T", "status": "ok", "executed_at": "2026-11-23T14:05:00[Europe/Berlin]"})

    assert logs[0]["metrics"]["invalid.executed_at"] == "2026-11-23T14:05:00[Europe/Berlin]"
    assert moment_of(logs[0]["executed_at"]) != MOMENT


def test_a_figure_may_be_text(logs: Captured) -> None:
    figures = {
        "overall_confidence": "0.9",
        "input_tokens": "7",
        "cost_usd": " 1e-3 ",
        "execution_time": "1.5",
    }
    ship_log_async(build_workflow_log({"ticket_id": "T", "status": "ok", **figures}))
    ship_log_async(
        {"ticket_id": "T", "status": "ok", "execution_time_seconds": "1.5", "metrics": {"own": "7"}}
    )
    ship_log_async(
        build_workflow_log({"ticket_id": "T", "overall_confidence": "87", "execution_time": "1,5"})
    )

    built, as_it_is, wrong = logs
    assert built["metrics"] == {"overall_confidence": 0.9, "input_tokens": 7, "cost_usd": 0.001}
    assert built["execution_time_seconds"] == as_it_is["execution_time_seconds"] == 1.5
    assert as_it_is["metrics"] == {"own": "7"}
    assert wrong["metrics"]["invalid.overall_confidence"] == 87
    assert wrong["metrics"]["invalid.execution_time_seconds"] == "1,5"


@given(
    moment=MOMENTS,
    offset=OFFSETS,
    digits=st.integers(0, 9),
    form=st.integers(0, 5),
    blank=st.sampled_from("T t"),
)
def test_every_way_to_write_an_offset_means_the_same(
    moment: datetime, offset: int, digits: int, form: int, blank: str
) -> None:
    zone = timezone(timedelta(minutes=offset))
    fraction = f".{moment.microsecond:06d}000"[: digits + 1] if digits else ""
    sign, (hours, minutes) = "-" if offset < 0 else "+", divmod(abs(offset), 60)
    ends = [
        f"{sign}{hours:02}:{minutes:02}",
        f"{sign}{hours:02}{minutes:02}",
        f" {sign}{hours:02}:{minutes:02}",
    ]
    short = [f"{sign}{hours:02}"] if not minutes else ends
    end = [*ends, *short, "Z", ""][form % (len(ends) + len(short) + 2)]
    text = f"{moment:%Y-%m-%d}{blank}{moment:%H:%M:%S}{fraction}{end}"

    read = read_time(text)

    micros = int(fraction[1:7].ljust(6, "0")) if fraction else 0
    known = UTC if end in ("Z", "") else zone
    assert datetime.fromisoformat(read) == moment.replace(microsecond=micros, tzinfo=known)
    assert is_time(read)


@given(moment=MOMENTS, offset=OFFSETS)
def test_the_end_of_a_day_and_a_leap_second_are_the_beginning_of_what_follows(
    moment: datetime, offset: int
) -> None:
    sign, (hours, minutes) = "-" if offset < 0 else "+", divmod(abs(offset), 60)
    end = f"{sign}{hours:02}:{minutes:02}"
    zone = timezone(timedelta(minutes=offset))
    midnight = datetime(moment.year, moment.month, moment.day, tzinfo=zone) + timedelta(days=1)
    minute = moment.replace(second=0, microsecond=0, tzinfo=zone) + timedelta(minutes=1)

    assert moment_of(read_time(f"{moment:%Y-%m-%d}T24:00:00{end}")) == midnight
    assert moment_of(read_time(f"{moment:%Y-%m-%dT%H:%M}:60{end}")) == minute


@given(number=st.one_of(st.integers(-(10**8) + 1, 10**8 - 1), st.floats(-9e7, 9e7)))
def test_a_number_that_counts_from_something_else_is_no_time(number: float) -> None:
    read = read_time(number)

    digits = str(int(number))
    assert read is number or read == f"{digits[:4]}-{digits[4:6]}-{digits[6:]}T00:00:00+00:00"


@given(moment=MOMENTS, unit=st.sampled_from([1, 10**3, 10**6, 10**9]), as_text=st.booleans())
def test_an_epoch_in_any_unit_means_its_moment(moment: datetime, unit: int, as_text: bool) -> None:
    seconds = math.floor(moment.replace(tzinfo=UTC).timestamp())
    number = seconds * unit

    read = read_time(str(number) if as_text else number)

    assert datetime.fromisoformat(read).timestamp() == seconds


@given(nanos=st.integers(10**17, 4 * 10**18))
def test_nanoseconds_are_kept_to_the_last(nanos: int) -> None:
    read = read_time(nanos)

    whole, _, fraction = read.removesuffix("+00:00").partition(".")
    seconds = int(datetime.fromisoformat(f"{whole}+00:00").timestamp())
    assert seconds * 10**9 + int(fraction.ljust(9, "0") or 0) == nanos


@dataclass
class Step:
    started_at: Any = 1795442700000
    name: str = "step"


def test_times_in_every_part_of_a_trace_are_read(logs: Captured) -> None:
    call = {"name": "find", "started_at": "1795442700000"}
    steps = [{"started_at": 1795442700000000000, "tool_calls": [call]}, {"started_at": 1795442700.0}]
    state = {"nodes": [{"started_at": date(2026, 11, 23)}], "react_iterations": steps, "tool_calls": [call]}

    with caselog.ticket(ticket_id="T", **state):
        pass

    trace = logs[0]["trace"]
    found = [*trace["react_iterations"], *trace["tool_calls"], *trace["react_iterations"][0]["tool_calls"]]
    assert [moment_of(step["started_at"]) for step in found] == [MOMENT] * 4
    assert trace["nodes"] == [{"started_at": "2026-11-23T00:00:00+00:00"}]


@pytest.mark.skipif(not STATES.exists(), reason="../shared/cases is not there")
def test_every_time_of_the_states_that_failed_is_read() -> None:
    count = 0
    for line in STATES.read_text(encoding="utf-8").splitlines():
        trace = build_workflow_log(json.loads(line)["state"]).get("trace", {})
        for part in ("nodes", "react_iterations", "tool_calls"):
            for item in trace.get(part, []):
                if "started_at" in item:
                    count += 1
                    assert moment_of(item["started_at"]).year == 2025
                    assert moment_of(item["started_at"]).tzinfo
    assert count > 10
