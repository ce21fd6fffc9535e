"""What the pages are measured on: lakes that are made once, servers in front of them, signed-in browsers."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from playwright.sync_api import Browser, BrowserContext

from benchmarks.distance import far_away
from benchmarks.gateway import Gateway, dashboards
from benchmarks.lakes import Recipe, fill
from benchmarks.painting import Tab, signed_in
from lake.store import Store, open_store
from tests.servers import s3

FOLDER: Final = "folder"
FAR: Final = "far"
#: After that the kernels of pages that were left are gone.
_SWEEP_S: Final = 2.5


class LakeEnv(NamedTuple):
    """Where a lake is for the dashboards, the environment that leads there, and the store without the distance."""

    url: str
    env: dict[str, str]
    near: Store


class NoServer(Exception):
    def __init__(self) -> None:
        super().__init__("Neither MinIO (`make minio`) nor SeaweedFS (`make env`) is here: no S3 server.")


class NothingMeasured(Exception):
    def __init__(self, figure: str) -> None:
        super().__init__(f"There was nothing to measure for: {figure}.")


class Workbench:
    """One run of the benchmark; everything it started ends with ``stack``."""

    def __init__(self, options: argparse.Namespace, browser: Browser, stack: ExitStack) -> None:
        self.options = options
        self._browser = browser
        self._stack = stack
        self._now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        self._work = Path(options.work).resolve() / f"{self._now:%Y-%m-%d}"
        self._work.mkdir(parents=True, exist_ok=True)
        self._lakes: dict[tuple[str, Recipe], LakeEnv] = {}
        self._far: tuple[dict[str, str], dict[str, str]] | None = None
        self._serving = stack.enter_context(ExitStack())
        self._served: tuple[Any, Gateway] | None = None
        self._contexts: dict[str, BrowserContext] = {}
        self._waiting: int | None = None  # kernels, where no page is open
        self._load = os.getloadavg()[0]

    # ------------------------------------------------------------ lakes

    def lake(self, store: str, recipe: Recipe) -> LakeEnv:
        """A lake of this recipe; made where today has none yet."""
        if (store, recipe) not in self._lakes:
            env = self._lake_env(store, recipe)
            self._lakes[store, recipe] = env
            facts = self._made(f"{store}-{recipe.name}", env.near, recipe)
            self._print({"lake": store, **recipe.__dict__, "newest_with_trace": 1000, **facts})
        return self._lakes[store, recipe]

    def _lake_env(self, store: str, recipe: Recipe) -> LakeEnv:
        if store == FOLDER:
            url = (self._work / FOLDER / recipe.name).as_uri()
            return LakeEnv(url, {}, open_store(url, {}))
        near, far = self._object_server()
        url = f"s3://{s3.BUCKET}/{recipe.name}"
        return LakeEnv(url, far, open_store(url, near))

    def _made(self, name: str, store: Store, recipe: Recipe) -> dict[str, Any]:
        note = self._work / f"{name}.json"
        if not note.exists():
            _empty(store)
            note.write_text(json.dumps(fill(store, recipe, self._now)), encoding="utf-8")
        facts: dict[str, Any] = json.loads(note.read_text(encoding="utf-8"))
        return facts

    def _object_server(self) -> tuple[dict[str, str], dict[str, str]]:
        """Environments that lead to one S3 server: as it is, and from afar."""
        if self._far is None:
            server = self._start_object_server()
            port = int(server.endpoint.rpartition(":")[2])
            listen = self._stack.enter_context(far_away(port, self._work / "distance", self.options.delay_ms))
            self._far = server.env, {**server.env, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{listen}"}
        return self._far

    def _start_object_server(self) -> s3.S3Server:
        for find, start in ((s3.find_minio, s3.minio), (s3.find_weed, s3.seaweedfs)):
            if program := find():
                folder = self._work / Path(program).name
                folder.mkdir(exist_ok=True)
                return self._stack.enter_context(start(program, folder))
        raise NoServer

    # ------------------------------------------------------------ servers and browsers

    def gateway(self, store: str, recipe: Recipe, **settings: object) -> Gateway:
        """A gateway that has come to rest, with no page open; the one that runs, where it is the same."""
        if self._served and self._served[0] == (store, recipe, settings):
            gateway = self._served[1]
        else:
            gateway = self.fresh_gateway(store, recipe, **settings)
        if self._waiting is None and not self.options.hurry:
            time.sleep(_SWEEP_S if self._contexts else 0)
            self._waiting = gateway.settle()
        return gateway

    def fresh_gateway(self, store: str, recipe: Recipe, **settings: object) -> Gateway:
        """A gateway that was started just now, with nothing cached; the one before is ended."""
        lake = self.lake(store, recipe)
        self._close_gateway()
        self._load = os.getloadavg()[0]
        gateway = self._serving.enter_context(dashboards(lake.url, lake.env, **settings))
        self._served = (store, recipe, settings), gateway
        return gateway

    def _close_gateway(self) -> None:
        for context in self._contexts.values():
            context.close()
        self._contexts.clear()
        self._serving.close()
        self._served, self._waiting = None, None

    def context(self, gateway: Gateway, user: str) -> BrowserContext:
        """The signed-in browser of a user."""
        if user not in self._contexts:
            self._contexts[user] = signed_in(self._browser, gateway.url, user)
        return self._contexts[user]

    def tab(self, gateway: Gateway, user: str) -> Tab:
        """A new tab of a signed-in user."""
        return Tab(self.context(gateway, user).new_page())

    def rest(self, gateway: Gateway) -> None:
        """Wait until as many kernels wait as at the beginning: a page that was left takes its kernel with it."""
        if self.options.hurry:
            return
        time.sleep(0.7)
        # Where there are not so many again, there need not be the next time.
        self._waiting = gateway.settle(self._waiting, timeout_s=10)

    def paint(self, gateway: Gateway, user: str, path: str) -> list[float]:
        """Milliseconds until a page is painted that is opened again and again; the first times are not counted."""
        tab = self.tab(gateway, user)
        samples = []
        for _ in range(self.options.warm_up + self.options.repeat):
            tab.leave()
            self.rest(gateway)
            samples.append(tab.open(path))
        tab.leave()
        tab.page.close()
        return samples[self.options.warm_up :]

    # ------------------------------------------------------------ figures

    def say(self, figure: str, samples: Sequence[float], unit: str = "ms", **facts: Any) -> None:
        """One figure as a JSON line; raises `NothingMeasured`."""
        if not samples:
            raise NothingMeasured(figure)
        spread = {"p50": statistics.median(samples), "min": min(samples), "max": max(samples)}
        rounded = {name: round(value, 1 if unit == "ms" else 2) for name, value in spread.items()}
        self._print({"figure": figure, "unit": unit, "n": len(samples), **rounded, **facts})

    def give_up(self, part: str, why: str) -> None:
        """Say that a part could not be measured, and what the gateway said; the next part gets one of its own."""
        said = {} if self._served is None else {"gateway_said": self._served[1].last_words()}
        self._print({"part": part, "failed": why, **said})
        self._close_gateway()

    def _print(self, facts: dict[str, Any]) -> None:
        machine = {"cores": os.cpu_count(), "load_1m_before": round(self._load, 2)}
        print(json.dumps({"benchmark": "pages", **facts, **machine}), flush=True)


def _empty(store: Store) -> None:
    """Take away what a run that was broken off has left."""
    folder = store.local_path("")
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    else:
        store.delete([each.key for each in store.list("")])
