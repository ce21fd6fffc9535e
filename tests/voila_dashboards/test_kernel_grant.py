"""How a grant reaches its kernel, and what the gateway gives for it over its socket."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from websockets.sync.server import serve

from access.users import get_user
from lake.scope import Scope
from tests.clock import FakeClock
from tests.logs import a_log, put_raw
from tests.voila_dashboards.gateway_fakes import COMM, Site
from voila_dashboards.kernel.errors import NoGrant, StoreSilent, VisitEnded
from voila_dashboards.kernel.gateway import Gateway
from voila_dashboards.kernel.grant import await_grant
from voila_dashboards.viewer import Viewer

ANN: Final = Viewer("ann", "Ann", "client", "acme")


# ---------------------------------------------------------------- the grant


@pytest.mark.parametrize(
    "env",
    [
        {},
        {"VOILA_PREHEAT": "False"},
        {"VOILA_PREHEAT": "False", "HTTP_X_CASELOG_GRANT": ""},
        {"VOILA_PREHEAT": "True", "HTTP_X_CASELOG_GRANT": "of the visitor before"},
        {
            "VOILA_PREHEAT": "True",
            "VOILA_APP_PORT": "1",
            "VOILA_KERNEL_ID": "x",
            "HTTP_X_CASELOG_GRANT": "stale",
        },
    ],
)
def test_without_a_grant_of_its_own_a_kernel_shows_nothing(env: dict[str, str]) -> None:
    with pytest.raises(NoGrant):
        await_grant(env)


def test_a_cold_kernel_finds_its_grant_in_its_environment() -> None:
    assert await_grant({"VOILA_PREHEAT": "False", "HTTP_X_CASELOG_GRANT": "g"}) == "g"


@pytest.mark.parametrize(
    ("request_info", "grant"),
    [
        ('{"HTTP_X_CASELOG_GRANT": "g"}', "g"),
        ("{}", None),
        ("[]", None),
        ("not json", None),
        ('{"HTTP_X_CASELOG_GRANT": 1}', None),
    ],
)
def test_a_preheated_kernel_is_told_over_voilas_websocket(request_info: str, grant: str | None) -> None:
    with serve(lambda websocket: websocket.send(request_info), "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = str(server.socket.getsockname()[1])
        env = {
            "VOILA_PREHEAT": "True",
            "VOILA_APP_PORT": port,
            "VOILA_KERNEL_ID": "k",
            "HTTP_X_CASELOG_GRANT": "stale",
        }

        if grant is None:
            with pytest.raises(NoGrant):
                await_grant(env)
        else:
            assert await_grant(env) == grant
        server.shutdown()


# ---------------------------------------------------------------- the socket


@pytest.fixture
def socket_path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="caselog-") as folder:
        yield Path(folder) / "socket"


@asynccontextmanager
async def listening(site: Site, path: Path) -> AsyncIterator[Gateway]:
    server = await site.app.state.broker.listen(path)
    yield Gateway(str(path))
    server.close()


async def a_grant(site: Site, name: str) -> tuple[Any, str]:
    user = get_user(site.store, name)
    assert user is not None
    visitor = await site.app.state.sessions.visitor(site.app.state.sessions.issue(user))
    visit, grant = await site.app.state.keeper.open("tickets", {"q": "x"}, visitor)
    return visit, grant


@pytest.mark.anyio
async def test_a_grant_is_traded_for_a_scope_and_later_snapshots(
    tmp_path: Path, clock: FakeClock, socket_path: Path
) -> None:
    site = Site(tmp_path, clock)
    put_raw(site.store, a_log("L1"))
    put_raw(site.store, a_log("G1", client_id="globex"))
    visit, grant = await a_grant(site, "ann")

    async with listening(site, socket_path) as gateway:
        admission = await asyncio.to_thread(gateway.redeem, grant, COMM)
        renewed = await asyncio.to_thread(gateway.renew, admission.token)
        with pytest.raises(NoGrant):
            await asyncio.to_thread(gateway.redeem, grant, COMM)
        await site.app.state.keeper.end(visit)
        with pytest.raises(VisitEnded):
            await asyncio.to_thread(gateway.renew, admission.token)

    assert (admission.viewer, admission.page, admission.params) == (ANN, "tickets", {"q": "x"})
    assert admission.snapshot.scope == renewed.scope == Scope.of("acme")
    assert len(renewed.raw) == 1
    assert admission.snapshot.raw[0].location.startswith("http://testserver/lake/raw/client_id=acme/")


def test_a_gateway_that_is_gone_is_a_silent_store(tmp_path: Path) -> None:
    with pytest.raises(StoreSilent):
        Gateway(str(tmp_path / "nothing")).renew("token")
