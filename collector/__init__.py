"""HTTP in: an authenticated log is received, checked and stored; only then is it acknowledged."""
