"""What would be sent of a log, for people to see: the log, what was masked by which rule, and how big it is."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .client import Client
from .console import Console
from .losses import Losses
from .masking import Masker
from .masking.report import by_rule
from .outlet import Queued
from .preparation import Preparer
from .serialize import dump, read_mapping
from .settings import FULL_TRACE, OFF, Limits, OwnMask, Settings

#: Paths named for each rule where a preview is printed.
_PATHS_SHOWN = 3


@dataclass(frozen=True)
class Preview:
    """What would be sent of a log."""

    #: The log as the collector would get it: masked, completed and cut.
    log: dict[str, Any]
    #: For each rule how many values it changed, and where the first of them stand; the rules are those of the guide.
    masked: dict[str, dict[str, Any]]
    #: As JSON, and as it is packed for the way.
    bytes: int
    packed_bytes: int
    #: False at the level OFF: then nothing would be sent, and this is what FULL_TRACE would send.
    is_sent: bool = True

    def __str__(self) -> str:
        lines = (
            [] if self.is_sent else ["CASELOG_LEVEL is OFF: nothing would be sent. FULL_TRACE would send:"]
        )
        lines += [f"{self.bytes} bytes, {self.packed_bytes} packed"]
        lines += [_tell(rule, told) for rule, told in self.masked.items()] or ["nothing in it was masked"]
        return "\n".join([*lines, json.dumps(self.log, indent=2, ensure_ascii=False)])


def _tell(rule: str, told: dict[str, Any]) -> str:
    shown = ", ".join(told["paths"][:_PATHS_SHOWN])
    return f"{told['count']} x {rule}: {shown}{', ...' if told['count'] > _PATHS_SHOWN else ''}"


def preview_log(
    log: Mapping[str, Any], settings: Settings, own_mask: OwnMask | None, console: Console
) -> Preview | None:
    """The preview of a log with these settings, OFF taken as FULL_TRACE; None where it would not be sent."""
    is_sent = settings.level != OFF
    settings = settings if is_sent else settings.changed(level=FULL_TRACE)
    client = Client(settings)
    text = dump(client.complete(read_mapping(log)))
    masker = Masker.from_settings(settings)
    preparer = Preparer(settings.level, Limits(), masker, Losses(), console, lambda: own_mask)
    prepared = preparer.prepare(Queued(text, time.monotonic()))
    if prepared is None:
        return None
    sent: dict[str, Any] = json.loads(prepared.line)
    masked = by_rule(sent["sdk"].get("masked", {}))
    return Preview(sent, masked, len(prepared.line), len(gzip.compress(prepared.line)), is_sent)
