"""The recipes of nginx and Caddy, read by the real programs."""

import subprocess
from pathlib import Path

import pytest
import trustme

from gongpai.cli.recipes import Filling, find_recipe
from nginx_frame import write_nginx_config
from programs import free_port, require_program

ISSUER = "https://sso.corp.example"


@pytest.mark.parametrize("gate", ["127.0.0.1:8001", "unix:/run/gongpai/gate.sock"])
def test_nginx_accepts_the_whole_recipe(gate: str, tmp_path: Path) -> None:
    pem = tmp_path / "both.pem"
    trustme.CA().issue_cert("app.corp.example").private_key_and_cert_chain_pem.write_to_path(pem)
    (tmp_path / "gongpai").mkdir()
    filling = Filling(ISSUER, "app", "https://app.corp.example:8443", gate=gate)
    parts = {part.file: part.fill(filling) for part in find_recipe("nginx").snippets}
    site = parts.pop("/etc/nginx/conf.d/app.conf")
    assert "server_name app.corp.example;" in site
    for file, text in parts.items():
        (tmp_path / "gongpai" / Path(file).name).write_text(text)
    changes = {
        "/etc/nginx/gongpai/": f"{tmp_path}/gongpai/",
        "/etc/ssl/app.corp.example.pem": str(pem),
        "/etc/ssl/app.corp.example.key": str(pem),
        "listen 443 ssl": f"listen 127.0.0.1:{free_port()} ssl",
    }
    for there, here in changes.items():
        assert there in site
        site = site.replace(there, here)
    config = write_nginx_config(tmp_path, f"access_log off;\n{site}")
    command = [require_program("nginx", folders=(Path("/usr/sbin"),)), "-t", "-e", "stderr", "-p", str(tmp_path)]
    checked = subprocess.run([*command, "-c", str(config)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize(
    ("gate", "preset", "dialled"),
    [
        ("127.0.0.1:8001", "gongpai", "127.0.0.1:8001"),
        ("unix:/run/gongpai/gate.sock", "gongpai_remote", "unix//run/gongpai/gate.sock"),
    ],
)
def test_caddy_accepts_the_whole_recipe(gate: str, preset: str, dialled: str, tmp_path: Path) -> None:
    filling = Filling(ISSUER, "app", "http://app.localhost:8080", gate=gate, preset=preset)
    for part in find_recipe("caddy").snippets:
        (tmp_path / Path(part.file).name).write_text(part.fill(filling))
    command = [require_program("caddy"), "adapt", "--config", str(tmp_path / "Caddyfile"), "--adapter", "caddyfile"]
    adapted = subprocess.run([*command, "--validate"], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert adapted.returncode == 0, adapted.stderr
    assert f'"dial":"{dialled}"' in adapted.stdout
