"""The recipes of proxies as they are printed, under the real programs: a colleague signs in behind them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from behind_proxy import APP, OTHER, Proxy, behind
from gongpai.cli.recipes import Filling, find_recipe
from gongpai.sandbox import Sandbox
from nginx_frame import write_nginx_config
from programs import require_program
from proxies import changed, running, running_envoy, running_traefik

HTML = ("Accept", "text/html")
_CADDY = """
{{
    admin off
    auto_https off
    storage file_system {folder}/caddy
    default_bind 127.0.0.1
}}
{site}
"""


def printed(name: str, gate: str, app: str, url: str) -> dict[str, str]:
    """Return the parts of the recipe by file."""
    filling = Filling("https://sso.corp.example", "app", url, gate=gate, upstream=app)
    return {part.file: part.fill(filling) for part in find_recipe(name).snippets}


@contextmanager
def nginx_by_recipe(folder: Path, gate: str, app: str, port: int, host: str, _other: str) -> Iterator[None]:
    """Run nginx on the recipe; of its words only the port, the certificate and the places of files are the test's."""
    parts = printed("nginx", gate, app, f"http://{host}:{port}")
    site = parts.pop("/etc/nginx/conf.d/app.conf")
    for file, text in parts.items():
        (folder / Path(file).name).write_text(text)
    lines = [line for line in site.splitlines() if "ssl_certificate" not in line]
    site = "\n".join(lines).replace("listen 443 ssl", f"listen 127.0.0.1:{port}")
    site = site.replace("/etc/nginx/gongpai/", f"{folder}/")
    config = write_nginx_config(folder, f"access_log off;\n{site}")
    program = require_program("nginx", folders=(Path("/usr/sbin"),))
    with running([program, "-e", str(folder / "error.log"), "-p", str(folder), "-c", str(config)]):
        yield


@contextmanager
def caddy_by_recipe(folder: Path, gate: str, app: str, port: int, host: str, _other: str) -> Iterator[None]:
    """Run Caddy on the recipe, with the global options that keep it within the test's folder."""
    parts = printed("caddy", gate, app, f"http://{host}:{port}")
    site = parts.pop("/etc/caddy/Caddyfile")
    for file, text in parts.items():
        (folder / Path(file).name).write_text(text)
    config = folder / "Caddyfile"
    config.write_text(_CADDY.format(folder=folder, site=site))
    with running([require_program("caddy"), "run", "--config", str(config), "--adapter", "caddyfile"]):
        yield


@contextmanager
def traefik_by_recipe(folder: Path, gate: str, app: str, port: int, host: str, _other: str) -> Iterator[None]:
    """Run Traefik on the recipe, without its TLS."""
    (dynamic,) = printed("traefik", gate, app, f"http://{host}:{port}").values()
    (folder / "dynamic.yml").write_text(changed(dynamic, {"      tls: {}\n": ""}))
    with running_traefik(folder, port):
        yield


@contextmanager
def envoy_by_recipe(folder: Path, gate: str, app: str, port: int, host: str, _other: str) -> Iterator[None]:
    """Run Envoy on the recipe, without its TLS."""
    (whole,) = printed("envoy", gate, app, f"http://{host}:{port}").values()
    here = {"address: 0.0.0.0, port_value: 443": f"address: 127.0.0.1, port_value: {port}"}
    with running_envoy(folder, changed(whole, here)):
        yield


@pytest.mark.parametrize("proxy", [nginx_by_recipe, caddy_by_recipe, traefik_by_recipe, envoy_by_recipe])
def test_a_colleague_signs_in_behind_a_proxy_that_the_recipe_set_up(
    proxy: Proxy, wecom_sandbox_server: Sandbox, tmp_path: Path
) -> None:
    corner = wecom_sandbox_server.corner()
    with behind(proxy, tmp_path, corner, hosts=(APP, OTHER)) as site:
        refused = site.send("/api", ("X-Auth-Request-User", "mallory"))
        assert refused.status == 401
        answer = site.browse(site.url("/reports?year=2026"))
        assert answer.status == 200, answer
        again = site.send("/", site.cookie(), HTML, ("X-Auth-Request-Preferred-Username", "mallory"))
        assert again.seen("X-Auth-Request-Preferred-Username") == ["lisi"]
        assert again.seen("X-Auth-Request-Groups") == ["dept:4,dept:5"]
    corner.close()
