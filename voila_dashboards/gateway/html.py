"""The gateway's own HTML: the shell of a page around what its kernel makes, the sign-in, and messages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import jinja2

from access.viewer import Viewer
from voila_dashboards.gateway.assets import Assets
from voila_dashboards.gateway.sessions import Session
from voila_dashboards.pages import PAGES, Page

#: Where the kernel's part goes; it is not a character that a template or a name can hold.
_GAP: Final = "\x00"


@dataclass(frozen=True)
class Shell:
    """What is sent before and after the kernel's part of a page."""

    head: bytes
    tail: bytes


class Link(NamedTuple):
    """A place in the navigation."""

    href: str
    text: str
    is_current: bool


def navigation(shown: Page | None = None) -> list[Link]:
    """The navigation's links, in the order of the list of pages; ``shown`` is where the visitor is."""
    marked = "" if shown is None else shown.marked
    return [
        Link(page.path, page.navigation, page.name == marked) for page in PAGES.values() if page.navigation
    ]


class Html:
    """Renders templates; each knows ``static_url``, where our own files are."""

    def __init__(self, folders: Iterable[Path], assets: Assets) -> None:
        self._assets = assets
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader([str(folder) for folder in folders]),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals["static_url"] = assets.base_url

    def shell(self, page: Page, session: Session) -> Shell:
        """Head, header, navigation and skeleton of ``page``; and the end of the document."""
        words = {
            "navigation": navigation(page),
            "title": page.title,
            "scripts": self._assets.scripts(page.name),
            "styles": self._assets.styles(page.name),
            "gap": _GAP,
        }
        head, tail = self._render("page.html", session, **words).split(_GAP)
        return Shell(head.encode(), tail.encode())

    def login(self, form_token: str, then: str, error: str | None = None, username: str = "") -> str:
        """The sign-in page; ``then`` is where it leads, ``username`` what was typed before."""
        return self._render(
            "login.html", None, csrf_token=form_token, next=then, error=error, username=username
        )

    def account(self, session: Session, **words: Any) -> str:
        """The account page: ``rules``, ``error``, ``is_changed``, ``seconds``, ``has_proxy_sign_out``."""
        return self._render(
            "account.html",
            session,
            seen=_seen_by(session.viewer),
            is_by_proxy=session.is_by_proxy,
            **words,
        )

    def message(self, session: Session | None, **words: str) -> str:
        """A page that says what happened and what to do: ``title``, ``text``, ``action_href``, ``action_label``."""
        return self._render("message.html", session, **words)

    def _render(self, template: str, session: Session | None, **context: Any) -> str:
        known: dict[str, Any] = {"viewer": None, "csrf_token": "", "session_tag": "", "title": ""}
        known["navigation"] = navigation()
        if session is not None:
            known |= {
                "viewer": session.viewer,
                "csrf_token": session.csrf_token,
                "session_tag": session.tag,
            }
        return self._environment.get_template(template).render({**known, **context})


def _seen_by(viewer: Viewer) -> str:
    """Whose logs the viewer sees, in words."""
    clients = viewer.scope.clients
    return "all clients" if clients is None else ", ".join(_called(viewer, each) for each in sorted(clients))


def _called(viewer: Viewer, client_id: str) -> str:
    name = viewer.name_of(client_id)
    return name if name == client_id else f"{name} ({client_id})"
