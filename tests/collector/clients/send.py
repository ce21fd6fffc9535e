"""Posts what a list of cases names, with the Python library that is named: ``send.py LIBRARY ADDRESS CASES``."""

from __future__ import annotations

import asyncio
import importlib
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

Answer = tuple[int, str]
TIMEOUT_S = 30


def with_urllib(_: Any, address: str, headers: dict[str, str], body: bytes) -> Answer:
    request = urllib.request.Request(address, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, answer.read().decode()


def with_post(library: Any, address: str, headers: dict[str, str], body: bytes) -> Answer:
    """`requests` and `httpx`, which agree on this."""
    sent = {"content": body} if library.__name__ == "httpx" else {"data": body}
    answer = library.post(address, headers=headers, timeout=TIMEOUT_S, **sent)
    return answer.status_code, answer.text


def with_aiohttp(library: Any, address: str, headers: dict[str, str], body: bytes) -> Answer:
    async def post() -> Answer:
        async with (
            library.ClientSession() as session,
            session.post(address, data=body, headers=headers) as answer,
        ):
            return answer.status, await answer.text()

    return asyncio.run(post())


SENDERS = {"urllib": with_urllib, "requests": with_post, "httpx": with_post, "aiohttp": with_aiohttp}


def main() -> None:
    name, address, cases = sys.argv[1:]
    library = importlib.import_module(name)
    for line in Path(cases).read_text().splitlines():
        case, file, media, key = line.split("\t")
        headers = {"Content-Type": media, "X-API-Key": key}
        status, said = SENDERS[name](library, address, headers, Path(file).read_bytes())
        print(case, status, said, sep="\t")


if __name__ == "__main__":
    main()
