"""Downloads through the gateway's own door: what is in the file, whose it is, and that its process is sealed."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from access.audit import Event, list_events
from access.snapshots import SnapshotSource
from lake.scope_files import ScopeFiles
from lake.snapshot import Lake
from lake.store import Store, open_store
from tests.clock import FakeClock
from tests.logs import a_log, put_raw
from tests.voila_dashboards.gateway_fakes import Site
from voila_dashboards.downloads import tickets as downloaded
from voila_dashboards.downloads.formats import FORMATS, as_csv, as_ndjson, as_parquet
from voila_dashboards.gateway import downloads
from voila_dashboards.gateway.errors import TooManyDownloads

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"]
LOGS = [
    a_log("1", workflow_version="2.3", metrics={"own": 107505301260286111, "cost_usd": 0.5}),
    a_log(
        "2",
        status="FAILED",
        category='a "quoted", cell\nof two lines',
        executed_at="2026-11-20T00:00:00.123456Z",
    ),
    a_log("3", category=None, executed_at="2026-11-22T01:02:03+02:00", trace=None),
    *(
        a_log(f"f{n}", ticket_id=text, executed_at=f"2026-10-0{n + 1}T00:00:00Z")
        for n, text in enumerate(FORMULAS)
    ),
]
FOREIGN = a_log("9", client_id="globex", ticket_id="secret of globex")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = open_store((tmp_path / "logs").as_uri(), {}, create=True)
    Lake(store).create_tables()
    put_raw(store, *LOGS)
    put_raw(store, FOREIGN)
    return store


@pytest.fixture
def site(tmp_path: Path, clock: FakeClock, store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A gateway that hands out the files of a real lake."""
    site = Site(tmp_path, clock)
    (tmp_path / "kernels").mkdir(exist_ok=True)
    files = ScopeFiles(store, tmp_path / "cache", 1 << 30)
    monkeypatch.setattr(site.snapshots, "take", SnapshotSource(files).take)
    yield site
    files.close()


def get(site: Site, path: str, who: str = "ann") -> Any:
    with site.browser(who) as browser:
        return browser.get(path)


def rows_of(answer: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in answer.text.splitlines()]


def ids(answer: Any) -> list[str]:
    return [row["log_id"] for row in rows_of(answer)]


def test_a_file_holds_what_the_list_shows_in_its_order(site: Site) -> None:
    answer = get(
        site,
        "/download/tickets.ndjson?where=execution_time_seconds>1&from=2026-11-01&sort=ticket_id&dir=desc",
    )

    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == 'attachment; filename="caselog-tickets.ndjson"'
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert ids(answer) == ["3", "2", "1"]
    first = rows_of(answer)[-1]
    assert (first["metrics"]["own"], first["executed_at"]) == (107505301260286111, "2026-11-23T14:00:00Z")
    assert "search_text" not in first


def test_the_audit_says_who_took_a_list_and_not_by_which_words(site: Site) -> None:
    get(site, "/download/tickets.csv?q=ann%40example.com")
    site.clock.advance(1)
    get(site, "/download/tickets.parquet", "pat")
    site.clock.advance(60)

    assert asyncio.run(site.app.state.audit.write())
    events = list(list_events(site.store, site.clock() - timedelta(days=1), site.clock()))
    assert [(each.event, each.user, each.client_id, each.what) for each in events] == [
        (Event.DOWNLOADED, "ann", "acme", "tickets.csv"),
        (Event.DOWNLOADED, "pat", None, "tickets.parquet"),
    ]
    assert all("example" not in repr(each) for each in events)


@pytest.mark.claim("who-reads")
@pytest.mark.parametrize("kind", FORMATS)
def test_nobody_downloads_tickets_of_another_client(site: Site, kind: str) -> None:
    answer = get(site, f"/download/tickets.{kind}?client=globex")

    assert answer.status_code == 200
    assert b"globex" not in answer.content
    assert get(site, "/download/tickets.csv", "pat").content.count(b"secret of globex") == 1


def test_a_csv_cell_is_no_formula_and_comes_back_as_it_was(site: Site) -> None:
    answer = get(site, "/download/tickets.csv")

    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert [row["ticket_id"] for row in rows if row["log_id"].startswith("f")] == [f"'{t}" for t in FORMULAS][
        ::-1
    ]
    assert not any(cell.lstrip().startswith(("=", "+", "@")) for row in rows for cell in row.values())
    [two] = [row for row in rows if row["log_id"] == "2"]
    assert (two["category"], two["executed_at"]) == (
        'a "quoted", cell\nof two lines',
        "2026-11-20T00:00:00.123456Z",
    )
    assert answer.content.startswith(b"\xef\xbb\xbf")


def test_a_parquet_file_has_the_types_of_the_view(site: Site) -> None:
    answer = get(site, "/download/tickets.parquet?status=FAILED")

    table = pq.read_table(io.BytesIO(answer.content))
    assert table.column_names == list(downloaded.COLUMNS)
    assert table["log_id"].to_pylist() == ["2"]
    assert table["executed_at"].to_pylist() == [datetime(2026, 11, 20, 0, 0, 0, 123456, UTC)]


def test_what_is_not_signed_in_or_no_format_is_refused(site: Site) -> None:
    with site.browser() as browser:
        assert browser.get("/download/tickets.csv").status_code == 303
    with site.browser("ann") as browser:
        assert browser.get("/download/tickets.xlsx").status_code == 404
        assert browser.get("/download/users.csv").status_code == 404
        assert browser.head("/download/tickets.csv").status_code == 200


