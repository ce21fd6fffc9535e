"""Who says what in a message, in whose format it may be: the words alone, no tool's, no model's thoughts. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from lake.failures import NOTHING, read_value

USER: Final = "user"
ASSISTANT: Final = "assistant"
#: What senders call the two; AutoGen's agents have names of their own.
_SPEAKERS: Final = {
    **dict.fromkeys(("user", "human", "customer", "request", "user_message"), USER),
    **dict.fromkeys(
        ("assistant", "ai", "model", "bot", "gpt", "chatbot", "response", "assistant_message", "textmessage"),
        ASSISTANT,
    ),
}
#: Fields that name the speaker, the surest first.
_NAMES: Final = ("role", "from", "author", "source", "type", "kind", "message_type", "block_type")
#: Fields in which the message itself stands: LangChain's, Claude Code's, ADK's.
_WRAPPERS: Final = ("data", "kwargs", "message", "content")
#: Fields of a message, and of its blocks, that hold words.
_WORDS: Final = ("content", "text", "parts", "blocks", "value", "transcript")
#: Blocks that are no words of the speaker, by their type.
_UNSAID: Final = re.compile(
    r"tool|function|call|reason|think|image|audio|file|document|media|binary|system|url|data"
)
_DEPTH: Final = 6
_MOST: Final = 20
#: Of a longer message nothing is read.
_LONGEST: Final = 8 * 1024 * 1024
_DATA_URL: Final = re.compile(r"data:[\w/+.;=-]*;base64,[A-Za-z0-9+/=_-]*", re.ASCII)
_BASE64: Final = re.compile(r"[A-Za-z0-9+/=_\r\n-]{80,}", re.ASCII)


class Message(msgspec.Struct, gc=False, rename={"sender": "from"}):
    """A message of the conversation: the fields of any format that tell who says what."""

    role: msgspec.Raw = NOTHING
    sender: msgspec.Raw = NOTHING
    author: msgspec.Raw = NOTHING
    source: msgspec.Raw = NOTHING
    type: msgspec.Raw = NOTHING
    kind: msgspec.Raw = NOTHING
    message_type: msgspec.Raw = NOTHING
    content: msgspec.Raw = NOTHING
    text: msgspec.Raw = NOTHING
    parts: msgspec.Raw = NOTHING
    blocks: msgspec.Raw = NOTHING
    value: msgspec.Raw = NOTHING
    transcript: msgspec.Raw = NOTHING
    data: msgspec.Raw = NOTHING
    kwargs: msgspec.Raw = NOTHING
    message: msgspec.Raw = NOTHING

    def told(self) -> dict[str, msgspec.Raw]:
        """The fields that are there, by the names that they were sent under."""
        fields = zip(self.__struct_fields__, self.__struct_encode_fields__, strict=True)
        return {sent: value for name, sent in fields if (value := getattr(self, name)) is not NOTHING}


def said_words(told: Message) -> tuple[str | None, str]:
    """The speaker, `USER` or `ASSISTANT`, and the words of a message; None where neither speaks.

    >>> said_words(Message(role=msgspec.Raw(b'"model"'), parts=msgspec.Raw(b'[{"text": "It is"}, {"text": "paid"}]')))
    ('assistant', 'It is paid')
    """
    fields = told.told()
    if sum(map(len, fields.values())) > _LONGEST:
        return None, ""
    sent = {name: value for name, raw in fields.items() if (value := read_value(raw)) is not None}
    message, speaker = _unwrapped(sent)
    return speaker, " ".join(_said(message)) if speaker else ""


def without_data(text: str) -> str:
    """A text without pictures and files that stand in it as base64.

    >>> without_data("see data:image/png;base64,iVBORw0KGgo= there"), without_data("iVBORw0KGgo" * 9)
    ('see  there', '')
    """
    shown = _DATA_URL.sub("", text) if ";base64," in text else text
    return "" if _BASE64.match(shown.lstrip()[:200]) else shown


def _unwrapped(message: Mapping[str, Any]) -> tuple[Mapping[str, Any], str | None]:
    """The message out of what it is wrapped in, and who speaks."""
    speaker = _speaker(message)
    for name in _WRAPPERS:
        inner = message.get(name)
        if isinstance(inner, dict) and (name != "content" or "parts" in inner):
            return inner, _speaker(inner) or speaker
    return message, speaker


def _speaker(message: Mapping[str, Any]) -> str | None:
    """Who speaks, by the first field that names anybody."""
    for name in _NAMES:
        value = message.get(name)
        if isinstance(value, str) and value:
            found = _SPEAKERS.get(value.lower())
            if found or name == "role":
                return found
    return None


def _said(message: Mapping[str, Any]) -> list[str]:
    """The words of the first field that has any: some senders write them twice."""
    for name in _WORDS:
        texts = (without_data(words).strip() for words in _words(message.get(name), _DEPTH))
        if said := [text for text in texts if text]:
            return said
    return []


def _words(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and depth:
        for item in value[:_MOST]:
            yield from _words(item, depth - 1)
    elif isinstance(value, dict) and depth and not _is_unsaid(value):
        for name in _WORDS:
            yield from _words(value.get(name), depth - 1)


def _is_unsaid(block: Mapping[str, Any]) -> bool:
    kind = next((block[name] for name in ("type", "part_kind", "kind", "block_type") if name in block), None)
    # What was spoken stands beside the sound.
    return isinstance(kind, str) and "transcript" not in block and bool(_UNSAID.search(kind.lower()))
