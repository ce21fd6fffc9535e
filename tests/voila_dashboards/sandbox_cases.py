"""Each layer of the sandbox, taken out alone: what it forbids is refused with it, and works without it."""

from __future__ import annotations

import ctypes
import mmap
import os
import resource
import signal
import socket
import sys
import tempfile
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from voila_dashboards.sandbox import (
    LAYERS,
    Account,
    LayerFailed,
    Limits,
    Reach,
    available_layers,
    close_sockets,
    describe_platform,
    hide_memory,
    landlock,
    may_change_user,
    process,
    seal,
    seccomp,
)
from voila_dashboards.sandbox.code_folders import python_folders
from voila_dashboards.sandbox.errors import NotSealed
from voila_dashboards.sandbox.libc import prctl, syscall
from voila_dashboards.sandbox.verify import verify

NOBODY: Final = 65534
OWN: Final = Account(61190, 61190)
IS_ROOT: Final = os.geteuid() == 0
MEMORY: Final = 512 * 1024**2

#: How a child says what became of an attempt.
WORKED, REFUSED, UNSEALED, BROKEN = 10, 11, 12, 13

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's")


class Site(NamedTuple):
    """What a sealed child may reach, and what it tries to."""

    sockets: Path
    data: Path
    secret: Path
    of_another: Path
    port: int
    unix: Path
    parent: int


class Probe(NamedTuple):
    """Something that ``layer`` forbids, also with the layers ``beside`` left out, which forbid it too."""

    layer: str
    attempt: Callable[[Site], object]
    beside: frozenset[str] = frozenset()
    needs_root: bool = False


# ---------------------------------------------------------------- what is tried


def take_memory(_site: Site) -> None:
    bytearray(2 * MEMORY)


def take_shared_memory(_site: Site) -> None:
    with mmap.mmap(-1, 8 * MEMORY) as shared:
        shared[0] = 1


def write_a_file(site: Site) -> None:
    (site.sockets / "file").write_text("x" * 10)


def read_a_secret(site: Site) -> None:
    site.secret.read_text()


def read_what_root_alone_may(site: Site) -> None:
    site.of_another.read_text()


def list_processes(_site: Site) -> None:
    list(Path("/proc").iterdir())


def make_a_file(site: Site) -> None:
    os.close(os.open(site.sockets / "file", os.O_CREAT | os.O_WRONLY))


def connect_tcp(site: Site) -> None:
    socket.create_connection(("127.0.0.1", site.port), timeout=5).close()


def send_udp(site: Site) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"x", ("127.0.0.1", site.port))


def signal_the_parent(site: Site) -> None:
    os.kill(site.parent, 0)


def fork(_site: Site) -> None:
    if os.fork() == 0:
        os._exit(0)


def run_a_program(_site: Site) -> None:
    os.execv("/bin/sh", ["sh", "-c", f"exit {WORKED}"])


def change_a_mode(site: Site) -> None:
    site.secret.parent.chmod(0o700)


def watch_a_folder(site: Site) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    watcher = libc.inotify_init1(0)
    if watcher < 0 or libc.inotify_add_watch(watcher, str(site.secret.parent).encode(), 0xFFF) < 0:
        raise PermissionError(ctypes.get_errno(), "inotify")


def trace_the_parent(_site: Site) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(0, 0, 0, 0) < 0:  # PTRACE_TRACEME
        raise PermissionError(ctypes.get_errno(), "ptrace")


def limit_a_process(site: Site) -> None:
    pid = site.parent if os.getuid() else os.getppid()  # one of the same user
    resource.prlimit(pid, resource.RLIMIT_NOFILE, resource.prlimit(pid, resource.RLIMIT_NOFILE))


def keep_memory_apart(_site: Site) -> None:
    os.memfd_create("x")


def connect_to_a_neighbour(site: Site) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(site.unix))


def do_nothing(_site: Site) -> None:
    pass


def use_a_capability(_site: Site) -> None:
    os.setresuid(4711, 4711, 4711)


def be_looked_into(_site: Site) -> None:
    if process.is_memory_hidden():
        raise PermissionError


