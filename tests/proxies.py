"""The real nginx, Caddy, Traefik and Envoy, on the very files of deploy/, in front of a sample app."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from environments import require_environment
from nginx_frame import write_nginx_config
from programs import dies_with_us, require_program, stop

# How the files of Traefik and Envoy write what may stand for a dash, and the last name of ours that they remove.
_DASH = r"[\W_]"
_LAST_NAME = f"remote{_DASH}(user|groups|name|email)"
_REMOVALS = "                        request_mutations:\n"
_REMOVAL = " " * 26 + "- remove_on_match: {{ key_matcher: {{ safe_regex: {{ regex: '{name}' }} }} }}\n"
_COPY = " " * 30 + "- exact: {name}\n"
NO_NAMES: Mapping[str, str] = MappingProxyType({})
DEPLOY = Path(__file__).resolve().parents[1] / "deploy"
# Debian keeps it where only root looks for programs.
_NGINX_FOLDERS = (Path("/usr/sbin"),)

_NGINX_SERVER = """
    server {{
        listen 127.0.0.1:{port};
        server_name {host};
        include {deploy}/nginx/gongpai-server.conf;
        location / {{
            include {deploy}/nginx/gongpai-protect.conf;
            {more}
            proxy_pass http://{app};
        }}
    }}
"""
_CADDY = """
{{
    admin off
    auto_https off
    storage file_system {folder}/caddy
}}
import {folder}/gongpai.caddyfile
{sites}
"""
_TRAEFIK = """
global: {{checkNewVersion: false, sendAnonymousUsage: false}}
log: {{level: WARN}}
entryPoints:
  web: {{address: "127.0.0.1:{port}"}}
providers:
  file: {{filename: "{folder}/dynamic.yml", watch: false}}
"""
_CADDY_SITE = """
http://{host}:{port} {{
    bind 127.0.0.1
    import {snippet} {gate}
    reverse_proxy {app}
}}
"""


@contextmanager
def nginx(
    folder: Path, gate: str, app: str, port: int, *hosts: str, more: str = "", around: str = ""
) -> Iterator[None]:
    """Run nginx on *port* in front of *app* for *hosts*, with *more* in the protected location and *around* it."""
    upstream = (DEPLOY / "nginx" / "gongpai-http.conf").read_text().replace("127.0.0.1:8001", gate)
    (folder / "gongpai-http.conf").write_text(upstream)
    servers = "".join(_NGINX_SERVER.format(port=port, host=host, deploy=DEPLOY, app=app, more=more) for host in hosts)
    config = write_nginx_config(
        folder, f"    access_log off;\n{around}    include {folder}/gongpai-http.conf;\n{servers}"
    )
    program = require_program("nginx", folders=_NGINX_FOLDERS)
    with running([program, "-p", str(folder), "-c", str(config), "-e", str(folder / "error.log")]):
        yield


@contextmanager
def caddy(
    folder: Path,
    gate: str,
    app: str,
    port: int,
    *hosts: str,
    snippet: str = "gongpai",
    renamed: Mapping[str, str] = NO_NAMES,
    is_newest: bool = False,
) -> Iterator[None]:
    """Run Caddy on *port* in front of *app* for *hosts*, each with our *snippet*, in which headers are *renamed*.

    It is Debian's, whose way with headers that an answer lacks is another than that of the newest.
    """
    snippets = (DEPLOY / "caddy" / "gongpai.caddyfile").read_text()
    for name, own in renamed.items():
        snippets = snippets.replace(name, own)
    (folder / "gongpai.caddyfile").write_text(snippets)
    where = gate.replace("unix:", "unix/")
    sites = "".join(_CADDY_SITE.format(host=host, port=port, gate=where, app=app, snippet=snippet) for host in hosts)
    (folder / "Caddyfile").write_text(_CADDY.format(folder=folder, sites=sites))
    program = str(require_environment("proxies") / "caddy") if is_newest else require_program("caddy")
    with running([program, "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]):
        yield


@contextmanager
def traefik(folder: Path, gate: str, app: str, port: int, *hosts: str, own: tuple[str, ...] = ()) -> Iterator[None]:
    """Run Traefik on *port* in front of *app* for *hosts*, without TLS, with *own* names among the headers."""
    changes = {
        "127.0.0.1:8001": gate,
        "127.0.0.1:3000": app,
        "Host(`app.example.com`)": " || ".join(f"Host(`{host}`)" for host in hosts),
        "      tls: {}\n": "",
        _LAST_NAME: _LAST_NAME + "".join(f"|{_loosely(name)}" for name in own),
    }
    (folder / "dynamic.yml").write_text(changed((DEPLOY / "traefik" / "dynamic.yml").read_text(), changes))
    with running_traefik(folder, port):
        yield


@contextmanager
def running_traefik(folder: Path, port: int) -> Iterator[None]:
    """Run Traefik on *port* with the file dynamic.yml of *folder*."""
    (folder / "traefik.yml").write_text(_TRAEFIK.format(port=port, folder=folder))
    program = require_environment("proxies") / "traefik"
    with running([str(program), f"--configFile={folder / 'traefik.yml'}"]):
        yield


@contextmanager
def envoy(folder: Path, gate: str, app: str, port: int, *hosts: str, own: tuple[str, ...] = ()) -> Iterator[None]:
    """Run Envoy on *port* in front of *app* for *hosts*, without TLS, with *own* names among the headers."""
    gate_host, _, gate_port = gate.rpartition(":")
    app_host, _, app_port = app.rpartition(":")
    copied = ("x-auth-assertion", *own)
    changes = {
        "address: 0.0.0.0, port_value: 443": f"address: 127.0.0.1, port_value: {port}",
        "address: 127.0.0.1, port_value: 8001": f"address: {gate_host}, port_value: {gate_port}",
        "address: 127.0.0.1, port_value: 3000": f"address: {app_host}, port_value: {app_port}",
        '["app.example.com", "app.example.com:*"]': str([*hosts, *(f"{host}:*" for host in hosts)]),
        _REMOVALS: _REMOVALS + "".join(_REMOVAL.format(name=_loosely(name)) for name in own),
        _COPY.format(name="x-auth-assertion"): "".join(_COPY.format(name=name.lower()) for name in copied),
    }
    with running_envoy(folder, changed((DEPLOY / "envoy" / "envoy.yaml").read_text(), changes)):
        yield


@contextmanager
def running_envoy(folder: Path, text: str) -> Iterator[None]:
    """Run Envoy with the configuration *text*, without its TLS."""
    without_tls, count = re.subn(r"transport_socket:\n.*?filters:\n", "filters:\n", text, flags=re.DOTALL)
    assert count == 1
    (folder / "envoy.yaml").write_text(without_tls)
    program = require_environment("proxies") / "envoy"
    arguments = ["--config-path", str(folder / "envoy.yaml"), "--log-level", "warning", "--concurrency", "1"]
    with running([str(program), *arguments, "--disable-hot-restart"]):
        yield


def _loosely(name: str) -> str:
    return name.lower().replace("-", _DASH)


def changed(text: str, changes: Mapping[str, str]) -> str:
    """Return *text* with *changes* made, each of which it must have a place for."""
    for there, here in changes.items():
        assert there in text, there
        text = text.replace(there, here)
    return text


@contextmanager
def running(command: list[str]) -> Iterator[None]:
    """Run *command* until the block ends."""
    process = subprocess.Popen(dies_with_us(command), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        yield
    finally:
        stop(process)
        if process.stderr is not None:
            process.stderr.close()
