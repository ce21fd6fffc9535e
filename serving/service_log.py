"""What a service says of itself: one line each on standard error, and never a word of a log's content.

An exception is told by its class and where it was raised. Its text may quote what a log holds, as a traceback may.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.exchange import current_exchange

#: Our own rooms speak from the level on that is set, other libraries from WARNING on: below that they quote what
#: they carry (websockets its frames, httpcore its headers).
ROOMS: Final = ("access", "cli", "collector", "etl", "lake", "serving", "voila_dashboards")
_FRAMES_SHOWN: Final = 5


class LogSettings(BaseModel):
    """How the service log is written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO",
        description="From which level on collector, ETL and dashboards say what they do, on standard error.",
    )
    format: Literal["text", "json"] = Field(
        "text",
        description="How a line is written: `text` for people, `json` for programs that collect lines.",
    )


def configure_service_log(settings: LogSettings) -> None:
    """Have every logger of this process write to standard error, one line each."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLine() if settings.format == "json" else TextLine())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for room in ROOMS:
        logging.getLogger(room).setLevel(settings.level)


class TextLine(logging.Formatter):
    """Time in UTC, level, logger, the id of the request it was said for, message."""

    def format(self, record: logging.LogRecord) -> str:
        request = f" [{exchange.request_id}]" if (exchange := current_exchange()) else ""
        text = f"{_time_of(record)} {record.levelname} {record.name}{request}: {_message_of(record)}"
        return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


class JsonLine(logging.Formatter):
    """The same as a JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": _time_of(record),
            "level": record.levelname,
            "logger": record.name,
            "message": _message_of(record),
        }
        if (exchange := current_exchange()) is not None:
            line["request_id"] = exchange.request_id
        return json.dumps(line, ensure_ascii=True)


def describe_defect(error: BaseException) -> str:
    """The error's class and where it was raised, innermost place first; its own words are left out.

    >>> describe_defect(ValueError("a customer's name"))
    'ValueError'
    """
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES_SHOWN:]
    places = [f"{frame.filename}:{frame.lineno}" for frame in reversed(frames)]
    return (
        " < ".join([f"{type(error).__name__} at {places[0]}", *places[1:]])
        if places
        else type(error).__name__
    )


def _time_of(record: logging.LogRecord) -> str:
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}.{int(record.msecs):03d}Z"


def _message_of(record: logging.LogRecord) -> str:
    message = record.getMessage().strip()
    if record.exc_info and record.exc_info[1] is not None:
        return f"{message} ({describe_defect(record.exc_info[1])})"
    return message
