"""An S3 server over HTTP that fails on purpose: what a real one does on its bad days, on demand.

It knows what a collector asks for: one object at a time, and deletion. Real servers are met in other tests.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import unquote, urlsplit

#: Status and code of the answers that are only an answer; see the S3 reference's list of error codes.
ANSWERS: Final = {
    "refuses": (403, "AccessDenied"),
    "has expired credentials": (400, "ExpiredToken"),
    "asks to slow down": (503, "SlowDown"),
    "has a full disk": (507, "XMinioStorageFull"),
    "is broken": (500, "InternalError"),
}
#: Others: ``hangs`` before it takes the bytes, ``cuts`` the connection after it took them.
FAULTS: Final = (*ANSWERS, "hangs", "cuts")
_EMPTY_LISTING: Final = (
    b"<ListBucketResult><Name>bucket</Name><Prefix></Prefix><KeyCount>0</KeyCount><MaxKeys>1000</MaxKeys>"
    b"<IsTruncated>false</IsTruncated></ListBucketResult>"
)


class FailingS3(ThreadingHTTPServer):
    """Objects in memory. While ``fault`` is set, writing fails like that; ``waits`` is no failure: it takes long.

    ``asked`` is set once something was written while there was a fault, ``released`` by who has it go on.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[str, bytes] = {}
        self.fault = ""
        self.released = threading.Event()
        self.asked = threading.Event()

    @property
    def env(self) -> dict[str, str]:
        """The variables that lead to it."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.server_address[1]}",
            "AWS_ACCESS_KEY_ID": "collector",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "us-east-1",
        }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FailingS3

    def do_PUT(self) -> None:
        fault = self.server.fault
        if fault:
            self.server.asked.set()
        if fault in {"hangs", "waits"}:
            self.server.released.wait(100)
        if fault == "hangs":
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if fault in ANSWERS:
            self._say_no(*ANSWERS[fault])
            return
        self.server.objects[self._key] = body
        if fault == "cuts":
            self.close_connection = True
            return
        self._answer(200, b"", ETag='"1"')

    def do_GET(self) -> None:
        if "list-type=" in self.path:
            self._answer(200, _EMPTY_LISTING)
            return
        found = self.server.objects.get(self._key)
        if found is None:
            self._say_no(404, "NoSuchKey")
        else:
            self._answer(200, found, ETag='"1"', Last_Modified="Mon, 23 Nov 2026 14:00:00 GMT")

    def do_DELETE(self) -> None:
        self.server.objects.pop(self._key, None)
        self._answer(204, b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        asked = re.findall(r"<Key>([^<]+)</Key>", body.decode())
        for key in asked:
            self.server.objects.pop(key, None)
        gone = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in asked)
        self._answer(200, f"<DeleteResult>{gone}</DeleteResult>".encode())

    @property
    def _key(self) -> str:
        return unquote(urlsplit(self.path).path).removeprefix("/bucket/")

    def _say_no(self, status: int, code: str) -> None:
        self._answer(status, f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode())

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@contextmanager
def failing_s3() -> Iterator[FailingS3]:
    """A server that runs in the block."""
    server = FailingS3()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
