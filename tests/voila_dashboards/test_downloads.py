"""Downloads through the gateway's own door: what is in the file, whose it is, and that its process is sealed."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from access.audit import Event, forget_client, list_events
from access.snapshots import SnapshotSource
from access.users import disable_user
from access.viewer import Viewer
from lake.scope import Scope
from lake.scope_files import ScopeFiles
from lake.snapshot import Lake
from lake.store import Store, open_store
from tests.clock import FakeClock
from tests.logs import a_log, put_raw
from tests.voila_dashboards.gateway_fakes import Site, add_users
from tests.voila_dashboards.slow_reader import SlowReader, begun, give_up
from voila_dashboards.downloads import tickets as downloaded
from voila_dashboards.downloads.formats import FORMATS, as_csv, as_ndjson, as_parquet
from voila_dashboards.gateway import downloads, sending
from voila_dashboards.gateway.sending import Pace

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
SEES_THREE = Viewer("mia", "Mia", Scope.of("acme", "globex", "initech"))
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
        (Event.DOWNLOADED, "pat", "acme", "tickets.parquet"),
        (Event.DOWNLOADED, "pat", "globex", "tickets.parquet"),
    ]
    assert all("example" not in repr(each) for each in events)


def audited(site: Site, path: str, who: str = "pat") -> list[tuple[str | None, str | None]]:
    """Of whom, and what, the audit says was taken by one download."""
    assert get(site, path, who).status_code == 200
    site.clock.advance(60)
    assert asyncio.run(site.app.state.audit.write())
    events = list_events(site.store, site.clock() - timedelta(days=1), site.clock())
    return [(each.client_id, each.what) for each in events]


@pytest.mark.parametrize(
    ("query", "clients"),
    [
        ("", ["acme", "globex"]),
        ("?client=globex", ["globex"]),
        ("?status=FAILED", ["acme"]),
        ("?q=secret+of+globex", ["globex"]),
    ],
)
def test_the_audit_names_the_clients_whose_tickets_are_in_the_file_and_no_others(
    site: Site, query: str, clients: list[str]
) -> None:
    taken = audited(site, f"/download/tickets.csv{query}")

    assert sorted(taken, key=str) == [(client_id, "tickets.csv") for client_id in clients]


def test_what_the_audit_keeps_of_one_client_names_no_other_and_goes_with_it(site: Site) -> None:
    audited(site, "/download/tickets.csv")

    by_key = {each.key: site.store.get(each.key) for each in site.store.list("control/audit")}
    of_acme = [body for key, body in by_key.items() if "client_id=acme/" in key]
    forget_client(site.store, "acme")

    assert len(of_acme) == 1
    assert b"globex" not in of_acme[0]
    left = list_events(site.store, site.clock() - timedelta(days=1), site.clock())
    assert [each.client_id for each in left] == ["globex"]


def test_a_file_without_a_ticket_is_in_the_audit_too(site: Site) -> None:
    assert audited(site, "/download/tickets.csv?q=nowhere") == [(None, "tickets.csv")]
    assert audited(site, "/download/tickets.csv?q=nowhere", "ann")[-1] == ("acme", "tickets.csv")


def test_of_very_many_clients_some_are_named_and_the_others_counted(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = "from voila_dashboards.downloads import tickets, worker; tickets.MOST_NAMED = 1; worker.main()"
    monkeypatch.setattr(downloads, "WORKER", (*downloads.WORKER[:2], "-c", few))
    monkeypatch.setattr(downloads, "MOST_NAMED", 1)

    taken = audited(site, "/download/tickets.csv")

    assert set(taken) == {("acme", "tickets.csv"), (None, "tickets.csv, of 1 more clients")}


@pytest.mark.parametrize(
    "said",
    [
        {"clients": ["globex"], "client_count": 1},
        {"clients": [], "client_count": 0},
        {"clients": ["acme"], "client_count": 2},
        {"clients": ["acme\nforged"], "client_count": 1},
        {"clients": [1], "client_count": 1},
        {"clients": None, "client_count": 1},
        {},
    ],
)
def test_a_process_that_says_nonsense_of_clients_gets_no_file_out(
    site: Site, monkeypatch: pytest.MonkeyPatch, said: dict[str, Any]
) -> None:
    line = json.dumps({"found": 2, "count": 2, **said})
    monkeypatch.setattr(downloads, "WORKER", (*downloads.WORKER[:1], "-c", f"print({line!r}); print('rows')"))

    answer = get(site, "/download/tickets.csv")

    assert answer.status_code == 500
    assert b"rows" not in answer.content


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
    formulas = [row["ticket_id"] for row in rows if row["log_id"].startswith("f")]
    assert [cell.replace("'", "") for cell in formulas] == FORMULAS[::-1]
    assert all(cell.startswith("'") for cell in formulas)
    assert not any(cell.lstrip().startswith(("=", "+", "@")) for row in rows for cell in row.values())
    [two] = [row for row in rows if row["log_id"] == "2"]
    assert (two["category"], two["executed_at"]) == (
        'a "quoted", cell\nof two lines',
        "2026-11-20T00:00:00.123456Z",
    )
    assert answer.content.startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("separator", [";", "\t", "|", "\r\n"])
@pytest.mark.parametrize("between", ["", " ", '"', "' \xa0"])
@pytest.mark.parametrize("text", FORMULAS)
def test_no_spreadsheet_begins_a_formula_within_a_cell_however_it_parts_lines(
    separator: str, between: str, text: str
) -> None:
    cell = f"Refund{separator}{between}{text}"
    [_, line] = b"".join(as_csv([[[cell] * len(downloaded.COLUMNS)]])).decode("utf-8-sig").split("\r\n", 1)

    # Each place where any spreadsheet could begin a cell, whatever it takes for a quote.
    begun = re.split(r"[;|\t\r\n]", line)
    assert len(begun) > len(downloaded.COLUMNS)
    assert [
        each for each in begun if re.match(r"""[ \xa0"']*[=+\-@＝＋－＠]""", each) and "'" not in each
    ] == []


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
    line = json.dumps({"found": 2, "count": 2, "clients": ["acme"], "client_count": 1})
    said = f"input(); print({line!r}); print('half of it', flush=True); raise SystemExit(1)"
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
    said = {{"found": 0, "count": 0, "clients": [], "client_count": 0}}
    sys.stdout.write(json.dumps(said) + "\\n" + json.dumps(held + sorted(os.environ)))
    sys.stdout.flush()
    os._exit(0)
