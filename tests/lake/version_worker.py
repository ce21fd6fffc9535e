"""A program of one version of Caselog, earlier or later than this one, told on stdin what to do: one JSON a line.

Versions differ in what they know of a log: the first knows fewer fields and metrics, the later one more. Everything
else is derived from that when the rooms are imported.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import Any

from caselog import model

VERSION = int(sys.argv[1])
#: Fields and metrics that only the present version and later ones know, and those that only the later one knows.
NEW = {"environment", "category"}
LATER = (
    model.Field("region", "string", "Where it ran."),
    model.Field("priority", "integer", "How urgent it was."),
    model.Field("weight", "number", "How much it counts."),
    model.Field("due_at", "timestamp", "When it was to be done."),
)
if VERSION == 1:
    model.LOG_FIELDS = tuple(field for field in model.LOG_FIELDS if field.name not in NEW)
if VERSION == 3:
    model.LOG_FIELDS = (*model.LOG_FIELDS[:-2], *LATER, *model.LOG_FIELDS[-2:])
    model.METRICS = (*model.METRICS, model.Metric("satisfaction", "number", "How happy they were."))
model.SCHEMA_VERSION = VERSION

from lake import columns, meanings  # noqa: E402

if VERSION == 1:
    columns.LIFTED_METRICS = tuple(m for m in columns.LIFTED_METRICS if m != "hallucination_risk")  # type: ignore[misc, assignment]
    columns.LOGS = {n: k for n, k in columns.LOGS.items() if n not in {"hallucination_risk", "lost_logs"}}  # type: ignore[misc]
if VERSION == 3:
    columns.LIFTED_METRICS = (*columns.LIFTED_METRICS, "satisfaction")  # type: ignore[misc, assignment]
    *others, month = columns.LOGS.items()
    columns.LOGS = dict([*others, ("satisfaction", "number"), month])  # type: ignore[misc]
columns.TABLE_OF_SCOPE = {n: k for n, k in columns.LOGS.items() if n not in columns.OF_TRACE}  # type: ignore[misc]
columns.SCOPE_LOGS = {**columns.TABLE_OF_SCOPE, **dict.fromkeys(columns.SPENT, "number")}  # type: ignore[misc]
meanings.COLUMNS = {  # type: ignore[misc]
    **meanings.COLUMNS,
    "logs": {**meanings.COLUMNS["logs"], "satisfaction": "How happy they were."},
}

from etl.run import run_once  # noqa: E402
from etl.settings import EtlSettings  # noqa: E402
from etl.upkeep import keep_up  # noqa: E402
from lake import rawhead, rawlog  # noqa: E402
from lake.layout import raw_key  # noqa: E402
from lake.reader import read_lake  # noqa: E402
from lake.snapshot import Lake  # noqa: E402
from lake.store import open_store  # noqa: E402

SETTINGS = EtlSettings()


def main() -> None:
    for line in sys.stdin:
        told = json.loads(line)
        lake = Lake(open_store(told["url"], {}))
        print(json.dumps(DOINGS[told["do"]](lake, told), default=str), flush=True)


def receive(lake: Lake, told: dict[str, Any]) -> None:
    """Write logs as this version's collector does."""
    received_at = datetime.fromisoformat(told["received_at"])
    lines = [_line(log, received_at) for log in told["logs"]]
    lake.store.put(raw_key(told["logs"][0]["client_id"], received_at, told["name"]), rawlog.pack(lines))


def _line(log: dict[str, Any], received_at: datetime) -> bytes:
    log = dict(log)
    trace = json.dumps(log.pop("trace")).encode() if "trace" in log else None
    line = rawlog.encode_line(log, trace, received_at)
    told = rawhead.split_line(line, 0, len(line))
    counted = b'{"%s":[' % rawhead.NAME.encode()
    if VERSION == 1:  # it did not count yet
        return b"{" + line.partition(b"],")[2]
    if VERSION == 3 and told is not None:  # it counts something more, in front and behind
        return line.replace(counted, counted + b"7,", 1).replace(b"],", b",8],", 1)
    return line


def compact(lake: Lake, _told: dict[str, Any]) -> dict[str, Any]:
    return run_once(lake, SETTINGS).to_json()


def merge(lake: Lake, told: dict[str, Any]) -> dict[str, Any]:
    return keep_up(lake, SETTINGS, datetime.fromisoformat(told["now"])).to_json()


def view(lake: Lake, _told: dict[str, Any]) -> list[dict[str, Any]]:
    """Every log with its trace, by id."""
    reader = read_lake(lake.store)
    try:
        names = [*columns.TABLE_OF_SCOPE]
        logs = [
            dict(zip(names, row, strict=True))
            for row in reader.sql(f"SELECT {', '.join(names)} FROM logs ORDER BY client_id, log_id")
        ]
        traces = dict(reader.sql("SELECT log_id, trace FROM traces"))
        return [{**log, "trace": traces.get(log["log_id"])} for log in logs]
    finally:
        reader.close()


DOINGS = {"receive": receive, "compact": compact, "merge": merge, "view": view}

if __name__ == "__main__":
    main()
