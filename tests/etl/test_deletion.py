"""What is deleted stands nowhere, comes back in no way, and takes nothing of others with it; the receipt says so."""

from __future__ import annotations

import gzip
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from access import clients, deletions, keys, users
from access.audit import AuditEvent, Event, list_events, record_event
from access.deletions import Deletion, Kind
from access.errors import ClientDeleted, UnknownClient
from access.users import Role
from caselog.ids import uuid7_at
from etl import deletion as doing
from etl.deletion import DeletionNotBegun, DeletionUnfinished
from etl.run import run_once
from etl.settings import EtlSettings
from etl.status import status
from etl.upkeep import behind, keep_up
from lake import layout, rawlog
from lake.errors import ObjectDamaged, StoreRefused, StoreUnavailable
from lake.layout import raw_key
from lake.reader import read_lake
from lake.repair import mend, plan_all
from lake.scope import EVERYONE
from lake.scope_files import ScopeFiles
from lake.snapshot import Lake
from lake.store import Store, open_store
from lake.subjects import hash_address, salted
from lake.table_upkeep import TableUpkeep
from lake.tables import PinnedTable
from tests.etl.bytes_of_lake import digests, objects, readings, standing
from tests.logs import RECEIVED, a_log, put_raw, raw_line

SETTINGS = EtlSettings()
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LATER = "2026-11-26T08:00:00Z"
ADDRESS = "bob.jones@example.com"
KEY = "the client's own key"
TOKEN = next(each for each in hash_address(ADDRESS, KEY) if each.startswith("email:"))
#: No log id but these has these letters in it.
NEEDLES = ("T-SECRET", "SECRETID", ADDRESS, TOKEN)


def clock() -> datetime:
    return NOW


def a_deletion(kind: Kind, client_id: str | None = "acme", value: str = "", *tokens: str) -> Deletion:
    salt = secrets.token_bytes(16)
    return Deletion(
        deletion_id=uuid7_at(NOW, secrets.token_bytes(10)),
        kind=kind,
        client_id=client_id,
        salt=salt.hex(),
        digest=salted(salt, value) if value else None,
        tokens=tuple(salted(salt, token) for token in tokens),
        requested_at=NOW,
        active_at=NOW,
        by="an operator",
        why="asked by the client",
    )


def a_subject(client_id: str | None = None) -> Deletion:
    return a_deletion(Kind.SUBJECT, client_id, ADDRESS, *sorted(hash_address(ADDRESS, KEY)))


def a_ticket() -> Deletion:
    return a_deletion(Kind.TICKET, "acme", "T-SECRET")


def deleted(lake: Lake, deletion: Deletion) -> Any:
    """The receipt, after all of it was done."""
    doing.begin(lake, deletion)
    return doing.finish(lake, deletion, clock)


def secret_log(number: int, **fields: Any) -> dict[str, Any]:
    """A log of the ticket and the person that are deleted."""
    told = {"final_response": f"wrote to {ADDRESS} and {TOKEN}"}
    return a_log(f"SECRETID-{number}", ticket_id="T-SECRET", trace=told, **fields)


def fill(lake: Lake) -> None:
    """Logs of three clients, some of them of the ticket and the person: in the tables, raw and in quarantine."""
    for client_id in ("acme", "globex", "initech"):
        clients.create_client(lake.store, client_id, NOW)
    for number in range(3):
        put_raw(lake.store, a_log(f"a{number}"), secret_log(number), a_log(f"b{number}"))
        put_raw(lake.store, a_log(f"g{number}", client_id="globex"))
        run_once(lake, SETTINGS)
    put_raw(lake.store, secret_log(1, status="OTHER"), secret_log(7, executed_at="2026-10-01T00:00:00Z"))
    put_raw(lake.store, a_log("i0", client_id="initech"))
    key = raw_key("acme", RECEIVED, "bad")
    lines = [b'{"client_id": "acme", "ticket_id": "T-SECRET", "' + ADDRESS.encode(), b'{"other": ']
    lake.store.put(key, rawlog.pack(lines))
    run_once(lake, SETTINGS)
    put_raw(lake.store, a_log("c1"), secret_log(8), a_log("c2"))
    put_raw(lake.store, a_log("g9", client_id="globex"))


