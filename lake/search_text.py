"""A short text of each log to find it by: its subject, errors, tools, its answer, and what was said. Pure.

It is made of the log as it is stored, so what the sender masked is masked here too. It is folded (`lake.folding`), so
that to search is to compare characters.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

import msgspec

from lake.failures import has_failed, read_error, read_reason
from lake.folding import fold
from lake.said_words import ASSISTANT, USER, said_words, without_data
from lake.trace_parts import TraceParts

#: What a log's text has at most, in bytes of UTF-8; a trace of any size adds no more to ``logs``.
TEXT_BYTES: Final = 640
_ID_BYTES: Final = 200
_SUBJECT_BYTES: Final = 160
_ERRORS_BYTES: Final = 160
_TOOLS_BYTES: Final = 120
_ANSWER_BYTES: Final = 160
_MESSAGE_BYTES: Final = 160
#: A cut goes back so far for the end of a word; scripts without spaces are cut between characters.
_WORD_BYTES: Final = 40
#: Of a longer JSON text only the beginning is decoded.
_LONG: Final = 480
_DEPTH: Final = 6
#: So many errors are named.
_FEW: Final = 4
#: Of so many messages those of the user are looked for; instructions to the model are the same in all tickets.
_MOST_MESSAGES: Final = 400

_as_any = msgspec.json.Decoder().decode
_as_text = msgspec.json.Decoder(str).decode


class _Extra(msgspec.Struct):
    subject: msgspec.Raw = msgspec.Raw(b"null")


_as_extra = msgspec.json.Decoder(_Extra).decode


def search_text(extra: str | None, parts: TraceParts, ticket_id: str | None = None) -> str | None:
    """The text of a log with these unknown fields (JSON) and these parts; ``None`` where there is nothing to say.

    The ticket's id stands in it too, so that who looks for either reads one column.

    >>> from lake.trace_parts import read_parts
    >>> search_text('{"subject": "Refund  please"}', read_parts(b'{"final_response": "It is paid."}'))
    'refund please it is paid.'
    """
    room = TEXT_BYTES
    told: list[str] = []
    for text, limit in _pieces(extra, parts, ticket_id):
        piece = cut(fold(text[:_LONG]), min(limit, room))
        if piece and piece not in told:
            told.append(piece)
            room -= len(piece.encode()) + 1
        if room < _WORD_BYTES:
            break
    return " ".join(told) or None


def cut(text: str, limit: int) -> str:
    """``text`` in at most ``limit`` bytes of UTF-8, up to the end of a word where one is near.

    >>> cut("one two three", 9), cut("äää", 3)
    ('one two', 'ä')
    """
    if len(text) * 4 <= limit:
        return text
    whole = text.encode()
    if len(whole) <= limit:
        return text
    short = whole[: max(0, limit)].decode("utf-8", "ignore")
    space = short.rfind(" ", max(0, len(short) - _WORD_BYTES))
    return short if space < 0 or whole[limit : limit + 1] == b" " else short[:space]


def _pieces(extra: str | None, parts: TraceParts, ticket_id: str | None) -> Iterator[tuple[str, int]]:
    """Texts with what each may take, the most telling first."""
    yield ticket_id or "", _ID_BYTES
    yield _subject_of(extra) or _text_of(parts.subject), _SUBJECT_BYTES
    yield " ".join(dict.fromkeys(_errors(parts))), _ERRORS_BYTES
    yield " ".join(dict.fromkeys(call.name for call in parts.calls if call.name)), _TOOLS_BYTES
    yield _text_of(parts.final_response), _ANSWER_BYTES
    answers: list[str] = []
    for message in parts.messages[:_MOST_MESSAGES]:
        speaker, words = said_words(message)
        if speaker == USER:
            yield words, _MESSAGE_BYTES
        elif speaker == ASSISTANT and len(answers) < _FEW:
            answers.append(words)
    for words in answers:
        yield words, _MESSAGE_BYTES


def _errors(parts: TraceParts) -> Iterator[str]:
    """What a few errors, and a few calls that failed, say."""
    told = [(error.type, error.message) for error in parts.errors[:_FEW]]
    failed = islice(filter(has_failed, parts.calls), _FEW)
    told += [said if any(said := read_error(call.error)) else read_reason(call.result) for call in failed]
    for kind, message in told:
        yield f"{kind or ''} {message or ''}"[:_ERRORS_BYTES].strip()


def _subject_of(extra: str | None) -> str:
    if not extra or '"subject"' not in extra:
        return ""
    try:
        return _text_of(_as_extra(extra).subject)
    except (msgspec.DecodeError, RecursionError):
        return ""


def _text_of(value: msgspec.Raw) -> str:
    """The text that a JSON value is or has; of a long text, its beginning."""
    if len(value) > _LONG and (start := bytes(memoryview(value)[:_LONG]))[:1] == b'"':
        json = _beginning(start) or bytes(value)
    else:
        json = bytes(value)
    if json == b"null":
        return ""
    try:
        if json[:1] == b'"':
            return without_data(_as_text(json))
        return " ".join(_texts_in(_as_any(json), _DEPTH))[:_LONG]
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return ""


def _beginning(json: bytes) -> bytes:
    """As much of a JSON text as ends with a word, or nothing: a space is never within an escape."""
    end = json.rfind(b" ")
    return b"" if end < 0 else json[:end] + b'"'


def _texts_in(value: Any, depth: int) -> Iterator[str]:
    """The texts of parts of content, ``{"type": "text", "text": ...}``, and of other objects all of them."""
    if isinstance(value, str):
        yield without_data(value)
    elif isinstance(value, list) and depth:
        for item in value[:20]:
            yield from _texts_in(item, depth - 1)
    elif isinstance(value, dict) and depth:
        said = [value[name] for name in ("text", "content") if name in value]
        for item in said or list(value.values())[:20]:
            yield from _texts_in(item, depth - 1)
