"""Names that the gateway and the kernels agree on."""

from __future__ import annotations

from typing import Final

#: The MIME type in which a kernel hands the page's first data to the template.
PAGE_MIME: Final = "application/vnd.caselog.page+json"
