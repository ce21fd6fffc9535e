"""What a table and its columns mean, in the table's own log: Spark's and Trino's DESCRIBE show it."""

from __future__ import annotations

import json
from typing import Any

from deltalake import DeltaTable

from lake import meanings


def described(name: str, opened: DeltaTable) -> bytes | None:
    """The commit that says what nobody said yet; ``None`` where everything is said.

    What stands there is left as it is, and so are the columns of later versions.
    """
    told = opened.metadata()
    fields: list[dict[str, Any]] = json.loads(opened.schema().to_json())["fields"]
    means = meanings.COLUMNS[name]
    silent = [field for field in fields if field["name"] in means and not field["metadata"].get("comment")]
    if not silent and told.name and told.description:
        return None
    for field in silent:
        field["metadata"]["comment"] = means[field["name"]]
    action = {
        "id": told.id,
        "name": told.name or name,
        "description": told.description or meanings.TABLES[name],
        "format": {"provider": "parquet", "options": {}},
        "schemaString": json.dumps({"type": "struct", "fields": fields}),
        "partitionColumns": told.partition_columns,
        "createdTime": told.created_time,
        "configuration": told.configuration,
    }
    info = {"operation": "CASELOG DESCRIBE", "operationParameters": {}}
    return b"".join(
        json.dumps(line).encode() + b"\n" for line in ({"commitInfo": info}, {"metaData": action})
    )
