"""``docs/tables.md``: the tables as other programs find them; the lists of columns come from `lake.columns`."""

from __future__ import annotations

from typing import Final

from lake import meanings, schema

_INTRO: Final = """# The tables, for other programs

The lake's tables are plain [Delta Lake](https://delta.io) tables, Parquet files with a log beside them: whatever reads
Delta reads them where they lie, without Caselog. They are below the lake's address (`CASELOG_LAKE_URL`):

```
logs/      client_id=acme/month=2026-11/part-….parquet     one row for each log: the small fields
traces/    client_id=acme/month=2026-11/part-….parquet     the same logs' traces, as JSON text
  _delta_log/                                              each table's own log
raw/                                                       received, not in the tables yet
```

- **What is there.** A log is in the tables once the ETL has run; until then it is in `raw/`, which other programs do
  not read. Our own reader (`lake.reader`) shows both.
- **Which log is which.** A log is its `client_id` and `log_id`. Each is in `logs` once, whatever was sent again.
- **Its trace** has the same `client_id`, `month`, `log_id` and `received_at`. Join by all four: the first two are
  partitions, so that little is read, and the last tells the log's own trace from one that another sending left. A log
  may have no trace (`METRICS_ONLY`, or retired). After a run that was killed, or a repair, a trace may stand there
  twice, or without its log: start from `logs`. Traces that an earlier version wrote have no `received_at`.
- **Ask by partition.** `client_id = 'acme' AND month = '2026-11'` reads the files of one client's month. `month` is the
  month of `executed_at` in UTC. Within a file rows are sorted by `executed_at`.
- **Columns come, and never go or change their type.** A column that a later version adds is NULL in rows that were
  there before. A field that has no column yet stands in `extra`.
- **JSON as text.** `metrics`, `extra` and `trace` are JSON text; numbers in them are as they were sent.
- **Years 0001 to 9999.** `executed_at` is what the sender says, to the microsecond. Programs that count time in
  nanoseconds hold the years 1678 to 2261 only.

**Read only.** Nothing but `caselog etl` may write to the tables: no `INSERT`, `UPDATE`, `DELETE`, `MERGE`, `OPTIMIZE`,
`VACUUM`, no change of properties. Which logs are in the tables is told by numbers in their commits that other programs
do not keep, and a file that a foreign `VACUUM` removes is one that a page may be reading. Give other programs
credentials that can only read. A table that another program has changed to a protocol this version does not know is not
written to any more; `caselog etl status` says so, and who did it.

"""