def test_a_download_leaves_no_process_and_no_folder(site: Site, tmp_path: Path) -> None:
    with site.browser("ann") as browser:
        for _ in range(2):  # the place of the first is free again
            assert browser.get("/download/tickets.csv").status_code == 200

        assert list((tmp_path / "kernels").glob("download-*")) == []


def test_a_process_that_fails_is_told_as_our_mistake(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "WORKER", (*downloads.WORKER[:1], "-c", "raise SystemExit(1)"))

    answer = get(site, "/download/tickets.csv")

    assert answer.status_code == 500
    assert "a mistake on our side" in answer.text


def test_a_file_that_ends_early_is_no_whole_answer(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "print('{\"found\": 2, \"count\": 2}'); print('half of it', flush=True); raise SystemExit(1)"
    monkeypatch.setattr(downloads, "WORKER", (*downloads.WORKER[:1], "-c", said))

    with site.browser("ann") as browser, pytest.raises(downloads.DownloadCutOff):
        browser.get("/download/tickets.csv")


def test_the_process_is_sealed_before_it_reads(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("key")
    attack = f"""
import json, os, socket, sys
from voila_dashboards.downloads import worker
def attack(*_):
    held = []
    for what, do in (
        ("file", lambda: open({str(secret)!r}).read()),
        ("parent", lambda: open(f"/proc/{{os.getppid()}}/environ").read()),
        ("network", lambda: socket.create_connection(("127.0.0.1", 9), 1)),
        ("program", lambda: os.execv("/bin/true", ["true"])),
        ("write", lambda: open("left", "w")),
    ):
        try:
            do()
        except OSError as error:
            if not isinstance(error, ConnectionRefusedError):
                held.append(what)
    sys.stdout.write(json.dumps({{"found": 0, "count": 0}}) + "\\n" + json.dumps(held + sorted(os.environ)))
    sys.stdout.flush()
    os._exit(0)
worker.find_tickets = attack
worker.main()
"""
    monkeypatch.setattr(downloads, "WORKER", (*downloads.WORKER[:2], "-c", attack))

    found = json.loads(get(site, "/download/tickets.csv").text)

    assert found[:5] == ["file", "parent", "network", "program", "write"]
    assert not any(name.startswith(("AWS_", "CASELOG_")) for name in found[5:])


def test_a_second_download_of_a_session_waits_its_turn(site: Site) -> None:
    running = downloads.Downloads(
        site.app.state.sessions,
        site.snapshots,
        site.app.state.audit,
        Path("nowhere"),
        site.clock.monotonic,
    )

    async def admit_two() -> None:
        session = await site.app.state.sessions.find(site.browser("ann").cookies["caselog"])
        running._admit(session)
        running._admit(session)

    with pytest.raises(TooManyDownloads):
        asyncio.run(admit_two())


def test_of_very_many_tickets_the_file_holds_the_first_and_its_name_says_so() -> None:
    assert downloads._name({"found": 12, "count": 5}, "csv") == "caselog-tickets-first-5-of-12.csv"
    assert downloads._name({"found": 5, "count": 5}, "csv") == "caselog-tickets.csv"


class Many:
    """A source of a list that is asked for in batches."""

    def __init__(self, store: Store, folder: Path) -> None:
        from lake.reader import read_lake
        from lake.scope import Scope

        self.reader = read_lake(store, Scope.of("acme"), folder=folder)
        self.asked = 0

    def sql(self, query: str, params: Any = ()) -> list[tuple[Any, ...]]:
        self.asked += 1
        return self.reader.sql(query, params)

    def need(self, *_parts: str) -> frozenset[str]:
        return frozenset()

    def trace(self, *_: Any) -> bytes | None:
        return None

    def client_facts(self, client_id: str) -> None:
        """Nobody asks."""


@pytest.mark.parametrize("sort", ["executed_at", "category", "execution_time_seconds"])
def test_batches_are_the_whole_list_once(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    put_raw(
        store,
        *(
            a_log(f"m{n}", executed_at=str(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=n // 3)))
            for n in range(50)
        ),
    )
    monkeypatch.setattr(downloaded, "BATCH", 7)
    source = Many(store, tmp_path / "many")
    from tests.voila_dashboards.page_lake import ACME

    found = downloaded.find_tickets(source, ACME, {"sort": sort}, 0)
    rows = [row for batch in found.batches() for row in batch]
    source.reader.close()

    place = list(downloaded.COLUMNS).index("log_id")
    assert found.found == len(rows) == len({row[place] for row in rows}) == len(LOGS) + 50
    for encode in (as_csv, as_ndjson, as_parquet):
        assert len(list(encode([rows[:5], rows[5:]]))) >= 2


def test_a_file_holds_no_more_than_its_bound(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloaded, "MOST_TICKETS", 4)
    monkeypatch.setattr(downloaded, "BATCH", 3)
    source = Many(store, tmp_path / "many")
    from tests.voila_dashboards.page_lake import ACME

    found = downloaded.find_tickets(source, ACME, {}, 0)
    batches = [len(batch) for batch in found.batches()]
    source.reader.close()

    assert (found.found, found.count, batches) == (len(LOGS), 4, [3, 1])
