from __future__ import annotations

from caselog.model import LOG_FIELDS, METRICS
from lake import columns, rawlog, schema
from tests.logs import a_log, raw_line


def test_every_field_of_the_model_but_the_trace_is_a_column() -> None:
    fields = {field.name for field in LOG_FIELDS} - {"trace"}

    assert fields <= set(schema.LOGS.names)


def test_lifted_metrics_are_metrics_of_the_model() -> None:
    assert set(columns.LIFTED_METRICS) <= {metric.name for metric in METRICS}


def test_every_column_has_a_type_in_sql() -> None:
    assert list(columns.sql_types(columns.LOGS)) == schema.LOGS.names
    assert list(columns.sql_types(columns.TRACES)) == schema.TRACES.names


def test_a_row_fills_exactly_the_columns_of_the_table() -> None:
    row = rawlog.read_line(raw_line(a_log("1", environment="production", workflow_version="2")), "acme")

    assert set(row.log) == set(schema.LOGS.names) - set(columns.MADE_BY_ETL)  # which the ETL makes
