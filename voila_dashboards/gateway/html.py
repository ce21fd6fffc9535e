"""The gateway's own HTML: the shell of a page around what its kernel makes, the sign-in, and messages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jinja2

from voila_dashboards.gateway.assets import Assets
from voila_dashboards.gateway.sessions import Session

#: Where the kernel's part goes; it is not a character that a template or a name can hold.
_GAP: Final = "\x00"
_TITLES: Final = {"overview": "Overview", "tickets": "Tickets", "ticket": "Ticket"}


@dataclass(frozen=True)
class Shell:
    """What is sent before and after the kernel's part of a page."""

    head: bytes
    tail: bytes


class Html:
    """Renders templates; each knows ``static_url``, where our own files are."""

    def __init__(self, folders: Iterable[Path], assets: Assets) -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader([str(folder) for folder in folders]),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals["static_url"] = assets.base_url

    def shell(self, page: str, session: Session) -> Shell:
        """Head, header, navigation and skeleton of ``page``; and the end of the document."""
        head, tail = self._render("page.html", session, active=page, title=_TITLES[page], gap=_GAP).split(
            _GAP
        )
        return Shell(head.encode(), tail.encode())

    def login(self, form_token: str, then: str, error: str | None = None, username: str = "") -> str:
        """The sign-in page; ``then`` is where it leads, ``username`` what was typed before."""
        return self._render(
            "login.html", None, csrf_token=form_token, next=then, error=error, username=username
        )

    def message(self, session: Session | None, **words: str) -> str:
        """A page that says what happened and what to do: ``title``, ``text``, ``action_href``, ``action_label``."""
        return self._render("message.html", session, **words)

    def _render(self, template: str, session: Session | None, **context: Any) -> str:
        known: dict[str, Any] = {"viewer": None, "csrf_token": "", "active": "", "title": ""}
        if session is not None:
            known |= {"viewer": session.viewer, "csrf_token": session.csrf_token}
        return self._environment.get_template(template).render({**known, **context})