worker.find_tickets = attack
worker.main()
"""
    monkeypatch.setattr(downloads, "WORKER", (*downloads.WORKER[:2], "-c", attack))

    found = json.loads(get(site, "/download/tickets.csv").text)

    assert found[:5] == ["file", "parent", "network", "program", "write"]
    assert not any(name.startswith(("AWS_", "CASELOG_")) for name in found[5:])


LIST = "/download/tickets.ndjson"
#: A list that has no end: what stands behind its first line goes on for as long as somebody takes it.
ENDLESS = """
import sys
print('{"found": 0, "count": 0, "clients": [], "client_count": 0}', flush=True)
while True:
    sys.stdout.write("x" * 65536)
"""


@pytest.fixture
def endless(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A gateway whose lists have no end, and that waits for nobody long."""
    monkeypatch.setattr(downloads, "WORKER", (*downloads.WORKER[:1], "-c", ENDLESS))
    monkeypatch.setattr(downloads, "_WAIT_S", 0.1)
    return site


def test_one_user_has_one_download_whatever_number_of_sessions(endless: Site) -> None:
    async def attack() -> None:
        hogs = [SlowReader(endless, endless.browser("ann"), LIST) for _ in range(6)]
        tasks = await begun(*hogs)
        others = [SlowReader(endless, endless.browser(name), LIST) for name in ("gus", "pat")]
        tasks += await begun(*others)

        assert sorted(each.status for each in hogs) == [200, 429, 429, 429, 429, 429]
        assert {each.headers["retry-after"] for each in hogs if each.status == 429} == {"30"}
        assert [each.status for each in others] == [200, 200]
        await give_up(tasks)

    asyncio.run(asyncio.wait_for(attack(), 60))


