"""The files of deploy/ under the real proxies; the numbers are those of the attacks they survive."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from behind_proxy import APP, OTHER, Behind, Proxy, behind
from gongpai.sandbox import Sandbox
from proxies import caddy, envoy, nginx, traefik
from served import PUBLIC_URL

HTML = ("Accept", "text/html")
IDENTITY = ("X-Auth-Request-User", "X-Auth-Request-Email", "X-Auth-Request-Preferred-Username", "X-Auth-Request-Groups")
FOREIGN = ("Remote-User", "Remote-Groups", "Remote-Name", "Remote-Email")


PROXIES = {
    "nginx": nginx,
    "caddy": caddy,
    "newest caddy": partial(caddy, is_newest=True),
    "traefik": traefik,
    "envoy": envoy,
}


@pytest.fixture(scope="module", params=PROXIES.values(), ids=list(PROXIES))
def site(
    request: pytest.FixtureRequest, wecom_sandbox_server: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Behind]:
    proxy: Proxy = request.param
    folder: Path = tmp_path_factory.mktemp("proxy")
    corner = wecom_sandbox_server.corner()
    with behind(proxy, folder, corner) as site:
        answer = site.browse(site.url("/first?page=1"))
        assert answer.status == 200, answer
        yield site
    corner.close()


def test_a_colleague_signs_in_on_the_way_to_a_page_and_the_app_knows_them(site: Behind) -> None:
    answer = site.send("/reports?year=2026", site.cookie(), HTML)
    assert answer.status == 200
    assert '"target": "/reports?year=2026"' in answer.body
    assert answer.seen("X-Auth-Request-Preferred-Username") == ["lisi"]
    assert answer.seen("X-Auth-Request-Groups") == ["dept:4,dept:5"]
    (subject,) = answer.seen("X-Auth-Request-User")
    assert len(subject) == 22


def test_a_page_load_is_sent_to_sign_in_and_comes_back_to_where_it_wanted(site: Behind) -> None:
    answer = site.send("/x?y=1&z=%E4%B8%AD", HTML)
    assert answer.status == 302
    assert answer.header("location") == f"{site.url()}.gongpai/begin?return_to=/x%3Fy%3D1%26z%3D%25E4%25B8%25AD"
    site.jars.pop(f"{OTHER}:{site.port}", None)
    returned = site.browse(site.url("/deep/page?y=1&z=%E4%B8%AD", OTHER))
    assert returned.status == 200
    assert '"target": "/deep/page?y=1&z=%E4%B8%AD"' in returned.body


@pytest.mark.parametrize(
    ("method", "headers", "body"),
    [
        ("GET", [("Sec-Fetch-Mode", "cors"), HTML], ""),
        ("GET", [("X-Requested-With", "XMLHttpRequest"), HTML], ""),
        ("GET", [("Accept", "application/json")], ""),
        ("GET", [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13")], ""),
        ("HEAD", [HTML], ""),
        ("OPTIONS", [("Origin", "https://evil.example"), ("Access-Control-Request-Method", "POST")], ""),
        ("POST", [HTML], "a body"),
        ("PUT", [HTML], "x" * 70_000),
    ],
)
def test_105_whatever_is_no_page_load_gets_401_and_with_a_session_the_same_decision(
    site: Behind, method: str, headers: list[tuple[str, str]], body: str
) -> None:
    refused = site.send("/api", *headers, method=method, body=body)
    assert refused.status == 401
    assert refused.header("location") == ""
    passed = site.send("/api", *headers, site.cookie(), method=method, body=body)
    assert passed.status == (101 if ("Upgrade", "websocket") in headers else 200)
    if method not in {"HEAD", "GET"}:
        assert passed.seen("X-Auth-Request-Preferred-Username") == ["lisi"]
        assert f'"method": "{method}"' in passed.body
        assert body in passed.body


def test_97_what_a_client_says_of_its_own_request_is_ignored(site: Behind) -> None:
    lies = [
        ("X-Forwarded-Uri", "/public/"),
        ("X-Forwarded-Method", "OPTIONS"),
        ("X-Forwarded-Host", OTHER),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Original-URL", f"{site.url()}public/"),
        ("X-Original-URI", "/public/"),
        ("X-Rewrite-URL", "/public/"),
        ("Forwarded", f"host={OTHER}"),
    ]
    assert site.send("/private", *lies).status == 401
    assert site.send("/internal/x", *lies, site.cookie()).status == 403


def test_97_where_a_sign_in_begins_the_host_is_the_proxys_word_and_no_clients(site: Behind) -> None:
    for name in ("X-Forwarded-Host", "X_Forwarded_Host", "Forwarded"):
        begun = site.send("/.gongpai/begin?return_to=/x", HTML, (name, "elsewhere.example"))
        assert begun.status == 303
        assert begun.header("location").startswith(f"{PUBLIC_URL}/")


@pytest.mark.parametrize(
    "target",
    [
        "/public/../admin",
        "/public/%2e%2e/admin",
        "/public%2f..%2fadmin",
        "/public/..%2fadmin",
        "/public/..%5cadmin",
        "/public/%252e%252e/admin",
        "/public//../admin",
        "//admin",
        "//public/x",
        "/admin;x=/public/",
        "/public;/admin",
        "/public/..;/admin",
        "/?x=/public/",
        "/admin?/public/",
        "/admin%3f/public/",
        "/%23/public/",
        "/Public/x",
        "/public%00/x",
        "/publicity",
    ],
)
def test_98_no_spelling_of_a_path_slips_through_a_skip_rule(site: Behind, target: str) -> None:
    answer = site.send(target)
    # 400 is the proxy's own no. Traefik and Envoy tidy a path up first, and we are asked about what the app gets.
    is_tidied = answer.status == 200 and json.loads(answer.body)["target"] in {"/public/x", "/public/admin"}
    assert answer.status in {400, 401, 403} or is_tidied


def test_skip_lets_pass_without_any_identity_and_deny_lets_nobody_pass(site: Behind) -> None:
    skipped = site.send("/public/logo.svg", site.cookie())
    assert skipped.status == 200
    for name in IDENTITY:
        assert skipped.seen(name) in ([], [""])
    denied = site.send("/internal/metrics", site.cookie(), HTML, ("Accept-Language", "en"))
    assert denied.status == 403
    assert "This page is closed" in denied.body


@pytest.mark.parametrize("wish", ["h2c", "H2C", "h2c, websocket", "websocket, h2c"])
def test_no_client_talks_on_to_an_app_by_a_protocol_that_nobody_checks(site: Behind, wish: str) -> None:
    settings = ("HTTP2-Settings", "AAMAAABkAARAAAAAAAIAAAAA")
    for path in ("/public/x", "/x"):
        answer = site.send(path, site.cookie(), ("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", wish), settings)
        assert answer.status == 403 or (answer.status, answer.seen("Upgrade")) == (200, [])
    # The app answers 101 to the one word "websocket" alone.
    for first, second in (("websocket", "h2c"), ("h2c", "websocket")):
        answer = site.send("/public/x", ("Connection", "Upgrade"), ("Upgrade", first), ("Upgrade", second))
        assert answer.status in {101, 403} or (answer.status, answer.seen("Upgrade")) == (200, [])


def test_the_app_is_asked_for_the_host_that_we_were_asked_about(site: Behind) -> None:
    for host in (OTHER, "elsewhere.example"):
        answer = site.send(site.url("/x"), site.cookie(), host=host)
        assert answer.status == 200
        assert [each.partition(":")[0] for each in answer.seen("Host")] == [APP]
    assert site.send("/x", site.cookie()).seen("Host") == [f"{APP}:{site.port}"]


def test_99_no_user_agent_and_no_health_path_gets_around(site: Behind) -> None:
    for agent in ("kube-probe/1.29", "GoogleHC/1.0", "ELB-HealthChecker/2.0", "curl/8"):
        for path in ("/healthz", "/ping", "/ready", "/robots.txt", "/auth/nginx", "/oauth2/auth", "/.gongpai/auth"):
            assert site.send(path, ("User-Agent", agent)).status in {401, 403, 404}


def test_100_an_app_sees_our_identity_or_none_whatever_a_client_sends(site: Behind) -> None:
    names = [*IDENTITY, *FOREIGN, "X-Auth-Assertion"]
    spelt = {spelling for name in names for spelling in (name, name.replace("-", "_"), name.upper(), name.lower())}
    spelt |= {"X-Auth_Request-User", "X_Auth-Request-User", "X-Auth-Request_User", "X-Auth-Request-Preferred_Username"}
    spelt |= {"X.Auth.Request.User", "X-Auth.Request-User", "X-Auth-Request.User", "X-Auth-Request-Preferred.Username"}
    spelt |= {"X-Auth.Assertion", "Remote.Email"}
    # With a letter that no token of ours has.
    evil = "e!vil"
    forged = [(name, evil) for name in sorted(spelt)]
    for extra in ([], [("Connection", f"close, {', '.join(IDENTITY)}")]):
        passed = site.send("/x", *forged, *extra, site.cookie())
        assert passed.status == 200
        skipped = site.send("/public/x", *forged, *extra)
        assert skipped.status == 200
        for name in names:
            assert evil not in "".join(passed.seen(name))
            assert "".join(skipped.seen(name)) == ""
        assert passed.seen("X-Auth-Request-Preferred-Username") in (["lisi"], [])


def test_103_a_cookie_of_one_host_opens_no_other_and_a_broken_one_opens_nothing(site: Behind) -> None:
    name, line = site.cookie()
    gate = next(part for part in line.split("; ") if part.startswith("__Host-gongpai_gate="))
    value = gate.partition("=")[2]
    assert site.send("/", (name, gate)).status == 200
    assert site.send("/", (name, gate), host=OTHER).status == 401
    flipped = value[:60] + ("A" if value[60] != "A" else "B") + value[61:]
    broken = [value[:-8], flipped, value * 8, "", "=", "x" * 5000, '"' + value + '"']
    lines = [f"__Host-gongpai_gate={each}" for each in broken]
    lines += [f"{gate}; {gate}", f"{gate}; __Host-gongpai_gate=planted", f"__Host-gongpai_gate=planted; {gate}"]
    for each in lines:
        assert site.send("/", (name, each)).status == 401


def test_the_app_never_sees_a_cookie_of_ours(site: Behind) -> None:
    name, line = site.cookie()
    for path in ("/x", "/public/x"):
        answer = site.send(path, (name, f"theme=dark; {line}; lang=zh; __Secure-gongpai_gate=x"))
        assert answer.seen("Cookie") == ["theme=dark; lang=zh"]
        assert "gongpai" not in answer.body


def test_an_answer_of_the_app_passes_as_it_is(site: Behind) -> None:
    assert site.send("/teapot", site.cookie()).status == 418


def test_a_cookie_jar_that_comes_in_two_lines_is_one_jar(site: Behind) -> None:
    for lines in ([("Cookie", "theme=dark"), site.cookie()], [site.cookie(), ("Cookie", "theme=dark")]):
        answer = site.send("/x", *lines)
        assert answer.status == 200
        assert "theme=dark" in "".join(answer.seen("Cookie"))
        assert "gongpai" not in answer.body
