"""``gongpai parties``: what a command changes, every node knows."""

import asyncio
import hashlib
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gongpai.cli.program import program
from gongpai.gateway.parties import Parties
from gongpai.gateway.records_provider import RelyingParty
from gongpai.gateway.store.open import open_stores
from settings_of_tests import RIGHT

CALLBACK = "https://grafana.example.com/login/generic_oauth"


def run(storage: str, *arguments: str, **changes: str) -> Result:
    environ = {**RIGHT, "GONGPAI_STORAGE": storage, "LANG": "C", **changes}
    return CliRunner().invoke(program, ["parties", *arguments], env=environ)


def add(storage: str, *more: str) -> Result:
    return run(storage, "add", "grafana", "--redirect-uri", CALLBACK, "--name", "Grafana", *more)


def secret_of(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.output.split("client_secret")[1].split()[0]


def hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def stored(storage: str, client_id: str = "grafana") -> RelyingParty | None:
    async def get() -> RelyingParty | None:
        async with open_stores(storage) as stores:
            return await Parties({}, stores.parties, stores.replays).get(client_id)

    return asyncio.run(get())


def test_standard_output_is_the_answer_alone(storage: str) -> None:
    added = add(storage)
    assert [line.split()[0] for line in added.stdout.splitlines()] == ["client_id", "client_secret"]
    assert "party.added" in added.stderr
    (line,) = run(storage, "rotate-secret", "grafana").stdout.splitlines()
    assert line.startswith("client_secret")


def test_a_party_is_added_with_a_secret_that_is_shown_once(storage: str) -> None:
    settings = ("--set", "scopes=openid,email", "--set", "policy.ways=in_app", "--set", "trusted=true")
    secret = secret_of(add(storage, *settings))
    party = stored(storage)
    assert party is not None
    assert [each.hash for each in party.secret_hashes] == [hash_of(secret)]
    assert (party.title, party.redirect_uris, party.is_configured) == ("Grafana", (CALLBACK,), False)
    assert party.scopes == {"openid", "email"}
    assert party.policy.ways == {"in_app"}
    assert party.is_trusted
    shown = run(storage, "show", "grafana").output
    assert secret not in shown
    assert hash_of(secret) not in shown
    assert json.loads(shown)["redirect_uris"] == [CALLBACK]


def test_a_public_party_has_no_secret(storage: str) -> None:
    assert "client_secret" not in add(storage, "--set", "auth_method=none").output
    assert run(storage, "rotate-secret", "grafana").exit_code == 1


def test_a_party_of_that_name_is_not_added_twice(storage: str) -> None:
    add(storage)
    assert add(storage).exit_code == 1


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--set", "nonsense"), "KEY=VALUE"),
        (("--set", "tust=true"), "no such setting"),
        (("--set", "scopes=everything"), "one of"),
        (("--set", "policy=x", "--set", "policy.ways=in_app"), "contradicts another"),
        (("--redirect-uri", "http://grafana.example.com/"), "cannot be registered"),
    ],
)
def test_a_fault_is_named_and_nothing_is_added(storage: str, more: tuple[str, ...], words: str) -> None:
    result = add(storage, *more)
    assert result.exit_code == 2
    assert words in result.output
    assert stored(storage) is None


def test_two_secrets_are_good_while_they_are_exchanged(storage: str) -> None:
    first = secret_of(add(storage))
    second = secret_of(run(storage, "rotate-secret", "grafana"))
    third = secret_of(run(storage, "rotate-secret", "grafana"))
    party = stored(storage)
    assert party is not None
    assert [each.hash for each in party.secret_hashes] == [hash_of(third), hash_of(second)]
    assert hash_of(first) not in str(party.secret_hashes)
    last = secret_of(run(storage, "rotate-secret", "grafana", "--drop-old"))
    party = stored(storage)
    assert party is not None
    assert [each.hash for each in party.secret_hashes] == [hash_of(last)]


def test_a_party_is_disabled_enabled_and_removed(storage: str) -> None:
    add(storage)
    assert run(storage, "disable", "grafana").exit_code == 0
    assert "disabled" in run(storage, "list").output
    assert run(storage, "enable", "grafana").exit_code == 0
    assert "living" in run(storage, "list").output
    assert run(storage, "remove", "grafana").exit_code == 0
    assert stored(storage) is None
    for command in ("show", "disable", "remove", "rotate-secret"):
        assert run(storage, command, "grafana").exit_code == 1


def test_a_party_of_the_file_is_listed_and_never_changed(storage: str) -> None:
    add(storage)
    given = {
        "GONGPAI_PARTIES__GRAFANA__CLIENT_SECRET": "a-secret-of-this-test-alone-43-characters-x",
        "GONGPAI_PARTIES__GRAFANA__REDIRECT_URIS": CALLBACK,
    }
    assert run(storage, "list", **given).output.split()[:2] == ["grafana", "file"]
    assert "configuration file" in run(storage, "disable", "grafana", **given).output


def test_a_database_that_was_not_migrated_is_named(tmp_path: Path) -> None:
    assert run(f"sqlite://{tmp_path}/empty.db", "list").exit_code == 3
