"""What a page is: everything that the gateway, a kernel and the browser must know of it, said once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from access.viewer import Viewer
from voila_dashboards.finding import Finding
from voila_dashboards.params import Param
from voila_dashboards.queries.source import Source

#: Makes a page's data of untrusted parameters and the time now (UTC epoch ms): the parameters as they were understood,
#: and the data. Raises `PageNotFound`.
Query = Callable[[Source, Viewer, Mapping[str, str], int], tuple[dict[str, str], Any]]

_PATH_PARAM: Final = re.compile(r"\{(\w+)(:path)?\}")


@dataclass(frozen=True)
class Page:
    """One page. Its folder is named as it is, and holds its notebook and its view.

    ``path`` is a pattern of Starlette's; a ``client_id`` in it must be the viewer's to see. ``navigation`` is what the
    navigation calls it, nothing where it is reached from other pages only; ``under`` is then the page that is marked
    there in its stead. ``data`` is the `TypedDict` that ``query`` returns, ``constants`` what the view must know beside
    it, by their names in TypeScript.
    """

    name: str
    path: str
    title: str
    query: Query
    params: Mapping[str, Param]
    data: type
    constants: Mapping[str, Any] = field(default_factory=dict)
    navigation: str = ""
    under: str = ""
    #: Whether kernels wait for it: for what is loaded by its address. A click asks the kernel of the page that is open.
    is_kept_ready: bool = False
    #: Whether a viewer of several clients may narrow it to one: then the payload lists them.
    has_client_choice: bool = False
    #: Whose values can be looked for, where it has parameters with more values than it offers.
    finding: Finding | None = None

    @property
    def path_params(self) -> tuple[str, ...]:
        """Those of ``params`` that stand in the path.

        >>> Page("run", "/run/{client_id}/{id:path}", "Run", print, {}, dict).path_params
        ('client_id', 'id')
        """
        return tuple(name for name, _ in _PATH_PARAM.findall(self.path))

    @property
    def marked(self) -> str:
        """The page that the navigation marks while this one is shown."""
        return self.under or self.name

    def matches(self, path: str) -> bool:
        r"""Whether ``path`` may be an address of this page.

        >>> run = Page("run", "/run/{client_id}/{id:path}", "Run", print, {}, dict)
        >>> [run.matches(path) for path in ("/run/acme/1", "/run/acme", "/run/acme/\\")]
        [True, False, False]
        """
        pattern, end = "", 0
        for found in _PATH_PARAM.finditer(self.path):
            pattern += re.escape(self.path[end : found.start()]) + (r"[^\\]+" if found[2] else r"[^/\\]+")
            end = found.end()
        return re.fullmatch(pattern + re.escape(self.path[end:]), path) is not None


def list_pages(*pages: Page) -> dict[str, Page]:
    """Pages by name, in order."""
    return {page.name: page for page in pages}
