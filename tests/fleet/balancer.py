"""The real nginx on the files of deploy/, in front of two nodes: round robin, and nothing that sticks to a node."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from nginx_frame import write_nginx_config
from programs import dies_with_us, require_program, stop
from proxies import DEPLOY

_PROTECTED = """
    server {{
        listen 127.0.0.1:{app_port};
        server_name {app_host};
        access_log off;
        include {deploy}/nginx/gongpai-server.conf;
        location / {{
            include {deploy}/nginx/gongpai-protect.conf;
            proxy_pass http://{app};
        }}
    }}
"""


@contextmanager
def balancer(
    folder: Path, public: tuple[int, Sequence[str]], gate: Sequence[str], protected: tuple[str, int, str]
) -> Iterator[None]:
    """Run nginx until the block ends.

    Args:
        folder: Where it keeps its files.
        public: The port of the gateway's own host, and where the nodes listen.
        gate: Where their gates listen.
        protected: Host and port of the protected app, and where the app listens.
    """
    port, nodes = public
    app_host, app_port, app = protected
    changes = {
        "server 10.0.0.11:8000 fail_timeout=1s;": _servers(nodes),
        "    server 10.0.0.12:8000 fail_timeout=1s;\n": "",
        "listen 443 ssl;": f"listen 127.0.0.1:{port};",
        "    ssl_certificate /etc/ssl/sso.example.com.pem;\n": "",
        "    ssl_certificate_key /etc/ssl/sso.example.com.key;\n": "",
        "server_name sso.example.com;": "server_name 127.0.0.1;",
        "/var/log/nginx/gongpai.log": str(folder / "access.log"),
    }
    sso = _changed(DEPLOY / "nginx" / "sso.conf", changes)
    gates = _changed(DEPLOY / "nginx" / "gongpai-http.conf", {"server 127.0.0.1:8001;": _servers(gate)})
    guarded = _PROTECTED.format(deploy=DEPLOY, app_host=app_host, app_port=app_port, app=app)
    config = write_nginx_config(folder, f"{sso}\n{gates}\n{guarded}")
    program = require_program("nginx", folders=(Path("/usr/sbin"),))
    command = [program, "-p", str(folder), "-c", str(config), "-e", str(folder / "error.log")]
    process = subprocess.Popen(dies_with_us(command))
    try:
        yield
    finally:
        stop(process)


def _servers(addresses: Sequence[str]) -> str:
    return "\n    ".join(f"server {address} fail_timeout=1s;" for address in addresses)


def _changed(file: Path, changes: dict[str, str]) -> str:
    text = file.read_text(encoding="utf-8")
    for there, here in changes.items():
        assert text.count(there) == 1, there
        text = text.replace(there, here)
    return text
