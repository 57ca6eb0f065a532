"""T22, T13, T14: the gate answers on its own listener, gives no identity away, and hears of every session that ends."""

import base64
import hashlib
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from dead_store import without_store
from gateways import PUBLIC_URL
from gongpai.gateway.gate.assertion import TYP
from gongpai.gateway.oidc import jose
from gongpai.sandbox import Corner
from guarded import APP, OTHER, PAGE_LOAD, PROXY, Guarded, cookie_line, gate_config, open_guarded

KINDS = ["nginx", "caddy", "traefik", "envoy/x"]
HOST = {"host": "app.corp.example"}


@pytest.fixture
async def guarded(wecom_sandbox: Corner, tmp_path: Path) -> AsyncIterator[Guarded]:
    config = replace(gate_config(preset="remote"), assertion=True)
    async with open_guarded(wecom_sandbox, tmp_path, config) as guarded:
        yield guarded


async def entered(guarded: Guarded) -> str:
    browser = guarded.gateway.browser()
    await browser.sign_in()
    return cookie_line(await guarded.enter(browser))


@pytest.mark.parametrize("path", ["/auth/nginx", "/auth/envoy/", "/.gongpai/begin", "/.gongpai/finish"])
async def test_the_public_listener_knows_nothing_of_the_gate(guarded: Guarded, path: str) -> None:
    answer = await guarded.gateway.browser().get(path, **{"x-forwarded-host": "app.corp.example"})
    assert answer.status_code == 404


async def test_the_gates_listener_knows_nothing_of_the_public(guarded: Guarded) -> None:
    async with guarded.http() as http:
        for path in ("/signin", "/me", "/healthz", "/authorize", "/token", "/"):
            assert (await http.get(path)).status_code == 404


async def test_97_a_peer_that_is_no_trusted_proxy_is_refused_whatever_it_says(guarded: Guarded) -> None:
    cookie = await entered(guarded)
    for kind in KINDS:
        answer = await guarded.ask(kind=kind, peer=("203.0.113.5", 1), cookie=cookie, headers=HOST)
        assert answer.status_code == 403
        assert {answer.headers[name] for name in ("remote-user", "remote-name", "x-auth-assertion")} == {""}
    socket = await guarded.ask(peer=None, cookie=cookie)
    assert socket.status_code == 403


async def test_97_nobody_but_the_proxy_brings_a_browser_to_a_host(guarded: Guarded) -> None:
    assert [await begun_by(guarded, peer) for peer in (PROXY, ("203.0.113.5", 1), None)] == [303, 403, 403]


async def begun_by(guarded: Guarded, peer: tuple[str, int] | None) -> int:
    async with guarded.http(peer) as http:
        return (
            await http.get("/.gongpai/begin?return_to=/", headers={**HOST, "x-forwarded-host": "app.corp.example"})
        ).status_code


async def test_an_assertion_is_signed_for_one_request_and_a_skip_has_none(guarded: Guarded) -> None:
    cookie = await entered(guarded)
    answer = await guarded.ask("/x?y=1", method="POST", cookie=cookie)
    jwks = await guarded.gateway.browser().get("/jwks")
    told = jose.verify(answer.headers["x-auth-assertion"], jose.public_keys(jwks.json()), ["ES256"])
    assert told.typ == TYP
    assert told.claims["aud"] == APP
    assert told.claims["method"] == "POST"
    assert answer.headers["remote-name"].isascii()
    skipped = await guarded.ask("/public/", cookie=cookie)
    assert skipped.status_code == 200
    assert {skipped.headers[name] for name in ("remote-user", "remote-groups", "x-auth-assertion")} == {""}


async def test_an_assertion_is_good_for_one_host_method_and_target_and_for_nothing_else(guarded: Guarded) -> None:
    cookies = {APP: await entered(guarded)}
    browser = guarded.gateway.browser()
    await browser.sign_in()
    cookies[OTHER] = cookie_line(await guarded.enter(browser, OTHER))
    keys = jose.public_keys((await browser.get("/jwks")).json())
    asked = [
        (APP, "GET", "/x"),
        (APP, "POST", "/x"),
        (APP, "GET", "/x?y=1"),
        (APP, "GET", "/%78"),
        (OTHER, "GET", "/x"),
    ]
    said = set()
    for origin, method, target in asked:
        answer = await guarded.ask(target, origin=origin, method=method, cookie=cookies[origin])
        signed = answer.headers["x-auth-assertion"]
        claims = jose.verify(signed, keys, ["ES256"]).claims
        digest = base64.urlsafe_b64encode(hashlib.sha256(target.encode()).digest()).rstrip(b"=").decode()
        assert (claims["iss"], claims["aud"], claims["method"], claims["path_hash"]) == (
            PUBLIC_URL,
            origin,
            method,
            digest,
        )
        now = int(guarded.gateway.clock().timestamp())
        assert (claims["iat"], claims["exp"]) == (now, now + 60)
        said.add((claims["aud"], claims["method"], claims["path_hash"]))
        # Nothing of ours takes it for a token.
        told = await browser.get("/userinfo", authorization=f"Bearer {signed}")
        assert told.status_code == 401
    assert len(said) == len(asked)


