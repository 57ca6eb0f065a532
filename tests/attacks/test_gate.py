"""Attacks 97 to 105 on the listener that proxies ask; the same under real proxies is in tests/deploy."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from dead_store import without_store
from gongpai.sandbox import Corner, Sandbox
from guarded import APP, OTHER, PAGE_LOAD, Guarded, cookie_line, gate_config, open_guarded

_HOST = {"host": "app.corp.example"}
_GATE = "__Host-gongpai_gate"
_PAGES = (Path(__file__).parents[1] / "data" / "open-redirects.txt").read_text(encoding="utf-8").splitlines()
_IDENTITY = tuple(f"x-auth-request-{name}" for name in ("user", "email", "preferred-username", "groups"))


@pytest.fixture(scope="module")
async def guarded(wecom_sandbox_server: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Guarded]:
    """Open a gateway with two protected hosts for the tests of this file."""
    corner = wecom_sandbox_server.corner()
    folder: Path = tmp_path_factory.mktemp("gate")
    async with open_guarded(corner, folder) as guarded:
        yield guarded
    corner.close()


async def entered(guarded: Guarded) -> str:
    """Sign in and walk over to the host; return the cookie there."""
    browser = guarded.gateway.browser()
    await browser.sign_in()
    return (await guarded.enter(browser))[_GATE]


async def status(guarded: Guarded, path: str = "/", cookie: str | None = None, **said: str) -> int:
    """Return what the gate answers a proxy that got a request for *path*."""
    headers = {name.replace("_", "-"): value for name, value in said.items()}
    return (await guarded.ask(path, cookie=cookie, headers=headers)).status_code


@pytest.mark.parametrize("kind", ["nginx", "caddy", "traefik", "envoy/x"])
async def test_attack_097_nothing_that_a_stranger_forwards_is_believed(guarded: Guarded, kind: str) -> None:
    cookie = f"{_GATE}={await entered(guarded)}"
    assert (await guarded.ask(cookie=cookie)).status_code == 200
    for path in ("/", "/public/"):
        answer = await guarded.ask(path, kind=kind, peer=("203.0.113.5", 1), cookie=cookie, headers=_HOST)
        assert answer.status_code == 403
        assert {answer.headers[name] for name in _IDENTITY} == {""}


@pytest.mark.parametrize(
    "path",
    [
        "/public/../admin",
        "/public%2f..%2fadmin",
        "/public/%2e%2e/admin",
        "/public/%252e%252e/admin",
        "//admin",
        "//public/x",
        "/admin;x=/public",
        "/public/..;/admin",
        "/admin?x=/public/",
        "/admin#/public/",
        "/Public/x",
        "/public%00/x",
        "/publicity",
    ],
)
async def test_attack_098_no_spelling_of_a_path_slips_through_a_skip_rule(guarded: Guarded, path: str) -> None:
    assert await status(guarded, path) in {401, 403}
    assert await status(guarded, "/public/x") == 200


@pytest.mark.parametrize("agent", ["kube-probe/1.29", "GoogleHC/1.0", "ELB-HealthChecker/2.0"])
async def test_attack_099_no_user_agent_and_no_path_of_a_health_check_gets_around(guarded: Guarded, agent: str) -> None:
    for path in ("/healthz", "/readyz", "/ping", "/robots.txt", "/metrics"):
        assert await status(guarded, path, user_agent=agent) == 401


async def test_attack_100_the_identity_is_ours_or_empty_whatever_a_client_sends(guarded: Guarded) -> None:
    cookie = f"{_GATE}={await entered(guarded)}"
    forged = dict.fromkeys(_IDENTITY, "boss")
    forged |= {name.replace("-", "_"): "boss" for name in _IDENTITY}
    forged |= {"remote-user": "boss", "connection": ", ".join(_IDENTITY)}
    passed = await guarded.ask("/", cookie=cookie, headers=forged)
    skipped = await guarded.ask("/public/", headers=forged)
    assert (passed.status_code, passed.headers["x-auth-request-preferred-username"]) == (200, "lisi")
    assert skipped.status_code == 200
    for name in _IDENTITY:
        assert (len(passed.headers.get_list(name)), "boss" in passed.headers[name]) == (1, False)
        assert skipped.headers.get_list(name) == [""]


@pytest.mark.parametrize(
    "payload",
    [
        "//evil.example/",
        "/\\evil.example",
        "/%09/evil.example",
        "https://app.corp.example@evil.example/",
        "https://evilcorp.example/",
        "https://app.corp.example.evil.example/",
        "https://xn--app-corp-example-abc.example/",
        *_PAGES[::40],
    ],
)
async def test_attack_101_the_way_back_stays_on_its_host(guarded: Guarded, payload: str) -> None:
    browser, cookies = guarded.gateway.browser(), dict[str, str]()
    await browser.sign_in()
    async with guarded.http() as http:
        said = {"x-forwarded-host": urlsplit(APP).netloc, "x-forwarded-method": "GET", "x-forwarded-uri": "/"}
        begun = await http.get("/.gongpai/begin", params={"return_to": payload}, headers=said)
    cookies["__Host-gongpai_nonce"] = begun.headers["set-cookie"].partition(";")[0].partition("=")[2]
    crossed = await browser.get(begun.headers["location"])
    done = await guarded.visit(crossed.headers["location"], cookies)
    assert (done.status_code, urlsplit(done.headers["location"])[:2]) == (303, ("https", urlsplit(APP).netloc))
    assert not done.headers["location"].removeprefix(APP).startswith(("//", "/\\"))


async def test_attack_102_a_name_splits_no_header_and_comes_back_whole(wecom_sandbox: Corner, tmp_path: Path) -> None:
    name = "李四, 北京\r\nRemote-User: boss"
    wecom_sandbox.update_member("lisi", name=name)
    async with open_guarded(wecom_sandbox, tmp_path, gate_config(preset="remote")) as guarded:
        answer = await guarded.ask("/", cookie=f"{_GATE}={await entered(guarded)}")
    told = {header: value for header, value in answer.headers.multi_items() if header.startswith("remote-")}
    assert all(value.isascii() and value.isprintable() for value in told.values())
    assert (unquote(told["remote-name"]), told["remote-user"]) == (name, "lisi")
    assert [unquote(group) for group in told["remote-groups"].split(",")] == ["dept:4", "dept:5"]


async def test_attack_103_a_cookie_of_another_host_or_a_broken_one_opens_nothing(guarded: Guarded) -> None:
    value = await entered(guarded)
    cookie = f"{_GATE}={value}"
    assert (await guarded.ask(cookie=cookie)).status_code == 200
    assert (await guarded.ask(cookie=cookie, origin=OTHER)).status_code == 401
    flipped = value[:60] + ("A" if value[60] != "A" else "B") + value[61:]
    broken = [f"{_GATE}={each}" for each in (value[:-8], flipped, value * 8, "", "x" * 5000, f'"{value}"')]
    for each in (*broken, f"{cookie}; {cookie}", f"{cookie}; {_GATE}=planted", f"{_GATE}=planted; {cookie}"):
        assert (await guarded.ask(cookie=each)).status_code == 401


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("GET", {"sec-fetch-mode": "cors", "accept": "text/html"}),
        ("GET", {"x-requested-with": "XMLHttpRequest", "accept": "text/html"}),
        ("GET", {"upgrade": "websocket", "connection": "Upgrade"}),
        ("HEAD", {"accept": "text/html"}),
        ("OPTIONS", {"origin": "https://evil.example", "access-control-request-method": "POST"}),
        ("POST", {"accept": "text/html", "content-length": "0"}),
    ],
)
async def test_attack_105_what_is_no_page_load_is_judged_alike_and_never_sent_away(
    guarded: Guarded, method: str, said: dict[str, str]
) -> None:
    for kind in ("nginx", "caddy", "traefik"):
        refused = await guarded.ask("/api", kind=kind, method=method, headers=said)
        assert (refused.status_code, "location" in refused.headers) == (401, False)
        cookie = f"{_GATE}={await entered(guarded)}"
        passed = await guarded.ask("/api", kind=kind, method=method, headers=said, cookie=cookie)
        assert passed.status_code == 200


@pytest.mark.parametrize(("kind", "answered"), [("nginx", 403), ("caddy", 503), ("traefik", 503), ("envoy/x", 503)])
async def test_attack_105_with_the_store_down_nobody_who_needs_it_passes(
    guarded: Guarded, kind: str, answered: int
) -> None:
    cookie = cookie_line({_GATE: await entered(guarded)})
    guarded.gateway.clock.advance(minutes=6)
    dead = replace(guarded, gate=replace(guarded.gate, sessions=without_store(guarded.gate.sessions)))
    answer = await dead.ask(kind=kind, cookie=cookie, headers=_HOST | PAGE_LOAD)
    assert (answer.status_code, answer.headers["x-auth-request-user"]) == (answered, "")
    assert "location" not in answer.headers
