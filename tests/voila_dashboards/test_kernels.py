"""What the gateway tells a kernel over its connection, and what a kernel can ask for there."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
import sys
import tempfile
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from access.users import get_user
from lake.errors import StoreUnavailable
from lake.scope import EVERYONE, Scope
from tests.clock import FakeClock
from tests.voila_dashboards.gateway_fakes import COMM, FakeKernel, Site
from voila_dashboards.gateway.kernels import KernelSilent
from voila_dashboards.gateway.visits import Visit
from voila_dashboards.kernel.errors import NoAdmission, StoreSilent, VisitEnded

ACME = Scope.of("acme")
pytestmark = pytest.mark.anyio


@pytest.fixture
def site(tmp_path: Path, clock: FakeClock) -> Site:
    site = Site(tmp_path, clock)
    site.snapshots.put(ACME, "acme-1", "acme-2")
    site.snapshots.put(EVERYONE, "all-1")
    return site


async def a_visit(site: Site, name: str = "ann", page: str = "tickets") -> Visit:
    user = get_user(site.store, name)
    assert user is not None
    session = await site.app.state.sessions.find(site.app.state.sessions.issue(user))
    visit: Visit = await site.app.state.lifetimes.open(page, {"q": "x"}, session)
    assert site.app.state.visits.bind(visit, str(uuid.uuid4()))
    return visit


def a_kernel(site: Site, visit: Visit) -> FakeKernel:
    kernel = FakeKernel(site.app.state.kernels, site.voila.folders, visit.kernel_id or "")
    site.voila.made.append(kernel)
    return kernel


async def admitted(site: Site, name: str = "ann") -> tuple[FakeKernel, Visit, Mapping[str, int]]:
    visit = await a_visit(site, name)
    kernel = a_kernel(site, visit)
    _, admission = await asyncio.gather(site.app.state.kernels.admit(visit), kernel.wait("tickets"))
    return kernel, visit, admission.snapshot.opened


def read(descriptor: int) -> str:
    with os.fdopen(os.dup(descriptor)) as file:
        return file.read()


async def test_an_admitted_kernel_gets_its_viewers_files_and_no_other(site: Site) -> None:
    visit = await a_visit(site)
    kernel = a_kernel(site, visit)

    _, admission = await asyncio.gather(site.app.state.kernels.admit(visit), kernel.wait("tickets"))

    assert {name: read(fd) for name, fd in admission.snapshot.opened.items()} == {
        "acme-1": "acme-1",
        "acme-2": "acme-2",
    }
    assert (admission.page, admission.params) == ("tickets", {"q": "x"})
    assert admission.viewer["clients"] == ["acme"]
    assert visit.comm_id == COMM
    assert site.snapshots.taken == [ACME]


async def test_a_descriptor_cannot_be_written_and_nothing_is_left_in_the_kernels_folder(site: Site) -> None:
    kernel, _, opened = await admitted(site)

    for descriptor in opened.values():
        with pytest.raises(OSError, match=r"Bad file descriptor"):
            os.write(descriptor, b"x")
    assert list(kernel.folder.iterdir()) == []


async def test_a_renewal_brings_only_what_is_new_and_more_files_than_one_message_holds(site: Site) -> None:
    kernel, _, opened = await admitted(site)
    many = [f"acme-{number}" for number in range(2, 450)]
    site.snapshots.put(ACME, *many)

    files = await asyncio.to_thread(kernel.connection.renew, opened)

    assert list(files.names) == many
    assert sorted(files.opened) == sorted(set(many) - {"acme-2"})
    assert all(read(descriptor) == name for name, descriptor in files.opened.items())
    assert len({*files.opened.values(), *opened.values()}) == 449


async def test_a_trace_comes_whole_whatever_its_size_and_never_of_a_foreign_client(site: Site) -> None:
    kernel, _, _ = await admitted(site)
    big = b'"' + b"x" * 20_000_000 + b'"'
    site.snapshots.traces = {("acme", "L1"): big, ("globex", "L1"): b"secret", ("acme", "L2"): b""}

    def ask(client_id: str, log_id: str) -> bytes | None:
        return kernel.connection.trace(client_id, "2026-11", log_id, 1_000)

    answers = [
        await asyncio.to_thread(ask, client_id, log_id)
        for client_id, log_id in (("acme", "L1"), ("globex", "L1"), ("acme", "nowhere"), ("acme", "L2"))
    ]

    assert answers == [big, None, None, b""]
    assert site.snapshots.asked == [(ACME, "acme")] * 3


async def test_the_end_of_a_kernel_that_could_not_be_admitted_is_not_the_visits(site: Site) -> None:
    visit = await a_visit(site)
    kernel = a_kernel(site, visit)
    kernel.socket.shutdown(socket.SHUT_RD)

    outcomes = await asyncio.gather(
        site.app.state.kernels.admit(visit), kernel.wait("tickets"), return_exceptions=True
    )
    kernel.socket.close()
    while site.app.state.kernels._connections:  # noqa: ASYNC110 - a moment
        await asyncio.sleep(0.005)

    assert isinstance(outcomes[0], KernelSilent)
    assert not visit.ended.is_set()


async def test_a_kernel_whose_visit_ended_is_told_nothing_more(site: Site) -> None:
    kernel, visit, opened = await admitted(site)
    await site.app.state.lifetimes.end(visit)

    with pytest.raises(VisitEnded):
        await asyncio.to_thread(kernel.connection.renew, opened)
    with pytest.raises(VisitEnded):
        await asyncio.to_thread(kernel.connection.trace, "acme", "2026-11", "L1", 0)
    assert site.voila.ended == [visit.kernel_id or site.voila.ended[0]]


async def test_a_store_that_does_not_answer_is_said_and_the_connection_lives_on(site: Site) -> None:
    kernel, _, opened = await admitted(site)
    site.snapshots.error = StoreUnavailable("a listing")

    with pytest.raises(StoreSilent):
        await asyncio.to_thread(kernel.connection.renew, opened)
    site.snapshots.error = None

    assert (await asyncio.to_thread(kernel.connection.renew, opened)).names == ("acme-1", "acme-2")


async def test_a_kernel_that_waits_for_another_page_is_not_admitted(site: Site) -> None:
    visit = await a_visit(site, page="overview")
    kernel = a_kernel(site, visit)
    waiting = asyncio.create_task(kernel.wait("tickets"))

    with pytest.raises(KernelSilent):
        await site.app.state.kernels.admit(visit)
    with pytest.raises(NoAdmission):
        await waiting

    assert not visit.is_admitted


async def test_a_visit_that_ended_meanwhile_is_dismissed(site: Site) -> None:
    visit = await a_visit(site)
    kernel = a_kernel(site, visit)
    waiting = asyncio.create_task(kernel.wait("tickets"))
    visit.ended.set()

    await site.app.state.kernels.admit(visit)

    with pytest.raises(NoAdmission):
        await waiting


async def test_nobody_waits_for_ever_for_a_kernel_that_does_not_come(
    tmp_path: Path, clock: FakeClock
) -> None:
    site = Site(tmp_path, clock, page_timeout_s=0.05)
    visit = await a_visit(site)

    with pytest.raises(KernelSilent):
        await site.app.state.kernels.admit(visit)


async def test_a_kernel_that_has_ended_is_not_waited_for(site: Site) -> None:
    visit, later = await a_visit(site), await a_visit(site)
    waiting = asyncio.create_task(site.app.state.kernels.admit(visit))
    await asyncio.sleep(0)

    for each in (visit, later):
        site.app.state.kernels.note_end(each.kernel_id)

    for admission in (
        waiting,
        site.app.state.kernels.admit(later),
    ):  # one that waits, and one of a dead kernel
        with pytest.raises(KernelSilent, match="it has ended"):
            await asyncio.wait_for(admission, 60)


def descriptors_of(file: Path) -> int:
    """How many descriptors this process has of the file."""
    targets = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # that of the listing itself
            targets.append(descriptor.readlink())
    return targets.count(file)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux lists a process's descriptors")
async def test_descriptors_that_a_kernel_sends_are_let_go_of(site: Site, tmp_path: Path) -> None:
    kernel, _, _ = await admitted(site)
    question = frame(
        b'{"ask": "trace", "client_id": "globex", "month": "", "log_id": "L1", "executed_at_ms": 0}'
    )

    with (tmp_path / "sent").open("w") as sent:
        for _ in range(20):
            socket.send_fds(kernel.socket, [question], [sent.fileno()] * 3)
            await asyncio.to_thread(kernel.socket.recv, 1000)

        assert descriptors_of(tmp_path / "sent") == 1  # our own


async def test_the_end_of_a_kernel_ends_its_visit(site: Site) -> None:
    kernel, visit, _ = await admitted(site)

    kernel.socket.close()
    await asyncio.wait_for(visit.ended.wait(), 60)

    await site.app.state.lifetimes.sweep()
    assert site.app.state.visits.all() == []


def frame(body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + body


RUBBISH = {
    "not JSON": frame(b"{"),
    "no object": frame(b"[]"),
    "nothing": struct.pack(">I", 0),
    "endless": struct.pack(">I", 2**31),
    "deep": frame(b"[" * 100_000),
    "an unknown question": frame(b'{"ask": "everything"}'),
    "a wrong type": frame(
        b'{"ask": "trace", "client_id": 1, "month": [], "log_id": {}, "executed_at_ms": null}'
    ),
    "half an emoji": frame(
        b'{"ask": "trace", "client_id": "acme", "month": "2026-11", "log_id": "\\ud83d", "executed_at_ms": 0}'
    ),
    "a second waiting": frame(b'{"say": "waiting"}'),
}


@pytest.mark.parametrize("rubbish", RUBBISH.values(), ids=RUBBISH.keys())
async def test_what_is_no_question_ends_the_connection(site: Site, rubbish: bytes) -> None:
    kernel, visit, _ = await admitted(site)

    kernel.socket.sendall(rubbish)
    await asyncio.wait_for(visit.ended.wait(), 60)

    assert await asyncio.to_thread(kernel.socket.recv, 1) == b""


FIRST: dict[str, Any] = {"say": "waiting", "kernel_id": str(uuid.uuid4()), "page": "tickets", "comm_id": COMM}


@pytest.mark.parametrize("folder", ["../..", "/", "a/b", "", ".", "x" * 100, "nowhere"])
async def test_a_kernels_folder_is_one_of_ours(site: Site, folder: str) -> None:
    ours, theirs = socket.socketpair()
    site.app.state.kernels.serve(theirs)

    ours.sendall(frame(json.dumps({**FIRST, "folder": folder}).encode()))

    assert await asyncio.to_thread(ours.recv, 1) == b""
    ours.close()


async def test_a_kernel_may_ask_for_derived_tables_of_its_scope_and_nothing_else_by_their_names(
    site: Site,
) -> None:
    kernel, _, opened = await admitted(site)
    gateway = kernel.connection

    renewed = await asyncio.to_thread(gateway.renew, opened, ["errors", "traces", "../control", "tool_calls"])

    assert set(renewed.names) == {"acme-1", "acme-2"}
    assert site.snapshots.taken[-1] == ACME
    assert site.snapshots.parts == ["errors", "tool_calls"]
    assert renewed.behind == frozenset()


async def test_the_kernels_door_is_in_a_folder_of_the_owners_and_opens_to_a_kernel(site: Site) -> None:
    with tempfile.TemporaryDirectory(prefix="caselog-") as folder:
        path = Path(folder) / "socket"
        door = asyncio.create_task(site.app.state.kernels.listen(path))
        while not path.exists():  # noqa: ASYNC110 - a moment
            await asyncio.sleep(0.001)
        with socket.socket(socket.AF_UNIX) as stranger:
            await asyncio.to_thread(stranger.connect, str(path))
            stranger.sendall(frame(b'{"ask": "snapshot", "have": []}'))
            said = await asyncio.to_thread(stranger.recv, 1)
        door.cancel()
        await asyncio.gather(door, return_exceptions=True)

    assert said == b""
