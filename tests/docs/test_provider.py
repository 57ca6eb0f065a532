"""The pages on the provider and forward-auth: their examples are accepted, and nothing that is served is left out."""

import re
import shlex
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gongpai.cli.program import program
from gongpai.gateway.config import IdentityField
from gongpai.gateway.config.checking_gate import check_gate
from gongpai.gateway.config.checking_parties import read_party
from gongpai.gateway.config.source import Source
from gongpai.gateway.oidc.claims import BY_SCOPE
from gongpai.gateway.oidc.discovery import Endpoints
from gongpai.gateway.oidc.scopes import SUPPORTED
from gongpai.gateway.records_provider import GrantType

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [DOCS / lang / "provider.md" for lang in ("en", "zh")]


def block(page: Path, language: str) -> str:
    """Return the fenced block of *language* in *page*."""
    (found,) = blocks(page, language)
    return found


def blocks(page: Path, language: str) -> list[str]:
    """Return all fenced blocks of *language* in *page*."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_the_party_of_the_page_is_accepted(page: Path, tmp_path: Path) -> None:
    settings = tomllib.loads(block(page, "toml"))["parties"]["grafana"]
    secret = tmp_path / "grafana.secret"
    secret.write_text("a-secret-that-is-long-enough", encoding="ascii")
    secret.chmod(0o600)
    party = read_party("grafana", {**settings, "client_secret_file": str(secret)}, {})
    assert party.scopes == {"openid", "profile", "email", "groups"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_the_commands_of_the_page_exist(page: Path) -> None:
    lines = block(page, "console").replace("\\\n", "").replace("$ gongpai ", "").splitlines()
    for line in lines:
        words = shlex.split(line, comments=True)
        shown = CliRunner().invoke(program, [*words[:2], "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"})
        assert shown.exit_code == 0, line
        assert all(word in shown.output for word in words if word.startswith("--")), line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_the_page_names_every_endpoint_grant_scope_and_claim(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    paths = [field.default for field in fields(Endpoints)]
    claims = [claim for claims in BY_SCOPE.values() for claim in claims]
    grants = [grant.name.lower() for grant in GrantType]
    assert [word for word in (*paths, *SUPPORTED, *claims, *grants) if f"`{word}`" not in text] == []


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_settings_of_the_page_on_forward_auth_are_accepted(lang: str) -> None:
    example, own = map(tomllib.loads, blocks(DOCS / lang / "forward-auth.md", "toml"))
    for tree in (example, {"gate": example["gate"] | own["gate"]}):
        source = Source(tree, [])
        gate = check_gate(source, {}, has_proxies=True)
        assert source.faults == []
        assert gate is not None
        assert [host.origin for host in gate.hosts.values()] == ["https://grafana.example.com"]
    assert gate is not None
    assert gate.headers == ((IdentityField.USERNAME, "X-Webauth-User"),)
