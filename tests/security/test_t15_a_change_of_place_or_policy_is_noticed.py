"""T15: a change of department or of the policy makes every worker read the person's sessions against the store once."""

import sqlite3
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, closing
from pathlib import Path

import pytest

from gateways import Browser, Gateway, app_config, gateway_config, open_gateway
from gongpai.gateway.config import Policy
from gongpai.sandbox import Corner
from guarded import APP, OTHER, PAGE_LOAD, Guarded, cookie_line, gate_config, guarded_host, open_guarded

Open = Callable[[Policy], AbstractAsyncContextManager[Gateway]]
_MARKETING, _NOBODYS = 5, 999
_KINDS = ("nginx", "caddy", "traefik", "envoy/x")


@pytest.fixture
def opened(wecom_sandbox: Corner, tmp_path: Path) -> Open:
    def open_with(policy: Policy) -> AbstractAsyncContextManager[Gateway]:
        return open_gateway(
            wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, app_config(wecom_sandbox, policy=policy))
        )

    return open_with


def epochs(gateway: Gateway) -> tuple[int, int, int]:
    """Return the epoch of the only person, that of the session seen last, and how often the news told of one."""
    with closing(sqlite3.connect(gateway.storage / "gongpai.db")) as database:
        (person,) = database.execute("SELECT epoch FROM people").fetchone()
        (session,) = database.execute("SELECT epoch FROM sessions ORDER BY seen_at DESC").fetchone()
        (told,) = database.execute("SELECT count(*) FROM news WHERE kind = 'epoch_raised'").fetchone()
    return person, session, told


def again(gateway: Gateway, browser: Browser) -> Browser:
    """Return *browser* as it meets another gateway on the same address."""
    same = gateway.browser()
    same.http.cookies.update(browser.http.cookies)
    return same


async def test_a_change_of_department_raises_the_epoch_once(gateway: Gateway) -> None:
    browser = gateway.browser()
    await browser.sign_in()
    gateway.corner.update_member("lisi", departments=[_MARKETING])
    assert epochs(gateway) == (0, 0, 0)
    for _ in range(3):
        gateway.clock.advance(hours=1, seconds=1)
        assert (await browser.get("/me")).status_code == 200
        assert epochs(gateway) == (1, 1, 1)


async def test_a_profile_that_says_the_same_raises_nothing(gateway: Gateway) -> None:
    browser = gateway.browser()
    await browser.sign_in()
    gateway.corner.update_member("lisi", position="another")
    gateway.clock.advance(hours=1, seconds=1)
    assert "another" in (await browser.get("/me")).text
    assert epochs(gateway) == (0, 0, 0)


async def test_a_session_is_judged_anew_when_the_policy_has_changed(opened: Open) -> None:
    async with opened(Policy()) as gateway:
        browser = gateway.browser()
        await browser.sign_in()
    async with opened(Policy(allow_departments=frozenset({_NOBODYS}))) as gateway:
        browser = again(gateway, browser)
        assert (await browser.get("/me")).status_code == 403
        assert (await browser.get("/me")).status_code == 303


async def test_a_session_that_the_new_policy_admits_goes_on_and_asks_wecom_nothing(opened: Open) -> None:
    async with opened(Policy()) as gateway:
        browser = gateway.browser()
        await browser.sign_in()
        asked = gateway.corner.counts()
    async with opened(Policy(allow_userids=frozenset({"lisi"}))) as gateway:
        browser = again(gateway, browser)
        assert (await browser.get("/signin?return_to=/signout")).headers["location"] == "/signout"
        assert epochs(gateway) == (1, 1, 1)
        await browser.get("/signin?return_to=/signout")
        assert epochs(gateway) == (1, 1, 1)
        assert gateway.corner.counts()["user/get"] == asked["user/get"]


async def test_a_rule_against_a_person_works_while_wecom_is_unreachable(opened: Open) -> None:
    async with opened(Policy()) as gateway:
        browser = gateway.browser()
        await browser.sign_in()
    async with opened(Policy(deny_userids=frozenset({"lisi"}))) as gateway:
        gateway.corner.plan_fault("user/get", http_status=502, share=1.0)
        gateway.clock.advance(hours=1, seconds=1)
        assert (await again(gateway, browser).get("/me")).status_code == 403


async def require_refused(guarded: Guarded, cookie: str, origin: str = APP) -> None:
    """Hold that every kind of proxy is told no, whom it refuses and why, and sends nobody to sign in again."""
    for kind in _KINDS:
        for headers in (PAGE_LOAD, {"accept": "application/json"}):
            # Envoy says by this which host it asks about.
            host = {"host": origin.partition("//")[2]}
            answer = await guarded.ask(kind=kind, origin=origin, cookie=cookie, headers=headers | host)
            assert (answer.status_code, answer.headers["x-gongpai-reason"]) == (403, "denied_person")
            assert {answer.headers[f"x-auth-request-{name}"] for name in ("user", "email", "groups")} == {""}
            assert {"location", "set-cookie"} & answer.headers.keys() == set()


async def test_a_host_lets_nobody_go_on_who_left_its_department(wecom_sandbox: Corner, tmp_path: Path) -> None:
    host = guarded_host(policy=Policy(allow_departments=frozenset({4})))
    async with open_guarded(wecom_sandbox, tmp_path, gate_config(host)) as guarded:
        browser = guarded.gateway.browser()
        await browser.sign_in()
        cookie = cookie_line(await guarded.enter(browser))
        assert (await guarded.ask(cookie=cookie)).status_code == 200
        wecom_sandbox.update_member("lisi", departments=[_MARKETING])
        guarded.gateway.clock.advance(hours=1, seconds=1)
        await require_refused(guarded, cookie)


async def test_a_host_lets_nobody_go_on_whom_its_new_policy_keeps_out(wecom_sandbox: Corner, tmp_path: Path) -> None:
    async with open_guarded(wecom_sandbox, tmp_path) as guarded:
        browser = guarded.gateway.browser()
        await browser.sign_in()
        cookie = cookie_line(await guarded.enter(browser))
        assert (await guarded.ask(cookie=cookie)).status_code == 200
    stricter = guarded_host(policy=Policy(deny_userids=frozenset({"lisi"})))
    async with open_guarded(wecom_sandbox, tmp_path, gate_config(stricter)) as guarded:
        # At once: the cookie names the policy that admitted.
        await require_refused(guarded, cookie)


async def test_a_cookie_that_hosts_share_opens_none_whose_policy_keeps_out(
    wecom_sandbox: Corner, tmp_path: Path
) -> None:
    domain = {"cookie_domain": "corp.example"}
    closed = guarded_host(
        "closed", "https://closed.corp.example", policy=Policy(deny_userids=frozenset({"lisi"})), **domain
    )
    hosts = gate_config(guarded_host(**domain), closed, guarded_host("other", OTHER))
    async with open_guarded(wecom_sandbox, tmp_path, hosts) as guarded:
        browser = guarded.gateway.browser()
        await browser.sign_in()
        cookie = cookie_line(await guarded.enter(browser))
        assert (await guarded.ask(cookie=cookie)).status_code == 200
        await require_refused(guarded, cookie, closed.origin)
        # It was refused there, and is as good as before here.
        assert (await guarded.ask(cookie=cookie)).status_code == 200
