"""The component in a real browser without Voila: a small server with the strict CSP, and a model made of fetch.

The server answers a page's address with the shell, and a question of the component with whatever ``answer``
returns, exactly as a kernel would over its websocket.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

import jinja2
from playwright.sync_api import Page

from access.viewer import Viewer
from tests.voila_dashboards.page_lake import NOW_MS, PROVIDER
from voila_dashboards.finding import Found
from voila_dashboards.gateway.html import navigation
from voila_dashboards.pages import PAGES
from voila_dashboards.payload import page_payload
from voila_dashboards.queries.source import PageNotFound, Source

ROOM: Final = Path(__file__).resolve().parents[2] / "voila_dashboards"
CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_TYPES: Final = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".txt": "text/plain",
}
#: How a page of the gateway comes by the component, and how anywidget does: from one text, which loads no other.
_LOADED: Final = 'import component from "/static/caselog.js";'
_GIVEN: Final = """
const text = await (await fetch("/static/widget/caselog.js")).text();
const { default: component } = await import(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
"""
#: What anywidget hands to the component, in as few lines as it takes. `silent` swallows questions, `broken` throws.
_MODEL: Final = """
const listeners = {};
window.sent = [];
const state = { page: null };
const model = {
  get: (name) => state[name],
  on: (event, listener) => (listeners[event] ??= []).push(listener),
  off: () => {},
  send: (message) => {
    window.sent.push(message);
    if (window.broken) throw new Error("the socket is closed");
    if (window.silent) return;
    fetch("/ask", { method: "POST", body: JSON.stringify(message) }).then((answer) => answer.json())
      .then((answer) => (listeners["msg:custom"] ?? []).forEach((listener) => listener(answer, [])));
  },
};
const url = location.pathname + location.search;
const answer = await fetch("/ask", { method: "POST", body: JSON.stringify({ url }) });
state.page = (await answer.json()).payload;
window.drawn = performance.now();
window.end = await component.render({ model, el: document.querySelector("#content") });
window.drawn = performance.now() - window.drawn;
document.documentElement.dataset.ready = "yes";
"""
_SCRIPTS: Final = {"/model.js": _LOADED + _MODEL, "/anywidget.js": _GIVEN + _MODEL}
_NOTEBOOK: Final = (
    '<!doctype html><html lang="en"><head><link rel="stylesheet" href="/static/widget/caselog.css"></head>'
    '<body><div id="content"></div><script type="module" src="/anywidget.js"></script></body></html>'
)

Answer = Callable[[Viewer, str, dict[str, str]], dict[str, Any]]
#: Whose eyes, page, its parameters, the parameter whose values are looked for, and words.
Find = Callable[[Viewer, str, dict[str, str], str, str], Found]


def _find_nothing(_viewer: Viewer, page: str, *_asked: object) -> Found:
    raise LookupError(page)


@dataclass
class Harness:
    """A running server; ``answer`` and ``viewer`` may be changed between pages."""

    answer: Answer
    viewer: Viewer
    find: Find = _find_nothing
    url: str = ""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def respond(self, message: dict[str, Any]) -> dict[str, Any]:
        """The kernel's answer to a question, or to the address a page was loaded from."""
        page, params = read_url(message["url"]) if "url" in message else (message["page"], message["params"])
        if (zone := message.get("zone")) and "zone" in PAGES[page].params:
            params.setdefault("zone", zone.value)
        self.asked.append((page, params))
        try:
            if message.get("kind") == "find":
                found = self.find(self.viewer, page, params, message["param"], message["words"])
                return {"kind": "found", "id": message["id"], "found": found}
            payload = self.answer(self.viewer, page, params)
        except LookupError as error:
            return {"kind": "error", "id": message.get("id"), "code": "not_found", "message": str(error)}
        return {"kind": "result", "id": message.get("id"), "payload": payload}


def read_url(url: str) -> tuple[str, dict[str, str]]:
    """Page and parameters of an address, as the gateway reads them."""
    parts = urlsplit(url)
    segments = [unquote(segment) for segment in parts.path.split("/") if segment]
    if segments[:1] == ["ticket"]:
        return "ticket", {
            **dict(parse_qsl(parts.query)),
            "client_id": segments[1],
            "log_id": segments[2],
        }
    page = next((page.name for page in PAGES.values() if page.path == parts.path), "overview")
    return page, dict(parse_qsl(parts.query))


def render(name: str, **variables: Any) -> str:
    """One of the room's templates."""
    loader = jinja2.FileSystemLoader(ROOM / "templates")
    templates = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.ChainableUndefined)
    return templates.get_template(name).render(**variables)


