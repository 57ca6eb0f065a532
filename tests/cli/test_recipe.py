"""``gongpai parties recipe``: one's own addresses in it, and never a secret."""

import re
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gongpai.cli.program import program
from settings_of_tests import RIGHT

URL = "https://grafana.corp.example"
CALLBACK = f"{URL}/login/generic_oauth"


def run(storage: str, *arguments: str, **changes: str) -> Result:
    environ = {**RIGHT, "GONGPAI_STORAGE": storage, "LANG": "C", **changes}
    return CliRunner().invoke(program, ["parties", *arguments], env=environ)


def test_the_recipes_are_listed_without_any_configuration() -> None:
    listed = CliRunner().invoke(program, ["parties", "recipe"], env={"LANG": "zh_CN.UTF-8"})
    assert listed.exit_code == 0
    assert re.search(r"^grafana +Grafana +未运行过$", listed.output, re.MULTILINE)


def test_a_name_that_is_not_quite_right_is_answered_with_what_is_near(storage: str) -> None:
    refused = run(storage, "recipe", "grafna")
    assert refused.exit_code == 2
    assert "Did you mean grafana?" in refused.output
    assert "Did you mean" not in run(storage, "recipe", "zzzzzzzz").output


def test_a_new_party_is_shown_in_the_file_and_by_command_with_the_real_issuer(storage: str) -> None:
    shown = run(storage, "recipe", "grafana", "--url", f"{URL}/").output
    (table,) = re.findall(r"```toml\n(.*?)```", shown, re.DOTALL)
    party = tomllib.loads(table)["parties"]["grafana"]
    assert party["redirect_uris"] == [CALLBACK]
    assert party["email_template"] == "{userid}@corp.example"
    assert f"auth_url = {RIGHT['GONGPAI_PUBLIC_URL']}/authorize" in shown
    assert f"--redirect-uri {CALLBACK}" in shown


def test_the_command_that_a_recipe_prints_adds_a_party_that_suits(storage: str) -> None:
    shown = run(storage, "recipe", "grafana", "--url", URL, "--email-domain", "mail.example").output
    (command,) = re.findall(r"```sh\ngongpai parties (.*?)```", shown, re.DOTALL)
    added = run(storage, *command.replace("\\\n", "").replace("'", "").split())
    assert added.exit_code == 0, added.output
    secret = added.output.split("client_secret")[1].split()[0]
    again = run(storage, "recipe", "grafana").output
    assert "its settings suit Grafana" in again
    assert f"root_url = {URL}/" in again
    assert secret not in again


def test_a_party_that_lacks_something_is_told_what(storage: str) -> None:
    run(storage, "add", "board", "--redirect-uri", CALLBACK)
    shown = run(storage, "recipe", "grafana", "--client-id", "board", "--lang", "zh").output
    assert "在数据库中" in shown
    assert "`scopes`" in shown
    assert "client_id = board" in shown


def test_a_party_of_the_file_is_read_there(storage: str) -> None:
    given = {
        "GONGPAI_PARTIES__GRAFANA__CLIENT_SECRET": "a-secret-of-this-test-alone-43-characters-x",
        "GONGPAI_PARTIES__GRAFANA__REDIRECT_URIS": CALLBACK,
    }
    shown = run(storage, "recipe", "grafana", **given).output
    assert "in the configuration file" in shown
    assert given["GONGPAI_PARTIES__GRAFANA__CLIENT_SECRET"] not in shown


def test_one_part_is_printed_alone(storage: str) -> None:
    alone = run(storage, "recipe", "streamlit", "--url", "https://a.example", "--only", ".streamlit/secrets.toml")
    assert tomllib.loads(alone.output)["auth"]["redirect_uri"] == "https://a.example/oauth2callback"
    refused = run(storage, "recipe", "streamlit", "--url", "https://a.example", "--only", "config.toml")
    assert refused.exit_code == 2
    assert ".streamlit/secrets.toml" in refused.output


