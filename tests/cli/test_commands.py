from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.main import COMMANDS, main
from lake.snapshot import Lake
from lake.store import open_store
from tests.cli.command import answered, caselog
from tests.logs import a_log, put_raw


@pytest.fixture
def lake_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = (tmp_path / "lake").as_uri()
    monkeypatch.setenv("CASELOG_LAKE_URL", url)
    return url


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


def test_what_was_set_aside_is_listed_shown_tried_again_and_dropped(lake_url: str) -> None:
    store = open_store(lake_url, {})
    store.put("raw/client_id=acme/date=2026-11-23/hour=14/a.ndjson.zst", b"rubbish")
    store.put("raw/stray\t1", b"stray")
    answered("etl", "run")

    ours, stray = answered("etl", "quarantine", "list")
    shown = answered("etl", "quarantine", "show", ours["name"])
    content = caselog("etl", "quarantine", "show", stray["name"], "--content")
    refused = caselog("etl", "quarantine", "retry", stray["name"])
    retried = answered("etl", "quarantine", "retry", "--all")
    would = answered("etl", "quarantine", "drop", stray["name"])
    dropped = answered("etl", "quarantine", "drop", stray["name"], "--yes")

    assert (ours["client_id"], stray["client_id"]) == ("acme", None)
    assert "not zstd-compressed" in shown["reason"]
    assert content.stdout_bytes == b"stray"
    assert (refused.exit_code, "not written by the collector" in refused.output) == (1, True)
    assert retried == {"retried": [ours["name"]]}
    assert (would, dropped) == ({"would_drop": [stray["name"]]}, {"dropped": [stray["name"]]})
    assert answered("etl", "quarantine", "list") == []
    assert answered("etl", "run")["quarantined"] == 1


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (("show", "nothing"), 1, "There is no 'nothing' in quarantine"),
        (("drop",), 2, "say --all"),
        (("retry", "x", "--all"), 2, "say --all"),
        (("list",), 0, "Nothing is in quarantine."),
    ],
)
def test_quarantine_says_in_words_what_it_cannot_do(
    arguments: Sequence[str], status: int, sentence: str, lake_url: str
) -> None:
    answered("init")

    result = caselog("etl", "quarantine", *arguments)

    assert (result.exit_code, sentence in result.output) == (status, True)


def test_a_repair_leaves_no_derived_rows_of_logs_that_were_lost(lake_url: str) -> None:
    store = open_store(lake_url, {})
    put_raw(store, a_log("1", trace={"nodes": [{"name": "classify"}]}))
    answered("etl", "run")
    [key] = Lake(store).logs.state().files
    store.put(key, b"x")

    answered("etl", "repair", "--yes")

    sizes = {name: size["rows"] for name, size in answered("etl", "status")["tables"].items()}
    assert (sizes["logs"], sizes["nodes"]) == (0, 0)


def test_a_damaged_table_is_said_by_run_and_status_and_mended_by_repair(lake_url: str) -> None:
    store = open_store(lake_url, {})
    for number in range(3):
        put_raw(store, a_log(str(number)))
        answered("etl", "run")
    store.delete(["logs/_delta_log/00000000000000000002.json"])

    run, status = caselog("etl", "run"), caselog("etl", "status")
    would = caselog("etl", "repair")
    mended = answered("etl", "repair", "--yes")

    assert (run.exit_code, "00002.json is missing" in run.output) == (1, True)
    assert (status.exit_code, "damaged      logs/_delta_log" in status.output) == (0, True)
    assert (would.exit_code, "Say --yes to do this." in would.output) == (0, True)
    assert mended["mended"]
    assert answered("etl", "status")["damaged"] == []
    assert answered("etl", "status")["tables"]["logs"]["rows"] == 3
    assert "Nothing to mend" in caselog("etl", "repair").output


def test_upkeep_is_done_when_it_is_asked_for(lake_url: str) -> None:
    put_raw(open_store(lake_url, {}), a_log("1"))
    answered("etl", "run")

    assert answered("etl", "upkeep")["merged"] == 0
    assert "upkeep       keeps up" in caselog("etl", "status").output


def test_derived_tables_are_made_anew_when_it_is_asked_for_and_said_to_be_behind(lake_url: str) -> None:
    store = open_store(lake_url, {})
    put_raw(store, a_log("1", trace={"nodes": [{"name": "resolve"}]}))
    assert answered("etl", "run")["derived_behind"] == {}
    store.delete([found.key for found in store.list("nodes/")])

    behind = caselog("etl", "status").output
    made = answered("etl", "derive", "--again", "--client", "acme")

    assert "The derived table nodes is behind" in behind
    assert made["logs"] == 1
    assert "derived " not in caselog("etl", "status").output
    assert "Made the derived rows of 0 logs" in caselog("etl", "derive").output