_SHELL: Final = (
    '{% extends "shell.html" %}{% block head %}<link rel="stylesheet" href="/static/pages/{{ page }}.css">'
    '<script type="module" src="/model.js"></script>{% endblock %}'
)


def _page(viewer: Viewer, path: str) -> str:
    if path == "/notebook":
        return _NOTEBOOK
    if path == "/login":
        return render("login.html", csrf_token="token", error="Wrong user name or password.", next="/tickets")
    if path == "/account":
        said = {"rules": "10 characters or more.", "error": "That is not your password.", "seconds": 7}
        who = {"viewer": viewer, "seen": "all clients", "navigation": navigation(), "csrf_token": "token"}
        return render("account.html", is_changed=True, **said, **who)
    if path == "/message":
        text = "There is no such page. It may have moved, or the address was cut short."
        return render(
            "message.html", title="Not found", text=text, action_href="/", action_label="To the overview"
        )
    page, _ = read_url(path)
    loader = jinja2.FileSystemLoader(ROOM / "templates")
    template = jinja2.Environment(loader=loader, autoescape=True).from_string(_SHELL)
    return template.render(
        page=page,
        viewer=viewer,
        navigation=navigation(PAGES[page]),
        csrf_token="token",
        title=PAGES[page].title,
    )


def _handler(harness: Harness) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path.startswith("/static/"):
                file = ROOM / path.lstrip("/")
                self._send(file.read_bytes(), _TYPES[file.suffix]) if file.is_file() else self.send_error(404)
            elif path in _SCRIPTS:
                self._send(_SCRIPTS[path].encode(), "text/javascript")
            else:
                self._send(_page(harness.viewer, path).encode(), "text/html; charset=utf-8")

        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if "url" in message:
                message["zone"] = SimpleCookie(self.headers["Cookie"]).get("caselog_zone")
            self._send(json.dumps(harness.respond(message), allow_nan=False).encode(), "application/json")

        def _send(self, body: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            policy = CSP.replace("script-src", "script-src blob:") if self.path == "/notebook" else CSP
            self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's own name
            """Say nothing: a test's output is the test's."""

    return Handler


class _Server(ThreadingHTTPServer):
    """A browser opens many connections at once; beyond those that may wait, it tries again only after a second."""

    request_queue_size = 128


@contextmanager
def serving(answer: Answer, viewer: Viewer, port: int = 0) -> Iterator[Harness]:
    """The harness on a free port of loopback while the block runs."""
    harness = Harness(answer, viewer)
    server = _Server(("127.0.0.1", port), _handler(harness))
    harness.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield harness
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def keep_said(page: Page) -> None:
    """Have a button say for ever what it says for a second and a half: a busy machine may look only later."""
    page.evaluate(
        "() => { const later = setTimeout; window.setTimeout = (step, ms) => (ms === 1500 ? 0 : later(step, ms)); }"
    )


@contextmanager
def showing(
    source: Source,
    viewer: Viewer = PROVIDER,
    change: Callable[[dict[str, str], dict[str, Any]], object] = lambda _params, _payload: None,
) -> Iterator[Harness]:
    """A harness that draws its pages from ``source``, one at a time; ``change`` may alter a payload."""
    one_at_a_time = threading.Lock()

    def answer(seen_by: Viewer, page: str, params: dict[str, str]) -> dict[str, Any]:
        with one_at_a_time:
            try:
                payload = page_payload(source, seen_by, page, params, NOW_MS)
            except PageNotFound as error:
                raise LookupError(str(error)) from error
        change(params, payload)
        return payload

    def find(seen_by: Viewer, page: str, params: dict[str, str], param: str, words: str) -> Found:
        finding = PAGES[page].finding
        assert finding is not None
        with one_at_a_time:
            return finding.find(source, seen_by, params, NOW_MS, param, words)

    with serving(answer, viewer) as running:
        running.find = find
        yield running
