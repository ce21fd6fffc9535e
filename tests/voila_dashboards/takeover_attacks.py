"""What somebody tries who runs code in a kernel. The text of this file is executed there, with ``FACTS`` before it.

Each attack returns what it got; an error is what it should get. `attack` prints a JSON object: name -> outcome.
"""

# What is attacked are the system calls themselves.
# ruff: noqa: PTH123, PTH208

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import socket
import stat
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

FACTS: dict[str, Any] = globals().get("FACTS", {})  # set by whoever runs this text
_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
_libc.mmap.restype = ctypes.c_void_p
ATTACKS: dict[str, Callable[[], object]] = {}

#: Numbers of system calls by machine, for those that Python has no function for.
_X86 = os.uname().machine == "x86_64"
_NUMBERS = {
    "ptrace": 101 if _X86 else 117,
    "process_vm_readv": 310 if _X86 else 270,
    "process_vm_writev": 311 if _X86 else 271,
    "pidfd_open": 434,
    "pidfd_getfd": 438,
    "io_uring_setup": 425,
    "bpf": 321 if _X86 else 280,
    "keyctl": 250 if _X86 else 219,
    "userfaultfd": 323 if _X86 else 282,
    "unshare": 272 if _X86 else 97,
    "mount": 165 if _X86 else 40,
    "clone3": 435,
    "shmget": 29 if _X86 else 194,
    "execveat": 322 if _X86 else 281,
    "rt_sigqueueinfo": 129 if _X86 else 138,
}


class Refused(Exception):
    """What the attack was after did not come."""


def call(name: str, *arguments: object) -> int:
    """A raw system call; raises `OSError`."""
    words = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    result: int = _libc.syscall(ctypes.c_long(_NUMBERS[name]), *words)
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result


def named(name: str, act: Callable[..., object], *arguments: object) -> None:
    ATTACKS[name] = partial(act, *arguments)


def read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(64)


def reopen_by_path_only(path: str) -> bytes:
    descriptor = os.open(path, os.O_PATH)
    try:
        return read(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)


def connect(family: int, kind: int, address: object) -> str:
    with socket.socket(family, kind) as sock:
        sock.settimeout(2)
        sock.connect(address)  # type: ignore[arg-type]
        return "connected"


def open_for(path: str, flags: int) -> str:
    os.close(os.open(path, flags, 0o600))
    return "opened"


# ---------------------------------------------------------------- files and processes


def list_or_read(path: str) -> object:
    return os.listdir(path) if path.count("/") == 1 else read(path)


for _path in FACTS.get("files", ()):
    named(f"read {_path}", read, _path)
    named(f"reopen {_path}", reopen_by_path_only, _path)
    named(f"write {_path}", open_for, _path, os.O_WRONLY)
    named(f"link {_path}", os.link, _path, f"{FACTS['own_sockets']}/stolen")
    named(f"mode of {_path}", os.chmod, _path, 0o777)
for _path in FACTS.get("folders", ()):
    named(f"list {_path}", os.listdir, _path)
    named(f"make a file in {_path}", open_for, f"{_path}/new", os.O_CREAT | os.O_WRONLY)
    named(f"make a folder in {_path}", os.mkdir, f"{_path}/new_folder")
    named(f"make a symlink in {_path}", os.symlink, "/etc/passwd", f"{_path}/sym")
    named(f"remove {_path}", os.rmdir, _path)

for _name, _pid in FACTS.get("pids", {}).items():
    for _entry in ("environ", "mem", "maps", "cmdline", "status", "fd/0", "root/etc/passwd", "cwd/x"):
        named(f"/proc of {_name}: {_entry}", read, f"/proc/{_pid}/{_entry}")
    named(f"descriptors of {_name}", os.listdir, f"/proc/{_pid}/fd")
    named(f"where {_name} works", os.readlink, f"/proc/{_pid}/cwd")
    named(f"signal {_name}", os.kill, _pid, 0)
    named(f"stop {_name}", os.kill, _pid, signal.SIGSTOP)
    named(f"queue a signal for {_name}", call, "rt_sigqueueinfo", _pid, 0, ctypes.create_string_buffer(128))
    named(f"trace {_name}", call, "ptrace", 16, _pid, 0, 0)
    named(f"read memory of {_name}", call, "process_vm_readv", _pid, None, 0, None, 0, 0)
    named(f"write memory of {_name}", call, "process_vm_writev", _pid, None, 0, None, 0, 0)
    named(f"open {_name}", call, "pidfd_open", _pid, 0)
    named(f"limit {_name}", resource.prlimit, _pid, resource.RLIMIT_NOFILE, (1, 1))
    named(f"slow {_name} down", os.setpriority, os.PRIO_PROCESS, _pid, 19)
for _path in (
    *("/proc", "/proc/self/environ", "/proc/net/unix", "/proc/net/tcp", "/proc/self/mountinfo"),
    *("/sys", "/dev", "/etc", "/tmp"),
):
    named(f"read {_path}", list_or_read, _path)
