"""A conversation as the scripted model reads it: the ticket, what was asked, and what came of it."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

MAX_TRIES: Final = 3
INVENTION_SHARE: Final = 0.03


@dataclass(frozen=True)
class Turn:
    """What the model says next: a thought with tool calls, or with an answer."""

    thought: str
    calls: tuple[tuple[str, dict[str, Any]], ...] = ()
    answer: str = ""


class Asked(Exception):
    """A playbook cannot go on before the tools of this turn have answered."""

    def __init__(self, turn: Turn) -> None:
        super().__init__("a playbook needs an answer first")
        self.turn = turn


class Failed(Exception):
    """A tool did not give what the playbook needs, and asking again does not help."""

    def __init__(self, tool: str, error: str, message: str) -> None:
        super().__init__(f"{tool}: {message}")
        self.error = error


class Case:
    """What a playbook works with. It is made anew for each turn, from the conversation alone."""

    def __init__(self, messages: Sequence[BaseMessage]) -> None:
        self.system = _text_of(messages, SystemMessage)
        self.text = _text_of(messages, HumanMessage)
        self._outcomes = _read_outcomes(messages)
        # Seeded by the ticket: a playbook that is replayed from its start must choose the same again.
        self._chance = random.Random(self.text)

    def pick(self, *options: str) -> str:
        """One of several ways to say the same."""
        return self._chance.choice(options)

    def happens(self, share: float) -> bool:
        return self._chance.random() < share

    def says(self, *words: str) -> bool:
        """Whether the ticket has one of the words."""
        return any(word in self.text.lower() for word in words)

    def find(self, pattern: str) -> str | None:
        """The first group of the pattern in the ticket."""
        found = re.search(pattern, self.text)
        return found[1] if found else None

    def ask(self, thought: str, tool: str, **arguments: Any) -> dict[str, Any]:
        """The tool's result. Where it was not asked yet, or timed out, the turn ends with asking it.

        Raises `Failed` where it refused, or timed out too often.
        """
        return self.ask_all(thought, (tool, arguments))[0]

    def ask_all(self, thought: str, *calls: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
        """The results of calls that are made in one turn; see `ask`."""
        fresh = tuple(call for call in calls if not self._tries(*call))
        if fresh:
            raise Asked(Turn(thought, fresh))
        return [self._result(*call) for call in calls]

    def _result(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        tries = self._tries(tool, arguments)
        last = tries[-1]
        if "error" not in last:
            return last
        if last["error"] == "ServiceTimeout" and len(tries) < MAX_TRIES:
            again = ("once more", "a last time")[len(tries) - 1]
            raise Asked(
                Turn(
                    f"{tool} timed out. Such a call is safe to repeat, so I try {again}.",
                    ((tool, arguments),),
                )
            )
        raise Failed(tool, last["error"], last["message"])

    def _tries(self, tool: str, arguments: dict[str, Any]) -> list[dict[str, Any]]:
        return [answer for name, given, answer in self._outcomes if name == tool and given == arguments]

    def close(self, note: str, answer: str) -> Turn:
        """Note what was done, then answer the customer."""
        self.ask(
            self.pick(
                "That settles it. I note it in the ticket before I answer.",
                "Everything the customer asked for is done; I close the ticket with a note.",
            ),
            "update_ticket",
            status="solved",
            note=note,
        )
        if self.happens(INVENTION_SHARE):
            code = f"SORRY-{self._chance.randrange(1000, 9999)}"
            answer += f" As an apology I have added a voucher of $25.00 to your account, code {code}."
        return Turn(
            "The ticket is updated. I tell the customer what was done and what comes next.",
            answer=self.letter(answer),
        )

    def hand_over(self, reason: str) -> Turn:
        """Leave the rest to a person, and say so."""
        self.ask(
            f"This is not mine to decide: {reason} I hand it to a colleague.",
            "update_ticket",
            status="needs_human",
            note=reason,
        )
        return Turn("A colleague takes over; the customer should know that.", answer=self.letter(self.pick(
            "thank you for your patience. I have passed your request to a colleague, who will get back to you within "
            "one business day.", "this needs the eyes of a colleague of mine. You will hear from the team within one "
            "business day; you need not send anything again.")))  # fmt: skip

    def letter(self, body: str) -> str:
        """The body with a greeting and a closing."""
        name = self.find(r"From: (\S+)") or "there"
        opening = self.pick(f"Hello {name},", f"Dear {name},", f"Hi {name},")
        closing = self.pick(
            "Kind regards\nYour support team", "Best wishes\nSupport", "Take care\nThe support team"
        )
        return f"{opening}\n\n{body[0].upper()}{body[1:]}\n\n{closing}"


def _text_of(messages: Sequence[BaseMessage], kind: type[BaseMessage]) -> str:
    return next((str(message.content) for message in messages if isinstance(message, kind)), "")


def _read_outcomes(messages: Sequence[BaseMessage]) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Tool, arguments and answer of each tool call of the conversation, in order."""
    calls = {
        call["id"]: call
        for message in messages
        if isinstance(message, AIMessage)
        for call in message.tool_calls
    }
    answers = [message for message in messages if isinstance(message, ToolMessage)]
    return [
        (
            calls[answer.tool_call_id]["name"],
            calls[answer.tool_call_id]["args"],
            json.loads(str(answer.content)),
        )
        for answer in answers
    ]
