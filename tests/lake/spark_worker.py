"""Reads the tables of a lake in a folder through PySpark's API, served by Sail, and prints what it finds as JSON.

    python spark_worker.py FOLDER

Sail (https://lakesail.com) speaks Spark's protocol without a JVM. A process of its own, because server and client bring
threads, and pandas.
"""

from __future__ import annotations

import json
import sys

from pysail.spark import SparkConnectServer
from pyspark.sql import SparkSession

KPIS = """
    SELECT client_id, month, count(*), count_if(status = 'SUCCESS'), avg(execution_time_seconds), sum(error_count)
    FROM logs GROUP BY client_id, month
"""
WITH_TRACES = """
    SELECT logs.client_id, logs.log_id, logs.category, CAST(logs.executed_at AS STRING), traces.trace
    FROM logs JOIN traces ON logs.client_id = traces.client_id AND logs.month = traces.month
        AND logs.log_id = traces.log_id
"""


def main(folder: str) -> None:
    server = SparkConnectServer()
    server.start(background=True)
    _, port = server.listening_address
    spark = SparkSession.builder.remote(f"sc://localhost:{port}").getOrCreate()
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    for table in ("logs", "traces"):
        spark.read.format("delta").load(f"{folder}/{table}").createOrReplaceTempView(table)
    found = [[list(row) for row in spark.sql(query).collect()] for query in (KPIS, WITH_TRACES)]
    print(json.dumps(found))
    spark.stop()
    server.stop()


if __name__ == "__main__":
    main(sys.argv[1])
