"""The small fields of every raw log, parsed once for all scopes, and which of them the tables hold already.

A raw log is compared with the tables by the 64-bit hashes of the ids of its client, whatever their month. They are
read once for each file of the table whose range of ids spans a raw one: neither a new log nor a new file makes anybody
read the tables again, and where ids are UUIDv7 old files are not read at all. (Of ten million logs and ten thousand raw
ones, one in two hundred million is hidden by chance until it is compacted.)
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from lake import columns, layout, parquet, rawlog
from lake.errors import ObjectNotFound
from lake.objects import Store
from lake.raw_parts import RawParts, complete
from lake.rawobject import ParsedObject, parse
from lake.scope import Scope
from lake.scope_tables import LOGS, ScopeTable
from lake.table_files import TableFile, TableState

_FETCHERS: Final = 32
#: Rows that become Arrow in one go: the interpreter is held meanwhile.
_ROWS_AT_ONCE: Final = 256
#: More ids than this are kept only of the clients of whom something is raw.
_MANY_IDS: Final = 16_000_000

_COLUMNS: Final = columns.sql_types(columns.LOGS)
_CREATE: Final = f"""
    CREATE TABLE raw (
        object INTEGER, line INTEGER, part INTEGER, id UBIGINT, file INTEGER, is_new BOOLEAN,
        {", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())}
    );
    CREATE TABLE ids (file INTEGER, part INTEGER, id UBIGINT);
"""
_INSERT: Final = f"""
    INSERT INTO raw
    SELECT object, line, part, hash(log_id), NULL, true, {", ".join(_COLUMNS)} FROM incoming
"""  # noqa: S608 - column names of our own
_MARK: Final = """
    UPDATE raw SET file = ids.file FROM ids
    WHERE raw.file IS NULL AND raw.part = ids.part AND raw.id = ids.id AND (raw.is_new OR ids.file >= ?)
    RETURNING raw.client_id
"""
_READ_IDS: Final = """
    INSERT INTO ids
    SELECT known.file, known.part, hash(rows.log_id)
    FROM read_parquet({files}, filename=true, hive_partitioning=false) rows JOIN known ON known.path = rows.filename
"""
#: Rows that a file may hold, as far as it was not asked before.
_UNPLACED: Final = """
    SELECT client_id, list(DISTINCT log_id ORDER BY log_id) FROM raw WHERE file IS NULL AND (is_new OR ?)
    GROUP BY client_id
"""
#: Among several of one log, the one received first.
_OF_SCOPE: Final = f"""
    SELECT object, line, {", ".join(_COLUMNS)} FROM raw WHERE file IS NULL AND {{of_scope}}
    QUALIFY row_number() OVER (PARTITION BY client_id, log_id ORDER BY received_at, object, line) = 1
"""  # noqa: S608 - column names of our own
_LOCATE: Final = """
    SELECT object, line FROM raw WHERE client_id = ? AND month = ? AND log_id = ? AND file IS NULL
    ORDER BY received_at, object, line LIMIT 1
"""

#: Local paths of files of the table, by key; what is damaged is left out.
Fetch = Callable[[Sequence[TableFile]], Mapping[str, Path]]


class RawRows:
    """Rows of the raw objects of a lake, as of the last look. Safe to share between threads."""

    def __init__(self, store: Store, connection: duckdb.DuckDBPyConnection) -> None:
        self._store = store
        self._db = connection.cursor()
        self._db.execute(_CREATE)
        self._parts_of_logs = RawParts(self._db)
        self._lock = threading.RLock()
        #: Raw objects that were read: their numbers, in the order in which they were found.
        self._objects: dict[str, int] = {}
        self._keys: dict[int, str] = {}
        #: Clients, by number.
        self._parts: dict[str, int] = {}
        #: Files of the table whose ids are read, by number; and those that were asked for every row.
        self._files: dict[str, int] = {}
        self._asked: frozenset[str] = frozenset()
        self._next = 0
        self._is_due = False
        self._compared_with = -1
        self._changes: dict[str, int] = {}
        self._unreadable: dict[str, int] = {}

    def read(self, keys: Iterable[str], is_wanted: Callable[[str], bool]) -> None:
        """Take in the objects that are new, of clients that are wanted; forget those that are gone.

        An object that is gone when it is read was compacted meanwhile: open the table afterwards.
        """
        listed = {
            key for key in keys if (client_id := layout.client_of_raw_key(key)) and is_wanted(client_id)
        }
        with self._lock:
            self._forget(self._objects.keys() - listed)
            new = iter(sorted(listed - self._objects.keys()))
            while batch := list(islice(new, _ROWS_AT_ONCE)):
                self._take_in(batch)

    def compare(self, state: TableState, fetch: Fetch) -> None:
        """Find out which rows the table holds, as of ``state``."""
        with self._lock:
            if not self._is_due and state.version == self._compared_with:
                return
            self._drop_files(state)
            first_new = self._next
            if self._objects:
                self._read_ids(state, fetch)
                marked = self._db.execute(_MARK, [first_new]).fetchall()
                self._note_change(client_id for (client_id,) in marked)
                self._db.execute("UPDATE raw SET is_new = false WHERE is_new")
            self._is_due, self._compared_with = False, state.version

    def stamp(self, scope: Scope) -> frozenset[tuple[str, int]]:
        """Equal as long as nothing changed for ``scope``."""
        with self._lock:
            return frozenset(each for each in self._changes.items() if scope.allows(each[0]))

    def write(self, scope: Scope, path: Path, table: ScopeTable = LOGS) -> int:
        """Write a scope file of what is raw and nowhere else; how many rows."""
        with self._lock:
            if table is not LOGS:
                return self._parts_of_logs.write(table, self._select(scope), path)
            return parquet.write_scope_file(self._db, LOGS.rows_of(self._select(scope)), path)

    def count(self, scope: Scope, table: ScopeTable = LOGS) -> int:
        """How many rows of the scope are raw and nowhere else."""
        with self._lock:
            logs = self._select(scope)
            return self._count(f"({logs if table is LOGS else self._parts_of_logs.select(table, logs)})")

    def locate(self, client_id: str, month: str, log_id: str) -> tuple[str, int] | None:
        """Key of the object that holds the log, and the number of its line, from 0; None where it is not raw."""
        with self._lock:
            found = self._db.execute(_LOCATE, [client_id, month, log_id]).fetchall()
            return next(((self._keys[number], line) for number, line in found), None)

    def places(self, scope: Scope) -> dict[str, list[int]]:
        """Where the logs of the scope are that are raw and nowhere else: line numbers, from 0, by object."""
        with self._lock:
            query = f"SELECT object, list(line) FROM ({self._select(scope)}) GROUP BY object"  # noqa: S608
            return {self._keys[number]: lines for number, lines in self._db.execute(query).fetchall()}

    @property
    def unreadable(self) -> int:
        """How many objects and lines could not be read: they are the ETL's to set aside."""
        return sum(self._unreadable.values())

    def _select(self, scope: Scope) -> str:
        clients = scope.clients
        named = ", ".join(parquet.quoted(c) for c in sorted(clients or ()))
        return _OF_SCOPE.format(of_scope="true" if clients is None else f"client_id IN ({named or 'NULL'})")

    def _forget(self, keys: Iterable[str]) -> None:
        gone = list(keys)
        if gone:
            numbers = [self._objects.pop(key) for key in gone]
            for number in numbers:
                self._unreadable.pop(self._keys.pop(number), None)
            self._db.execute("DELETE FROM raw WHERE list_contains(?, object)", [numbers])
            self._parts_of_logs.forget(numbers)
            self._note_change(layout.client_of_raw_key(key) or "" for key in gone)

    def _take_in(self, keys: Sequence[str]) -> None:
        with ThreadPoolExecutor(min(_FETCHERS, len(keys))) as pool:
            blobs = list(pool.map(self._get, keys))
        pending: list[tuple[int, int, rawlog.RawRow]] = []
        for key, blob in zip(keys, blobs, strict=True):
            if blob is None:
                continue
            number = self._objects[key] = self._number()
            self._keys[number] = key
            parsed = parse(key, blob)
            if bad := len(parsed.bad_lines) + (parsed.unreadable is not None):
                self._unreadable[key] = bad
            for place, row in numbered_rows(parsed):
                pending.append((number, place, row))
                if len(pending) == _ROWS_AT_ONCE:
                    self._insert(pending)
                    pending = []
        self._insert(pending)
        self._is_due = True
        self._note_change(layout.client_of_raw_key(key) or "" for key in keys)

    def _get(self, key: str) -> bytes | None:
        try:
            return self._store.get(key)
        except ObjectNotFound:
            return None

    def _insert(self, rows: Sequence[tuple[int, int, rawlog.RawRow]]) -> None:
        if not rows:
            return
        parts = complete(rows)
        incoming = rawlog.logs_table([row for _, _, row in rows])
        own = {
            "object": [number for number, _, _ in rows],
            "line": [place for _, place, _ in rows],
            "part": [self._part(row.log["client_id"]) for _, _, row in rows],
        }
        for name, values in own.items():
            incoming = incoming.append_column(name, pa.array(values, pa.int32()))
        self._run_with("incoming", incoming, _INSERT)
        self._parts_of_logs.insert(parts)

    def _drop_files(self, state: TableState) -> None:
        gone = [self._files.pop(key) for key in self._files.keys() - state.files.keys()]
        if gone:
            # A table of its own for what is left: rows that are deleted keep their memory.
            self._db.execute(
                "CREATE OR REPLACE TABLE ids AS FROM ids WHERE NOT list_contains(?, file)", [gone]
            )
            freed = self._db.execute(
                "UPDATE raw SET file = NULL, is_new = true WHERE list_contains(?, file) RETURNING client_id",
                [gone],
            ).fetchall()
            self._note_change(client_id for (client_id,) in freed)

    def _read_ids(self, state: TableState, fetch: Fetch) -> None:
        parts = {part for (part,) in self._db.execute("SELECT DISTINCT part FROM raw").fetchall()}
        self._drop_idle_ids(parts)
        wanted = self._files_that_may_hold(state)
        paths = fetch(wanted) if wanted else {}
        found = [file for file in wanted if file.key in paths]
        try:
            self._read_ids_of(found, paths)
        except duckdb.Error:  # one of them is damaged: whoever shows the logs says so
            for file in found:
                with contextlib.suppress(duckdb.Error):
                    self._read_ids_of([file], paths)
        # What could not be read is asked for all rows again.
        self._asked = frozenset(state.files) - ({file.key for file in wanted} - self._files.keys())

    def _files_that_may_hold(self, state: TableState) -> list[TableFile]:
        """Files whose ids are not read yet and may be among those of raw rows."""
        has_unasked = not state.files.keys() <= self._asked
        ids = dict(self._db.execute(_UNPLACED, [has_unasked]).fetchall())
        unread = (file for key, file in state.files.items() if key not in self._files)
        return [file for file in unread if file.may_hold_one(ids.get(file.client_id, ()))]

    def _read_ids_of(self, files: Sequence[TableFile], paths: Mapping[str, Path]) -> None:
        if not files:
            return
        numbers = {file.key: self._number() for file in files}
        known = pa.table(
            {
                "path": [str(paths[file.key]) for file in files],
                "file": pa.array(list(numbers.values()), pa.int32()),
                "part": pa.array([self._part(file.client_id) for file in files], pa.int32()),
            }
        )
        listed = parquet.listed([paths[file.key] for file in files])
        self._run_with("known", known, _READ_IDS.format(files=listed))
        self._files |= numbers

    def _drop_idle_ids(self, parts: set[int]) -> None:
        if self._count("ids") > _MANY_IDS:
            self._db.execute(
                "CREATE OR REPLACE TABLE ids AS FROM ids WHERE list_contains(?, part)", [[*parts]]
            )
            left = {file for (file,) in self._db.execute("SELECT DISTINCT file FROM ids").fetchall()}
            self._files = {key: number for key, number in self._files.items() if number in left}

    def _count(self, rows: str) -> int:
        # All is fetched: a cursor with an unfinished result takes no further work.
        [(count,)] = self._db.execute(f"SELECT count(*) FROM {rows}").fetchall()  # noqa: S608 - our own
        return int(count)

    def _run_with(self, name: str, rows: pa.Table, query: str) -> None:
        self._db.register(name, rows)
        try:
            self._db.execute(query)
        finally:
            self._db.unregister(name)

    def _part(self, client_id: str) -> int:
        return self._parts.setdefault(client_id, len(self._parts))

    def _number(self) -> int:
        self._next += 1
        return self._next

    def _note_change(self, clients: Iterable[str]) -> None:
        for client_id in set(clients):
            self._changes[client_id] = self._changes.get(client_id, 0) + 1


def numbered_rows(parsed: ParsedObject) -> Iterator[tuple[int, rawlog.RawRow]]:
    """The rows of a raw object with the number of their line, from 0."""
    bad = {line.number - 1 for line in parsed.bad_lines}
    places = (place for place in range(len(parsed.rows) + len(bad)) if place not in bad)
    return zip(places, parsed.rows, strict=True)