def test_who_waits_for_others_gets_the_first_place_that_is_free(
    endless: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "_WAIT_S", 30)

    async def attack() -> None:
        first = await begun(
            *(SlowReader(endless, endless.browser(name), LIST) for name in ("ann", "gus", "pat"))
        )
        late = SlowReader(endless, endless.browser("mia"), LIST)
        waiting = asyncio.create_task(late.run())
        await asyncio.sleep(0.05)
        assert not late.begun.is_set()

        await give_up(first[:1])
        await asyncio.wait_for(late.begun.wait(), 30)

        assert late.status == 200
        await give_up([*first, waiting])

    asyncio.run(asyncio.wait_for(attack(), 60))


@pytest.mark.parametrize(
    ("late", "cut_off"),
    [([40.0, 90.0, -5.0], [1]), ([31.0, 0.0, 30.0], [0]), ([30.0, 0.0, 25.0], [])],
)
def test_the_list_that_is_taken_slowest_gives_way_to_who_waits_where_it_is_slow_enough(
    endless: Site,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    late: list[float],
    cut_off: list[int],
) -> None:
    monkeypatch.setattr(downloads, "_WAIT_S", 30 if cut_off else 0.1)
    monkeypatch.setattr(downloads, "_GIVE_WAY_AFTER_S", 0.01)
    latenesses = iter([*late, 0.0])
    monkeypatch.setattr(sending, "Pace", lambda: a_pace(next(latenesses)))

    async def attack() -> None:
        readers = [SlowReader(endless, endless.browser(name), LIST) for name in ("ann", "gus", "pat")]
        tasks = [each for reader in readers for each in await begun(reader)]
        assert not any(task.done() for task in tasks)  # nobody waits: nobody is too slow
        last = SlowReader(endless, endless.browser("mia"), LIST)
        tasks += await begun(last)

        assert last.status == (200 if cut_off else 429)
        assert [n for n, reader in enumerate(readers) if reader.is_cut_off] == cut_off
        assert ("others wait" in caplog.text) == bool(cut_off)
        await give_up(tasks)

    asyncio.run(asyncio.wait_for(attack(), 60))


def a_pace(late_s: float) -> Pace:
    pace = Pace()
    pace.late_s = late_s
    return pace


def test_a_reader_is_late_by_what_he_was_waited_for_beyond_a_second_for_each_mebibyte() -> None:
    async def late_s(waited_s: float, size: int) -> float:
        pace = Pace()
        await pace.taken(asyncio.sleep(waited_s), size)
        return pace.late_s

    assert 0.05 <= asyncio.run(late_s(0.05, 0)) < 20
    assert -3.0 <= asyncio.run(late_s(0, 3 << 20)) < 0


