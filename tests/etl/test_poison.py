"""Whatever lies in raw/: it is set aside or named, and no client waits for another one's."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
import zstandard

from etl import quarantine
from etl.quarantine import NotRetryable
from etl.run import run_once
from etl.settings import EtlSettings
from etl.status import status
from lake import rawlog
from lake.layout import raw_key
from lake.reader import read_lake
from lake.snapshot import Lake
from lake.store import open_store
from tests.logs import RECEIVED, a_log, put_raw, raw_line

SETTINGS = EtlSettings()
HOUR = "raw/client_id=acme/date=2026-11-23/hour=14"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder of a lake, with a folder in which things lie that the collector never wrote."""
    (tmp_path / "lake" / HOUR).mkdir(parents=True)
    return tmp_path / "lake"


def folder_lake(root: Path) -> Lake:
    return Lake(open_store(root.as_uri(), {}))


def loop(hour: Path) -> None:
    (hour / "loop").symlink_to(hour / "loop")
    (hour / "up").symlink_to(hour.parent)


def link_to_a_file(hour: Path) -> None:
    (hour / "passwd.ndjson.zst").symlink_to("/etc/passwd")


def deep(hour: Path) -> None:
    nested = hour
    for _ in range(60):
        nested = nested / "folder"
    nested.mkdir(parents=True)
    (nested / "x.ndjson.zst").write_bytes(b"x")


def pipe(hour: Path) -> None:
    os.mkfifo(hour / "pipe.ndjson.zst")


NAMES = ["a" * 230, "a" * 255, "a\tb", "a\nb", "a b*?[1]", "-", "%2F", "ü" * 100, "a#b", "\x7f", "~", "con:"]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_with_an_odd_name_is_set_aside_and_the_rest_goes_on(name: str, root: Path) -> None:
    lake = folder_lake(root)
    (root / HOUR / name).write_bytes(b"rubbish")
    put_raw(lake.store, a_log("1", client_id="globex"))

    report = run_once(lake, SETTINGS)

    [aside] = quarantine.found(lake.store)
    assert (report.logs, report.quarantined, aside.key) == (1, 1, f"{HOUR}/{name}")
    assert aside.reason == "the key is not one that the collector writes"
    assert quarantine.content(lake.store, aside) == b"rubbish"
    assert list(lake.store.list("raw")) == []


def test_a_name_that_is_no_text_is_set_aside(root: Path) -> None:
    lake = folder_lake(root)
    (root / os.fsdecode(b"raw/\xff\xfe")).write_bytes(b"rubbish")

    run_once(lake, SETTINGS)

    [aside] = quarantine.found(lake.store)
    assert os.fsencode(aside.key) == b"raw/\xff\xfe"


def test_an_object_of_the_collectors_form_with_a_long_name_is_read(root: Path) -> None:
    lake = folder_lake(root)
    (root / HOUR / f"{'a' * 220}.ndjson.zst").write_bytes(rawlog.pack([raw_line(a_log("1")), b"{"]))

    report = run_once(lake, SETTINGS)

    assert (report.logs, report.quarantined) == (1, 1)


def half_written(hour: Path) -> None:
    (hour / "x.ndjson.zst#123").write_bytes(b"half")
    os.utime(hour / "x.ndjson.zst#123", (0, 0))


