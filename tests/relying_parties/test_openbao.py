"""OpenBao, which takes the commands of Vault, set up by the recipe: people come in, and departments bring rights."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest

from environments import require_environment
from gongpai.sandbox import Corner
from provided import SECRET, Provided, by_recipe

ROOT = "the-root-token-of-tests"
UI_CALLBACK = "/ui/vault/auth/oidc/oidc/callback"
# As OpenBao's documentation makes an external group; the recipe says whose aliases they are.
GROUP = """
accessor=$(vault read -field=accessor sys/mounts/auth/oidc)
group=$(vault write -field=id identity/group name=engineers type=external policies=engineers)
vault write identity/group-alias name=dept:4 mount_accessor="$accessor" canonical_id="$group"
"""


@pytest.fixture(scope="module")
def party(corner: Corner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provided]:
    folder: Path = tmp_path_factory.mktemp("openbao")
    program = require_environment("openbao") / "bao"
    (folder / "vault").symlink_to(program)

    def command(port: int) -> list[str]:
        listen = f"-dev-listen-address=127.0.0.1:{port}"
        return [str(program), "server", "-dev", "-dev-no-store-token", f"-dev-root-token-id={ROOT}", listen]

    with by_recipe(corner, folder, "vault", command, home="/v1/sys/health", HOME=str(folder)) as party:
        environ = {"VAULT_ADDR": party.party_url, "VAULT_TOKEN": ROOT, "OIDC_CLIENT_SECRET": SECRET}
        around = {**os.environ, **environ, "HOME": str(folder), "PATH": f"{folder}:{os.environ['PATH']}"}
        script = (folder / "program" / "vault.sh").read_text() + GROUP
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], env=around, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        yield party


def call(party: Provided, path: str, body: Mapping[str, str] | None = None, token: str = "") -> dict[str, object]:
    """Call OpenBao as its pages do."""
    headers = {"X-Vault-Token": token} if token else {}
    method = "GET" if body is None else "POST"
    answer = httpx2.request(method, f"{party.party_url}/v1/{path}", json=body, headers=headers, timeout=60)
    assert answer.status_code == 200, answer.text
    told: dict[str, object] = answer.json()
    return told


def test_a_colleague_comes_in_by_the_browser_with_pkce_and_the_rights_of_the_department(party: Provided) -> None:
    wanted = {"role": "member", "redirect_uri": f"{party.party_url}{UI_CALLBACK}"}
    asked = call(party, "auth/oidc/oidc/auth_url", wanted)["data"]
    assert isinstance(asked, dict)
    url = str(asked["auth_url"])
    assert parse_qs(urlsplit(url).query)["code_challenge_method"] == ["S256"]
    with party.opener.open(url, timeout=60) as answer:
        landed = urlsplit(answer.url)
    assert f"{landed.scheme}://{landed.netloc}{landed.path}" == wanted["redirect_uri"]
    brought = {name: values[0] for name, values in parse_qs(landed.query).items()}
    signed_in = call(party, f"auth/oidc/oidc/callback?{urlencode(brought)}")["auth"]
    assert isinstance(signed_in, dict)
    assert signed_in["policies"] == ["default", "engineers"]
    assert signed_in["lease_duration"] == 3600
    whoami = call(party, "auth/token/lookup-self", token=str(signed_in["client_token"]))["data"]
    assert isinstance(whoami, dict)
    assert len(str(whoami["display_name"]).removeprefix("oidc-")) == 22
