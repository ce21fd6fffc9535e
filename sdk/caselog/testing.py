"""For a workflow's own tests: the logs it ships, as the collector would get them, and nothing leaves the process.

from caselog.testing import capture

def test_a_refund_is_logged():
    with capture() as logs:
        run_workflow("T-1")

    assert logs[0]["status"] == "SUCCESS"
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Union, overload

from . import api
from .client import Client
from .console import Console
from .settings import FULL_TRACE, OFF, Limits, environment
from .transport import Request, Response

_FLUSH_S = 10.0
#: A test may ship faster than any workflow, and nothing is to be dropped.
_ROOMY = Limits(max_queue_logs=1_000_000, max_queue_bytes=1 << 31)


class Captured(Sequence[dict[str, Any]]):
    """The logs shipped so far, oldest first: masked, completed and cut as they would have been sent."""

    def __init__(self, client: Client, arrived: list[dict[str, Any]]) -> None:
        self._client = client
        self._arrived = arrived

    def __len__(self) -> int:
        return len(self._settled())

    @overload
    def __getitem__(self, place: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, place: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, place: Union[int, slice]) -> Union[dict[str, Any], list[dict[str, Any]]]:
        return self._settled()[place]

    def __repr__(self) -> str:
        return repr(self._settled())

    def _settled(self) -> list[dict[str, Any]]:
        api.settle_frameworks(_FLUSH_S)
        self._client.flush(_FLUSH_S)
        return self._arrived


@contextmanager
def capture(*, client_id: str | None = "captured", level: str | None = None) -> Iterator[Captured]:
    """Whatever `ship_log_async` is given inside the block, from any thread, without any variable set.

    Level and masks are those of the environment, as for the collector, unless ``level`` says otherwise; a level of
    OFF is taken as FULL_TRACE. The block takes the place of the environment's client in this process; the logs stay
    readable after it.
    """
    arrived: list[dict[str, Any]] = []

    def keep(request: Request) -> Response:
        arrived.extend(json.loads(line) for line in gzip.decompress(request.body).splitlines())
        return Response(200, {}, b"{}")

    env, console = environment(), Console()
    set_level = api.settle_level(env, console)
    level = level or (FULL_TRACE if set_level == OFF else set_level)
    settings = api.read_settings(env, "http://captured.invalid/v1/logs", "caselog_captured", level, console)
    settings = settings.changed(client_id=client_id, spool_dir=None)
    client = Client(settings, _ROOMY, transport=keep)
    client.mask = api.own_mask()
    before = api.swap_client(client)
    try:
        yield Captured(client, arrived)
    finally:
        api.swap_client(before)
        client.close(_FLUSH_S)