@pytest.mark.parametrize(
    ("make", "left", "aside"),
    [(loop, 2, 0), (link_to_a_file, 1, 0), (pipe, 1, 0), (half_written, 1, 0), (deep, 0, 1)],
)
def test_links_loops_pipes_and_nests_are_named_or_set_aside_and_the_rest_goes_on(
    make: Callable[[Path], None], left: int, aside: int, root: Path
) -> None:
    lake = folder_lake(root)
    make(root / HOUR)
    put_raw(lake.store, a_log("1", client_id="globex"))

    report = run_once(lake, SETTINGS)

    assert (report.logs, len(report.stepped_over), report.quarantined) == (1, left, aside)
    assert status(lake)["stepped_over"] == report.stepped_over
    assert read_lake(lake.store).sql("SELECT log_id FROM logs") == [("1",)]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_named_and_stepped_over(root: Path) -> None:
    lake = folder_lake(root)
    put_raw(lake.store, a_log("1", client_id="globex"))
    hidden = root / put_raw(lake.store, a_log("2"))
    hidden.chmod(0)
    closed = root / "raw" / "client_id=initech"
    closed.mkdir(mode=0)

    report = run_once(lake, SETTINGS)
    closed.chmod(0o700)

    assert report.logs == 1
    assert report.stepped_over[str(hidden.relative_to(root))] == "this user may not read it"
    assert "cannot be listed" in report.stepped_over["raw/client_id=initech"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may remove everything")
def test_what_may_not_be_moved_aside_is_named(root: Path) -> None:
    lake = folder_lake(root)
    (root / HOUR / "stray").write_bytes(b"stray")
    (root / HOUR).chmod(0o500)

    report = run_once(lake, SETTINGS)
    (root / HOUR).chmod(0o700)

    assert report.stepped_over == {f"{HOUR}/stray": "permission denied"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may remove everything")
def test_what_may_not_be_removed_is_counted_once_and_holds_up_nobody(root: Path) -> None:
    lake = folder_lake(root)
    stuck = root / put_raw(lake.store, a_log("1"))
    put_raw(lake.store, a_log("2", client_id="globex"))
    stuck.parent.chmod(0o500)

    reports = [run_once(lake, SETTINGS) for _ in range(2)]
    stuck.parent.chmod(0o700)

    assert [report.logs for report in reports] == [2, 0]
    assert [found.key for found in lake.store.list("raw")] == [str(stuck.relative_to(root))]


BLOBS = {
    "cut": rawlog.pack([raw_line(a_log("9"))])[:-3],
    "gzip": b"\x1f\x8b\x08\x00rubbish",
    "empty": b"",
    "text": raw_line(a_log("9")),
    "a size that is claimed": b"\x28\xb5\x2f\xfd\xe0\xff\xff\xff\xff\xff\xff\xff\x0f\x01\x00\x00",
    "no size": zstandard.ZstdCompressor(write_content_size=False).compress(raw_line(a_log("9"))),
}
LINES = {
    "half a line": raw_line(a_log("9"))[:-40],
    "a list": b"[1, 2]",
    "no log": b'{"level": "info"}',
    "no JSON": b"\x00\xff",
    "year 0": raw_line(a_log("9")).replace(b"2026-11-23T14:00", b"0000-11-23T14:00"),
    "before time": raw_line(a_log("9")).replace(b"2026-11-23T14:00:00Z", b"0001-01-01T00:00:00+05:00"),
    "after time": raw_line(a_log("9")).replace(b"2026-11-23T14:00:00Z", b"9999-12-31T23:59:59-05:00"),
    "no zone": raw_line(a_log("9")).replace(b"14:00:00Z", b"14:00:00"),
    "another client": raw_line(a_log("9", client_id="globex")),
    "nested": b'{"log_id": ' + b"[" * 100_000,
}


def key_of(name: str) -> str:
    """The raw object of one of them, by what it is called above."""
    return f"{HOUR}/{name.replace(' ', '-')}.ndjson.zst"


def test_every_foreign_format_is_set_aside_and_the_rest_goes_on(lake: Lake) -> None:
    for name, blob in BLOBS.items():
        lake.store.put(key_of(name), blob)
    put_raw(lake.store, a_log("1"))

    report = run_once(lake, SETTINGS)

    asides = list(quarantine.found(lake.store))
    assert (report.logs, report.quarantined) == (1, len(BLOBS))
    assert {aside.client_id for aside in asides} == {"acme"}
    kept = {aside.key: quarantine.content(lake.store, aside) for aside in asides}
    assert kept == {key_of(name): blob for name, blob in BLOBS.items()}


def test_every_line_that_is_no_log_is_set_aside_and_its_neighbours_are_not(lake: Lake) -> None:
    for name, line in LINES.items():
        lake.store.put(key_of(name), rawlog.pack([line, raw_line(a_log(name))]))

    report = run_once(lake, SETTINGS)

    aside = {each.key: [line["line"] for line in each.lines] for each in quarantine.found(lake.store)}
    kept = read_lake(lake.store).sql("SELECT log_id FROM logs")
    assert (report.logs, report.quarantined) == (len(LINES), len(LINES))
    assert aside == {key_of(name): [1] for name in LINES}
    assert {log_id for (log_id,) in kept} == {*LINES}


DEPTHS = (900, 990, 1_000, 1_010, 3_000, 100_000)


def test_a_log_nested_as_deep_as_python_cannot_follow_is_kept_or_set_aside(lake: Lake) -> None:
    parts = (b"errors", b"react_iterations", b"memory")
    for number, (depth, part) in enumerate(product(DEPTHS, parts), start=2):
        nested = b"[" * depth + b"]" * depth
        line = raw_line(a_log(str(number), trace={"x": 1})).replace(
            b'{"x": 1}', b'{"%s": %s}' % (part, nested)
        )
        lake.store.put(f"{HOUR}/{number}.ndjson.zst", rawlog.pack([line]))
    put_raw(lake.store, a_log("1"))

    report = run_once(lake, SETTINGS)

    assert report.logs + report.quarantined == len(DEPTHS) * len(parts) + 1
    assert list(lake.store.list("raw")) == []


def test_a_line_that_breaks_the_parser_is_set_aside(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    put_raw(lake.store, a_log("1"), a_log("2"))
    read_line_at = rawlog.read_line_at

    def broken(text: bytes, start: int, end: int, client_id: str, *, is_split: bool) -> rawlog.RawRow:
        if b'"log_id":"1"' in text[start:end]:
            raise ZeroDivisionError
        return read_line_at(text, start, end, client_id, is_split=is_split)

    monkeypatch.setattr(rawlog, "read_line_at", broken)
    report = run_once(lake, SETTINGS)

    [aside] = quarantine.found(lake.store)
    assert (report.logs, aside.reason) == (1, "reading the line failed (ZeroDivisionError)")


YEARS = ["0001", "0999", "1677", "1969", "2262", "2263", "9999"]


def test_logs_of_far_years_are_kept_in_their_months(lake: Lake) -> None:
    put_raw(lake.store, *(a_log(year, executed_at=f"{year}-06-15T12:00:00Z") for year in YEARS))

    reports = [run_once(lake, SETTINGS)]
    put_raw(lake.store, *(a_log(year, executed_at=f"{year}-06-15T12:00:00Z") for year in YEARS))
    reports.append(run_once(lake, SETTINGS))

    months = read_lake(lake.store).sql("SELECT month FROM logs ORDER BY month")
    assert [(report.logs, report.quarantined) for report in reports] == [(7, 0), (0, 0)]
    assert months == [(f"{year}-06",) for year in YEARS]


ENDS = ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000001Z", "9999-12-31T23:59:59.999999Z"]


def test_the_first_and_the_last_moment_of_all_are_read_with_their_traces(lake: Lake) -> None:
    put_raw(lake.store, *(a_log(str(number), executed_at=at) for number, at in enumerate(ENDS)))
    run_once(lake, SETTINGS)

    reader = read_lake(lake.store)
    found = reader.sql("SELECT log_id, month, epoch_us(executed_at) // 1000 FROM logs ORDER BY log_id")
    traces = reader.sql("SELECT log_id, trace FROM traces ORDER BY log_id")

    assert [(log_id, month) for log_id, month, _ in found] == [
        ("0", "0001-01"),
        ("1", "0001-01"),
        ("2", "9999-12"),
    ]
    for log_id, month, at_ms in found:
        assert (
            json.loads(reader.trace("acme", month, log_id, at_ms) or b"")["final_response"]
            == f"done {log_id}"
        )
    assert [json.loads(trace)["final_response"] for _, trace in traces] == ["done 0", "done 1", "done 2"]


def test_what_was_set_aside_can_be_tried_again_and_dropped(lake: Lake) -> None:
    bad = raw_line(a_log("2"))[:-1]
    lake.store.put(f"{HOUR}/a.ndjson.zst", rawlog.pack([raw_line(a_log("1")), bad]))
    lake.store.put("raw/stray", b"stray")
    run_once(lake, SETTINGS)
    lines, stray = quarantine.found(lake.store)

    quarantine.retry(lake.store, lines)
    with pytest.raises(quarantine.NotRetryable, match="not written by the collector"):
        quarantine.retry(lake.store, stray)
    again = run_once(lake, SETTINGS)
    for aside in list(quarantine.found(lake.store)):
        quarantine.drop(lake.store, aside)

    assert (again.logs, again.quarantined) == (0, 1)
    assert list(lake.store.list("quarantine")) == []


def test_a_line_that_became_readable_counts_after_a_retry(lake: Lake) -> None:
    lake.store.put(f"{HOUR}/a.ndjson.zst", rawlog.pack([b'{"half": ']))
    run_once(lake, SETTINGS)
    [aside] = quarantine.found(lake.store)
    lake.store.put(aside.kept["lines.ndjson"], raw_line(a_log("1")) + b"\n")

    quarantine.retry(lake.store, aside)

    assert run_once(lake, SETTINGS).logs == 1
    assert list(quarantine.found(lake.store)) == []


DAMAGED_REASONS = (b"", b"[]", b"{", b'{"lines": [1, {"line": 1}]}', b'{"object": 3}')


def test_a_reason_that_was_damaged_hides_nothing(lake: Lake) -> None:
    for number in range(len(DAMAGED_REASONS)):
        lake.store.put(f"raw/stray{number}", f"stray {number}".encode())
    run_once(lake, SETTINGS)
    for number, told in enumerate(DAMAGED_REASONS):
        lake.store.put(f"quarantine/stray{number}.reason.json", told)

    asides = list(quarantine.found(lake.store))

    assert all(json.dumps(aside.to_json()) for aside in asides)
    assert [quarantine.content(lake.store, aside) for aside in asides] == [
        f"stray {number}".encode() for number in range(len(DAMAGED_REASONS))
    ]


def test_a_log_whose_id_was_taken_is_listed_apart_shown_and_dropped_and_not_retried(lake: Lake) -> None:
    put_raw(lake.store, a_log("1"))
    run_once(lake, SETTINGS)
    later = RECEIVED + timedelta(hours=1)
    blob = rawlog.pack([raw_line(a_log("1", status="LATE"), later), b"no log"])
    key = raw_key("acme", later, "both")
    lake.store.put(key, blob)
    run_once(lake, SETTINGS)

    unreadable, conflict = list(quarantine.found(lake.store))
    told = status(lake)

    assert [each.to_json()["kind"] for each in (unreadable, conflict)] == ["unreadable", "conflict"]
    assert {unreadable.key, conflict.key} == {key}
    assert (told["quarantined_objects"], told["conflicting_objects"]) == (1, 1)
    shown = quarantine.find(lake.store, conflict.name)
    assert json.loads(quarantine.content(lake.store, shown))["status"] == "LATE"
    assert [line["line"] for line in shown.lines] == [1]
    with pytest.raises(NotRetryable, match="ids are taken"):
        quarantine.retry(lake.store, shown)
    quarantine.drop(lake.store, shown)
    assert [each.name for each in quarantine.found(lake.store)] == [unreadable.name]