def test_a_list_that_nobody_takes_is_ended_with_its_process(
    endless: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    monkeypatch.setattr(sending, "PATIENCE_S", 0.1)

    async def attack() -> None:
        one = SlowReader(endless, endless.browser("ann"), LIST)
        await asyncio.gather(*await begun(one))

        assert one.is_cut_off
        assert "was not taken" in caplog.text

    asyncio.run(asyncio.wait_for(attack(), 60))
    assert list((tmp_path / "kernels").glob("download-*")) == []


def test_as_many_lists_are_on_their_way_as_the_operator_says(
    tmp_path: Path, clock: FakeClock, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "WORKER", (*downloads.WORKER[:1], "-c", ENDLESS))
    monkeypatch.setattr(downloads, "_WAIT_S", 0.1)
    site = Site(tmp_path, clock, store=store, max_downloads=1)
    add_users(store, clock())

    async def ask() -> None:
        readers = [SlowReader(site, site.browser(name), LIST) for name in ("ann", "gus")]
        tasks = [each for reader in readers for each in await begun(reader)]

        assert [each.status for each in readers] == [200, 429]
        await give_up(tasks)

    asyncio.run(asyncio.wait_for(ask(), 60))


def test_a_list_ends_with_its_users_session_and_its_process_with_it(
    endless: Site, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    async def attack() -> None:
        ann, gus = [SlowReader(endless, endless.browser(name), LIST) for name in ("ann", "gus")]
        of_ann, of_gus = await begun(ann, gus)
        ann.take(3)
        disable_user(endless.store, "ann", endless.clock())
        endless.clock.advance(endless.settings.user_cache_s)
        await endless.app.state.lifetimes.sweep()
        await of_ann

        assert ann.is_cut_off
        assert "session is over" in caplog.text
        assert not of_gus.done()
        assert len(list((tmp_path / "kernels").glob("download-*"))) == 1
        await give_up([of_gus])

    asyncio.run(asyncio.wait_for(attack(), 60))
    assert list((tmp_path / "kernels").glob("download-*")) == []


def test_of_very_many_tickets_the_file_holds_the_first_and_its_name_says_so() -> None:
    names = [downloads._Told(found, 5, ("acme",), 1).file_name("csv") for found in (12, 5)]

    assert names == ["caselog-tickets-first-5-of-12.csv", "caselog-tickets.csv"]


class Many:
    """A source of a list that is asked for in batches."""

    def __init__(self, store: Store, folder: Path, *clients: str) -> None:
        from lake.reader import read_lake

        self.reader = read_lake(store, Scope.of(*(clients or ("acme",))), folder=folder)
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


#: Every second ticket is another client's, three of each run at the same time.
MIXED = [
    a_log(
        f"x{n}",
        client_id="initech" if n % 2 else "globex",
        category=None if n % 5 else "late",
        execution_time_seconds=n % 3,
        executed_at=str(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=n // 3)),
    )
    for n in range(12)
]


@pytest.mark.parametrize("most", [2, 13, 22])
@pytest.mark.parametrize("sort", ["executed_at", "category", "execution_time_seconds"])
@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_where_a_file_is_cut_those_clients_are_told_whose_tickets_are_in_it(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sort: str, direction: str, most: int
) -> None:
    put_raw(store, *MIXED[::2])
    put_raw(store, *MIXED[1::2])
    monkeypatch.setattr(downloaded, "MOST_TICKETS", most)
    source = Many(store, tmp_path / "many", "acme", "globex", "initech")

    found = downloaded.find_tickets(source, SEES_THREE, {"sort": sort, "dir": direction}, 0)
    told = found.to_json()
    rows = [row for batch in found.batches() for row in batch]
    source.reader.close()

    counts = Counter(row[list(downloaded.COLUMNS).index("client_id")] for row in rows)
    assert told["clients"] == sorted(counts, key=lambda client_id: (-counts[client_id], client_id))
    assert told["client_count"] == len(counts)
    assert (told["found"], told["count"]) == (len(LOGS) + 1 + len(MIXED), most)


def test_of_far_more_tickets_than_a_file_holds_all_clients_are_told_that_were_found(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloaded, "MOST_TICKETS", 1)
    monkeypatch.setattr(downloaded, "_MOST_SORTED", 8)
    source = Many(store, tmp_path / "many", "acme", "globex")

    told = downloaded.find_tickets(source, SEES_THREE, {}, 0).to_json()
    source.reader.close()

    assert (told["found"], told["clients"]) == (len(LOGS) + 1, ["acme", "globex"])


def test_the_audit_names_no_client_whose_tickets_a_cut_file_lacks(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = "from voila_dashboards.downloads import tickets, worker; tickets.MOST_TICKETS = 1; worker.main()"
    monkeypatch.setattr(downloads, "WORKER", (*downloads.WORKER[:2], "-c", few))

    assert audited(site, "/download/tickets.csv?sort=-ticket_id") == [("acme", "tickets.csv")]
