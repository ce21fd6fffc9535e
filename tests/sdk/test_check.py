"""``python -m caselog check`` says in words what stands between a process and a stored log."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.sdk.fake_collector import API_KEY, FakeCollector, answers
from tests.sdk.test_processes import SDK


def check(env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "caselog", "check"],
        env={"PYTHONPATH": str(SDK), "no_proxy": "*", **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_where_all_is_well_a_test_log_is_stored_and_the_status_is_0(collector: FakeCollector) -> None:
    checked = check(collector.env)

    (log,) = collector.logs
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "stored the test log" in checked.stdout
    assert (log["ticket_id"], log["category"], log["client_id"]) == ("caselog-check", "caselog-check", "acme")
    assert API_KEY not in checked.stdout


def test_each_variable_that_is_missing_or_wrong_is_named() -> None:
    checked = check({"LOG_COLLECTOR_URL": "collector", "CLIENT_ID": "Acme Inc.", "CASELOG_LEVEL": "ALL"})

    assert checked.returncode == 1
    assert checked.stdout.count("NOT") == 4
    for name in ("LOG_COLLECTOR_URL", "LOG_COLLECTOR_API_KEY", "CLIENT_ID", "CASELOG_LEVEL"):
        assert name in checked.stdout


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "does not know this API key"),
        (403, "CLIENT_ID"),
        (404, "path"),
        (302, "redirects"),
        (503, "for the moment"),
        (418, "418"),
    ],
)
def test_a_refusal_is_explained(status: int, words: str, collector: FakeCollector) -> None:
    collector.answer = answers((status, {}, b"{}"))

    checked = check(collector.env)

    assert checked.returncode == 1
    assert words in checked.stdout


def test_what_is_no_collector_is_recognised(collector: FakeCollector) -> None:
    collector.answer = answers((200, {}, b"<html>Welcome</html>"))

    assert "not as a Caselog collector" in check(collector.env).stdout


def test_a_client_that_the_provider_has_set_to_off_is_told(collector: FakeCollector) -> None:
    collector.answer = answers((200, {}, b'{"status": "off"}'))

    checked = check(collector.env)

    assert checked.returncode == 1
    assert "stored nothing: the provider has set this client to OFF" in checked.stdout


def test_a_clock_that_is_off_is_told(collector: FakeCollector) -> None:
    collector.answer = answers((200, {"Date": "Mon, 23 Nov 2020 14:05:00 GMT"}, json.dumps({}).encode()))

    checked = check(collector.env)

    assert checked.returncode == 1
    assert "the clock here" in checked.stdout


@pytest.mark.parametrize(
    ("url", "words"),
    [("http://127.0.0.1:9", "nothing listens"), ("https://collector.invalid", "unknown here")],
)
def test_a_network_that_leads_nowhere_is_explained(url: str, words: str) -> None:
    checked = check({"LOG_COLLECTOR_URL": url, "LOG_COLLECTOR_API_KEY": API_KEY})

    assert checked.returncode == 1
    assert words in checked.stdout


def test_https_where_only_http_is_spoken_is_explained(collector: FakeCollector) -> None:
    checked = check({**collector.env, "LOG_COLLECTOR_URL": collector.url.replace("http:", "https:")})

    assert checked.returncode == 1
    assert "does not speak TLS" in checked.stdout


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 that no authority has signed, with its key."""
    if not (openssl := shutil.which("openssl")):
        pytest.skip("no openssl here")
    made = tmp_path / "certificate.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run(
        [*command, "-keyout", str(made), "-out", str(tmp_path / "public.pem")],
        check=True,
        capture_output=True,
    )
    made.write_text(made.read_text() + (tmp_path / "public.pem").read_text())
    return made


@pytest.fixture
def https_collector(collector: FakeCollector, certificate: Path) -> Iterator[FakeCollector]:
    """The collector behind TLS with that certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = ThreadingHTTPServer(("127.0.0.1", 0), collector.handler)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    collector.url = f"https://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield collector
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.claim("certificate-checked")
def test_a_certificate_that_nobody_vouches_for_is_refused_until_it_is_trusted(
    https_collector: FakeCollector, certificate: Path
) -> None:
    refused = check(https_collector.env)
    trusted = check({**https_collector.env, "SSL_CERT_FILE": str(certificate.parent / "public.pem")})

    assert refused.returncode == 1
    assert "is not trusted" in refused.stdout
    assert trusted.returncode == 0, trusted.stdout
    assert len(https_collector.logs) == 1
