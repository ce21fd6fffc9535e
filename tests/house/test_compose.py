"""`minio-compose.yml`: what is published, what is secret, and what each part may do to the lake."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
import yaml

from access import users
from access.audit import AuditEvent, Event, forget_before, record_event
from access.deletions import Deletion, Kind
from access.receipts import Receipts
from access.signouts import forget_expired, is_signed_out, record_sign_out
from access.snapshots import SnapshotSource
from access.users import Role
from cli.environment import COLLECTOR_PREFIX, DASHBOARDS_PREFIX, ETL_PREFIX, LOG_PREFIX
from cli.main import COMMANDS
from collector.settings import CollectorSettings
from etl import deletion, quarantine
from etl.quarantine import RetryRefused
from etl.settings import EtlSettings
from lake import schema
from lake.errors import StoreUnavailable
from lake.layout import raw_key
from lake.reader import Reader
from lake.scope import Scope
from lake.scope_files import ScopeFiles
from lake.scope_tables import ON_DEMAND
from lake.snapshot import Lake
from lake.store import Store, open_store
from lake.subjects import salted
from serving.service_log import LogSettings
from tests.house.tree import ROOT
from tests.logs import a_log, put_raw
from tests.servers import s3
from tests.servers.process import free_ports, running
from voila_dashboards.settings import DashboardSettings

TEXT = (ROOT / "minio-compose.yml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OPTIONAL = {"DASHBOARDS_PUBLIC_URL"}


def test_only_the_two_doors_are_published() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

    assert published == {"collector": ["8000:8000"], "dashboards": ["8080:8080"]}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_can_change_nothing_but_its_volumes(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_every_secret_is_asked_for_in_words_and_named_in_the_example() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+):\?[a-z ]+", TEXT))
    used = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", TEXT))
    example = set(re.findall(r"(?m)^#? ?([A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8")))

    assert used - asked == OPTIONAL
    assert example == used


def test_every_service_runs_a_command_that_there_is() -> None:
    commands = {
        service["command"][0]
        for service in SERVICES.values()
        if service.get("build") and "command" in service
    }

    assert commands == {"init", "collector", "etl", "dashboards"}
    assert commands <= set(COMMANDS)


def test_every_setting_is_one_that_there_is() -> None:
    known = {"CASELOG_LAKE_URL"}
    for prefix, model in (
        (COLLECTOR_PREFIX, CollectorSettings),
        (DASHBOARDS_PREFIX, DashboardSettings),
        (ETL_PREFIX, EtlSettings),
        (LOG_PREFIX, LogSettings),
    ):
        known |= {prefix + name.upper() for name in model.model_fields}

    used = {
        name for service in SERVICES.values() for name in service.get("environment", {}) if "CASELOG" in name
    }

    assert used <= known


def test_the_collector_has_answered_everybody_before_docker_kills_it() -> None:
    grace = SERVICES["collector"]["stop_grace_period"]

    assert int(grace.removesuffix("s")) >= CollectorSettings().longest_stop_s


def test_docker_compose_takes_it(tmp_path: Path) -> None:
    docker = shutil.which("docker")
    if (
        docker is None
        or subprocess.run([docker, "compose", "version"], check=False, capture_output=True).returncode
    ):
        pytest.skip("no `docker compose`")
    shutil.copy(ROOT / "minio-compose.yml", tmp_path)
    secrets = dict.fromkeys(re.findall(r"\$\{([A-Z_]+):\?", TEXT), "x" * 40)
    command = [docker, "compose", "-f", "minio-compose.yml", "config", "--quiet"]

    refused = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    taken = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, **secrets}, check=False, capture_output=True, text=True
    )

    assert "say in .env" in refused.stderr
    assert (taken.returncode, taken.stderr) == (0, "")


# ---------------------------------------------------------------- rights


class Parts:
    """The lake on MinIO as each part of the compose file opens it: with the part's policy and no more."""

    def __init__(self, server: s3.S3Server, bucket: str) -> None:
        self._server = server
        self._bucket = bucket

    def env(self, part: str, change: Callable[[str], str] = str) -> dict[str, str]:
        policy = change(COMPOSE["configs"][f"{part}-policy"]["content"])
        policy = policy.replace(":::caselog", f":::{self._bucket}")
        client = boto3.client(
            "sts",
            endpoint_url=self._server.endpoint,
            region_name="us-east-1",
            aws_access_key_id=s3.ACCESS_KEY,
            aws_secret_access_key=s3.SECRET_KEY,
        )
        role = client.assume_role(RoleArn="arn:aws:iam::0:role/any", RoleSessionName=part, Policy=policy)
        client.close()
        return {
            **self._server.env,
            "CASELOG_LAKE_URL": f"s3://{self._bucket}",
            "AWS_ACCESS_KEY_ID": role["Credentials"]["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": role["Credentials"]["SecretAccessKey"],
            "AWS_SESSION_TOKEN": role["Credentials"]["SessionToken"],
        }

    def store(self, part: str) -> Store:
        env = self.env(part)
        return open_store(env["CASELOG_LAKE_URL"], env)

    def caselog(self, part: str, *arguments: str) -> dict[str, Any]:
        """What the command says as JSON, run with the part's rights."""
        [answer] = self.caselog_lines(part, *arguments)
        return answer

    def caselog_lines(self, part: str, *arguments: str) -> list[dict[str, Any]]:
        """The same of a command that says one object a line."""
        done = subprocess.run(
            [Path(sys.executable).parent / "caselog", *arguments, "--json"],
            env={"PATH": os.environ["PATH"], "HOME": str(ROOT / ".caselog"), **self.env(part)},
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def parts(minio_server: s3.S3Server) -> Parts:
    parts = Parts(minio_server, minio_server.create_bucket("least-rights"))
    parts.caselog("admin", "init")
    parts.caselog("admin", "clients", "create", "acme")
    return parts


PROBES = (
    "raw/probe",
    "raw/probes/probe",
    "logs/probe",
    "traces/probe",
    *(f"{table}/probe" for table in schema.DERIVED),
    "control/keys/probe",
    "control/key_uses/probe",
    "control/daily_bytes/probe",
    "control/users/probe",
    "control/clients/probe",
    "control/sessions/probe",
    "control/dashboards/probe",
    "control/passwords/probe",
    "control/sign_outs/probe",
    "control/audit/probe",
    "control/receipts/probe",
)


def _may(store: Store, verb: str, key: str) -> bool:
    try:
        if verb == "get":
            store.get(key)
        elif verb == "put":
            store.put(key, b"{}")
        else:
            store.delete([key])
    except StoreUnavailable:
        return False
    return True


@pytest.mark.parametrize(
    ("part", "rights"),
    [
        (
            "collector",
            {
                *("put raw", "get control/keys", "get control/clients", "put control/key_uses"),
                *(f"{verb} raw/probes" for verb in ("get", "put", "delete")),
                *(f"{verb} control/daily_bytes" for verb in ("get", "put", "delete")),
            },
        ),
        (
            "etl",
            {
                *(f"{verb} {below}" for verb in ("get", "delete") for below in ("raw", "raw/probes")),
                *(f"{verb} {table}" for verb in ("get", "put", "delete") for table in schema.TABLES),
                *("get control/clients", "delete control/audit"),
                *(f"{verb} control/receipts" for verb in ("get", "put", "delete")),
            },
        ),
        (
            "dashboards",
            {
                *(
                    f"get {what}"
                    for what in (
                        *("raw", "raw/probes", "logs", "traces", "errors", "tool_calls"),
                        *("control/users", "control/clients", "control/receipts"),
                    )
                ),
                *(f"{verb} control/sessions" for verb in ("get", "put", "delete")),
                *(f"{verb} control/{kind}" for verb in ("get", "put") for kind in ("passwords", "sign_outs")),
                "put control/audit",
            },
        ),
    ],
)
def test_a_part_may_do_its_work_and_nothing_else(parts: Parts, part: str, rights: set[str]) -> None:
    admin, store = parts.store("admin"), parts.store(part)

    may = set()
    for key in PROBES:
        for verb in ("get", "put", "delete"):
            admin.put(key, b"{}")
            if _may(store, verb, key):
                may.add(f"{verb} {key.removesuffix('/probe')}")
    admin.delete(PROBES)

    assert may == rights


def test_a_retry_with_the_rights_of_the_etl_is_refused_in_words_and_loses_nothing(parts: Parts) -> None:
    admin = parts.store("admin")
    key = raw_key("acme", datetime(2026, 11, 23, tzinfo=UTC), "broken")
    admin.put(key, b"no zstd")
    parts.caselog("etl", "etl", "run")
    [aside] = quarantine.found(admin)

    with pytest.raises(RetryRefused, match="credentials of your own"):
        quarantine.retry(parts.store("etl"), aside)
    kept = list(quarantine.found(admin))
    quarantine.retry(admin, aside)

    assert kept == [aside]
    assert admin.get(key) == b"no zstd"
    admin.delete([key])


def test_with_the_rights_of_the_etl_a_ticket_is_deleted_to_the_end_and_a_client_by_the_operator(
    parts: Parts,
) -> None:
    admin = Lake(parts.store("admin"))
    parts.caselog("admin", "clients", "create", "initech")
    put_raw(
        admin.store, a_log("1", client_id="initech", ticket_id="T-SECRET"), a_log("2", client_id="initech")
    )
    parts.caselog("etl", "etl", "run")
    begun = datetime.now(UTC) - timedelta(hours=1)
    salt = bytes(16)
    for kind, digest in ((Kind.TICKET, salted(salt, "T-SECRET")), (Kind.CLIENT, None)):
        deletion.begin(
            admin,
            Deletion(
                deletion_id=str(uuid.uuid4()),
                kind=kind,
                client_id="initech",
                salt=salt.hex(),
                digest=digest,
                requested_at=begun,
                active_at=begun,
                by="an operator",
                why="asked",
            ),
        )

    done, stuck = deletion.resume_idle(Lake(parts.store("etl")), datetime.now(UTC))
    [left] = deletion.unfinished(admin)
    receipts = deletion.resume(admin, lambda: datetime.now(UTC), idle_only=False)
    read = Receipts(parts.store("dashboards")).read()

    assert (done, left.kind, [*stuck]) == (1, Kind.CLIENT, [left.deletion_id])
    assert "allowed to do" in stuck[left.deletion_id]
    assert len(receipts) == 1
    assert [(each.told["client_id"], each.is_whole) for each in read] == [("initech", True)] * 2
    assert list(admin.store.list("logs/client_id=initech")) == []


def test_with_their_rights_the_parts_take_a_log_all_the_way(parts: Parts, tmp_path: Path) -> None:
    key = parts.caselog("admin", "keys", "issue", "acme")["api_key"]
    # So that the collector asks what others have taken, before it stores anything.
    parts.caselog("admin", "clients", "set", "acme", "--bytes-per-day", "1000000")
    log = {
        "ticket_id": "T-1",
        "executed_at": "2026-11-23T14:00:00Z",
        "status": "SUCCESS",
        "trace": {"messages": []},
    }
    (port,) = free_ports(1)
    address = f"http://127.0.0.1:{port}"
    command: list[str | Path] = [Path(sys.executable).parent / "caselog", "collector", "--port", str(port)]

    with running(
        command, folder=tmp_path, ready=lambda: _answers(f"{address}/readyz"), env=parts.env("collector")
    ):
        stored = httpx.post(f"{address}/v1/logs", json=log, headers={"X-API-Key": key}, timeout=60)
        refused = httpx.post(f"{address}/v1/logs", json=log, headers={"X-API-Key": "wrong"}, timeout=60)
    compacted = parts.caselog("etl", "etl", "run")
    parts.caselog("etl", "etl", "status")
    dashboards = parts.store("dashboards")
    asyncio.run(record_sign_out(dashboards, "one", 1.0))
    signed_out = [asyncio.run(is_signed_out(dashboards, session, 1.0)) for session in ("one", "two")]
    forgotten = forget_expired(dashboards, 100_000.0)
    files = ScopeFiles(parts.store("dashboards"), tmp_path / "cache", 1 << 30)
    snapshots = SnapshotSource(files)
    taken = snapshots.take(Scope.of("acme"), ON_DEMAND)
    reader = Reader({file.name: file.path for file in taken.files})
    [(ticket_id, month, log_id)] = reader.sql("SELECT ticket_id, month, log_id FROM logs")
    [(calls,)] = reader.sql("SELECT count(*) FROM scope_tool_calls")
    trace = snapshots.trace(Scope.of("acme"), "acme", month, log_id)
    reader.close()
    files.close()

    assert (stored.status_code, refused.status_code) == (200, 401)
    assert compacted["logs"] == 1
    assert (signed_out, forgotten) == ([True, False], 1)
    assert (ticket_id, trace, calls) == ("T-1", b'{"messages":[]}', 0)
    assert taken.behind == frozenset()


def test_with_their_rights_the_dashboards_change_a_password_and_add_to_an_audit_that_they_cannot_touch(
    parts: Parts,
) -> None:
    now = datetime.now(UTC)
    admin, dashboards = parts.store("admin"), parts.store("dashboards")
    users.create_user(admin, "pia", Role.PROVIDER, "correct horse battery", now - timedelta(days=500))
    for at in (now - timedelta(days=500), now):
        noted = AuditEvent(at=at, event=Event.SIGNED_IN, user="pia", client_id="acme")
        record_event(dashboards, noted, os.urandom)
    keys = [found.key for found in admin.list("control/audit")]

    users.set_password(dashboards, "pia", "another horse battery", now)
    users.sign_out_everywhere(dashboards, "pia", now)
    found = asyncio.run(users.find_user(dashboards, "pia"))
    for key in keys:
        with pytest.raises(StoreUnavailable):
            dashboards.get(key)
        with pytest.raises(StoreUnavailable):
            dashboards.delete([key])
    with pytest.raises(StoreUnavailable):
        list(dashboards.list("control/audit"))
    with pytest.raises(StoreUnavailable):
        users.disable_user(dashboards, "pia", now)
    removed = forget_before(parts.store("etl"), now.date() - timedelta(days=400))
    listed = parts.caselog_lines("admin", "audit", "--user", "pia")

    assert found is not None
    assert users.verify_password(found, "another horse battery")
    assert found.signed_out_at == now
    assert removed == 1
    assert [event["event"] for event in listed] == ["signed_in"]


def test_dashboards_whose_rights_are_of_before_say_so_and_do_not_start(parts: Parts) -> None:
    """The policy of the version before: it knew no changed passwords."""
    env = parts.env("dashboards", lambda policy: policy.replace("control/passwords/", "control/other/"))

    done = subprocess.run(
        [Path(sys.executable).parent / "caselog", "dashboards", "--port", "0"],
        env={"PATH": os.environ["PATH"], "HOME": str(ROOT / ".caselog"), **env},
        check=False,
        capture_output=True,
        text=True,
        timeout=100,
    )

    assert done.returncode == 1
    assert "Nobody could sign in" in done.stderr
    assert "control/passwords/" in done.stderr


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False