def outlive_the_parent(_site: Site) -> None:
    if process.ends_with_parent():
        raise PermissionError


FILES: Final = frozenset({"files"})
CALLS: Final = frozenset({"system_calls", "sockets"})

#: As root: stay root, who may do anything to anybody.
STRONG: Final = frozenset({"account", "capabilities"})

PROBES: Final = (
    Probe("limits", take_memory),
    Probe("limits", take_shared_memory),
    Probe("limits", write_a_file, FILES),
    Probe("files", read_a_secret),
    Probe("files", list_processes),
    Probe("files", make_a_file),
    Probe("account", read_what_root_alone_may, FILES | {"capabilities"}, needs_root=True),
    Probe("parent", outlive_the_parent),
    Probe("capabilities", use_a_capability, CALLS | {"account"}, needs_root=True),
    Probe("hidden_memory", be_looked_into, frozenset({"account"})),
    Probe("tcp", connect_tcp, CALLS),
    Probe("scope", signal_the_parent, CALLS | STRONG),
    Probe("system_calls", send_udp, frozenset({"sockets"})),
    Probe("system_calls", signal_the_parent, STRONG | {"scope"}),
    Probe("system_calls", fork),
    Probe("system_calls", run_a_program, FILES),
    Probe("system_calls", change_a_mode, STRONG),
    Probe("system_calls", watch_a_folder, STRONG),
    Probe("system_calls", trace_the_parent),
    Probe("system_calls", limit_a_process, STRONG),
    Probe("system_calls", keep_memory_apart),
    Probe("sockets", connect_to_a_neighbour),
)


# ---------------------------------------------------------------- children


def in_child(act: Callable[[], int]) -> int:
    """What ``act`` returned in a forked process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking beside threads: the child has one
        pid = os.fork()
    if pid == 0:
        status = BROKEN
        try:
            status = act()
        except BaseException:  # noqa: BLE001 - a child must not go on as the test
            traceback.print_exc()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def tried(probe: Probe, site: Site, without: frozenset[str], *, as_root: bool) -> int:
    """What becomes of an attempt in a process that was sealed ``without`` these layers."""

    def act() -> int:
        if IS_ROOT and not as_root:
            process.become(NOBODY, NOBODY)
            prctl(4, 1)  # who changed his user is hidden already
        try:
            seal(reach_of(site, as_root=as_root), without=without)
            close_sockets(without=without)
        except LayerFailed:
            return UNSEALED
        try:
            probe.attempt(site)
        except (OSError, MemoryError):
            return REFUSED
        return WORKED

    return in_child(act)


def reach_of(site: Site, *, as_root: bool) -> Reach:
    return Reach(
        code=python_folders(),
        sockets=site.sockets,
        parent=os.getppid(),
        data=site.data,
        account=OWN if as_root else None,
        limits=Limits(memory_bytes=MEMORY),
    )


@pytest.fixture
def site() -> Iterator[Site]:
    # not pytest's own folder, which it shuts to all but its user
    with tempfile.TemporaryDirectory(prefix="caselog-") as name, a_site(Path(name)) as site:
        yield site


@contextmanager
def a_site(folder: Path) -> Iterator[Site]:
    folder.chmod(0o755)
    for name in ("sockets", "data", "lake"):
        (folder / name).mkdir(mode=0o777)
        (folder / name).chmod(0o777)
        if IS_ROOT:
            os.chown(folder / name, NOBODY, NOBODY)
    secret, of_root = folder / "lake" / "secret", folder / "lake" / "of_root"
    secret.write_text("of everybody")
    of_root.write_text("of root")
    of_root.chmod(0o600)
    with listening(folder) as (port, unix), a_parent() as parent:
        yield Site(folder / "sockets", folder / "data", secret, of_root, port, unix, parent)


@contextmanager
def listening(folder: Path) -> Iterator[tuple[int, Path]]:
    path = folder / "neighbour"
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(path))
        path.chmod(0o777)
        unix.listen(8)
        yield tcp.getsockname()[1], path


@contextmanager
def a_parent() -> Iterator[int]:
    """A process of the same user that stands for the gateway."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        if IS_ROOT:
            process.become(NOBODY, NOBODY)
        signal.pause()
        os._exit(0)
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


