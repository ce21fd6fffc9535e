from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.main import COMMANDS, main
from lake.store import open_store
from tests.logs import a_log, put_raw


@pytest.fixture
def lake_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = (tmp_path / "lake").as_uri()
    monkeypatch.setenv("CASELOG_LAKE_URL", url)
    return url


def caselog(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(main, list(arguments), input=stdin)


def answered(*arguments: str, stdin: str = "") -> Any:
    """The JSON a command printed, after it exited with 0."""
    result = caselog(*arguments, "--json", stdin=stdin)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    result = caselog(command, "--help")

    assert result.exit_code == 0
    assert result.output.startswith("Usage: ")


@pytest.mark.usefixtures("lake_url")
def test_a_client_gets_a_key_and_loses_it() -> None:
    created = answered("clients", "create", "acme", "--name", "Acme Retail")
    issued = answered("keys", "issue", "acme", "--label", "production")
    listed = answered("keys", "list", "acme")
    revoked = answered("keys", "revoke", listed[0]["key_id"])

    assert created["client_id"] == "acme"
    assert issued["api_key"].startswith("caselog_")
    assert "key_hash" not in listed[0]
    assert revoked["revoked_at"]


@pytest.mark.usefixtures("lake_url")
def test_a_client_is_changed_and_shown() -> None:
    answered("clients", "create", "acme")

    answered("clients", "set", "acme", "--level", "METRICS_ONLY")

    assert answered("clients", "show", "acme")["level"] == "METRICS_ONLY"
    assert [client["client_id"] for client in answered("clients", "list")] == ["acme"]


@pytest.mark.usefixtures("lake_url")
def test_a_user_is_made_with_a_password_from_standard_input_and_removed() -> None:
    made = answered(
        "users", "create", "ann", "--role", "provider", "--password-stdin", stdin="a long password\n"
    )
    removed = answered("users", "remove", "ann")

    assert made["role"] == "provider"
    assert "password_hash" not in made
    assert removed == {"name": "ann", "removed": True}
    assert answered("users", "list") == []


@pytest.mark.usefixtures("lake_url")
def test_an_account_manager_sees_the_clients_that_are_named_and_the_list_says_so() -> None:
    for client_id in ("acme", "globex"):
        answered("clients", "create", client_id)

    made = answered(
        *("users", "create", "mia", "--role", "provider", "--client", "globex", "--client", "acme"),
        "--password-stdin",
        stdin="a long password\n",
    )
    answered("users", "create", "pat", "--role", "provider", "--password-stdin", stdin="a long password\n")
    listed = CliRunner().invoke(main, ["users", "list"]).output

    assert made["clients"] == ["acme", "globex"]
    assert [user["clients"] for user in answered("users", "list")] == [["acme", "globex"], None]
    assert "acme, globex" in listed
    assert "all" in listed


def test_the_etl_says_what_it_did_and_where_it_stands(lake_url: str) -> None:
    put_raw(open_store(lake_url, {}), a_log("1"), a_log("1"))

    report = answered("etl", "run")
    status = answered("etl", "status")

    assert (report["logs"], report["duplicates"], report["quarantined"], report["objects"]) == (1, 1, 0, 1)
    assert (status["raw_objects"], status["tables"]["logs"]["rows"]) == (0, 1)


def test_a_new_lake_is_prepared_as_often_as_one_likes(lake_url: str) -> None:
    assert answered("init") == {"lake_url": lake_url, "bucket_created": False}
    assert answered("init") == {"lake_url": lake_url, "bucket_created": False}


def test_init_makes_the_bucket(minio_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in minio_server.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CASELOG_LAKE_URL", "s3://made-by-init/lake")

    assert answered("init")["bucket_created"] is True
    assert answered("init")["bucket_created"] is False
    assert answered("etl", "status")["tables"]["logs"]["rows"] == 0


@pytest.mark.usefixtures("lake_url")
@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (("clients", "create", "Acme"), 1, "cannot be a client id"),
        (("clients", "show", "nobody"), 1, "There is no client 'nobody'"),
        (("keys", "issue", "nobody"), 1, "There is no client 'nobody'"),
        (("users", "create", "ann", "--role", "client", "--password-stdin"), 1, "needs a client"),
        (("users", "create", "ann"), 2, "--role"),
        (("clients", "set", "acme"), 2, "Nothing to change"),
        (("fly",), 2, "No such command"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_an_exit_status(
    arguments: Sequence[str], status: int, sentence: str
) -> None:
    answered("init")

    result = caselog(*arguments, stdin="a long password\n")

    assert result.exit_code == status
    assert sentence in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "arguments",
    [("etl", "status"), ("etl", "run"), ("clients", "list"), ("keys", "issue", "acme"), ("dashboards",)],
)
def test_where_there_is_no_lake_it_is_said_and_none_is_made(
    arguments: Sequence[str], lake_url: str, tmp_path: Path
) -> None:
    result = caselog(*arguments)

    assert result.exit_code == 1
    assert f"There is no lake at {lake_url}: `caselog init` makes it" in result.output
    assert not (tmp_path / "lake").exists()


@pytest.mark.usefixtures("lake_url")
@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("CASELOG_COLLECTOR_PROT", "1", "Did you mean CASELOG_COLLECTOR_PORT?"),
        ("CASELOG_COLLECTOR_PORT", "high", "CASELOG_COLLECTOR_PORT: input should be a valid integer"),
        (
            "CASELOG_COLLECTOR_ACK_TIMEOUT_S",
            "-1",
            "CASELOG_COLLECTOR_ACK_TIMEOUT_S: input should be greater than 0",
        ),
        ("CASELOG_COLECTOR_PORT", "1", "Did you mean CASELOG_COLLECTOR_PORT?"),
        ("CASELOG_LAKE_URL", "/var/lake", "starts with neither file:// nor s3://"),
        ("CASELOG_LAKE_URL", "s3://[bucket]/lake", "it is no address"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_a_sentence(
    variable: str, value: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)

    result = caselog("collector")

    assert result.exit_code == 2
    assert sentence in result.output


def test_a_store_that_does_not_answer_stops_the_start_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CASELOG_LAKE_URL", "s3://nowhere/lake")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very-secret")

    result = caselog("collector")

    assert result.exit_code == 1
    assert "Is CASELOG_LAKE_URL right" in result.output
    assert "very-secret" not in result.output


@pytest.mark.usefixtures("lake_url")
def test_a_secret_in_a_wrong_setting_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASELOG_DASHBOARDS_SESSION_SECRET", "too-short-secret")

    result = caselog("dashboards")

    assert result.exit_code == 2
    assert "too-short-secret" not in result.output
