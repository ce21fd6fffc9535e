"""``caselog users``, as an operator calls it."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from access.audit import AuditEvent, Event, record_event
from access.users import get_user, verify_password
from lake.errors import StoreRefused
from lake.store import Store, open_store
from tests.cli.command import answered, caselog

FIRST = "correct horse battery"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A lake with the provider's user pia."""
    url = (tmp_path / "lake").as_uri()
    monkeypatch.setenv("CASELOG_LAKE_URL", url)
    store = open_store(url, {}, create=True)
    answered("users", "create", "pia", "--role", "provider", "--password-stdin", stdin=FIRST)
    return store


def test_an_operator_gives_a_user_another_password(store: Store) -> None:
    told = answered("users", "password", "pia", "--password-stdin", stdin="another horse battery\n")

    assert told == {"name": "pia", "password_changed": True}
    assert verify_password(get_user(store, "pia"), "another horse battery")
    assert not verify_password(get_user(store, "pia"), FIRST)


def test_a_password_against_the_rules_is_refused_without_being_repeated(store: Store) -> None:
    result = caselog("users", "password", "pia", "--password-stdin", stdin="pia12\n")

    assert (result.exit_code, "10 to 1024 characters" in result.output) == (1, True)
    assert "pia12" not in result.output
    assert verify_password(get_user(store, "pia"), FIRST)


def test_a_disabled_user_is_shown_so_until_enabled(store: Store) -> None:
    answered("users", "disable", "pia")
    [disabled] = answered("users", "list")
    table = caselog("users", "list").output
    answered("users", "enable", "pia")
    [enabled] = answered("users", "list")

    assert disabled["disabled_at"] is not None
    assert "disabled_at" in table
    assert enabled["disabled_at"] is None
    assert "password_hash" not in enabled


def test_signing_out_is_told(store: Store) -> None:
    told = caselog("users", "sign-out", "pia")

    user = get_user(store, "pia")
    assert "within 7 seconds" in told.output
    assert user is not None
    assert user.signed_out_at is not None


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("verb", ["password", "sign-out", "disable", "enable"])
def test_of_nobody_nothing_is_changed(verb: str) -> None:
    result = caselog("users", verb, "eve", stdin=f"{FIRST}\n{FIRST}\n")

    assert result.exit_code == 1
    assert "There is no user 'eve'" in result.output


def test_what_an_operator_does_is_in_the_audit(store: Store) -> None:
    caselog("users", "password", "pia", "--password-stdin", stdin="another horse battery\n")
    answered("users", "disable", "pia")
    answered("users", "enable", "pia")
    answered("users", "sign-out", "pia")
    answered("users", "remove", "pia")

    lines = caselog("audit", "--since", "1h", "--json").output.splitlines()

    events = [json.loads(line) for line in lines]
    assert [event["event"] for event in events] == [
        "user_created",
        "password_changed",
        "user_disabled",
        "user_enabled",
        "signed_out_everywhere",
        "user_removed",
    ]
    assert {event["user"] for event in events} == {"pia"}
    assert all(event["by"].startswith("operator ") for event in events)
    assert "horse" not in "".join(lines)


@pytest.mark.usefixtures("store")
def test_the_audit_is_listed_for_a_time_a_user_and_a_client() -> None:
    answered("clients", "create", "acme")
    arguments = ("users", "create", "ann", "--role", "client", "--client", "acme", "--password-stdin")
    answered(*arguments, stdin=FIRST)

    table = caselog("audit").output
    of_user = caselog("audit", "--user", "pia").output
    of_client = caselog("audit", "--client", "acme", "--json").output.splitlines()
    of_nobody = caselog("audit", "--user", "eve")
    wrong = caselog("audit", "--since", "soon")

    assert ("user_created" in table, "ann" in table, "ann" in of_user) == (True, True, False)
    assert [json.loads(line)["user"] for line in of_client] == ["ann"]
    assert of_nobody.output.strip() == "Nothing of that time is in the audit."
    assert (wrong.exit_code, "such as 90s" in wrong.output) == (2, True)


def test_a_download_of_several_clients_is_one_line_and_one_object_for_each_in_json(store: Store) -> None:
    at = datetime.now(UTC)
    for client_id in ("acme", "globex", "hooli", "initech"):
        taken = AuditEvent(at=at, event=Event.DOWNLOADED, user="pat", client_id=client_id, what="tickets.csv")
        record_event(store, taken, os.urandom)

    table = [line for line in caselog("audit", "--user", "pat").output.splitlines() if "downloaded" in line]
    of_acme = [
        line for line in caselog("audit", "--client", "acme").output.splitlines() if "downloaded" in line
    ]
    lines = caselog("audit", "--user", "pat", "--json").output.splitlines()

    assert len(table) == len(of_acme) == 1
    assert " and 2 more" in table[0]
    assert "acme" in of_acme[0]
    assert "globex" not in of_acme[0]
    assert {json.loads(line)["client_id"] for line in lines} == {"acme", "globex", "hooli", "initech"}


def test_an_audit_that_cannot_be_written_is_said_and_what_was_done_is_done(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StoreRefused("creating an event")

    monkeypatch.setattr("cli.users.record_event", refuse)

    result = caselog("users", "disable", "pia")

    user = get_user(store, "pia")
    assert result.exit_code == 0
    assert "is not in the audit" in result.output
    assert user is not None
    assert user.disabled_at is not None


@pytest.mark.usefixtures("store")
def test_a_user_is_made_without_a_password_only_where_that_is_said() -> None:
    made = answered("users", "create", "mia", "--role", "provider", "--no-password")
    both = caselog("users", "create", "eva", "--role", "provider", "--no-password", "--password-stdin")

    assert made["name"] == "mia"
    assert both.exit_code == 2