# ---------------------------------------------------------------- each layer


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: f"{probe.layer}-{probe.attempt.__name__}")
@pytest.mark.parametrize("as_root", [False, True], ids=["ordinary", "root"])
def test_what_a_layer_forbids_works_without_it(probe: Probe, site: Site, as_root: bool) -> None:
    if as_root and not may_change_user():
        pytest.skip("only root can become somebody else")
    if probe.needs_root and not as_root:
        pytest.skip("an ordinary user has nothing to give up here")
    if probe.layer not in available_layers():
        pytest.skip(f"this platform lacks {probe.layer}")

    with_it = tried(probe, site, probe.beside, as_root=as_root)
    without_it = tried(probe, site, probe.beside | {probe.layer}, as_root=as_root)

    assert (with_it, without_it) == (REFUSED, WORKED)


def test_every_layer_has_a_probe() -> None:
    without_probe = set(LAYERS) - {probe.layer for probe in PROBES}

    assert without_probe == {"no_new_privileges"}  # without it the others cannot be put on: see below


def test_with_all_layers_nothing_of_it_works(site: Site) -> None:
    results = {
        probe.attempt.__name__: tried(probe, site, frozenset(), as_root=as_root)
        for as_root in ({False, may_change_user()})
        for probe in PROBES
    }

    assert set(results.values()) == {REFUSED}, results


@pytest.mark.parametrize("as_root", [False, True], ids=["ordinary", "root"])
def test_a_process_that_may_still_gain_privileges_is_not_sealed_and_ends(site: Site, as_root: bool) -> None:
    if as_root and not may_change_user():
        pytest.skip("only root can become somebody else")
    probe = Probe("no_new_privileges", do_nothing)

    assert tried(probe, site, frozenset(), as_root=as_root) == WORKED
    assert tried(probe, site, frozenset({"no_new_privileges"}), as_root=as_root) == UNSEALED


def test_threads_that_start_later_are_sealed_too(site: Site) -> None:
    found: list[str] = []

    def attempt() -> None:
        for act in (read_a_secret, send_udp, fork, connect_to_a_neighbour):
            with suppress(OSError):
                act(site)
                found.append(act.__name__)

    def act() -> int:
        seal(reach_of(site, as_root=may_change_user()))
        thread = threading.Thread(target=attempt)
        close_sockets()
        thread.start()
        thread.join()
        return WORKED if found else REFUSED

    assert in_child(act) == REFUSED


def test_threads_that_run_already_lose_their_sockets_with_the_others(site: Site) -> None:
    may_go = threading.Event()
    found: list[bool] = []

    def attempt() -> None:
        may_go.wait()
        try:
            connect_to_a_neighbour(site)
            found.append(True)
        except OSError:
            found.append(False)

    def act() -> int:
        seal(reach_of(site, as_root=False), without={"account"})
        thread = threading.Thread(target=attempt)
        thread.start()
        close_sockets()
        may_go.set()
        thread.join()
        return WORKED if found[0] else REFUSED

    assert in_child(act) == REFUSED


def test_what_a_kernel_needs_goes_on(site: Site) -> None:
    def act() -> int:
        seal(reach_of(site, as_root=may_change_user()))
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(site.sockets / "own"))
            listener.listen()
        close_sockets()
        ours, theirs = socket.socketpair()
        ours.sendall(b"x")
        os.kill(os.getpid(), 0)
        signal.pthread_kill(threading.get_ident(), 0)
        threading.Thread(target=time.sleep, args=(0,)).start()
        return WORKED if theirs.recv(1) == b"x" else REFUSED

    assert in_child(act) == WORKED


def test_a_pair_of_sockets_cannot_be_aimed_at_a_third(site: Site) -> None:
    def act() -> int:
        seal(reach_of(site, as_root=may_change_user()))
        close_sockets()
        with suppress(OSError):
            socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
            return WORKED
        ours, _theirs = socket.socketpair()
        with suppress(OSError):
            ours.sendto(b"x", str(site.unix))
            return WORKED
        with suppress(OSError):
            ours.sendmsg([b"x"])
            return WORKED
        return REFUSED

    assert in_child(act) == REFUSED


