"""A real gateway on a lake of two clients, a page of each, and what a kernel that was taken over is aimed at."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from lake.store import Store, open_store
from tests.logs import a_log, put_raw
from tests.voila_dashboards.gateway_fakes import add_users
from tests.voila_dashboards.gateway_server import LakeEnv, wait_until
from tests.voila_dashboards.test_takeover import (
    AS_NOBODY,
    IS_ROOT,
    MEMORY,
    PLANTED,
    Kernel,
    connect,
    give_to_nobody,
)

HERE: Final = Path(__file__).parent
START_TIMEOUT_S: Final = 90
NOW: Final = datetime.now(UTC)
SHOW: Final = "from voila_dashboards.kernel import show\nshow('ticket')"
#: What code in a page's kernel finds: the page, its source, and DuckDB's connection.
FIND: Final = """
import gc
from voila_dashboards.kernel.connection import adopted
from voila_dashboards.kernel.showing import open_reader
from voila_dashboards.kernel.sources import ScopeSource
from voila_dashboards.kernel.widget import CaselogPage
found = gc.get_objects()
page = next(each for each in found if CaselogPage in type(each).__mro__).page
descriptors = next(each for each in found if type(each) is ScopeSource)._descriptors
"""


@dataclass
class Gateway:
    """The real gateway, a process of its own that does what it is told."""

    process: subprocess.Popen[bytes]
    log: Path
    places: dict[str, Any] = field(default_factory=dict)

    def ask(self, do: str, **more: object) -> dict[str, Any]:
        """One order and its answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": do, **more}).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"the gateway has ended:\n{self.said()}"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def said(self) -> str:
        """Its service log."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def is_ready(self) -> bool:
        self.places = self.ask("look")
        return bool(self.places["is_ready"])

    def is_well(self) -> bool:
        return httpx.get(f"{self.places['address']}/healthz", trust_env=False, timeout=60).status_code == 200


@dataclass
class Site:
    """The gateway on a lake of two clients, and one kernel that shows the other client's ticket."""

    gateway: Gateway
    lake: LakeEnv
    store: Store
    folder: Path
    python: tuple[str, ...]
    is_ordinary: bool
    raw_keys: Mapping[str, str]
    loop: asyncio.Runner
    victim: Kernel | None = None

    async def open_ticket(self, user: str, client_id: str) -> Kernel:
        """A kernel that shows ``user`` the first ticket of a client, and whose key we know."""
        kernel_id = str(uuid.uuid4())
        kernel = await connect(kernel_id, self.gateway.ask("start", kernel_id=kernel_id))
        showing = asyncio.create_task(kernel.run(SHOW))
        params = {"client_id": client_id, "log_id": f"{client_id}-0"}
        admit = {"kernel_id": kernel_id, "user": user, "page": "ticket", "params": params}
        await asyncio.to_thread(self.gateway.ask, "admit", **admit)
        await showing
        shown = await kernel.run(
            f"{FIND}\nprint(page['data']['log']['ticket_id'], len(page['data']['trace']))"
        )
        assert shown.startswith(f"T-{client_id}-0-{PLANTED} "), shown
        return kernel

    def names(self, kernel: Kernel) -> str:
        """The name of a kernel's two folders, which no other kernel knows."""
        return Path(kernel.address).parent.name

    def scope_files(self, key: str) -> list[Path]:
        return sorted(self.folder.glob(f"cache/lake-*/scopes/{key}/*.parquet"))


@contextmanager
def a_site(folder: Path, lake: LakeEnv, *, is_ordinary: bool) -> Iterator[Site]:
    folder.chmod(0o755)
    store = open_store(lake.url, lake.env)
    add_users(store, NOW)
    raw_keys = {client_id: put_secrets(store, client_id) for client_id in ("acme", "globex")}
    (folder / "cache").mkdir(mode=0o700)
    python = (*(AS_NOBODY if IS_ROOT and is_ordinary else ()), sys.executable)
    if IS_ROOT and is_ordinary:
        give_to_nobody(folder)
    with a_gateway(folder, lake, python) as gateway, asyncio.Runner() as loop:
        site = Site(gateway, lake, store, folder, python, is_ordinary, raw_keys, loop)
        site.victim = loop.run(site.open_ticket("gus", "globex"))
        yield site


def put_secrets(store: Store, client_id: str) -> str:
    """Raw logs of a client whose every text is worth stealing; the key of their object."""
    logs = [
        a_log(
            f"{client_id}-{number}",
            client_id=client_id,
            ticket_id=f"T-{client_id}-{number}-{PLANTED}",
            executed_at=NOW.isoformat(),
            trace={"final_response": f"{PLANTED} of {client_id}"},
        )
        for number in range(2)
    ]
    return put_raw(store, *logs, received_at=NOW)


