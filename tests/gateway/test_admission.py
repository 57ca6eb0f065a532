"""The policy, applied to what WeCom's directory says."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import httpx2
import pytest
from structlog.testing import capture_logs

from gateways import ATTENDANCE, PORTAL, Gateway, app_config, callback, gateway_config, open_gateway
from gongpai.gateway.config import Policy
from gongpai.sandbox import Corner

Open = Callable[[Policy], AbstractAsyncContextManager[Gateway]]
_ENGINEERING, _PLATFORM, _MARKETING = 2, 3, 5


@pytest.fixture
def opened(wecom_sandbox: Corner, tmp_path: Path) -> Open:
    def open_with(policy: Policy) -> AbstractAsyncContextManager[Gateway]:
        app = app_config(wecom_sandbox, policy=policy)
        wecom_sandbox.update_member("lisi", departments=[_PLATFORM])
        return open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, app))

    return open_with


async def _come_back(
    gateway: Gateway, person: str = "lisi", app: str = "main", agentid: int = PORTAL
) -> httpx2.Response:
    browser = gateway.browser()
    state = (await browser.begin(f"/signin?app={app}"))["state"]
    return await browser.get(callback(state, gateway.mint(person, agentid), app))


async def test_a_rule_for_a_department_covers_those_below(opened: Open) -> None:
    async with opened(Policy(allow_departments=frozenset({_ENGINEERING}))) as gateway:
        assert (await _come_back(gateway)).headers["location"] == "/me"
        await _come_back(gateway)
        assert gateway.corner.counts()["department/simplelist"] == 1


async def test_a_rule_for_another_department_keeps_out(opened: Open) -> None:
    async with opened(Policy(allow_departments=frozenset({_MARKETING}))) as gateway:
        assert (await _come_back(gateway)).status_code == 403


async def test_a_denied_department_wins(opened: Open) -> None:
    policy = Policy(allow_userids=frozenset({"lisi"}), deny_departments=frozenset({_ENGINEERING}))
    async with opened(policy) as gateway:
        assert (await _come_back(gateway)).status_code == 403


async def test_a_userid_is_compared_without_case(opened: Open) -> None:
    async with opened(Policy(allow_userids=frozenset({"ada"}))) as gateway:
        assert (await _come_back(gateway, "Ada")).headers["location"] == "/me"


@pytest.mark.parametrize("call", ["user/get", "department/simplelist"])
async def test_what_cannot_be_read_satisfies_no_rule(opened: Open, call: str) -> None:
    for policy in (
        Policy(allow_departments=frozenset({_ENGINEERING})),
        Policy(deny_departments=frozenset({_MARKETING})),
    ):
        async with opened(policy) as gateway:
            gateway.corner.plan_fault(call, errcode=48002, share=1.0)
            answer = await _come_back(gateway)
            assert answer.status_code == 500
            assert "location" not in answer.headers
            gateway.corner.clear_faults()


async def test_who_is_visible_to_one_app_is_not_admitted_by_another(wecom_sandbox: Corner, tmp_path: Path) -> None:
    apps = app_config(wecom_sandbox), app_config(wecom_sandbox, ATTENDANCE, "attendance")
    async with open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, *apps)) as gateway:
        assert (await _come_back(gateway, "wangwu", "attendance", ATTENDANCE)).headers["location"] == "/me"
        assert (await _come_back(gateway, "wangwu", "main", PORTAL)).status_code == 403


async def test_a_person_keeps_the_subject_until_retired(opened: Open) -> None:
    async with opened(Policy()) as gateway:
        with capture_logs() as events:
            await _come_back(gateway)
            await _come_back(gateway)
            gateway.clock.advance(hours=2)
            gateway.corner.plan_fault("user/get", errcode=60111, times=1)
            assert (await _come_back(gateway)).status_code == 403
            assert (await _come_back(gateway)).headers["location"] == "/me"
        first, second, third = (event["audit"]["subject"] for event in events if event["event"] == "sign_in.succeeded")
        assert first == second != third
        assert any(event["event"] == "person.retired" for event in events)