named("signal everybody", os.kill, -1, 0)
named("signal the group of the parent", lambda: os.killpg(os.getpgid(os.getppid()), 0))


# ---------------------------------------------------------------- the network and other sockets


def make_socket(family: int) -> int:
    return socket.socket(family, socket.SOCK_DGRAM).detach()


for _name, _port in FACTS.get("ports", {}).items():
    named(f"TCP to {_name}", connect, socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", _port))
    named(f"TCP 6 to {_name}", connect, socket.AF_INET6, socket.SOCK_STREAM, ("::1", _port))
    named(f"UDP to {_name}", connect, socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", _port))
for _path in FACTS.get("sockets", ()):
    named(f"connect to {_path}", connect, socket.AF_UNIX, socket.SOCK_STREAM, _path)
    named(f"send to {_path}", connect, socket.AF_UNIX, socket.SOCK_DGRAM, _path)
    named(f"remove {_path}", os.unlink, _path)
for _family in (1, 10, 15, 16, 17, 29, 38, 40):  # unix, inet6, key, netlink, packet, can, alg, vsock
    named(f"a socket of family {_family}", make_socket, _family)
named("an abstract socket", connect, socket.AF_UNIX, socket.SOCK_STREAM, f"\0{FACTS.get('abstract')}")
named("a pair that can be aimed", socket.socketpair, socket.AF_UNIX, socket.SOCK_DGRAM)


def listen_to_iopub() -> object:
    import zmq

    with zmq.Context() as context, context.socket(zmq.SUB) as sub:
        sub.linger = 0
        sub.rcvtimeo = 1000
        sub.subscribe(b"")
        sub.connect(f"ipc://{FACTS['iopub_of_sibling']}")
        try:
            return sub.recv_multipart()
        except zmq.Again:
            raise Refused from None


named("listen to a sibling's iopub", listen_to_iopub)


def find_way_to_others() -> object:
    """A descriptor that is neither the kernel's own nor its connection to the gateway."""
    found = []
    for number in range(3, 256):
        try:
            if not stat.S_ISSOCK(os.fstat(number).st_mode):
                continue
        except OSError:
            continue
        with socket.socket(fileno=os.dup(number)) as sock:
            if sock.type == socket.SOCK_SEQPACKET or sock.family != socket.AF_UNIX:
                found.append((number, sock.family))
    if not found:
        raise Refused
    return found


named("a descriptor of the fork server", find_way_to_others)


# ---------------------------------------------------------------- its own folder and descriptors

_SOCKETS, _DATA, _FILE = FACTS.get("own_sockets"), FACTS.get("own_data"), FACTS.get("descriptor", -1)
for _name in ("file", "../up"):
    named(f"make {_name}", open_for, f"{_SOCKETS}/{_name}", os.O_CREAT | os.O_WRONLY)
    named(f"make a pipe {_name}", os.mkfifo, f"{_SOCKETS}/{_name}")
    named(f"make a link {_name}", os.symlink, "/etc/passwd", f"{_SOCKETS}/{_name}")
named("list its own folder", os.listdir, _SOCKETS)
named("list its own data folder", os.listdir, _DATA)
named("make a file in its data folder", open_for, f"{_DATA}/file", os.O_CREAT | os.O_WRONLY)
named("open its own folder to all", os.chmod, _SOCKETS, 0o777)
named("its file again to read and write", open_for, f"/proc/self/fd/{_FILE}", os.O_RDWR)
named("its file again to write", open_for, f"/proc/self/fd/{_FILE}", os.O_WRONLY)
named("cut its file short", os.truncate, f"/proc/self/fd/{_FILE}", 0)
named("cut its descriptor short", os.ftruncate, _FILE, 0)
named("write to its descriptor", os.write, _FILE, b"x")
named("mode of its descriptor", os.fchmod, _FILE, 0o666)
named("shared memory on disk", open_for, "/dev/shm/caselog", os.O_CREAT | os.O_WRONLY)


# ---------------------------------------------------------------- programs and the kernel of Linux


def posix_spawn() -> object:
    return os.posix_spawn("/bin/true", ["true"], {})


named("run a program", lambda: os.execv("/bin/true", ["true"]))
named("spawn a program", posix_spawn)
named("run a program by path alone", lambda: call("execveat", -1, b"/bin/true", None, None, 0))
named("fork", os.fork)
named("clone", lambda: call("clone3", ctypes.create_string_buffer(88), 88))
named("new namespaces", lambda: call("unshare", 0x10000000))
named("mount", lambda: call("mount", b"none", b"/tmp", b"tmpfs", 0, None))
named("io_uring", lambda: call("io_uring_setup", 8, ctypes.create_string_buffer(120)))
named("bpf", lambda: call("bpf", 0, ctypes.create_string_buffer(128), 128))
named("keys", lambda: call("keyctl", 0, -3, 0, 0, 0))
named("userfaultfd", lambda: call("userfaultfd", 1))
named("be root", lambda: os.setresuid(0, 0, 0))
named("be somebody else", lambda: os.setresuid(4711, 4711, 4711))


# ---------------------------------------------------------------- DuckDB's own reach


def rows_of(connection: Any, query: str) -> object:
    found = connection.execute(query).fetchall()
    if query.startswith("SELECT") and not found:  # a folder that may not be listed looks empty
        raise Refused
    return found


def sql(query: str) -> object:
    return rows_of(FACTS["connection"], query)


def fresh_sql(query: str) -> object:
    import duckdb

    # in a sealed kernel it does not even open: it looks into /proc/self first
    with duckdb.connect() as fresh:
        return rows_of(fresh, query)


_SECRET = (FACTS.get("files") or [""])[0]
for _query in (
    "SELECT * FROM read_text('/etc/passwd')",
    f"SELECT * FROM read_text('{_SECRET}')",
    f"SELECT * FROM read_blob('/proc/{FACTS.get('pids', {}).get('gateway')}/environ')",
    "SELECT * FROM read_text('/proc/self/environ')",
    "SELECT * FROM glob('/**')",
    f"COPY (SELECT 1) TO '{FACTS.get('own_sockets')}/copied.csv'",
    "COPY (SELECT 1) TO '/tmp/copied.csv'",
    "ATTACH '/tmp/attached.db'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SELECT * FROM 'http://127.0.0.1:9/x.parquet'",
    "SET enable_external_access = true",
    "SET allowed_directories = ['/']",
    "RESET lock_configuration",
    "PRAGMA temp_directory = '/tmp'",
    *FACTS.get("queries", ()),
):
    named(f"DuckDB: {_query}", sql, _query)
    if "temp_directory" not in _query and not _query.startswith(("SET", "RESET")):
        named(f"another DuckDB: {_query}", fresh_sql, _query)


# ---------------------------------------------------------------- using everything up


def take_threads() -> object:
    """More than a user of its own may have; where it has none, its memory is the bound."""
    end = threading.Event()
    started = []
    try:
        for _ in range(FACTS["most_threads"]):
            thread = threading.Thread(target=end.wait, daemon=True)
            thread.start()
            started.append(thread)
    except (RuntimeError, MemoryError):
        raise Refused from None
    finally:
        end.set()
        for thread in started:
            thread.join()
    return len(started)


def take_descriptors() -> object:
    taken: list[int] = []
    try:
        while len(taken) < 5000:
            taken.extend(os.pipe())
    finally:
        for each in taken:
            os.close(each)
    return len(taken)


def take_shared_memory() -> object:
    readable_shared_anonymous = (ctypes.c_size_t(1 << 40), 1, 0x21)
    address = _libc.mmap(None, *readable_shared_anonymous, -1, ctypes.c_long(0))
    if address == ctypes.c_void_p(-1).value:
        raise OSError(ctypes.get_errno(), "mmap")
    return address


named("much memory", lambda: len(bytearray(2 * FACTS["memory"])))
named("much shared memory", take_shared_memory)
named("memory without a name", lambda: os.memfd_create("x"))
named("memory by key", lambda: call("shmget", 0, 1 << 20, 0o1600))
named("many threads", take_threads)
named("many descriptors", take_descriptors)


def outcome(act: Callable[[], object]) -> str:
    try:
        got = act()
    except BaseException as error:  # noqa: BLE001 - whatever it is, it was refused
        return f"refused: {type(error).__name__} {getattr(error, 'errno', '') or ''}".strip()
    return f"WORKED: {got!r}"[:200]


def everything() -> dict[str, str]:
    return {name: outcome(act) for name, act in ATTACKS.items()}


def try_only(*names: str) -> None:
    """For a process that is not sealed: what is refused above, and does no harm, works there."""
    print(json.dumps({name: outcome(ATTACKS[name]) for name in names}))


def in_new_thread(act: Callable[[], object]) -> None:
    thread = threading.Thread(target=act)
    thread.start()
    thread.join(60)


def attack() -> None:
    """Everything in the main thread, and what needs no time in every other thread that runs Python."""
    results = {"main": everything()}
    for name in [each for each in ATTACKS if each.startswith(("much", "many", "listen"))]:
        ATTACKS.pop(name)
    in_new_thread(lambda: results.update(new=everything()))
    app = sys.modules["voila_dashboards.forkserver.app"].SealedKernelApp.instance()
    for name, loop in (
        ("iopub", app.iopub_thread.io_loop),
        ("control", app.control_thread.io_loop),
        ("shell channel", app.shell_channel_thread.io_loop),
    ):
        loop.add_callback(lambda name=name: results.update({name: everything()}))
        deadline = time.monotonic() + 100
        while name not in results and time.monotonic() < deadline:
            time.sleep(0.01)
    print(json.dumps(results))