@contextmanager
def a_gateway(folder: Path, lake: LakeEnv, python: tuple[str, ...]) -> Iterator[Gateway]:
    environment = {
        **os.environ,
        **lake.env,
        "HOME": str(folder),
        "CASELOG_LAKE_URL": lake.url,
        "CASELOG_DASHBOARDS_PORT": "0",
        "CASELOG_DASHBOARDS_SESSION_SECRET": f"{PLANTED}-{PLANTED}",
        "CASELOG_DASHBOARDS_CACHE_DIR": str(folder / "cache"),
        "CASELOG_DASHBOARDS_POOL_SIZE": "0",
        "CASELOG_DASHBOARDS_KERNEL_MEMORY_BYTES": str(MEMORY),
    }
    log = folder / "gateway.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*python, "-m", "tests.voila_dashboards.real_gateway"],
            env=environment,
            cwd=HERE.parents[1],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
        )
    gateway = Gateway(process, log)
    try:
        wait_until("the gateway is ready", gateway.is_ready, START_TIMEOUT_S)
        yield gateway
    finally:
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=30)  # the end of its orders is its own
        process.kill()
        process.communicate()


def facts_of(site: Site, taken: Kernel, victim: Kernel) -> dict[str, Any]:
    """What `takeover_attacks` is aimed at."""
    places, cache = site.gateway.places, site.folder / "cache"
    runtime, kernels = Path(places["runtime"]), Path(places["kernel_folders"])
    of_victim = kernels / site.names(victim)
    (of_victim / "of_sibling").write_text(PLANTED)
    others = site.scope_files("one-globex")
    assert others
    in_lake = [site.folder / "lake" / key for key in (site.raw_keys["globex"], "control/users/pat.json")]
    files = [
        *(path for path in in_lake if path.exists()),
        *others,
        others[0].with_name("manifest.json"),
        *site.scope_files("one-acme"),
        of_victim / "of_sibling",
        runtime / "run" / "voila.json",
    ]
    folders = [
        *(path.parent for path in in_lake if path.exists()),
        *(cache, others[0].parent, others[0].parent.parent, kernels, of_victim),
        *(runtime, runtime / "run", runtime / "k", runtime / "gateway", runtime / "k" / site.names(victim)),
    ]
    return {
        "files": [*map(str, files), "/etc/passwd"],
        "folders": [*map(str, dict.fromkeys(folders)), "/tmp"],
        "pids": {
            "gateway": site.gateway.process.pid,
            "fork server": places["fork_server"],
            "Voila": places["voila"],
            "sibling": victim.pid,
            "test": os.getpid(),
            "init": 1,
        },
        "ports": {
            "gateway": urlsplit(places["address"]).port,
            "Voila": urlsplit(places["voila_address"]).port,
            **(
                {"store": urlsplit(endpoint).port}
                if (endpoint := site.lake.env.get("AWS_ENDPOINT_URL"))
                else {}
            ),
        },
        "sockets": [places["socket"], *(f"{victim.address}-{number}" for number in range(1, 6))],
        "iopub_of_sibling": f"{victim.address}-2",
        "own_sockets": str(Path(taken.address).parent),
        "own_data": str(kernels / site.names(taken)),
        "memory": MEMORY,
        "most_threads": 5000,
        "queries": queries_of(cache, files),
    }


def queries_of(cache: Path, files: list[Path]) -> list[str]:
    """What DuckDB is asked beyond the list that every kernel gets."""
    parquet = [str(path) for path in files if path.suffix == ".parquet"]
    target = str(cache / "stolen")
    return [
        *(f"SELECT * FROM read_text('{path}')" for path in files if path.suffix == ".json"),
        *(f"SELECT count(*) FROM read_parquet('{path}')" for path in parquet),
        *(f"SELECT * FROM read_blob('{path}')" for path in parquet),
        f"SELECT * FROM glob('{cache}/**')",
        f"SELECT count(*) FROM read_parquet('{cache}/lake-*/scopes/*/*.parquet', union_by_name = true)",
        "SELECT * FROM glob('/proc/self/fd/*')",
        "SELECT * FROM read_text('/proc/self/fd/../environ')",
        "SELECT * FROM read_text('/proc/self/fd/../../1/cmdline')",
        "SELECT * FROM read_csv('/etc/passwd', sep = ':')",
        f"COPY (SELECT * FROM logs) TO '{target}.parquet'",
        "COPY (SELECT 1) TO '/proc/self/fd/64' (FORMAT csv)",
        f"EXPORT DATABASE '{target}'",
        f"ATTACH '{target}.db'",
        "ATTACH 'http://127.0.0.1:9/x.db'",
        "ATTACH '/proc/self/exe' (READ_ONLY)",
        "INSTALL sqlite_scanner FROM '/tmp'",
        "LOAD '/tmp/evil.duckdb_extension'",
        "CREATE PERSISTENT SECRET stolen (TYPE s3)",
        "SET allow_unsigned_extensions = true",
        "SET allowed_paths = ['/etc/passwd']",
        "SET autoinstall_known_extensions = true",
        "SET custom_extension_repository = 'http://127.0.0.1:9'",
        "SET extension_directory = '/tmp'",
        "SET home_directory = '/tmp'",
        "SET secret_directory = '/tmp'",
        "SET memory_limit = '1TB'",
        "SET lock_configuration = false",
        "RESET allowed_directories",
        "RESET enable_external_access",
    ]
