"""The reverse proxy of the manual, as an operator copies it, before a real gateway."""

import json
import re
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
import trustme

from gongpai.sandbox import Corner
from nginx_frame import write_nginx_config
from programs import dies_with_us, free_port, require_program, stop
from served import served, until, write_config

DOCS = Path(__file__).resolve().parents[2] / "docs"
VISITOR = "127.0.0.5"


def site_of_the_manual(language: str, changes: dict[str, str]) -> str:
    """Return the page's nginx block with this test's places put in."""
    page = (DOCS / language / "operate.md").read_text(encoding="utf-8")
    site: str
    (site,) = re.findall(r"^```nginx\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    for there, here in changes.items():
        assert site.count(there) == 1, there
        site = site.replace(there, here)
    return site


@contextmanager
def nginx(folder: Path, site: str, address: str, context: ssl.SSLContext) -> Iterator[httpx2.Client]:
    """Run nginx with *site*; yield a visitor who trusts it."""
    config = write_nginx_config(folder, site)
    command = [require_program("nginx", folders=(Path("/usr/sbin"),)), "-e", "stderr", "-p", str(folder)]
    transport = httpx2.HTTPTransport(verify=context, local_address=VISITOR, trust_env=False)
    process = subprocess.Popen(dies_with_us([*command, "-c", str(config)]))
    try:
        with httpx2.Client(transport=transport, base_url=f"https://{address}", timeout=120) as visitor:
            until(lambda: process.poll() is not None or _answers(visitor))
            assert process.poll() is None
            yield visitor
    finally:
        stop(process)


def _answers(visitor: httpx2.Client) -> bool:
    try:
        return visitor.get("/healthz").is_success
    except httpx2.ConnectError:
        return False


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_proxy_of_the_manual_tells_who_came_and_logs_no_code_and_no_ticket(
    language: str, wecom_sandbox: Corner, tmp_path: Path
) -> None:
    authority, address, log = trustme.CA(), f"127.0.0.1:{free_port()}", tmp_path / "access.log"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(tmp_path / "both.pem")
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with served(write_config(tmp_path, wecom_sandbox, trusted_proxies=["127.0.0.1"])) as gateway:
        changes = {
            "listen 443 ssl": f"listen {address} ssl",
            "/etc/ssl/sso.example.com.pem": f"{tmp_path}/both.pem",
            "/etc/ssl/sso.example.com.key": f"{tmp_path}/both.pem",
            "/var/log/nginx/gongpai.log": str(log),
            "http://127.0.0.1:8000": gateway.url,
        }
        with nginx(tmp_path, site_of_the_manual(language, changes), address, context) as visitor:
            answer = visitor.get(
                "/signin/callback/main?code=a-code-of-wecoms&state=s", headers={"x-forwarded-for": "9.9.9.9"}
            )
            opened = visitor.get("/notice/a-handle-of-ours")
        assert answer.status_code == opened.status_code == 400
    events = [json.loads(line) for line in gateway.log.read_text().splitlines()]
    (seen,) = [event for event in events if event.get("path") == "/signin/callback/main"]
    assert seen["address"] == VISITOR
    assert '"GET /signin/callback/main" 400' in log.read_text()
    assert '"GET /notice/" 400' in log.read_text()
    assert not re.search("a-code-of-wecoms|a-handle-of-ours", log.read_text() + gateway.log.read_text())
