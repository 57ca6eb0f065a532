"""Forward-auth as it is run: nginx with the files of deploy/ and the gateway, against Apache with mod_auth_openidc.

Both guard the same small file for one signed-in browser, over the same number of kept connections, and check its
session for each request. Apache is a relying party of the same gateway and keeps its sessions in shared memory; after
the sign-in it asks the gateway nothing. The CPU time of all processes of a side is summed: nginx, the gateway's
supervisor and its worker; all of Apache.
"""

import asyncio
import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from benchmarks.connections import Connections, request
from benchmarks.harness import Bar, Row, Side, compare, cpu_clock_of
from benchmarks.served import IN_WECOM, Gateway, on_one_core, pretend_wecom, served, sign_in, write_config

_DEPLOY = Path(__file__).parents[1] / "deploy" / "nginx"
_MODULES = Path("/usr/lib/apache2/modules")
_PUBLIC_URL = "http://127.0.0.1"
_SECRET = "the-secret-of-measurements-only"
_PAGE = "<!doctype html><title>A page</title><p>Of an app behind a gate.\n"
_MOST_STEPS = 12
_READY_WITHIN_SECONDS = 60

_SETTINGS = """
[parties.apache]
client_secret = "{secret}"
name = "Apache"
redirect_uris = ["http://127.0.0.1:{apache}/signed-in"]
scopes = ["openid", "profile", "groups"]
trusted = true
[gate]
listen = "unix:{folder}/gate.sock"
[gate.hosts.app]
origin = "http://127.0.0.1:{nginx}"
"""
_NGINX = """
user {user};
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
events {{ worker_connections 512; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/gongpai-http.conf;
    server {{
        listen 127.0.0.1:{port};
        server_name 127.0.0.1;
        include {deploy}/gongpai-server.conf;
        location / {{
            include {deploy}/gongpai-protect.conf;
            root {folder}/pages;
        }}
        # For Apache, before it signs in.
        location /metadata/ {{
            root {folder};
        }}
    }}
}}
"""
# One process with threads, no log, no .htaccess: as little besides the session as Apache can be told to do.
_APACHE = """
ServerRoot {folder}
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
PidFile {folder}/apache.pid
ErrorLog {folder}/apache.log
LogLevel warn
{user}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authn_core_module {modules}/mod_authn_core.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule authz_user_module {modules}/mod_authz_user.so
LoadModule dir_module {modules}/mod_dir.so
LoadModule auth_openidc_module {modules}/mod_auth_openidc.so
StartServers 1
ServerLimit 1
ThreadLimit 64
ThreadsPerChild 64
MaxRequestWorkers 64
KeepAlive On
KeepAliveTimeout 300
MaxKeepAliveRequests 0
DocumentRoot {folder}/pages
DirectoryIndex index.html
OIDCProviderMetadataURL {metadata}
OIDCProviderTokenEndpointAuth client_secret_basic
OIDCClientID apache
OIDCClientSecret {secret}
OIDCScope "openid profile groups"
OIDCPKCEMethod S256
OIDCRedirectURI http://127.0.0.1:{port}/signed-in
OIDCCryptoPassphrase {secret}
OIDCSessionType server-cache
OIDCCacheType shm
OIDCRemoteUserClaim preferred_username
OIDCPassClaimsAs headers
<Directory {folder}/pages>
    AllowOverride None
    AuthType openid-connect
    Require valid-user
</Directory>
<Location /signed-in>
    AuthType openid-connect
    Require valid-user
</Location>
"""


def measure() -> Iterator[Row]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gongpai-bench-")))
        # Apache's processes are another user's where root starts it.
        folder.chmod(0o755)
        pages = folder / "pages"
        pages.mkdir()
        (pages / "index.html").write_text(_PAGE)
        nginx, apache = _free_ports()
        wecom = stack.enter_context(pretend_wecom())
        settings = _SETTINGS.format(secret=_SECRET, apache=apache, nginx=nginx, folder=folder)
        gateway = stack.enter_context(served(write_config(folder, wecom, settings)))
        front = stack.enter_context(_nginx(folder, nginx))
        _write_metadata(folder, gateway)
        peer = stack.enter_context(_apache(folder, apache, f"http://127.0.0.1:{nginx}/metadata/gongpai.json"))
        browser = asyncio.run(_signed_in(gateway))
        ours = _side("nginx + gateway", nginx, browser, front.pid, gateway.process.pid)
        theirs = _side("Apache mod_auth_openidc", apache, browser, peer.pid)
        yield compare("forward-auth, through a proxy", ours, theirs, Bar(max_ratio=1 / 2.5))


