"""Names that the gateway and the kernels agree on."""

from __future__ import annotations

from typing import Final

#: The three pages; each is a notebook `pages/<name>.ipynb`.
PAGES: Final = ("overview", "tickets", "ticket")

#: The header in which a page's grant reaches Voila, and the name under which Voila hands it to the kernel.
GRANT_HEADER: Final = "X-Caselog-Grant"
GRANT_VARIABLE: Final = "HTTP_X_CASELOG_GRANT"

#: The environment variable that tells a kernel where the gateway's socket is.
SOCKET_VARIABLE: Final = "CASELOG_GATEWAY_SOCKET"

#: The MIME type in which a kernel hands the page's first data to the template.
PAGE_MIME: Final = "application/vnd.caselog.page+json"