@pytest.mark.parametrize(
    "url", ["grafana.corp.example", "ftp://a.example", "https://a.example?x=1", "https://a.example#x"]
)
def test_an_address_that_is_none_is_refused(storage: str, url: str) -> None:
    refused = run(storage, "recipe", "grafana", "--url", url)
    assert refused.exit_code == 2
    assert "https://grafana.your-company.example" in refused.output


def test_a_program_whose_address_nobody_knows_asks_for_it(storage: str) -> None:
    refused = run(storage, "recipe", "grafana")
    assert refused.exit_code == 2
    assert "--url https://grafana.your-company.example" in refused.output


def test_a_program_on_peoples_own_machines_needs_no_address_and_no_secret(storage: str) -> None:
    shown = run(storage, "recipe", "kubectl").output
    assert 'auth_method = "none"' in shown
    assert "REPLACE_WITH_THE_CLIENT_SECRET" not in shown
    assert "client_secret_file" not in shown


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://grafana.corp.example", "corp.example"),
        ("https://corp.example", "corp.example"),
        ("http://127.0.0.1:3000", "corp.example"),
    ],
)
def test_mailboxes_are_taken_to_lie_in_the_domain_above(storage: str, url: str, domain: str) -> None:
    assert f"{{userid}}@{domain}" in run(storage, "recipe", "grafana", "--url", url).output


def test_with_several_corps_a_party_says_whose_people_may_use_it(storage: str) -> None:
    other = {
        "GONGPAI_APPS__OTHER__CORPID": "wwfedcba9876543210",
        "GONGPAI_APPS__OTHER__AGENTID": "1000003",
        "GONGPAI_APPS__OTHER__CORPSECRET": "another-secret-that-nobody-published",
    }
    shown = run(storage, "recipe", "grafana", "--url", URL, **other).output
    (table,) = re.findall(r"```toml\n(.*?)```", shown, re.DOTALL)
    both = {RIGHT["GONGPAI_APPS__MAIN__CORPID"], other["GONGPAI_APPS__OTHER__CORPID"]}
    printed = tomllib.loads(table)["parties"]["grafana"]
    assert set(printed["policy"]["corpids"]) == both
    # Two people of one userid get no email of each other's.
    assert printed["email_template"].startswith("{userid}.{corpid}@")
    (command,) = re.findall(r"```sh\ngongpai parties (.*?)```", shown, re.DOTALL)
    added = run(storage, *command.replace("\\\n", "").replace("'", "").split(), **other)
    assert added.exit_code == 0, added.output
    assert "its settings suit Grafana" in run(storage, "recipe", "grafana", **other).output


def test_a_recipe_for_a_proxy_has_the_gates_own_address_and_host(storage: str) -> None:
    gate = {
        "GONGPAI_TRUSTED_PROXIES": "127.0.0.1",
        "GONGPAI_GATE__LISTEN": "127.0.0.1:9001",
        "GONGPAI_GATE__HEADERS": "remote",
        "GONGPAI_GATE__HOSTS__WIKI__ORIGIN": "https://wiki.corp.example",
    }
    shown = run(storage, "recipe", "caddy", "--client-id", "wiki", "--upstream", "10.0.0.9:80", **gate).output
    assert "import gongpai_remote 127.0.0.1:9001" in shown
    assert "reverse_proxy 10.0.0.9:80" in shown
    assert "its settings suit Caddy" in shown
    other = run(storage, "recipe", "caddy", "--client-id", "wiki", "--url", "https://b.example", **gate).output
    assert "`origin`" in other
    socket = run(
        storage, "recipe", "caddy", "--client-id", "wiki", **{**gate, "GONGPAI_GATE__LISTEN": "unix:/run/g.sock"}
    )
    assert "import gongpai_remote unix//run/g.sock" in socket.output


def test_a_recipe_for_a_proxy_shows_the_gate_where_there_is_none(storage: str) -> None:
    shown = run(storage, "recipe", "nginx", "--url", "https://wiki.corp.example").output
    assert "[gate.hosts.app]" in shown
    assert "server_name wiki.corp.example;" in shown


def test_a_database_that_was_not_migrated_is_named(tmp_path: Path) -> None:
    assert run(f"sqlite://{tmp_path}/empty.db", "recipe", "grafana", "--url", URL).exit_code == 3
