"""A page's payload: what surrounds the data of every page. It is JSON-ready; times are UTC epoch ms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict, cast

from access.viewer import Viewer
from voila_dashboards.left_out import LeftOut, left_out
from voila_dashboards.pages import PAGES
from voila_dashboards.queries.source import PageNotFound, Source, list_clients


class May(TypedDict):
    """What the viewer may do here. A page acts on this and never on who somebody is."""

    #: There are clients to choose from and to tell apart.
    see_clients: bool


class ViewerNames(TypedDict):
    """Who looks, in words to show; ``client_id`` where it is one client's eyes."""

    display_name: str
    title: str
    client_id: str | None


class Payload(TypedDict):
    """What a page is drawn from; ``data`` is the page's own."""

    page: str
    viewer: ViewerNames
    may: May
    params: dict[str, str]
    #: What of the address is not among these parameters, because it was not understood.
    left_out: LeftOut
    clients: list[str]
    #: What clients of this page are called by people, by id; one that is not in it is called by its id.
    client_names: dict[str, str]
    now_ms: int
    #: When the lake was last seen as it is shown; not ``is_current``: since then the store does not answer.
    as_of_ms: int
    is_current: bool
    data: Any


class Failure(TypedDict):
    """Why there is nothing to draw: a code for the page's script, a sentence for people."""

    code: str
    message: str


class FailedPayload(TypedDict):
    """What a page shows in place of its data."""

    page: str
    params: dict[str, str]
    now_ms: int
    error: Failure


def page_payload(
    source: Source,
    viewer: Viewer,
    page: str,
    params: Mapping[str, str],
    now_ms: int,
    *,
    as_of_ms: int | None = None,
    is_current: bool = True,
) -> dict[str, Any]:
    """Everything the page draws, shaped as `Payload`.

    Raises `PageNotFound` for a page or ticket that is not there for ``viewer``. ``params`` is untrusted: what cannot be
    understood is as if it were not given, and told. ``as_of_ms`` is now where it is left out.
    """
    shown = PAGES.get(page)
    if shown is None:
        raise PageNotFound(page)
    understood, data = shown.query(source, viewer, params, now_ms)
    only_client = viewer.scope.only_client
    has_choice = shown.has_client_choice and viewer.sees_many
    clients = list_clients(source, viewer) if has_choice else []
    payload: Payload = {
        "page": page,
        "viewer": viewer_names(viewer),
        "may": {"see_clients": viewer.sees_many},
        "params": understood,
        "left_out": left_out(shown.params, params, understood, only_client),
        "clients": clients,
        "client_names": _client_names(viewer, {*clients, *_clients_in(understood), only_client}),
        "now_ms": now_ms,
        "as_of_ms": now_ms if as_of_ms is None else as_of_ms,
        "is_current": is_current,
        "data": data,
    }
    return cast("dict[str, Any]", payload)


def _clients_in(understood: Mapping[str, str]) -> Iterable[str]:
    """The clients that an address names."""
    return (value for name, value in understood.items() if name.endswith("client_id"))


def _client_names(viewer: Viewer, client_ids: Iterable[str | None]) -> dict[str, str]:
    """Those of the clients that are called otherwise than by their id."""
    called = {each: viewer.name_of(each) for each in client_ids if each}
    return {client_id: name for client_id, name in sorted(called.items()) if name != client_id}


def viewer_names(viewer: Viewer) -> ViewerNames:
    """Who looks, as a page shows it."""
    return {
        "display_name": viewer.display_name,
        "title": viewer.title,
        "client_id": viewer.scope.only_client,
    }
