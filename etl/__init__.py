"""Raw JSON to Parquet on a schedule: batches, quarantine, status."""
