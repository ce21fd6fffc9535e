from __future__ import annotations

from pathlib import Path

import pytest

from etl.run import run_once
from etl.settings import EtlSettings
from lake.snapshot import Lake
from lake.store import Store, open_store
from lake.subjects import hash_address
from tests.cli.command import answered, caselog
from tests.etl.bytes_of_lake import objects, standing
from tests.logs import a_log, put_raw

ADDRESS = "bob@example.com"
HASHED = next(each for each in hash_address(ADDRESS, "a client's key") if each.startswith("email:"))


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    url = (tmp_path / "lake").as_uri()
    monkeypatch.setenv("CASELOG_LAKE_URL", url)
    monkeypatch.delenv("CASELOG_HASH_KEY", raising=False)
    store = open_store(url, {}, create=True)
    answered("clients", "create", "acme")
    put_raw(store, a_log("1", ticket_id="T-SECRET"), a_log("2", trace={"final_response": HASHED}), a_log("3"))
    run_once(Lake(store), EtlSettings())
    put_raw(store, a_log("4", region=f"of {ADDRESS}"))
    return store


TICKET = ("delete", "ticket", "T-SECRET", "--client", "acme", "--why", "asked by acme")


@pytest.mark.claim("said-before")
def test_nothing_is_deleted_without_yes_and_it_is_said_what_would_be(store: Store) -> None:
    before = objects(store)

    told = answered(*TICKET)
    said = caselog(*TICKET).output

    assert (told["would_remove"]["logs"], objects(store) == before) == (1, True)
    assert "1 logs" in said
    assert "Say --yes" in said


@pytest.mark.claim("receipt")
def test_a_ticket_is_deleted_and_the_receipt_can_be_printed_and_checked(store: Store) -> None:
    receipt = answered(*TICKET, "--by", "the operator", "--yes")
    short = receipt["id"][:13]

    printed = caselog("delete", "receipt", short)
    listed = answered("delete", "list")

    assert standing(store, "T-SECRET") == []
    assert receipt["removed"]["logs"] == 1
    assert (receipt["why"], receipt["by"], listed[0]["by"]) == (
        "asked by acme",
        "the operator",
        "the operator",
    )
    assert answered("delete", "receipt", short) == receipt
    assert printed.exit_code == 0
    assert "asked by acme" in printed.output
    assert "T-SECRET" not in printed.output
    assert caselog("delete", "receipt", short, "--of", "-", stdin="T-SECRET\n").exit_code == 0
    assert caselog("delete", "receipt", short, "--of", "T-other").exit_code == 1


@pytest.mark.parametrize("by", ["environment", "file", "standard input", "hash"])
@pytest.mark.claim("delete-by-hash")
def test_a_person_is_deleted_by_the_clients_key_wherever_that_comes_from(
    by: str, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "keys").write_text("another key\na client's key\n")
    if by == "environment":
        monkeypatch.setenv("CASELOG_HASH_KEY", "a client's key")
    options, stdin = {
        "environment": ([], ""),
        "file": (["--hash-key-file", str(tmp_path / "keys")], ""),
        "standard input": (["--hash-key-file", "-"], "a client's key\n"),
        "hash": (["--hashed", HASHED], ""),
    }[by]

    receipt = answered(
        "delete", "subject", "--email", ADDRESS.upper(), *options, "--why", "asked", "--yes", stdin=stdin
    )

    assert receipt["removed"]["logs"] == 2
    assert standing(store, ADDRESS, HASHED) == []


def test_that_a_clients_key_was_not_given_is_said_before_and_in_the_receipt(store: Store) -> None:
    answered("keys", "issue", "acme")
    options = ("--email", ADDRESS, "--hash-key-file", "-", "--why", "asked")

    before = caselog("delete", "subject", *options, stdin="a client's key\n")
    receipt = answered("delete", "subject", *options, "--yes", stdin="a client's key\n")

    assert "No API key was given of acme" in before.stderr
    assert "acme" in receipt["checked"]["not_looked_at"]["what stands for the address in masked logs"]


def test_an_address_may_come_from_standard_input(store: Store) -> None:
    result = caselog("delete", "subject", "--email", "-", "--why", "asked", "--yes", stdin=f"{ADDRESS}\n")

    assert result.exit_code == 0
    assert "only the address itself" in result.stderr
    assert standing(store, ADDRESS) == []


def test_a_client_is_deleted_and_has_to_be_wanted_again(store: Store) -> None:
    answered("keys", "issue", "acme")
    answered("delete", "client", "acme", "--why", "contract ended", "--yes")

    refused = caselog("clients", "create", "acme")
    no_key = caselog("keys", "issue", "acme")
    again = answered("clients", "create", "acme", "--again")

    assert [key for key in objects(store) if "client_id=acme" in key] == []
    assert (refused.exit_code, no_key.exit_code) == (1, 1)
    assert "--again" in refused.stderr
    assert again["client_id"] == "acme"
    assert answered("keys", "list") == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ticket", "T-1", "--client", "amce", "--why", "x", "--yes"), "There is no client 'amce'"),
        (("ticket", "T-1", "--client", "acme", "--yes"), "Say --why"),
        (("ticket", "T-1", "--client", "../acme"), "is no client's id"),
        (("subject", "--email", "bob"), "is no e-mail address"),
        (("subject", "--email", ADDRESS, "--hashed", "email:xyz"), "16 hexadecimal digits"),
        (("subject", "--email", ADDRESS, "--why", f"for {ADDRESS}", "--yes"), "leave the address out"),
        (("receipt", "0000"), "No single deletion"),
    ],
)
@pytest.mark.usefixtures("store")
def test_what_cannot_be_meant_is_said_in_a_sentence(arguments: tuple[str, ...], said: str) -> None:
    result = caselog("delete", *arguments)

    assert result.exit_code in {1, 2}
    assert said in result.output


@pytest.mark.usefixtures("store")
def test_nothing_that_was_interrupted_is_said(store: Store) -> None:
    assert answered("delete", "resume") == {"done": []}


@pytest.mark.usefixtures("store")
@pytest.mark.claim("retention")
def test_how_long_logs_are_kept_is_set_and_taken_off_again() -> None:
    short = caselog("clients", "set", "acme", "--keep-logs", "5", "--json")
    answered("clients", "set", "acme", "--keep-logs", "400", "--keep-traces", "90")
    kept = answered("clients", "show", "acme")
    answered("clients", "set", "acme", "--keep-traces", "forever")
    answered("clients", "set", "acme", "--name", "Acme")

    assert "hold logs back for 7 days" in short.stderr
    assert (kept["keep_logs_days"], kept["keep_traces_days"]) == (400, 90)
    changed = answered("clients", "show", "acme")
    assert (changed["keep_logs_days"], changed["keep_traces_days"], changed["name"]) == (400, None, "Acme")


@pytest.mark.parametrize("days", ["0", "-1", "1.5", "x", "99999", "٣"])
@pytest.mark.usefixtures("store")
def test_days_that_are_none_are_wrong_use(days: str) -> None:
    result = caselog("clients", "set", "acme", "--keep-logs", days)

    assert result.exit_code == 2
    assert caselog("clients", "set", "acme", "--keep-logs", "30", "--keep-traces", "30").exit_code == 1
