"""What an eye sees: sign-in, the gateway, and the overview, list and detail pages over in-kernel DuckDB."""
