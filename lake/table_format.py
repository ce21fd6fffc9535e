"""Which tables this version understands: their protocol, and their columns. Any other is refused in words.

Columns that this version does not know are kept and passed over. A protocol that it does not know is another matter: a
feature may say that rows of a file no longer count, or that a column has another name in the files.

https://github.com/delta-io/delta/blob/master/PROTOCOL.md#table-features
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError

from lake import schema
from lake.errors import TableNotUnderstood
from lake.store import Store
from lake.table_log import Replayed, list_log, replay

#: What the protocol asks of whoever reads or writes, as far as this version does it.
_READER_VERSION: Final = 1
_WRITER_VERSION: Final = 2
#: From this version on the features are named, and only the named ones count.
_NAMED_FEATURES: Final = 7
_WRITER_FEATURES: Final = frozenset({"appendOnly", "invariants"})
_LONGEST_NAME: Final = 60
#: What the library says of such a table; of damage and of a silent store it says other things.
_SAID_OF_UNKNOWN: Final = ("upported", "parse value")


def open_table(store: Store, name: str, *, to_commit: bool = False) -> DeltaTable:
    """The table as it is now; raises `TableNotUnderstood` and what the library raises."""
    try:
        opened = DeltaTable(store.table_url(name), storage_options=store.delta_options)
    except TableNotFoundError:
        raise
    except DeltaError as error:
        _explain(store, name, error)
        raise
    require_known(store, name, opened, to_commit=to_commit)
    return opened


def update_table(store: Store, name: str, opened: DeltaTable, *, to_commit: bool = False) -> None:
    """Bring an opened table up to date; raises as `open_table`."""
    before = opened.version()
    try:
        opened.update_incremental()
    except DeltaError as error:
        _explain(store, name, error)
        raise
    if opened.version() != before:
        require_known(store, name, opened, to_commit=to_commit)


def require_known(store: Store, name: str, opened: DeltaTable, *, to_commit: bool = False) -> None:
    """Raises `TableNotUnderstood` where the table is not one that this version may read, or commit to."""
    told, metadata = opened.protocol(), opened.metadata()
    protocol = {
        "minReaderVersion": told.min_reader_version,
        "minWriterVersion": told.min_writer_version,
        "readerFeatures": told.reader_features,
        "writerFeatures": told.writer_features,
    }
    fields = json.loads(opened.schema().to_json())["fields"]
    reasons = [*_of_readers(protocol), *_of_columns(name, fields, metadata.partition_columns)]
    if to_commit:
        reasons += [*_of_writers(protocol), *_of_later_columns(name, fields)]
    if reasons:
        raise TableNotUnderstood(name, reasons[0], _plain(_replayed(store, name).author))


def _of_readers(protocol: Mapping[str, Any]) -> Iterator[str]:
    if protocol.get("minReaderVersion", 1) > _READER_VERSION:
        named = _named(protocol.get("readerFeatures") or ())
        yield f"version {protocol['minReaderVersion']} of Delta's protocol for readers{named}"


def _of_writers(protocol: Mapping[str, Any]) -> Iterator[str]:
    version, features = protocol.get("minWriterVersion", 1), {*(protocol.get("writerFeatures") or ())}
    is_known = version == _NAMED_FEATURES and features <= _WRITER_FEATURES
    if version > _WRITER_VERSION and not is_known:
        named = _named(features - _WRITER_FEATURES)
        yield f"version {version} of Delta's protocol for writers{named}"


def _named(features: Collection[str]) -> str:
    return f" ({', '.join(_plain(each) for each in sorted(features))})" if features else ""


def _of_columns(name: str, fields: Sequence[Mapping[str, Any]], partitions: Sequence[str]) -> Iterator[str]:
    if list(partitions) != list(schema.PARTITIONS):
        yield "other partitions than client_id and month"
    types = {field["name"]: field["type"] for field in fields}
    for column in schema.TABLES[name]:
        found, known = types.get(column.name), _DELTA_TYPES[column.type]
        if found is not None and found != known:
            kind = _plain(found) if isinstance(found, str) else "nested"
            yield f"a column {column.name} of the type {kind}, which is {known} here"


def _of_later_columns(name: str, fields: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for field in fields:
        if field["name"] not in schema.TABLES[name].names and not field["nullable"]:
            yield f"a column {_plain(field['name'])} that must have a value"


_DELTA_TYPES: Final = {
    pa.string(): "string",
    pa.int64(): "long",
    pa.float64(): "double",
    pa.bool_(): "boolean",
    schema.UTC_MICROS: "timestamp",
}


def _explain(store: Store, name: str, error: DeltaError) -> None:
    """Raises `TableNotUnderstood` where the library did not open the table because of what the table is."""
    if not any(word in str(error) for word in _SAID_OF_UNKNOWN):
        return
    try:
        require_known_log(name, _replayed(store, name))
    except TableNotUnderstood as reason:
        raise reason from error


def require_known_log(name: str, told: Replayed) -> None:
    """Raises `TableNotUnderstood` where the table's log asks for what this version does not know."""
    reasons = [*_of_readers(told.protocol), *_of_writers(told.protocol)]
    if told.metadata:
        fields = json.loads(told.metadata["schemaString"])["fields"]
        reasons += _of_columns(name, fields, told.metadata["partitionColumns"])
    if reasons:
        raise TableNotUnderstood(name, reasons[0], _plain(told.author))


def _replayed(store: Store, name: str) -> Replayed:
    return replay(store, name, list_log(store, name))


def _plain(text: str) -> str:
    """A name of somebody else's as one short line."""
    return "".join(each for each in text if each.isprintable())[:_LONGEST_NAME]
