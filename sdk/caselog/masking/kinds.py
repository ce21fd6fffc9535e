"""What something private can be, and the marker that takes its place."""

from __future__ import annotations

SECRET, CARD, IBAN, PHONE, NAME, EMAIL = "secret", "card", "iban", "phone", "name", "email"
#: Secret where the value is text: ``tokens`` may as well be a count.
SECRET_TEXT = "secret text"  # noqa: S105 - a kind

#: In this order: where two finds overlap, the mark of the one that stands first here takes the place of both.
KINDS = (SECRET, CARD, IBAN, EMAIL, PHONE, NAME)
#: What stands instead; e-mail addresses and telephone numbers become keyed hashes: ``email:3f9a...``.
MARKERS = {kind: f"[{kind}]" for kind in (SECRET, CARD, IBAN, NAME)}
HASHED = frozenset((EMAIL, PHONE))