def _side(name: str, port: int, browser: "_Browser", *pids: int) -> Side:
    origin = f"http://127.0.0.1:{port}"
    page = asyncio.run(browser.load(f"{origin}/"))
    if page.text != _PAGE:
        raise RuntimeError(page.text)
    headers = {
        "user_agent": IN_WECOM["user-agent"],
        "accept": "text/html,application/xhtml+xml",
        "accept_language": "zh-CN,zh;q=0.9,en;q=0.8",
    }
    # Whoever brings no session is sent away.
    Connections(port, 1).ask([request("GET", "/index.html", **headers)], 302)
    asked = request("GET", "/index.html", **headers, cookie=f"theme=dark; {browser.cookies(origin)}")
    family = [pid for each in pids for pid in _with_children(each)]
    return Side(name, Connections(port).repeat(asked), cpu_clock_of(*family))


@dataclass
class _Browser:
    """A browser that is signed in at the gateway, whose public URL has no port."""

    gateway: str
    _jars: dict[str, dict[str, str]] = field(default_factory=dict)

    def cookies(self, origin: str) -> str:
        """Return what a browser sends to *origin*."""
        return "; ".join(f"{name}={value}" for name, value in self._jars.get(origin, {}).items())

    def keep(self, origin: str, cookie: str) -> None:
        """Keep a cookie of *origin*."""
        name, _, value = cookie.partition(";")[0].partition("=")
        self._jars.setdefault(origin, {})[name] = value

    async def load(self, url: str) -> httpx2.Response:
        """Load a page, wherever it leads to."""
        async with httpx2.AsyncClient(timeout=_READY_WITHIN_SECONDS) as http:
            for _ in range(_MOST_STEPS):
                parts = urlsplit(url)
                origin = f"{parts.scheme}://{parts.netloc}"
                where = url.replace(origin, self.gateway, 1) if origin == _PUBLIC_URL else url
                headers = {**IN_WECOM, "accept": "text/html", "cookie": self.cookies(origin)}
                answer = await http.get(where, headers=headers)
                for cookie in answer.headers.get_list("set-cookie"):
                    self.keep(origin, cookie)
                if "location" not in answer.headers:
                    return answer
                location = answer.headers["location"].replace(f"{self.gateway}/", f"{_PUBLIC_URL}/", 1)
                url = f"{origin}{location}" if location.startswith("/") else location
        message = f"too many redirects, the last one to {url}"
        raise RuntimeError(message)


async def _signed_in(gateway: Gateway) -> _Browser:
    browser = _Browser(gateway.url)
    async with httpx2.AsyncClient(headers=IN_WECOM, timeout=_READY_WITHIN_SECONDS) as http:
        browser.keep(_PUBLIC_URL, await sign_in(http, gateway.url))
    return browser


def _write_metadata(folder: Path, gateway: Gateway) -> None:
    """Write the provider's metadata with its addresses as they are here, where its public URL lacks the port."""
    told = httpx2.get(f"{gateway.url}/.well-known/openid-configuration", timeout=_READY_WITHIN_SECONDS).text
    (folder / "metadata").mkdir()
    (folder / "metadata" / "gongpai.json").write_text(told.replace(f'"{_PUBLIC_URL}/', f'"{gateway.url}/'))


@contextmanager
def _nginx(folder: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """Run nginx on the files of deploy/ as they are, but for the gate's address."""
    upstream = (_DEPLOY / "gongpai-http.conf").read_text().replace("127.0.0.1:8001", f"unix:{folder}/gate.sock")
    (folder / "gongpai-http.conf").write_text(upstream)
    config = folder / "nginx.conf"
    config.write_text(_NGINX.format(user=getpass.getuser(), folder=folder, port=port, deploy=_DEPLOY))
    with _running(
        [_program("nginx"), "-p", str(folder), "-c", str(config), "-e", f"{folder}/nginx.log"], port
    ) as nginx:
        yield nginx


@contextmanager
def _apache(folder: Path, port: int, metadata: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a private Apache, which refuses to answer as root."""
    config = folder / "apache.conf"
    user = "User www-data\nGroup www-data" if os.geteuid() == 0 else ""
    facts = {"folder": folder, "port": port, "user": user, "modules": _MODULES, "secret": _SECRET}
    config.write_text(_APACHE.format(**facts, metadata=metadata))
    with _running([_program("apache2"), "-f", str(config), "-D", "FOREGROUND"], port) as apache:
        yield apache


@contextmanager
def _running(command: list[str], port: int) -> Iterator["subprocess.Popen[bytes]"]:
    with on_one_core():
        process = subprocess.Popen(command)
    try:
        deadline = time.monotonic() + _READY_WITHIN_SECONDS
        while not _is_open(port):
            if process.poll() is not None or time.monotonic() > deadline:
                message = f"{command[0]} does not come up"
                raise RuntimeError(message)
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait()


def _is_open(port: int) -> bool:
    with socket.socket() as visitor:
        return visitor.connect_ex(("127.0.0.1", port)) == 0


def _program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    if found is None or (name == "apache2" and not (_MODULES / "mod_auth_openidc.so").exists()):
        message = f"{name} is not installed; type: scripts/system-packages measurements"
        raise RuntimeError(message)
    return found


def _with_children(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in _with_children(int(child)))]


def _free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        return one.getsockname()[1], two.getsockname()[1]
