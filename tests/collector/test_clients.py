"""Whoever sends: programs of many kinds each send a log, a batch, a too large and a wrong one, and read the answer.

A program that is not on this machine is skipped, by name; the raw sockets at the end send the same bytes everywhere.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from caselog import Client, Settings
from lake.store import Store
from tests.collector.conftest import make_log, stored_lines
from tests.servers.collector import running_collector

ROOT: Final = Path(__file__).parents[2]
PROGRAMS: Final = Path(__file__).parent / "clients"
MIB: Final = 1024 * 1024
#: What the collector takes, and a body that no buffer of a socket holds.
MAX_BODY: Final = 2 * MIB
TOO_LARGE: Final = 7 * MIB
JSON, NDJSON = "application/json", "application/x-ndjson"
#: A compiler that runs for the first time needs its time.
TIMEOUT_S: Final = 240

pytestmark = pytest.mark.timeout(TIMEOUT_S + 60)


class Site(NamedTuple):
    """A running collector: where it is, a key for it, its lake, and the cases as a file for the programs."""

    port: int
    key: str
    store: Store
    cases: Path

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1/logs"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("clients")
    with running_collector(folder, {"CASELOG_COLLECTOR_MAX_BODY_BYTES": str(MAX_BODY)}) as running:
        yield Site(running.port, running.key, running.store, _write_cases(folder, running.key))


def _write_cases(folder: Path, key: str) -> Path:
    """One line for each case: name, file, media type and key."""
    logs = [make_log(log_id=f"L-{number}") for number in range(3)]
    wrong = make_log(status=...)
    large = json.dumps(make_log(trace={"final_response": "x" * TOO_LARGE}))
    cases = [
        ("one", json.dumps(logs[0]), JSON, key),
        ("many", "\n".join(map(json.dumps, logs)), NDJSON, key),
        ("partly", "\n".join(map(json.dumps, [logs[0], wrong, logs[2]])), NDJSON, key),
        ("wrong", json.dumps(wrong), JSON, key),
        ("large", large, JSON, key),
        ("nobody", large, JSON, "nobody"),
        ("again", json.dumps(logs[0]), JSON, key),
    ]
    lines = []
    for name, text, media, its_key in cases:
        (folder / name).write_text(text)
        lines.append(f"{name}\t{folder / name}\t{media}\t{its_key}\n")
    (folder / "cases").write_text("".join(lines))
    return folder / "cases"


def _check(said: dict[str, tuple[int, Any]]) -> None:
    """The answers are those of docs/api.md."""
    assert said["one"] == (200, {"log_id": "L-0", "status": "stored"})
    assert said["many"] == (200, {"status": "stored", "logs": 3, "log_ids": ["L-0", "L-1", "L-2"]})
    assert said["again"] == said["one"]
    status, body = said["partly"]
    assert (status, body["status"], body["log_ids"], body["refused_lines"]) == (
        207,
        "partly_stored",
        ["L-0", "L-2"],
        [2],
    )
    for name, status, code in (
        ("wrong", 422, "invalid_log"),
        ("large", 413, "too_large"),
        ("nobody", 401, "unknown_key"),
    ):
        assert (said[name][0], said[name][1]["error"]["code"]) == (status, code)
    assert said["wrong"][1]["error"]["fields"] == [{"path": "status", "message": "is missing"}]


def _run(*command: str, cwd: Path | None = None) -> dict[str, tuple[int, Any]]:
    """What a program printed of each case."""
    found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT_S, cwd=cwd)
    assert found.returncode == 0, found.stderr[-2000:]
    lines = [line.split("\t") for line in found.stdout.splitlines()]
    return {name: (int(status), json.loads(body)) for name, status, body in lines}


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not on this machine")
    return found


@pytest.mark.parametrize("library", ["urllib", "requests", "httpx", "aiohttp"])
def test_a_library_of_python_reads_every_answer(site: Site, library: str) -> None:
    if find_spec(library) is None:
        pytest.skip(f"{library} is not installed")

    _check(_run(sys.executable, str(PROGRAMS / "send.py"), library, site.address, str(site.cases)))


def test_java_reads_every_answer(site: Site) -> None:
    _check(_run(_program("java"), str(PROGRAMS / "Send.java"), site.address, str(site.cases)))


def test_node_reads_every_answer(site: Site) -> None:
    _check(_run(_program("node"), str(PROGRAMS / "send.mjs"), site.address, str(site.cases)))


def test_go_reads_every_answer(site: Site, tmp_path: Path) -> None:
    program = str(tmp_path / "send")
    build = [_program("go"), "build", "-o", program, str(PROGRAMS / "send.go")]
    subprocess.run(build, check=True, timeout=TIMEOUT_S, cwd=tmp_path)

    _check(_run(program, site.address, str(site.cases)))


@pytest.mark.parametrize("option", ["--http1.0", "--http1.1", "--http2"])
def test_curl_reads_every_answer(site: Site, option: str) -> None:
    answers = {}
    for line in site.cases.read_text().splitlines():
        name, file, media, key = line.split("\t")
        headers = ["-H", f"Content-Type: {media}", "-H", f"X-API-Key: {key}"]
        said = subprocess.run(
            [
                _program("curl"),
                "-sS",
                option,
                site.address,
                *headers,
                "--data-binary",
                f"@{file}",
                "-w",
                "\t%{http_code}",
            ],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        body, _, status = said.rpartition("\t")
        answers[name] = (int(status), json.loads(body))

    _check(answers)


@pytest.mark.parametrize("keeps_alive", [False, True])
def test_ab_is_answered(site: Site, keeps_alive: bool) -> None:
    headers = ["-T", JSON, "-H", f"X-API-Key: {site.key}"]
    command = [_program("ab"), "-n", "50", "-c", "5", *(["-k"] if keeps_alive else []), *headers]

    fine = _ab(*command, "-p", str(site.cases.with_name("one")), site.address)
    wrong = _ab(*command, "-p", str(site.cases.with_name("wrong")), site.address)

    assert (fine["Complete requests"], fine["Failed requests"]) == ("50", "0")
    assert "Non-2xx responses" not in fine
    assert wrong["Non-2xx responses"] == "50"


def _ab(*command: str) -> dict[str, str]:
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    return {
        name: value.strip()
        for name, found, value in (line.partition(":") for line in said.splitlines())
        if found
    }


def test_the_sdk_loses_a_wrong_log_only_and_says_so(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    client = Client(Settings(site.address, site.key, "acme"))
    for number in range(20):
        client_id = "globex" if number == 7 else "acme"
        client.ship(make_log(log_id=f"sdk-{number}", ticket_id=f"sdk-{number}", client_id=client_id))

    is_delivered = client.flush(20)
    client.close(5)

    tickets = {line["ticket_id"] for line in stored_lines(site.store)}
    assert is_delivered
    assert client.stats()["lost"] == {"refused": 1}
    assert {ticket for ticket in tickets if ticket.startswith("sdk-")} == {
        f"sdk-{number}" for number in range(20) if number != 7
    }
    assert "client_id" in capsys.readouterr().err


# ---------------------------------------------------------------- the same bytes, by hand


def _head(site: Site, *more: str, key: str | None = None, version: str = "1.1") -> bytes:
    lines = [
        f"POST /v1/logs HTTP/{version}",
        f"X-API-Key: {site.key if key is None else key}",
        f"Content-Type: {JSON}",
    ]
    return "\r\n".join([*lines, *more, "", ""]).encode()


def _read(connection: socket.socket) -> bytes:
    said = b""
    while data := connection.recv(65536):
        said += data
    return said


def _connect(site: Site) -> socket.socket:
    return socket.create_connection(("127.0.0.1", site.port), timeout=20)


def test_who_asks_first_whether_to_send_is_told_so(site: Site) -> None:
    body = json.dumps(make_log()).encode()
    with closing(_connect(site)) as connection:
        connection.sendall(_head(site, "Host: x", "Expect: 100-continue", f"Content-Length: {len(body)}"))
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"

        connection.sendall(body)

        assert _read(connection).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("waits", [True, False])
@pytest.mark.parametrize(
    ("key", "length", "status"), [("nobody", 5, 401), (None, TOO_LARGE, 413), ("nobody", TOO_LARGE, 401)]
)
def test_who_asks_first_is_refused_before_anything_is_sent(
    site: Site, waits: bool, key: str | None, length: int, status: int
) -> None:
    """Some clients send the body all the same, after a while without an answer or at once."""
    with closing(_connect(site)) as connection:
        connection.sendall(
            _head(site, "Host: x", "Expect: 100-continue", f"Content-Length: {length}", key=key)
        )
        if not waits:
            connection.sendall(bytes(length))

        assert _read(connection).startswith(b"HTTP/1.1 %d" % status)


@pytest.mark.parametrize("more", [[], ["Connection: Keep-Alive"]])
def test_http_1_0_is_answered_as_ab_and_old_proxies_send_it(site: Site, more: list[str]) -> None:
    body = json.dumps(make_log()).encode()
    with closing(_connect(site)) as connection:
        connection.sendall(_head(site, f"Content-length: {len(body)}", *more, version="1.0") + body)

        said = _read(connection)

    assert said.startswith(b"HTTP/1.1 200")
    assert b"transfer-encoding" not in said.lower()


def test_what_clients_sent_is_stored(site: Site) -> None:
    body = json.dumps(make_log(log_id="by-hand")).encode()
    with closing(_connect(site)) as connection:
        connection.sendall(_head(site, "Host: x", "Connection: close", f"Content-Length: {len(body)}") + body)
        assert _read(connection).startswith(b"HTTP/1.1 200")

    assert "by-hand" in {line["log_id"] for line in stored_lines(site.store)}
