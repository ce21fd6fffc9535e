"""The ETL on a Dask cluster, through the `concurrent.futures` interface of ``distributed``.

``distributed`` is imported when an address is given, and is an extra of the package. A worker that is lost has its
task done elsewhere by the scheduler, three times at most; the numbers of the commits (`lake.guards`) make that safe.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError, Executor
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any, Final

from etl.engines import EngineFailed

#: How long a scheduler may take to answer, and the first worker to be there.
_PATIENCE_S: Final = 10
_ADDRESS: Final = re.compile(r"[a-z]+://[^/@\s]+:\d+")
_AGAIN: Final = "What was not done is still raw; running again is safe."
#: Loggers of the library that would write stack traces to the terminal; what went wrong is said in a sentence.
_LOUD: Final = ("distributed", "distributed.client", "distributed.comm", "distributed.core")
#: Whose versions have to be the same on both sides; others may differ.
_SAME: Final = ("python", "dask", "distributed", "cloudpickle", "msgpack")


@contextmanager
def dask_engine(address: str) -> Iterator[tuple[Executor, int]]:
    """The cluster of the scheduler at ``address`` while the block runs, and how many tasks it does at once.

    Raises `EngineFailed`: the extra is missing, nobody answers, there are no workers, or a task was lost for good.
    """
    client = _connect(address)
    try:
        _require_workers(client, address)
        _require_same_versions(client.get_versions())
        at_once = sum(client.nthreads().values())
        with _named_failures(address):
            yield client.get_executor(pure=False), at_once
    finally:
        with suppress(OSError, TimeoutError):  # it may be gone, and what there is to say is said
            client.close(timeout=_PATIENCE_S)


def _connect(address: str) -> Any:
    try:
        distributed = import_module("distributed")
    except ImportError as error:
        raise EngineFailed(
            "Dask is not installed: `pip install 'caselog-server[dask]'` installs it."
        ) from error
    if not _ADDRESS.fullmatch(address):
        raise EngineFailed(_no_address(address))
    # Its own would write a stack trace at exit where the scheduler is none.
    quiet = type("Client", (distributed.Client,), {"__del__": lambda _self: None})
    for name in _LOUD:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # versions that differ are said in our own words
            return quiet(address, timeout=_PATIENCE_S, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise EngineFailed(
            f"No Dask scheduler answers at {address} within {_PATIENCE_S} s: is it running, is the address right?"
        ) from error
    except (ValueError, TypeError, RuntimeError) as error:
        raise EngineFailed(_no_address(address)) from error


def _no_address(address: str) -> str:
    return f"{address!r} is not the address of a Dask scheduler: one looks like tcp://host:8786."


def _require_workers(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=_PATIENCE_S)
    except TimeoutError as error:
        raise EngineFailed(f"The Dask scheduler at {address} has no workers.") from error


def _require_same_versions(found: Mapping[str, Any]) -> None:
    """Raises `EngineFailed` for a worker whose Dask or Python is another than this one."""
    ours = found["client"]
    for name, theirs in {"The scheduler": found["scheduler"], **found["workers"]}.items():
        for package in _SAME:
            here, there = _version(ours, package), _version(theirs, package)
            if here != there:
                whose = name if name == "The scheduler" else f"The worker {name}"
                raise EngineFailed(
                    f"{whose} has {package} {there}, this command has {here}: install the same on both."
                )


def _version(side: Mapping[str, Any], package: str) -> str:
    if package == "python":
        return ".".join(str(side["host"]["python"]).split(".")[:2])
    return str(side["packages"].get(package))


@contextmanager
def _named_failures(address: str) -> Iterator[None]:
    killed_worker: type[Exception] = import_module("distributed").KilledWorker
    try:
        yield
    except killed_worker as error:
        raise EngineFailed(
            "Worker after worker was lost with the same task, perhaps for want of memory: each needs up to 1 GiB for "
            f"each of its threads. {_AGAIN}"
        ) from error
    except (CancelledError, OSError) as error:
        raise EngineFailed(f"The Dask scheduler at {address} went away. {_AGAIN}") from error
    except (ImportError, AttributeError) as error:
        raise EngineFailed(_not_installed(error)) from error
    except RuntimeError as error:
        if "deserializ" in str(error):
            raise EngineFailed(_not_installed(error)) from error
        raise


def _not_installed(error: Exception) -> str:
    return (
        f"A Dask worker cannot load the task ({type(error).__name__}): install the same version of caselog-server "
        f"where the workers run. {_AGAIN}"
    )