def test_calls_newer_than_the_list_and_those_of_other_tables_are_not_there(site: Site) -> None:
    def newer() -> int:
        seal(reach_of(site, as_root=may_change_user()))
        try:
            syscall(468, 0, 0, 0)
        except OSError as error:
            return REFUSED if error.errno == 38 else WORKED
        return WORKED

    def other_table() -> int:
        seal(reach_of(site, as_root=may_change_user()))
        syscall(0x40000000 + 57)
        return WORKED

    assert in_child(newer) == REFUSED
    if os.uname().machine == "x86_64":
        assert in_child(other_table) == -signal.SIGSYS


def test_what_was_given_up_cannot_be_taken_back(site: Site) -> None:
    def act() -> int:
        seal(reach_of(site, as_root=may_change_user()))
        for option, value in ((4, 1), (1, 0)):  # PR_SET_DUMPABLE, PR_SET_PDEATHSIG
            with suppress(OSError):
                prctl(option, value)
                return WORKED
        for limit in (resource.RLIMIT_DATA, resource.RLIMIT_NOFILE, resource.RLIMIT_CORE):
            with suppress(OSError, ValueError):
                resource.setrlimit(limit, (1 << 40, 1 << 40))
                return WORKED
        return REFUSED

    assert in_child(act) == REFUSED


# ---------------------------------------------------------------- failing closed


def test_a_layer_that_cannot_be_put_on_stops_the_kernel(site: Site) -> None:
    def act() -> int:
        reach = Reach(code=(Path("/nowhere"),), sockets=site.sockets, parent=os.getppid())
        with suppress(LayerFailed):
            seal(reach, without={"account"})
            return WORKED
        return UNSEALED

    assert in_child(act) == UNSEALED


@pytest.mark.parametrize("layer", [name for name in LAYERS if name != "account"])
def test_a_layer_that_only_claims_to_hold_is_found_out(site: Site, layer: str) -> None:
    if layer == "capabilities" and not IS_ROOT:
        pytest.skip("an ordinary user has none to keep")

    def act() -> int:
        with suppress(NotSealed):
            verify({layer}, None)
            return WORKED
        return UNSEALED

    assert in_child(act) == UNSEALED


def test_what_a_platform_lacks_is_said_in_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "version", lambda: 0)
    monkeypatch.setattr(seccomp, "is_available", lambda: False)

    sentences = describe_platform()

    assert any("'files'" in each and "reads every file" in each for each in sentences)
    assert any("'system_calls'" in each for each in sentences)
    assert all(each.endswith(".") for each in sentences)


# ---------------------------------------------------------------- the rest of the family


def test_a_hidden_process_is_not_looked_into_by_another_of_its_user() -> None:
    def looked_into(hide: Callable[[], object]) -> int:
        reader, writer = os.pipe()

        def act() -> int:
            if IS_ROOT:
                process.become(NOBODY, NOBODY)
                prctl(4, 1)  # a process that changed its user is hidden already
            victim = os.fork()
            if victim == 0:
                hide()
                os.write(writer, b"x")
                signal.pause()
            os.read(reader, 1)
            try:
                Path(f"/proc/{victim}/environ").read_bytes()
                Path(f"/proc/{victim}/mem").open("rb").close()
            except PermissionError:
                return REFUSED
            finally:
                os.kill(victim, signal.SIGKILL)
            return WORKED

        return in_child(act)

    assert (looked_into(hide_memory), looked_into(lambda: None)) == (REFUSED, WORKED)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_is_a_program_that_linux_takes(machine: str) -> None:
    steps = seccomp.program((*seccomp._NEVER, *seccomp._SOMETIMES, *seccomp._own_signals_only(1)), machine)

    assert len(steps) < 4096  # BPF_MAXINSNS
    for at, (_, if_true, if_false, _) in enumerate(steps):
        assert at + max(if_true, if_false) < len(steps)
        assert max(if_true, if_false) < 256
