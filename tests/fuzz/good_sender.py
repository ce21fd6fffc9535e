"""A sender that keeps to the rules, beside those who do not."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from itertools import count
from typing import Final

#: It is answered within this, whatever others send; a machine may be busy.
_WAITS_S: Final = 30.0
_EVERY_S: Final = 0.02
#: What a client sees of a connection that was closed because it was kept for too long: it sends once more.
_WAS_CLOSED: Final = (http.client.RemoteDisconnected, ConnectionError)


class GoodSender(threading.Thread):
    """One log after the other over a connection that is kept, until it is stopped."""

    def __init__(self, port: int, key: str) -> None:
        super().__init__(daemon=True)
        self.acknowledged: Counter[str] = Counter()
        self.faults: list[str] = []
        self.longest_s = 0.0
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_WAITS_S)
        self._headers = {"X-API-Key": key, "Content-Type": "application/json"}
        self._is_over = threading.Event()

    def run(self) -> None:
        for number in count():
            begun = time.perf_counter()
            self._send(f"good-{number}")
            self.longest_s = max(self.longest_s, time.perf_counter() - begun)
            if self._is_over.wait(_EVERY_S):
                break
        self._connection.close()

    def stop(self) -> None:
        """End once the log at hand is answered."""
        self._is_over.set()
        self.join()

    def _send(self, log_id: str) -> None:
        try:
            status = self._post(log_id)
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            self.faults.append(f"the good sender got {type(error).__name__} for {log_id}")
            return
        if status == 200:
            self.acknowledged[log_id] += 1
        else:
            self.faults.append(f"the good sender got {status} for {log_id}")

    def _post(self, log_id: str) -> int:
        is_kept = self._connection.sock is not None
        log = {"log_id": log_id, "ticket_id": "T", "executed_at": "2026-11-23T14:05:00Z", "status": "SUCCESS"}
        try:
            self._connection.request("POST", "/v1/logs", json.dumps(log), self._headers)
            answer = self._connection.getresponse()
        except _WAS_CLOSED:
            self._connection.close()
            if not is_kept:
                raise
            return self._post(log_id)
        answer.read()
        return answer.status
