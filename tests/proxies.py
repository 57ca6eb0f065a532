"""The real nginx and the real Caddy, on the very files of deploy/, in front of a sample app."""

import getpass
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from programs import dies_with_us, require_program, stop

NO_NAMES: Mapping[str, str] = MappingProxyType({})
DEPLOY = Path(__file__).resolve().parents[1] / "deploy"
# Debian keeps it where only root looks for programs.
_NGINX_FOLDERS = (Path("/usr/sbin"),)

_NGINX = """
# The workers keep the user that runs the test, and with it the way into its folder.
user {user};
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/gongpai-http.conf;
{servers}
}}
"""
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
_CADDY_SITE = """
http://{host}:{port} {{
    bind 127.0.0.1
    import {snippet} {gate}
    reverse_proxy {app}
}}
"""


@contextmanager
def nginx(folder: Path, gate: str, app: str, port: int, *hosts: str, more: str = "") -> Iterator[None]:
    """Run nginx on *port* in front of *app* for *hosts*, with *more* in the protected location."""
    upstream = (DEPLOY / "nginx" / "gongpai-http.conf").read_text().replace("127.0.0.1:8001", gate)
    (folder / "gongpai-http.conf").write_text(upstream)
    servers = "".join(_NGINX_SERVER.format(port=port, host=host, deploy=DEPLOY, app=app, more=more) for host in hosts)
    (folder / "nginx.conf").write_text(_NGINX.format(user=getpass.getuser(), folder=folder, servers=servers))
    program = require_program("nginx", folders=_NGINX_FOLDERS)
    with running([program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]):
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
) -> Iterator[None]:
    """Run Caddy on *port* in front of *app* for *hosts*, each with our *snippet*, in which headers are *renamed*."""
    snippets = (DEPLOY / "caddy" / "gongpai.caddyfile").read_text()
    for name, own in renamed.items():
        snippets = snippets.replace(name, own)
    (folder / "gongpai.caddyfile").write_text(snippets)
    where = gate.replace("unix:", "unix/")
    sites = "".join(_CADDY_SITE.format(host=host, port=port, gate=where, app=app, snippet=snippet) for host in hosts)
    (folder / "Caddyfile").write_text(_CADDY.format(folder=folder, sites=sites))
    with running([require_program("caddy"), "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]):
        yield


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
