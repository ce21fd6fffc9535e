"""The filters that an address names, for a page or for a file of what it lists."""

from __future__ import annotations

from itertools import islice
from typing import Final

from starlette.requests import Request

_MOST_PARAMS: Final = 32
_LONGEST_NAME: Final = 64
_LONGEST_VALUE: Final = 4000


def read_params(request: Request) -> dict[str, str]:
    """The page's filters from its URL: texts, bounded in number and length; the last of a repeated one counts.

    One that is too long is still too long for whatever reads it, so that the page says that it is left out.
    """
    given = islice(request.query_params.items(), _MOST_PARAMS)
    return {name[: _LONGEST_NAME + 1]: value[: _LONGEST_VALUE + 1] for name, value in given}
