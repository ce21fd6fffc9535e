"""The ETL on several processes of this machine."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from etl.engines import EngineFailed
from etl.memory import set_up_process


@contextmanager
def process_engine(processes: int) -> Iterator[tuple[Executor, int]]:
    """So many processes while the block runs; raises `EngineFailed` where one of them was killed."""
    # Not forked: pyarrow, deltalake and obstore have threads.
    fresh = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, mp_context=fresh, initializer=_begin)
    try:
        yield pool, processes
    except BrokenProcessPool as error:
        raise EngineFailed(
            "One of the processes was killed, perhaps for want of memory: each needs up to 1 GiB. What it had not "
            "done is still raw; running again is safe."
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _begin() -> None:
    """Set this process up for its work, and have it end when the one that started it does, silently at Ctrl-C."""
    set_up_process()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_await_parent, daemon=True).start()


def _await_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
