from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import botocore.exceptions
import httpx
import pytest

from lake.store import open_store
from tests.conftest import LakeEnv
from tests.servers.process import ServerDidNotStart, free_ports, running
from tests.servers.s3 import S3Server


@pytest.fixture(params=["weed", "minio"])
def server(request: pytest.FixtureRequest) -> S3Server:
    found: S3Server = request.getfixturevalue(f"{request.param}_server")
    return found


def _create(server: S3Server, bucket: str, body: bytes, start: threading.Barrier) -> int:
    client = server.client()
    start.wait()
    try:
        answer = client.put_object(Bucket=bucket, Key="only-once", Body=body, IfNoneMatch="*")
    except botocore.exceptions.ClientError as error:
        answer = error.response
    finally:
        client.close()
    status: int = answer["ResponseMetadata"]["HTTPStatusCode"]
    return status


@pytest.mark.parametrize("round_", range(5))
def test_of_racing_creates_of_one_object_exactly_one_wins(server: S3Server, round_: int) -> None:
    racers = 4
    bucket = server.create_bucket(f"race-{server.name}-{round_}")
    start = threading.Barrier(racers)

    with ThreadPoolExecutor(racers) as pool:
        race = [pool.submit(_create, server, bucket, f"racer {n}".encode(), start) for n in range(racers)]
        statuses = [each.result() for each in race]

    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 409, 412}
    body = server.client().get_object(Bucket=bucket, Key="only-once")["Body"].read()
    assert body == f"racer {statuses.index(200)}".encode()


def test_a_presigned_url_of_another_object_is_refused(server: S3Server) -> None:
    bucket = server.create_bucket(f"signed-{server.name}")
    client = server.client()
    for key in ("mine", "yours"):
        client.put_object(Bucket=bucket, Key=key, Body=key.encode())
    url = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "mine"}, ExpiresIn=60)

    answers = [_status(url), _status(url.replace("/mine?", "/yours?"))]

    assert answers == [200, 403]


def _status(url: str) -> int:
    return httpx.get(url, timeout=60).status_code


def test_every_lake_is_empty_at_first_and_keeps_what_is_put(lake_env: LakeEnv) -> None:
    store = open_store(lake_env.url, lake_env.env)

    before = list(store.list(""))
    store.put("raw/first", b"one")

    assert before == []
    assert [(each.key, each.size) for each in store.list("")] == [("raw/first", 3)]


def test_a_server_that_stops_by_itself_is_reported_with_what_it_said(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('no disk left')"]

    with (
        pytest.raises(ServerDidNotStart, match=r"stopped by itself(?s:.*)no disk left"),
        running(command, folder=tmp_path, ready=lambda: False),
    ):
        pass


def test_no_two_processes_are_given_the_same_port() -> None:
    program = "from tests.servers.process import free_ports; print(*free_ports(150))"
    ours = set(free_ports(150))

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    theirs = set(map(int, done.stdout.split()))
    assert (len(ours), len(theirs), ours & theirs) == (150, 150, set())


def test_a_port_on_which_somebody_listens_is_given_to_nobody() -> None:
    (taken,) = free_ports(1)

    with socket.create_server(("127.0.0.1", taken)):
        assert taken not in free_ports(300)  # more than there are before it would come again


def test_a_server_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    killed_while_the_server_runs = f"""
import os, pathlib, signal, socket, sys
from tests.servers.process import running
def ready():
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", {port})) == 0
command = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "{port}"]
with running(command, folder=pathlib.Path({str(tmp_path)!r}), ready=ready):
    os.kill(os.getpid(), signal.SIGKILL)
"""

    done = subprocess.run([sys.executable, "-c", killed_while_the_server_runs], check=False)

    assert done.returncode == -9
    _wait_until_nobody_listens(port)


def _wait_until_nobody_listens(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return
        time.sleep(0.02)
    pytest.fail("the server still listens a minute after its test process was killed")