_ENGINES: Final = """## Reading them

In the examples the lake is `s3://bucket/lake`; for a folder, its path.

Key figures are tickets, success, mean duration and errors by client and month.

| program | run here | version | compared with our own reader |
|---|---|---|---|
| Polars | in our tests, on a folder and on S3 | 2.1 | key figures, and every trace with its log |
| pyarrow, by `deltalake` | in our tests, on a folder and on S3 | 26, 1.6 | the same |
| DuckDB, over pyarrow | in our tests, on a folder and on S3 | 2.0 | the same |
| PySpark's API, served by Sail (`pysail`) | in our tests, on a folder | pyspark-client 4.2, pysail 0.7 | the same |
| DuckDB's `delta_scan` | once by hand, on a folder | 1.5.5; no extension for 2.0 yet | key figures, the join |
| ClickHouse (its engine in Python, `chdb`) | once by hand, on S3 | 26.9 | key figures, the join, the year 9999 |
| Spark with Delta Lake | once by hand, on a folder | 4.0.1, 4.0.0 | key figures, the join, `DESCRIBE`, the year 9999 |
| Trino, Athena | no: read in their documentation only | | |

### Polars

```python
import polars as pl
logs = pl.scan_delta("s3://bucket/lake/logs").filter(pl.col("client_id") == "acme")
traces = pl.scan_delta("s3://bucket/lake/traces")
print(logs.group_by("month", "status").agg(pl.len(), pl.col("execution_time_seconds").mean()).collect())
joined = logs.join(traces, on=["client_id", "month", "log_id", "received_at"])
print(joined.select("ticket_id", "trace").head(5).collect())
```

Keys and endpoint: the `AWS_*` variables, or `storage_options={"AWS_ENDPOINT_URL": ...}` with texts as values.

### pyarrow and DuckDB

```python
import duckdb
from deltalake import DeltaTable
logs = DeltaTable("s3://bucket/lake/logs").to_pyarrow_dataset()  # and no pandas anywhere
duckdb.register("logs", logs)
print(duckdb.sql("SELECT month, count(*) FROM logs WHERE client_id = 'acme' GROUP BY month"))
```

Where DuckDB has its extension `delta`, the table needs no Python:

```sql
INSTALL delta; LOAD delta;
SELECT month, count(*) FROM delta_scan('s3://bucket/lake/logs') WHERE client_id = 'acme' GROUP BY month;
SELECT ticket_id, trace FROM delta_scan('s3://bucket/lake/logs')
JOIN delta_scan('s3://bucket/lake/traces') USING (client_id, month, log_id, received_at) LIMIT 5;
```

### Spark

```python
# spark-submit --packages io.delta:delta-spark_2.13:4.0.0 (of your Spark's version), with
#   spark.sql.extensions=io.delta.sql.DeltaSparkSessionExtension
#   spark.sql.catalog.spark_catalog=org.apache.spark.sql.delta.catalog.DeltaCatalog
logs = spark.read.format("delta").load("s3a://bucket/lake/logs").where("client_id = 'acme'")
traces = spark.read.format("delta").load("s3a://bucket/lake/traces")
logs.groupBy("month", "status").agg({"*": "count", "execution_time_seconds": "avg"}).show()
logs.join(traces.drop("executed_at"), ["client_id", "month", "log_id"]).select("ticket_id", "trace").show(5)
```

`DESCRIBE TABLE delta.`s3a://bucket/lake/logs`` shows what each column means. Checked against Delta Lake's "Quickstart".

### ClickHouse

```sql
SELECT month, count() AS tickets, avg(execution_time_seconds)
FROM deltaLake('https://bucket.s3.amazonaws.com/lake/logs/', 'KEY', 'SECRET')
WHERE client_id = 'acme' GROUP BY month;
-- ClickHouse takes a table function anywhere: join with deltaLake('…/traces/', …) AS traces
-- USING (client_id, month, log_id, received_at)
```

Leave `allow_experimental_delta_lake_writes` off. Checked against ClickHouse's "deltaLake table function".

### Trino

```sql
-- etc/catalog/caselog.properties: connector.name=delta_lake, a metastore, fs.s3.enabled=true,
--   delta.security=READ_ONLY once these two calls are done, delta.register-table-procedure.enabled=true for them
CALL caselog.system.register_table(schema_name => 'lake', table_name => 'logs', table_location => 's3://bucket/lake/logs');
CALL caselog.system.register_table(schema_name => 'lake', table_name => 'traces', table_location => 's3://bucket/lake/traces');
SELECT month, count(*), avg(execution_time_seconds) FROM caselog.lake.logs WHERE client_id = 'acme' GROUP BY month;
```

Trino reads times to the millisecond. From Trino's "Delta Lake connector"; not run here.

### Athena

```sql
CREATE EXTERNAL TABLE lake.logs LOCATION 's3://bucket/lake/logs/' TBLPROPERTIES ('table_type' = 'DELTA');
CREATE EXTERNAL TABLE lake.traces LOCATION 's3://bucket/lake/traces/' TBLPROPERTIES ('table_type' = 'DELTA');
SELECT month, count(*), avg(execution_time_seconds) FROM lake.logs WHERE client_id = 'acme' GROUP BY month;
SELECT ticket_id, trace FROM lake.logs JOIN lake.traces USING (client_id, month, log_id, received_at)
WHERE client_id = 'acme' AND month = '2026-11' LIMIT 5;
```

Athena reads the columns from the table's log when the table is made: drop it and make it again to see columns that came
later. From Amazon Athena's "Get started" and "Synchronize Delta Lake metadata"; not run here.

## When the log grows

A field that the collector or the ETL does not know is kept in `extra`, and every part of a trace in `trace`: so senders
may be newer than the collector, the collector newer than the ETL, and the other way round. When a field becomes a
column (one line in `caselog.model`, or one in `lake/columns.py` for what is derived, each with its meaning), nothing is
written again: older rows have it in `extra`. An ETL of the version before goes on beside a newer one: it leaves the new
column NULL in its rows and keeps it in those it merges. A new column stands before `month` in `lake/columns.py`, whose
last place tells tables in which every file has every column. A new table is one entry of `lake.schema.TABLES`, with its
meaning and that of each column in `lake/columns.py`; a test holds that nothing is left undescribed.
"""


def tables_page() -> str:
    """The page, without the line that says it is generated."""
    parts = [_INTRO, "## Columns\n\nThe tables' own log says the same: `DESCRIBE` shows it.\n"]
    for name, table in schema.TABLES.items():
        rows = "".join(
            f"| `{column.name}` | {_TYPES[str(column.type)]} | {meanings.COLUMNS[name][column.name]} |\n"
            for column in table
        )
        parts.append(
            f"### {name}\n\n{meanings.TABLES[name]}\n\n| column | type | meaning |\n|---|---|---|\n{rows}"
        )
    return "\n".join([*parts, _ENGINES])


#: As Delta names them.
_TYPES: Final = {
    "string": "string",
    "int64": "long",
    "double": "double",
    "bool": "boolean",
    str(schema.UTC_MICROS): "timestamp",
}
