"""T5: a second hit of a callback gets the first one's answer, in this browser, for a minute; WeCom is asked once."""

import asyncio
import re

import pytest

from gateways import Gateway, callback
from memory import until


async def test_the_same_browser_gets_the_same_session_again(gateway: Gateway) -> None:
    browser = gateway.browser()
    state = (await browser.begin())["state"]
    url = callback(state, gateway.mint("lisi"))
    first = await browser.get(url)
    browser.http.cookies.delete("__Host-gongpai_session")  # the browser dropped the first answer
    second = await browser.get(url)
    assert (first.status_code, first.headers["location"]) == (second.status_code, second.headers["location"])
    assert "lisi" in (await browser.get("/me")).text
    assert (await browser.get("/me")).text.count('name="handle"') <= 1
    assert gateway.corner.counts()["auth/getuserinfo"] == 1


async def test_a_hit_while_the_first_runs_waits_for_its_outcome(gateway: Gateway) -> None:
    gateway.corner.plan_fault("auth/getuserinfo", delay_seconds=0.3, times=1)
    browser = gateway.browser()
    state = (await browser.begin())["state"]
    url = callback(state, gateway.mint("lisi"))
    answers = await asyncio.gather(*(browser.get(url) for _ in range(5)))
    assert {answer.headers["location"] for answer in answers} == {"/me"}
    assert gateway.corner.counts()["auth/getuserinfo"] == 1


async def test_a_refusal_is_repeated_with_its_reference(gateway: Gateway) -> None:
    browser = gateway.browser()
    state = (await browser.begin())["state"]
    url = callback(state, gateway.mint("oSandboxStranger"))
    first, second = await browser.get(url), await browser.get(url)
    assert first.status_code == second.status_code == 403
    reference = first.headers["x-request-id"]
    assert reference in first.text
    assert reference in second.text
    assert gateway.corner.counts()["auth/getuserinfo"] == 1


@pytest.mark.parametrize(("errcode", "status"), [(-1, 503), (40029, 400), (48002, 500)])
async def test_an_error_of_wecoms_is_repeated_and_not_tried_again(gateway: Gateway, errcode: int, status: int) -> None:
    gateway.corner.plan_fault("auth/getuserinfo", errcode=errcode, times=1)
    browser = gateway.browser()
    url = callback((await browser.begin())["state"], gateway.mint("lisi"))
    first, second = await browser.get(url), await browser.get(url)
    assert first.status_code == second.status_code == status
    assert (first.headers["x-request-id"] in second.text) == (status != 400)
    assert gateway.corner.counts()["auth/getuserinfo"] == 1


async def test_after_a_minute_nothing_is_repeated(gateway: Gateway) -> None:
    browser = gateway.browser()
    state = (await browser.begin())["state"]
    url = callback(state, gateway.mint("lisi"))
    await browser.get(url)
    gateway.clock.advance(seconds=61)
    assert (await browser.get(url)).status_code == 400


async def test_another_code_under_the_same_state_is_refused(gateway: Gateway) -> None:
    browser = gateway.browser()
    state = (await browser.begin())["state"]
    await browser.get(callback(state, gateway.mint("lisi")))
    assert (await browser.get(callback(state, gateway.mint("lisi")))).status_code == 400
    assert gateway.corner.counts()["auth/getuserinfo"] == 1


async def test_nothing_is_repeated_once_the_session_has_ended(gateway: Gateway) -> None:
    browser, other = gateway.browser(), gateway.browser()
    url = callback((await browser.begin())["state"], gateway.mint("lisi"))
    await browser.get(url)
    await other.sign_in()
    page = (await other.get("/me")).text
    # Its own stands first, and has to end last.
    for handle in reversed(re.findall(r'name="handle" value="([0-9a-f]{64})"', page)):
        await other.post("/me/sessions/end", {"handle": handle}, page=page)
    assert (await browser.get(url)).status_code == 400
    assert (await browser.get("/me")).status_code == 303


async def test_an_outcome_that_never_comes_leaves_start_again(gateway: Gateway) -> None:
    gateway.corner.plan_fault("auth/getuserinfo", delay_seconds=30, times=1)
    browser = gateway.browser()
    url = callback((await browser.begin())["state"], gateway.mint("lisi"))
    first = asyncio.create_task(browser.get(url))
    await until(lambda: not gateway.corner.faults())  # it waits for WeCom
    first.cancel()  # as a worker that dies while it waits for WeCom
    second = asyncio.create_task(browser.get(url))
    _done, waiting = await asyncio.wait([second], timeout=0.3)
    assert waiting == {second}
    gateway.clock.advance(seconds=30)
    assert (await second).status_code == 400


@pytest.mark.parametrize(
    "header", [{"sec-purpose": "prefetch"}, {"sec-purpose": "prefetch;prerender"}, {"purpose": "prefetch"}]
)
async def test_a_prefetch_takes_no_state(gateway: Gateway, header: dict[str, str]) -> None:
    browser = gateway.browser()
    state = (await browser.begin())["state"]
    url = callback(state, gateway.mint("lisi"))
    assert (await browser.http.get(url, headers=header)).status_code == 503
    assert gateway.corner.counts().get("auth/getuserinfo", 0) == 0
    assert (await browser.get(url)).headers["location"] == "/me"


async def test_head_takes_no_state(gateway: Gateway) -> None:
    browser = gateway.browser()
    state = (await browser.begin())["state"]
    url = callback(state, gateway.mint("lisi"))
    await browser.http.head(url)
    assert gateway.corner.counts().get("auth/getuserinfo", 0) == 0
    assert (await browser.get(url)).headers["location"] == "/me"
