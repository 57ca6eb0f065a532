"""T12: usernames and emails are reserved per party for one subject, and never handed on."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from audited import events
from gateways import Gateway, app_config, gateway_config, open_gateway
from gongpai.gateway.audit import AuditEvent
from gongpai.gateway.config import AppConfig
from gongpai.gateway.records_provider import ClaimRules, EmailSource, PartyPolicy
from gongpai.gateway.reservations import ReservedNames
from gongpai.gateway.store.open import Stores
from gongpai.sandbox import Corner
from gongpai.wecom import App
from guarded import cookie_line, gate_config, open_guarded
from memory import NOW
from relying_party import WIKI, Party

RULES = ClaimRules(email=EmailSource.TEMPLATE, email_template="{userid}@corp.example", owns_mailboxes=True)


@pytest.fixture
async def provider(wecom_sandbox: Corner, tmp_path: Path) -> AsyncIterator[Gateway]:
    party = replace(WIKI, claim_rules=RULES)
    config = gateway_config(wecom_sandbox, tmp_path, parties={"wiki": party})
    async with open_gateway(wecom_sandbox, config) as opened:
        yield opened


async def told(provider: Gateway) -> dict[str, object]:
    party = Party(provider)
    tokens = await party.tokens(provider.browser(), scope="openid profile email")
    claims: dict[str, object] = (await party.userinfo(tokens["access_token"])).json()
    return claims


async def test_the_next_holder_of_a_userid_gets_neither_username_nor_email(provider: Gateway) -> None:
    first = await told(provider)
    assert (first["preferred_username"], first["email"]) == ("lisi", "lisi@corp.example")
    assert first["email_verified"] is True
    assert (await told(provider))["sub"] == first["sub"]
    browser = provider.browser()
    await browser.sign_in()
    provider.corner.plan_fault("user/get", errcode=60111, times=1)
    provider.clock.advance(hours=2)
    await browser.get("/me")
    later = await told(provider)
    assert later["sub"] != first["sub"]
    assert later["preferred_username"] == "lisi-2"
    assert "email" not in later
    assert (await told(provider))["preferred_username"] == "lisi-2"


async def test_the_operator_is_told_once_of_each_who_comes_second(provider: Gateway) -> None:
    first = await told(provider)
    assert events(provider, "name.taken") == []
    browser = provider.browser()
    await browser.sign_in()
    provider.corner.plan_fault("user/get", errcode=60111, times=1)
    provider.clock.advance(hours=2)
    await browser.get("/me")
    for _ in range(2):
        later = await told(provider)
    taken = events(provider, "name.taken")
    assert {event["facts"]["kind"] for event in taken} == {"email", "username"}
    assert [(event["subject"], event["facts"]["holder"]) for event in taken] == [(later["sub"], first["sub"])] * 2


async def test_names_are_compared_without_regard_to_case_and_never_reassigned(stores: Stores) -> None:
    told: list[AuditEvent] = []

    async def record(event: AuditEvent, _now: datetime) -> None:
        told.append(event)

    names = ReservedNames(stores.reservations, record, lambda: NOW)
    assert await names.is_own_email("wiki", "Team@corp.example", "first")
    assert not await names.is_own_email("wiki", "tEAM@corp.example", "second")
    assert await names.username("wiki", "Straße", "first") == "Straße"
    assert await names.username("wiki", "STRASSE", "second") == "STRASSE-2"
    assert await names.username("grafana", "strasse", "second") == "strasse"
    anew = ReservedNames(stores.reservations, record, lambda: NOW)
    assert await anew.username("wiki", "strasse", "second") == "strasse-2"
    assert await anew.username("wiki", "strasse", "first") == "strasse"
    assert [(event.facts["kind"], event.subject) for event in told] == [
        ("email", "second"),
        ("username", "second"),
        ("username", "second"),
    ]


async def test_a_name_that_fifty_others_hold_gives_way_to_the_subject(stores: Stores) -> None:
    async def record(_event: AuditEvent, _now: datetime) -> None:
        pass

    names = ReservedNames(stores.reservations, record, lambda: NOW)
    held = [await names.username("wiki", "lisi", f"person {number}") for number in range(50)]
    assert held == ["lisi", *(f"lisi-{number}" for number in range(2, 50)), "person 49"]


BRANCH = AppConfig("branch", "Branch", App("wwbranch", 1000009, "the secret of a corp that nobody asks"))


async def test_with_several_corps_a_username_names_the_corp(wecom_sandbox: Corner, tmp_path: Path) -> None:
    policy = PartyPolicy(corpids=frozenset({"wwgongpaidemo"}), apps=frozenset({"main"}))
    parties = {"wiki": replace(WIKI, policy=policy, claim_rules=RULES)}
    config = gateway_config(wecom_sandbox, tmp_path, app_config(wecom_sandbox), BRANCH, parties=parties)
    async with open_gateway(wecom_sandbox, config) as gateway:
        assert (await told(gateway))["preferred_username"] == "lisi.wwgongpaidemo"


async def test_a_token_tells_the_name_of_now_and_not_the_one_it_was_issued_with(
    wecom_sandbox: Corner, tmp_path: Path
) -> None:
    policy = PartyPolicy(corpids=frozenset({"wwgongpaidemo"}), apps=frozenset({"main"}))
    parties = {"wiki": replace(WIKI, policy=policy, claim_rules=RULES)}
    config = gateway_config(wecom_sandbox, tmp_path, app_config(wecom_sandbox), parties=parties)
    async with open_gateway(wecom_sandbox, config) as gateway:
        party = Party(gateway)
        token = (await party.tokens(gateway.browser(), scope="openid profile"))["access_token"]
        assert (await party.userinfo(token)).json()["preferred_username"] == "lisi"
    config = gateway_config(wecom_sandbox, tmp_path, app_config(wecom_sandbox), BRANCH, parties=parties)
    async with open_gateway(wecom_sandbox, config) as gateway:
        claims = (await Party(gateway).userinfo(token)).json()
        assert claims["preferred_username"] == "lisi.wwgongpaidemo"


@pytest.mark.parametrize(("others", "username"), [((), "lisi"), ((BRANCH,), "lisi.wwgongpaidemo")])
async def test_forward_auth_names_people_by_the_same_rule(
    wecom_sandbox: Corner, tmp_path: Path, others: tuple[AppConfig, ...], username: str
) -> None:
    async with open_guarded(wecom_sandbox, tmp_path, gate_config(), *others) as guarded:
        browser = guarded.gateway.browser()
        await browser.sign_in("/signin?app=main")
        cookies = await guarded.enter(browser)
        assert (await guarded.ask(cookie=cookie_line(cookies))).headers["x-auth-request-preferred-username"] == username


async def test_behind_forward_auth_the_next_holder_of_a_userid_gets_a_number(
    wecom_sandbox: Corner, tmp_path: Path
) -> None:
    async with open_guarded(wecom_sandbox, tmp_path) as guarded:
        gateway, names = guarded.gateway, []
        for _ in range(2):
            browser = gateway.browser()
            await browser.sign_in()
            cookies = await guarded.enter(browser)
            names.append((await guarded.ask(cookie=cookie_line(cookies))).headers["x-auth-request-preferred-username"])
            gateway.corner.plan_fault("user/get", errcode=60111, times=1)
            gateway.clock.advance(hours=2)
            await browser.get("/me")
        assert names == ["lisi", "lisi-2"]
        assert [event["facts"]["where"] for event in events(gateway, "name.taken")] == ["forward-auth:"]
