"""One gate cookie for a domain, headers of one's own, and kept connections, under the real proxies."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from behind_proxy import Behind, Proxy, behind
from counting_relay import CountingRelay
from gongpai.sandbox import Sandbox
from proxies import caddy, envoy, nginx, traefik
from served import until

ONE, TWO, DOMAIN = "one.apps.localhost", "two.apps.localhost", "apps.localhost"
GATE_COOKIE = "__Secure-gongpai_gate"
OWN = {"X-Auth-Request-User": "X-Subject", "X-Auth-Request-Preferred-Username": "X-Webauth-User"}
PAGE = Path(__file__).resolve().parents[2] / "docs" / "en" / "forward-auth.md"


def of_the_manual() -> str:
    """Return what the manual says of a name of one's own, for both names."""
    (lines,) = re.findall(r"^```nginx\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    subject = lines.replace("own_user", "own_subject").replace("x_webauth_user", "x_subject")
    return f"{lines}{subject.replace('X-Webauth-User', 'X-Subject')}"


@dataclass
class Counted:
    """A running site, and how many connections its proxy has opened to the gate."""

    site: Behind
    relay: CountingRelay


PROXIES = {
    "nginx": partial(nginx, more=of_the_manual()),
    "caddy": partial(caddy, renamed=OWN),
    "traefik": partial(traefik, own=tuple(OWN.values())),
    "envoy": partial(envoy, own=tuple(OWN.values())),
}


@pytest.fixture(scope="module", params=PROXIES.values(), ids=list(PROXIES))
def counted(
    request: pytest.FixtureRequest, wecom_sandbox_server: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Counted]:
    proxy: Proxy = request.param
    corner = wecom_sandbox_server.corner()
    relay = CountingRelay()
    settings: dict[str, object] = {
        "gate.headers": "own",
        "gate.own_headers.username": "X-Webauth-User",
        "gate.own_headers.subject": "X-Subject",
        "gate.hosts.app.cookie_domain": DOMAIN,
        "gate.hosts.other.cookie_domain": DOMAIN,
    }
    folder = tmp_path_factory.mktemp("proxy")
    with behind(proxy, folder, corner, hosts=(ONE, TWO), relay=relay, settings=settings) as site:
        yield Counted(site, relay)
    corner.close()


def test_one_sign_in_opens_all_hosts_of_the_domain_and_the_sign_out_closes_all(counted: Counted) -> None:
    site = counted.site
    assert site.browse(site.url("/first", ONE)).status == 200
    assert GATE_COOKIE in site.jars[f".{DOMAIN}"]
    for host in (ONE, TWO):
        answer = site.send("/x", site.cookie(host), host=host)
        assert answer.status == 200
        assert "gongpai" not in answer.body
    site.sign_out()
    for host in (ONE, TWO):
        until(lambda host=host: site.send("/x", site.cookie(host), host=host).status == 401)  # type: ignore[misc]  # bound at once


def test_headers_of_ones_own_name_the_person_and_are_blanked(counted: Counted) -> None:
    site = counted.site
    assert site.browse(site.url("/first", ONE)).status == 200
    forged = [(name, "evil") for name in ("X-Webauth-User", "X-Subject", "X-Auth-Request-Email", "Remote-User")]
    passed = site.send("/x", site.cookie(ONE), *forged, host=ONE)
    assert passed.seen("X-Webauth-User") == ["lisi"]
    (subject,) = passed.seen("X-Subject")
    assert len(subject) == 22
    skipped = site.send("/public/x", *forged, host=ONE)
    for answer in (passed, skipped):
        assert answer.status == 200
        assert "evil" not in answer.body
    assert skipped.seen("X-Webauth-User") in ([], [""])


def test_the_proxy_keeps_its_connections_to_the_gate(counted: Counted) -> None:
    site = counted.site
    assert site.browse(site.url("/first", ONE)).status == 200
    before = counted.relay.accepted
    for number in range(40):
        # A refusal, a page and an answer with a body keep them as well.
        assert site.send(f"/{number}", site.cookie(ONE), host=ONE).status == 200
        assert site.send(f"/{number}", host=ONE).status == 401
        assert site.send("/internal/x", ("Accept", "text/html"), host=ONE).status == 403
        assert site.send("/x", site.cookie(ONE), host=ONE, method="POST", body="a body").status == 200
    assert counted.relay.accepted - before <= 4
