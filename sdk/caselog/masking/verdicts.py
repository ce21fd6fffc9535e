"""What something private can be, and the marker that takes its place."""

from __future__ import annotations

SECRET, CARD, IBAN, PHONE, NAME = "secret", "card", "iban", "phone", "name"
#: Secret where the value is text: ``tokens`` may as well be a count.
SECRET_TEXT = "secret text"  # noqa: S105 - a verdict

MARKERS = {verdict: f"[{verdict}]" for verdict in (SECRET, CARD, IBAN, PHONE, NAME)}
MARKERS[SECRET_TEXT] = MARKERS[SECRET]