async def test_what_is_said_twice_is_not_believed(guarded: Guarded) -> None:
    cookie = await entered(guarded)
    async with guarded.http() as http:
        said = [("x-forwarded-host", "app.corp.example"), ("x-forwarded-uri", "/"), ("x-forwarded-method", "GET")]
        for name, value in said:
            headers = [*said, (name, value), ("cookie", cookie)]
            assert (await http.get("/auth/nginx", headers=headers)).status_code == 403
        headers = [*said, ("cookie", cookie), ("cookie", "a=b"), ("accept", "a"), ("accept", "b")]
        answer = await http.get("/auth/nginx", headers=headers)
        assert (answer.status_code, answer.headers["cookie"]) == (200, "a=b")


async def test_sign_out_soon_ends_every_gate_cookie(guarded: Guarded) -> None:
    browser = guarded.gateway.browser()
    await browser.sign_in()
    cookie = cookie_line(await guarded.enter(browser))
    assert (await guarded.ask(cookie=cookie)).status_code == 200
    page = await browser.get("/me")
    await browser.post("/signout", page=page.text)
    with anyio.fail_after(90):
        while (await guarded.ask(cookie=cookie)).status_code != 401:  # noqa: ASYNC110  # the news comes by polling
            await anyio.sleep(0.05)


async def test_past_five_minutes_the_cookie_is_renewed_and_an_ended_session_is_not(guarded: Guarded) -> None:
    cookie = await entered(guarded)
    guarded.gateway.clock.advance(minutes=5)
    renewed = await guarded.ask(cookie=cookie)
    assert renewed.status_code == 200
    fresh = renewed.headers["set-cookie"].partition(";")[0]
    assert fresh.startswith("__Host-gongpai_gate=")
    assert "set-cookie" not in (await guarded.ask(cookie=fresh)).headers
    guarded.gateway.clock.advance(hours=13)
    assert (await guarded.ask(cookie=fresh)).status_code == 401


async def test_a_member_who_may_no_longer_come_in_is_refused_at_the_next_look(guarded: Guarded) -> None:
    cookie = await entered(guarded)
    guarded.gateway.corner.update_member("lisi", status=2)
    guarded.gateway.clock.advance(hours=2)
    for kind in ("nginx", "caddy"):
        answer = await guarded.ask(kind=kind, cookie=cookie, headers=PAGE_LOAD)
        assert answer.status_code in {401, 302, 403}
        assert answer.headers["remote-user"] == ""


@pytest.mark.parametrize(("kind", "status"), [("nginx", 403), ("caddy", 503), ("envoy/x", 503)])
async def test_105_with_the_store_down_whoever_needs_it_is_refused(guarded: Guarded, kind: str, status: int) -> None:
    cookie = await entered(guarded)
    guarded.gateway.clock.advance(minutes=6)
    guarded.gate = replace(guarded.gate, sessions=without_store(guarded.gate.sessions))
    answer = await guarded.ask(kind=kind, cookie=cookie, headers=HOST | PAGE_LOAD)
    assert answer.status_code == status
    assert answer.headers["x-gongpai-reason"] == "unavailable"
    assert answer.headers["remote-user"] == ""
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("reason", "words"), [("denied_person", "may not use"), ("unavailable", "right now"), ("<b>", "right now")]
)
async def test_a_refused_person_reads_why_in_their_language(guarded: Guarded, reason: str, words: str) -> None:
    said = {"x-gongpai-reason": reason, "accept-language": "en"}
    answer = await guarded.visit(f"{APP}/.gongpai/refused", {}, **said)
    assert answer.status_code == 403
    assert words in answer.text
    assert "<b>" not in answer.text
    (nonce,) = re.findall(r'<style nonce="([^"]+)">', answer.text)
    policy = answer.headers["content-security-policy"]
    assert f"style-src 'nonce-{nonce}'" in policy
    assert "default-src 'none'" in policy
