"""The gate on a Unix socket, with two workers and the Remote-* headers, under the real nginx and the real Caddy."""

import json
import re
import stat
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx2
import pytest

from behind_proxy import APP, OTHER, Behind, Proxy, behind
from gongpai.sandbox import Sandbox
from proxies import caddy, nginx
from served import until

HTML = ("Accept", "text/html")
REMOTE = ("Remote-User", "Remote-Groups", "Remote-Name", "Remote-Email")
FOREIGN = ("X-Auth-Request-User", "X-Auth-Request-Email", "X-Auth-Request-Preferred-Username", "X-Auth-Request-Groups")


@pytest.fixture(scope="module", params=[nginx, partial(caddy, snippet="gongpai_remote")], ids=["nginx", "caddy"])
def site(
    request: pytest.FixtureRequest, wecom_sandbox_server: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Behind]:
    proxy: Proxy = request.param
    corner = wecom_sandbox_server.corner()
    # A path of pytest's own may be longer than a Unix socket's address.
    with tempfile.TemporaryDirectory(prefix="gate-") as place:
        listen = {"gate.listen": f"unix:{place}/gate.sock", "gate.headers": "remote"}
        with behind(proxy, tmp_path_factory.mktemp("proxy"), corner, workers=2, settings=listen) as site:
            answer = site.browse(site.url("/first"))
            assert answer.status == 200, answer
            yield site
    corner.close()


def test_the_socket_is_for_the_gateways_user_and_group_alone(site: Behind) -> None:
    path = Path(site.gateway.gate.removeprefix("unix:"))
    assert path.is_socket()
    assert stat.S_IMODE(path.stat().st_mode) == 0o660


def test_a_colleague_is_named_in_the_headers_of_the_preset_and_in_no_other(site: Behind) -> None:
    forged = [(name, "evil") for name in (*REMOTE, *FOREIGN, "Remote_User", "X_Auth_Request_User")]
    answer = site.send("/reports", site.cookie(), HTML, *forged)
    assert answer.status == 200
    assert answer.seen("Remote-User") == ["lisi"]
    assert answer.seen("Remote-Groups") == ["dept:4,dept:5"]
    assert answer.seen("Remote-Name") == ["%E6%9D%8E%E5%9B%9B"]
    assert "".join(value for name in FOREIGN for value in answer.seen(name)) == ""
    assert "evil" not in answer.body


def test_skipped_and_unknown_visitors_are_nobody(site: Behind) -> None:
    forged = [(name, "evil") for name in REMOTE]
    skipped = site.send("/public/x", *forged)
    assert skipped.status == 200
    assert "".join(value for name in REMOTE for value in skipped.seen(name)) == ""
    assert site.send("/x", *forged).status == 401
    assert site.send("/x", HTML).status == 302
    assert site.send("/internal/x", site.cookie()).status == 403


def test_every_kind_of_request_gets_the_same_decision(site: Behind) -> None:
    socket_wanted = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13")]
    preflight = [("Origin", "https://evil.example"), ("Access-Control-Request-Method", "PUT")]
    asked: list[tuple[str, list[tuple[str, str]], str, int]] = [
        ("GET", socket_wanted, "", 101),
        ("HEAD", [], "", 200),
        ("OPTIONS", preflight, "", 200),
        ("POST", [], "a body", 200),
    ]
    for method, headers, body, status in asked:
        assert site.send("/api", *headers, method=method, body=body).status == 401
        assert site.send("/api", *headers, site.cookie(), method=method, body=body).status == status


def test_a_sign_out_ends_the_cookies_of_all_hosts_and_those_of_no_other_browser(site: Behind) -> None:
    other = Behind(site.gateway, site.port)
    for host in (APP, OTHER):
        assert other.browse(other.url("/x", host)).status == 200
    other.sign_out()
    for host in (APP, OTHER):
        until(lambda host=host: other.send("/x", other.cookie(host), host=host).status == 401)  # type: ignore[misc]  # bound at once
    assert site.send("/x", site.cookie()).status == 200


def test_decisions_are_made_from_memory_and_counted(site: Behind) -> None:
    def passed() -> float:
        told = httpx2.get(site.gateway.metrics_url, timeout=120).text
        counted = re.search(r'gongpai_gate_decisions_total\{outcome="passed",source="memory"\} ([\d.]+)', told)
        return float(counted[1]) if counted else 0.0

    before = passed()
    for _ in range(20):
        assert site.send("/x", site.cookie()).status == 200
    # A worker whose feed is late on a busy machine asks the store for that moment.
    until(lambda: site.send("/x", site.cookie()).status == 200 and passed() >= before + 10)


def test_the_log_says_whom_the_proxy_serves(site: Behind) -> None:
    events = [json.loads(line) for line in site.gateway.log.read_text().splitlines()]
    addresses = {event["address"] for event in events if str(event.get("path", "")).startswith("/.gongpai/")}
    assert addresses == {"127.0.0.1"}