def seen(lake: Lake) -> list[tuple[Any, ...]]:
    """All that a reader sees of logs and traces."""
    reader = read_lake(lake.store)
    found = reader.sql("SELECT * FROM logs ORDER BY client_id, log_id")
    found += reader.sql("SELECT * FROM traces ORDER BY client_id, log_id")
    reader.close()
    return found


def ids(lake: Lake) -> set[str]:
    """The ids of all logs that a reader sees."""
    reader = read_lake(lake.store)
    found = {log_id for (log_id,) in reader.sql("SELECT log_id FROM logs UNION SELECT log_id FROM traces")}
    reader.close()
    return found


def without_secret(found: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [row for row in found if "SECRETID" not in repr(row)]


KINDS: dict[str, Callable[[], Deletion]] = {
    "ticket": a_ticket,
    "subject": a_subject,
    "subject of one client": lambda: a_subject("acme"),
}
EVERY_KIND: dict[str, Callable[[], Deletion]] = {**KINDS, "client": lambda: a_deletion(Kind.CLIENT)}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.claim("deletion")
def test_what_is_deleted_stands_in_no_object_and_the_rest_stands_as_it_was(kind: str, lake: Lake) -> None:
    fill(lake)
    keep_up(lake, SETTINGS, NOW)
    expected, others = (
        without_secret(seen(lake)),
        digests(lake.store, "globex") | digests(lake.store, "initech"),
    )

    receipt = deleted(lake, KINDS[kind]())

    assert standing(lake.store, *NEEDLES) == []
    assert seen(lake) == expected
    assert digests(lake.store, "globex") | digests(lake.store, "initech") == others
    assert receipt["removed"]["logs"] == 5
    assert status(lake)["damaged"] == []
    run_once(lake, SETTINGS)
    assert seen(lake) == expected


@pytest.mark.claim("deletion")
def test_a_client_is_deleted_with_its_keys_and_users_and_nobody_elses_bytes_change(lake: Lake) -> None:
    fill(lake)
    for name, which in {"ann": ["acme"], "bea": ["acme", "globex"], "cid": []}.items():
        users.create_user(lake.store, name, Role.PROVIDER, "a long password", NOW, clients=which)
    keys.issue_key(lake.store, "acme", NOW, secrets.token_bytes(32))
    keys.issue_key(lake.store, "globex", NOW, secrets.token_bytes(32))
    for name, whose in {"ann": "acme", "bea": None, "gus": "globex"}.items():
        signed_in = AuditEvent(at=NOW, event=Event.SIGNED_IN, user=name, client_id=whose)
        record_event(lake.store, signed_in, secrets.token_bytes)
    users.set_password(lake.store, "ann", "another long password", NOW)
    others = digests(lake.store, "globex") | digests(lake.store, "initech")
    expected = [row for row in seen(lake) if "acme" not in repr(row)]

    receipt = deleted(lake, a_deletion(Kind.CLIENT))

    assert [key for key in objects(lake.store) if "client_id=acme" in key] == []
    # With its quote: names of files begin with "part-" and may go on with "a0".
    assert standing(lake.store, *NEEDLES, "done a0", '"T-a0', "'T-a0") == []
    assert seen(lake) == expected
    assert digests(lake.store, "globex") | digests(lake.store, "initech") == others
    assert [key.client_id for key in keys.list_keys(lake.store)] == ["globex"]
    assert {user.name: user.clients for user in users.list_users(lake.store)} == {
        "bea": ("globex",),
        "cid": None,
    }
    assert [event.user for event in list_events(lake.store, NOW, NOW)] == ["bea", "gus"]
    assert list(lake.store.list("control/passwords")) == []
    assert (receipt["removed"]["rows of logs"], receipt["removed"]["keys"]) == (10, 1)
    assert receipt["removed"]["audit objects"] == 1
    assert status(lake)["damaged"] == []


def test_a_client_that_was_deleted_is_not_made_again_by_itself_and_its_old_logs_stay_away(
    folder_lake: Lake,
) -> None:
    lake = folder_lake
    fill(lake)
    deleted(lake, a_deletion(Kind.CLIENT))
    with pytest.raises(UnknownClient):
        keys.issue_key(lake.store, "acme", NOW, secrets.token_bytes(32))
    with pytest.raises(ClientDeleted, match="--again"):
        clients.create_client(lake.store, "acme", NOW)
    put_raw(lake.store, a_log("a0"), a_log("new", executed_at=LATER))
    report = run_once(lake, SETTINGS)

    clients.create_client(lake.store, "acme", NOW + timedelta(hours=1), again=True)
    received = NOW + timedelta(hours=2)
    put_raw(lake.store, a_log("a0"), a_log("new", executed_at=LATER), received_at=received)
    again = run_once(lake, SETTINGS)

    assert (report.logs, report.deleted, list(lake.store.list("raw"))) == (1, 2, [])
    assert (again.logs, again.deleted) == (1, 1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.claim("stays-deleted")
def test_a_deleted_log_that_is_sent_again_stays_deleted_and_a_new_one_is_kept(
    kind: str, folder_lake: Lake
) -> None:
    lake = folder_lake
    fill(lake)
    deleted(lake, KINDS[kind]())
    before = seen(lake)
    put_raw(lake.store, secret_log(1))  # as it was
    put_raw(lake.store, a_log("SECRETID-1", ticket_id="T-other", executed_at=LATER, trace=None))  # by its id
    put_raw(lake.store, secret_log(99))  # one that was never seen, of the time before

    report = run_once(lake, SETTINGS)
    again = run_once(lake, SETTINGS)

    assert (report.logs, report.deleted, report.duplicates, report.conflicts) == (3, 2, 1, 0)
    assert (again.logs, list(lake.store.list("raw"))) == (0, [])
    assert seen(lake) == before
    assert standing(lake.store, *NEEDLES) == []

    put_raw(lake.store, secret_log(100, executed_at=LATER), received_at=NOW + timedelta(days=1))
    assert run_once(lake, SETTINGS).logs == 1


WRITTEN = (
    ADDRESS,
    "Bob.Jones@Example.COM",
    "bob.jones%40example.com",
    "mailto:bob.jones@example.com?subject=x",
    f"of {TOKEN}.",
)
OTHERS = (
    "notbob.jones@example.com",
    "bob.jones@example.com.au",
    "jones@example.com",
    "bob.jones+tag@example.com",
    TOKEN[:-1] + "0f",
)


def with_text(field: str, number: int, text: str) -> dict[str, Any]:
    """A log in one field of which the text stands."""
    value: Any = {"metrics": {"who": text}, "trace": {"messages": [{"content": text}]}}.get(field, text)
    return {**a_log(f"x{number}"), field: value}


@pytest.mark.parametrize(
    "field", ["trace", "metrics", "region", "category", "ticket_id", "log_id", "workflow_version"]
)
def test_a_person_is_found_in_any_text_however_the_address_is_written(field: str, folder_lake: Lake) -> None:
    meant = [with_text(field, number, text) for number, text in enumerate(WRITTEN)]
    others = [with_text(field, number + 10, text) for number, text in enumerate(OTHERS)]
    put_raw(folder_lake.store, *meant, *others)
    run_once(folder_lake, SETTINGS)
    put_raw(folder_lake.store, *({**log, "log_id": f"{log['log_id']} raw"} for log in (*meant, *others)))

    receipt = deleted(folder_lake, a_subject())

    assert receipt["removed"]["logs"] == 2 * len(WRITTEN)
    assert ids(folder_lake) == {f"{log['log_id']}{place}" for log in others for place in ("", " raw")}


def test_escapes_of_json_hide_no_address(folder_lake: Lake) -> None:
    key = raw_key("acme", RECEIVED, "1")
    log = a_log("1", trace=None)
    trace = rb'{"a": "x\n\u0042ob.jones\u0040example.com"}'
    small = {name: value for name, value in log.items() if name != "trace"}
    folder_lake.store.put(key, rawlog.pack([rawlog.encode_line(small, trace, RECEIVED)]))
    run_once(folder_lake, SETTINGS)

    assert deleted(folder_lake, a_subject())["removed"]["logs"] == 1


def test_a_log_without_a_trace_is_found_by_its_small_fields(folder_lake: Lake) -> None:
    """As a client set to METRICS_ONLY sends them."""
    put_raw(folder_lake.store, a_log("1", trace=None, customer=TOKEN), a_log("2", trace=None))
    run_once(folder_lake, SETTINGS)

    assert deleted(folder_lake, a_subject())["removed"]["logs"] == 1
    assert [row[1] for row in seen(folder_lake)] == ["2"]


A_LOG = st.tuples(
    st.sampled_from(["acme", "globex"]),
    st.sampled_from(["T-SECRET", "T-1"]),
    st.sampled_from([None, TOKEN, ADDRESS, "ann@example.com", "email:0123456789abcdef"]),
    st.sampled_from(["a table", "raw", "two of them", "an old version"]),
)


def is_meant(kind: str, client_id: str, ticket_id: str, told: str | None) -> bool:
    """The rule in other words."""
    is_subject = told in {TOKEN, ADDRESS}
    return {
        "ticket": client_id == "acme" and ticket_id == "T-SECRET",
        "subject": is_subject,
        "subject of one client": is_subject and client_id == "acme",
        "client": client_id == "acme",
    }[kind]


@given(
    logs=st.lists(A_LOG, min_size=1, max_size=8), kind=st.sampled_from([*EVERY_KIND]), is_merged=st.booleans()
)
@settings(max_examples=12)
@pytest.mark.timeout(400)  # on a busy machine
def test_whatever_is_meant_stands_nowhere_and_whatever_is_not_stands_as_it_was(
    logs: list[tuple[str, str, str | None, str]],
    kind: str,
    is_merged: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    lake = Lake(open_store(tmp_path_factory.mktemp("lake").as_uri(), {}))
    for client_id in ("acme", "globex"):
        clients.create_client(lake.store, client_id, NOW)
    sent = [
        a_log(
            f"id{number:04}x", client_id=client_id, ticket_id=ticket_id, note=f"mark{number:04}x {told or ''}"
        )
        for number, (client_id, ticket_id, told, _) in enumerate(logs)
    ]
    meant = [number for number, log in enumerate(logs) if is_meant(kind, *log[:3])]
    for log, (*_, place) in zip(sent, logs, strict=True):
        if place != "raw":
            put_raw(lake.store, log)
            run_once(lake, SETTINGS)
        if place == "an old version":
            put_raw(lake.store, {**log, "status": "OTHER"})
            run_once(lake, SETTINGS)
    for log, (*_, place) in zip(sent, logs, strict=True):
        if place in {"raw", "two of them"}:
            put_raw(lake.store, log)
    if is_merged:
        keep_up(lake, SETTINGS, NOW + timedelta(days=40))
    everything = seen(lake)
    left = [row for row in everything if not any(f"id{number:04}x" in repr(row) for number in meant)]
    others = digests(lake.store, "globex") if kind in {"ticket", "client", "subject of one client"} else {}

    deleted(lake, EVERY_KIND[kind]())

    needles = [f"{word}{number:04}x" for number in meant for word in ("mark", "id")]
    assert standing(lake.store, *needles) == []
    assert seen(lake) == left
    assert {key: digest for key, digest in digests(lake.store, "globex").items() if key in others} == others
    for log in sent:
        put_raw(lake.store, log)
    run_once(lake, SETTINGS)
    assert seen(lake) == left
    assert standing(lake.store, *needles) == []


@pytest.mark.claim("pages-keep-near")
def test_what_dashboards_keep_near_follows_when_they_look_again(folder_lake: Lake, tmp_path: Path) -> None:
    fill(folder_lake)
    files = ScopeFiles(folder_lake.store, tmp_path / "cache", 1 << 30)
    before = [file.path for file in files.latest(EVERYONE).files]
    deleted(folder_lake, a_ticket())

    files.latest(EVERYONE)
    for path in before:
        os.utime(path, (0, path.stat().st_mtime))  # nobody has used them for a long time
    files._swept_mono = -1e9
    files.refresh()

    kept = list((tmp_path / "cache").rglob("*.parquet"))
    files.close()
    said = " ".join(text for path in kept for text in readings(path.name, path.read_bytes()))
    assert len(before) > 0
    assert kept
    assert [needle for needle in NEEDLES if needle in said] == []


# ------------------------------------------------------------ what lies about


def test_what_no_table_names_and_old_checkpoints_hold_nothing_of_it(folder_lake: Lake) -> None:
    lake = folder_lake
    fill(lake)
    for table in ("logs", "traces"):
        source = next(k for k in objects(lake.store, table) if "client_id=acme" in k)
        lake.store.put(f"{source.rpartition('/')[0]}/part-orphan.zstd.parquet", lake.store.get(source))
        opened = TableUpkeep(lake.store, table)._open()
        opened.create_checkpoint()

    deleted(lake, a_ticket())

    assert standing(lake.store, *NEEDLES) == []
    assert len(without_secret(seen(lake))) == len(seen(lake)) > 0


@pytest.mark.parametrize("is_packed", [True, False])
def test_what_is_cut_off_or_foreign_is_removed_where_it_tells_of_the_person(
    is_packed: bool, folder_lake: Lake
) -> None:
    text = (f'{{"text": "{ADDRESS}"}}\n' + "x" * 100_000).encode()
    blob = zstandard.ZstdCompressor().compress(text)[:-8] if is_packed else text
    other = b"nothing of anybody"
    store = folder_lake.store
    store.put(raw_key("acme", RECEIVED, "cut"), blob)
    store.put("raw/stray.bin", blob)
    store.put("raw/other.bin", other)
    store.put("quarantine/old.object", blob)
    store.put("quarantine/old.reason.json", b'{"object": "raw/old", "reason": "?"}')

    deleted(folder_lake, a_subject())

    assert standing(store, ADDRESS) == []
    assert objects(store, "raw", "quarantine") == {"raw/other.bin": other}


@pytest.mark.claim("receipt-tells-its-gaps")
def test_what_nobody_can_read_stays_and_is_named(folder_lake: Lake) -> None:
    store = folder_lake.store
    text = f'{{"text": "{ADDRESS}"}}\n'
    blobs = {
        "gzip": gzip.compress(text.encode()),
        "utf16": rawlog.pack([text.encode("utf-16")]),
        "cut": zstandard.ZstdCompressor().compress(b"of somebody else")[:-3],
        "text": b"of somebody else",
    }
    for name, blob in blobs.items():
        store.put(f"quarantine/client_id=acme/{name}.object", blob)

    receipt = deleted(folder_lake, a_subject())

    assert sorted(objects(store, "quarantine")) == [
        f"quarantine/client_id=acme/{name}.object" for name in ("cut", "text", "utf16")
    ]
    assert sorted(receipt["checked"]["not_looked_at"]) == [
        f"quarantine/client_id=acme/{name}.object" for name in ("cut", "utf16")
    ]


def test_traces_whose_log_was_lost_are_named_where_their_ticket_is_deleted(folder_lake: Lake) -> None:
    store = folder_lake.store
    put_raw(store, secret_log(1))
    run_once(folder_lake, SETTINGS)
    [key] = folder_lake.logs.state().files
    store.put(key, b"x")
    for each in plan_all(store, NOW):
        mend(store, each)

    receipt = deleted(Lake(store), a_ticket())

    assert "1 traces have no log" in receipt["checked"]["not_looked_at"]["traces"]


@pytest.mark.claim("receipt-tells-its-gaps")
def test_clients_whose_key_nobody_gave_stand_in_the_receipt(folder_lake: Lake) -> None:
    told = a_subject().model_copy(update={"without_key": ("globex",)})

    receipt = deleted(folder_lake, told)

    [reason] = receipt["checked"]["not_looked_at"].values()
    assert "no API key was given of globex" in reason


def test_a_deletion_beside_a_run_that_was_killed_doubles_no_trace(
    folder_lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = folder_lake
    append = PinnedTable.append

    def dying(self: PinnedTable, rows: Any, numbers: Any) -> None:
        if self.name == "logs":
            raise KeyboardInterrupt
        append(self, rows, numbers)

    put_raw(lake.store, secret_log(1), a_log("a"), a_log("b"))
    with monkeypatch.context() as patched:
        patched.setattr(PinnedTable, "append", dying)
        with pytest.raises(KeyboardInterrupt):
            run_once(lake, SETTINGS)

    deleted(lake, a_ticket())
    run_once(lake, SETTINGS)

    assert (lake.logs.size()["rows"], lake.traces.size()["rows"]) == (2, 2)
    assert status(lake)["damaged"] == []


def test_quarantine_keeps_the_lines_of_others_and_their_reasons(folder_lake: Lake) -> None:
    lake = folder_lake
    clients.create_client(lake.store, "acme", NOW)
    mine = f'{{"ticket_id": "T-SECRET", "x": "{ADDRESS}", '.encode()
    lake.store.put(raw_key("acme", RECEIVED, "bad"), rawlog.pack([b'{"first', mine, b'{"last']))
    run_once(lake, SETTINGS)

    deleted(lake, a_ticket())

    kept = objects(lake.store, "quarantine")
    lines = next(data for key, data in kept.items() if key.endswith("lines.ndjson"))
    reasons = next(json.loads(data) for key, data in kept.items() if key.endswith("reason.json"))
    assert lines == b'{"first\n{"last\n'
    assert [each["line"] for each in reasons["lines"]] == [1, 3]


def test_a_raw_object_keeps_the_lines_of_others_byte_for_byte(folder_lake: Lake) -> None:
    logs = [a_log("1"), secret_log(1), a_log("2", note="ä €")]
    put_raw(folder_lake.store, *logs)

    deleted(folder_lake, a_ticket())

    [data] = objects(folder_lake.store, "raw").values()
    assert rawlog.unpack(data) == [raw_line(logs[0]), raw_line(logs[2])]


# ------------------------------------------------------------ interrupted, at once, refused


class Dying(Exception):
    """The process ends here."""


class FailingStore:
    """A store whose writes and removals end the process at the n-th of them, before or after it is done."""

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = -1
        self._patch(store, monkeypatch)

    def _patch(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("put", "create", "delete", "make_durable"):
            monkeypatch.setattr(store, name, self._dying(getattr(store, name)))

    def _dying(self, do: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            if self.left == 0:
                raise Dying
            self.left -= 1
            return do(*arguments)

        return call


def begun(folder: Path, kind: str) -> tuple[Deletion, list[tuple[Any, ...]]]:
    """A small lake below ``folder`` with a deletion whose record is written; and what is to be seen in the end."""
    lake = Lake(open_store(folder.as_uri(), {}, create=True))
    clients.create_client(lake.store, "acme", NOW)
    put_raw(lake.store, a_log("a"), secret_log(1))
    put_raw(lake.store, a_log("g", client_id="globex"))
    run_once(lake, SETTINGS)
    put_raw(lake.store, secret_log(2), a_log("b"))
    expected = [row for row in without_secret(seen(lake)) if kind != "client" or "acme" not in repr(row)]
    deletion = EVERY_KIND[kind]()
    doing.begin(lake, deletion)
    return deletion, expected


def is_done_within(steps: int, lake: Lake, deletion: Deletion) -> bool:
    """Whether the deletion is done by so many writes; after them the process ends."""
    with pytest.MonkeyPatch.context() as patches:
        dying = FailingStore(lake.store, patches)
        dying.left = steps
        try:
            doing.finish(lake, deletion, clock)
        except Dying:
            return False
    return True


@pytest.mark.parametrize(("kind", "first", "stride"), [("ticket", 0, 2), ("subject", 1, 6), ("client", 1, 3)])
@pytest.mark.timeout(400)  # on a busy machine
def test_killed_at_every_step_it_is_gone_on_with(kind: str, first: int, stride: int, tmp_path: Path) -> None:
    deletion, expected = begun(tmp_path / "begun", kind)
    for steps in range(first, 200, stride):
        folder = tmp_path / f"{steps}"
        shutil.copytree(tmp_path / "begun", folder)
        is_done = is_done_within(steps, Lake(open_store(folder.as_uri(), {})), deletion)
        after = Lake(open_store(folder.as_uri(), {}))
        run_once(after, SETTINGS)

        doing.resume(after, clock, idle_only=False)

        assert standing(after.store, *NEEDLES) == [], steps
        assert seen(after) == expected, steps
        assert doing.unfinished(after) == []
        assert deletions.find_receipt(after.store, deletion.deletion_id) is not None
        assert status(after)["damaged"] == []
        if is_done:
            break
    assert 8 < steps < 199


def test_upkeep_goes_on_with_what_nobody_is_at(folder_lake: Lake) -> None:
    put_raw(folder_lake.store, secret_log(1))
    run_once(folder_lake, SETTINGS)
    doing.begin(folder_lake, a_ticket())

    keep_up(folder_lake, SETTINGS, NOW + timedelta(minutes=5))
    busy = doing.unfinished(folder_lake)
    keep_up(folder_lake, SETTINGS, NOW + timedelta(hours=1))

    assert len(busy) == 1
    assert doing.unfinished(folder_lake) == []
    assert standing(folder_lake.store, *NEEDLES) == []


class RefusingStore:
    """A store that only reads."""

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("put", "create", "delete"):
            monkeypatch.setattr(store, name, self._refuse)

    def _refuse(self, *_arguments: Any) -> None:
        raise StoreRefused("writing")


def test_a_store_that_may_only_be_read_is_said_in_words_and_nothing_changes(
    folder_lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(folder_lake)
    before = objects(folder_lake.store)
    RefusingStore(folder_lake.store, monkeypatch)

    with pytest.raises(DeletionNotBegun, match="right to write and remove"):
        doing.begin(folder_lake, a_ticket())

    found = doing.preview(folder_lake, a_ticket())
    assert objects(folder_lake.store) == before
    assert found.counts["logs"] == 5


def test_a_client_that_there_is_not_is_a_mistake(folder_lake: Lake) -> None:
    fill(folder_lake)

    with pytest.raises(UnknownClient):
        doing.begin(folder_lake, a_deletion(Kind.CLIENT, "amce"))


def test_a_damaged_file_keeps_the_receipt_from_being_written(folder_lake: Lake) -> None:
    fill(folder_lake)
    key = next(key for key in folder_lake.logs.state().files if "client_id=acme" in key)
    folder_lake.store.put(key, b"x" * folder_lake.logs.state().files[key].size)
    deletion = a_ticket()
    doing.begin(folder_lake, deletion)

    with pytest.raises(ObjectDamaged):
        doing.finish(folder_lake, deletion, clock)

    assert deletions.find_receipt(folder_lake.store, deletion.deletion_id) is None
    later = NOW + timedelta(hours=1)
    report = keep_up(folder_lake, SETTINGS, later)
    assert [*report.stuck] == [deletion.deletion_id]
    assert key in report.stuck[deletion.deletion_id]
    assert any("is not done" in said for said in behind(folder_lake, later + timedelta(hours=1)))


# ------------------------------------------------------------ beside a running ETL


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, int, Callable[[], object]], None]]:
    """Do something when the ETL is about to commit to a table for the n-th time, from 1."""

    def plan(table: str, turn: int, do: Callable[[], object]) -> None:
        append, turns = PinnedTable.append, [0]

        def planned(self: PinnedTable, *arguments: Any) -> None:
            turns[0] += self.name == table
            if self.name == table and turns[0] == turn:
                do()
            append(self, *arguments)

        monkeypatch.setattr(PinnedTable, "append", planned)

    yield plan
    monkeypatch.undo()


@pytest.mark.parametrize("table", ["traces", "logs"])
@pytest.mark.parametrize("kind", ["ticket", "subject", "client"])
def test_a_run_that_is_about_to_commit_brings_nothing_back(
    table: str, kind: str, folder_lake: Lake, between: Callable[[str, int, Callable[[], object]], None]
) -> None:
    clients.create_client(folder_lake.store, "acme", NOW)
    put_raw(folder_lake.store, secret_log(1), a_log("a"))
    put_raw(folder_lake.store, a_log("g", client_id="globex"))
    deletion = EVERY_KIND[kind]()
    between(table, 1, lambda: deleted(Lake(folder_lake.store), deletion))

    run_once(folder_lake, SETTINGS)
    for _ in range(3):
        run_once(folder_lake, SETTINGS)

    assert standing(folder_lake.store, *NEEDLES) == []
    assert ids(folder_lake) == ({"g"} if kind == "client" else {"a", "g"})
    assert list(folder_lake.store.list("raw")) == []
    assert status(folder_lake)["damaged"] == []


def test_a_merge_that_is_about_to_commit_brings_nothing_back(
    folder_lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = folder_lake
    for number in range(9):
        put_raw(lake.store, secret_log(number), a_log(f"a{number}"))
        run_once(lake, SETTINGS)
    put_file, done = lake.store.put_file, list[str]()

    def deleting(key: str, path: Path) -> None:
        put_file(key, path)
        if key.startswith("traces/client_id") and not done:
            done.append(key)
            deleted(Lake(open_store(lake.store.url, {})), a_ticket())

    with monkeypatch.context() as patches:
        patches.setattr(lake.store, "put_file", deleting)
        keep_up(lake, SETTINGS, NOW)
    keep_up(lake, SETTINGS, NOW)
    assert done
    leftover = standing(lake.store, *NEEDLES)

    assert [each for each in leftover if each.split(": ")[0] in lake.traces.state().files] == []
    assert len(seen(lake)) == 18


# ------------------------------------------------------------ readers, receipts


def test_a_reader_that_was_open_sees_what_is_left_when_it_looks_again(
    folder_lake: Lake, tmp_path: Path
) -> None:
    fill(folder_lake)
    run_once(folder_lake, SETTINGS)
    reader = read_lake(folder_lake.store, folder=tmp_path / "cache")
    at_ms = int(datetime(2026, 11, 23, 14, tzinfo=UTC).timestamp() * 1000)
    before = reader.trace("acme", "2026-11", "SECRETID-1", at_ms)

    deleted(folder_lake, a_ticket())

    assert before is not None
    assert reader.trace("acme", "2026-11", "SECRETID-1", at_ms) is None
    assert reader.trace("acme", "2026-11", "a1", at_ms) is not None
    reader.renew()
    assert reader.sql("SELECT count(*) FROM logs WHERE ticket_id = 'T-SECRET'") == [(0,)]
    assert reader.sql("SELECT count(*) FROM traces WHERE log_id LIKE 'SECRETID%'") == [(0,)]
    reader.close()


@pytest.mark.claim("receipt")
def test_receipts_follow_on_each_other_and_tell_when_they_were_changed(folder_lake: Lake) -> None:
    fill(folder_lake)
    first, second = deleted(folder_lake, a_ticket()), deleted(folder_lake, a_subject())
    store = folder_lake.store

    assert (first["previous"], second["previous"]) == (None, first["digest"])
    assert deletions.doubts(store, second) == []
    assert deletions.get_deletion(store, first["id"]).is_of("T-SECRET")
    assert not deletions.get_deletion(store, first["id"]).is_of("T-other")
    assert deletions.get_deletion(store, second["id"]).is_of(ADDRESS.upper())
    changed = {**first, "why": "another reason"}
    store.put(layout.control_key("receipts", first["id"]), json.dumps(changed).encode())
    assert "its digest does not fit" in " ".join(deletions.doubts(store, changed))
    store.delete([layout.control_key("receipts", first["id"])])
    assert "before it is gone" in " ".join(deletions.doubts(store, second))


def test_deletions_at_once_end_alike(folder_lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(folder_lake)
    one, other = a_ticket(), a_subject()
    doing.begin(folder_lake, one)
    put, done = folder_lake.store.put, list[str]()

    def at_once(key: str, data: bytes) -> None:
        if key.startswith("logs/client_id") and not done:
            done.append(key)
            elsewhere = Lake(open_store(folder_lake.store.url, {}))
            doing.resume(elsewhere, clock, idle_only=False)
            deleted(elsewhere, other)
        put(key, data)

    with monkeypatch.context() as patches:
        patches.setattr(folder_lake.store, "put", at_once)
        doing.finish(folder_lake, one, clock)

    assert done
    assert standing(folder_lake.store, *NEEDLES) == []
    assert doing.unfinished(folder_lake) == []
    assert len(deletions.list_receipts(folder_lake.store)) == 2


def test_whatever_keeps_coming_is_said_and_not_sworn_to(
    folder_lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(folder_lake)
    deletion = a_ticket()
    doing.begin(folder_lake, deletion)
    listing = folder_lake.store.list

    def growing(prefix: str) -> Any:
        put_raw(folder_lake.store, secret_log(secrets.randbelow(10**9)))
        return listing(prefix)

    monkeypatch.setattr(folder_lake.store, "list", growing)

    with pytest.raises(DeletionUnfinished, match="kept finding more"):
        doing.finish(folder_lake, deletion, clock)


def test_a_store_that_is_silent_ends_it_without_a_receipt(
    folder_lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(folder_lake)
    deletion = a_ticket()
    doing.begin(folder_lake, deletion)

    def silent(_keys: Any) -> None:
        raise StoreUnavailable("deleting")

    monkeypatch.setattr(folder_lake.store, "delete", silent)

    with pytest.raises(StoreUnavailable):
        doing.finish(folder_lake, deletion, clock)
    assert deletions.find_receipt(folder_lake.store, deletion.deletion_id) is None
