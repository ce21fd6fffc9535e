"""The one room that knows where logs live: key layout, schema, object store, Delta tables, DuckDB reader."""
