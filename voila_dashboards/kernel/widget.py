"""The one component of all pages, as an anywidget: the same view is drawn here, in Voila and in JupyterLab."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import anywidget
import traitlets

from voila_dashboards.names import PAGE_MIME

#: Built beside what the gateway serves, as one script and one style sheet: a notebook can load no further pieces.
_WIDGET: Final = Path(__file__).parent.parent / "static" / "widget"


class CaselogPage(anywidget.AnyWidget):
    """Draws ``page``; a question of the drawn page reaches whoever called `when_asked`.

    Nothing that a browser may change decides what is shown: ``page`` is only ever written here, and the
    scope is not part of it.
    """

    _esm = _WIDGET / "caselog.js"
    _css = _WIDGET / "caselog.css"
    page = traitlets.Dict(None, allow_none=True).tag(sync=True)

    def when_asked(self, answer: Callable[[object], dict[str, Any] | None]) -> None:
        """Send back what ``answer`` makes of each message."""

        def reply(_widget: object, content: object, _buffers: object) -> None:
            message = answer(content)
            if message is not None:
                self.send(message)

        self.on_msg(reply)

    def as_bundle(self) -> dict[str, Any]:
        """What our own template needs to paint at once: the first data and where to send questions."""
        return {PAGE_MIME: {"comm_id": self.comm.comm_id, "page": self.page}}
