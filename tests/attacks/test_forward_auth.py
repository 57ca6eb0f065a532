"""Attack 104: an email that is not one, or that nobody vouches for, opens nothing behind forward-auth."""

from collections.abc import AsyncIterator
from dataclasses import fields, replace
from pathlib import Path

import pytest

from gongpai.gateway.config import Policy
from gongpai.gateway.gate import GateCookie, Pass, check
from gongpai.gateway.news import Heard
from gongpai.gateway.records import Fact, Session
from gongpai.sandbox import Corner
from guarded import OTHER, Guarded, gate_config, guarded_host, open_guarded

BOSS = "boss@corp.example"


@pytest.fixture
async def guarded(wecom_sandbox: Corner, tmp_path: Path) -> AsyncIterator[Guarded]:
    """Open a gateway with a host for everybody and one for somebody else."""
    closed = guarded_host("other", OTHER, policy=Policy(allow_userids=frozenset({"boss"})))
    async with open_guarded(wecom_sandbox, tmp_path, gate_config(guarded_host(), closed)) as guarded:
        yield guarded


async def session_of_lisi(guarded: Guarded) -> Session:
    """Sign in, and return the session that the gate cookie names."""
    browser, now = guarded.gateway.browser(), guarded.gateway.clock()
    await browser.sign_in()
    sealed = (await guarded.enter(browser))["__Host-gongpai_gate"].encode()
    heard = Heard()
    heard.catch_up(0.0)
    verdict = check(sealed, b"app.corp.example", guarded.gate.entry.ring, heard, now.timestamp(), 0.0)
    assert isinstance(verdict, Pass)
    session = await guarded.gate.sessions.see(verdict.cookie.ref, now)
    assert session is not None
    return session


async def judged(guarded: Guarded, session: Session, **facts: str) -> tuple[dict[str, bool], GateCookie]:
    """Return which hosts *session* may enter with these *facts*, and what its gate cookie says."""
    entry, now = guarded.gate.entry, guarded.gateway.clock()
    told = {name: Fact("user/get", now, value) for name, value in facts.items()}
    changed = replace(session, profile=replace(session.profile, facts={**session.profile.facts, **told}))
    reasons = await entry.reasons(changed, entry.hosts.values())
    hosts = {name: reasons[gate.stamp] is None for name, gate in entry.hosts.items()}
    return hosts, await entry.cookie(changed, 0, ())


@pytest.mark.parametrize(
    "address",
    [
        f"{BOSS}@evil.example",
        f"lisi@evil.example@{BOSS.partition('@')[2]}",
        f'"{BOSS}"@evil.example',
        f"lisi@evil.example,{BOSS}",
        f"lisi@evil.example {BOSS}",
        f"lisi@evil.example\r\nX-Auth-Request-Email: {BOSS}",
    ],
)
async def test_attack_104_an_email_that_readers_could_take_for_two_is_told_to_no_app(
    guarded: Guarded, address: str
) -> None:
    session = await session_of_lisi(guarded)
    hosts, cookie = await judged(guarded, session, biz_mail=address)
    assert hosts == {"app": True, "other": False}
    assert cookie.email == b""


async def test_attack_104_no_email_changes_who_may_enter(guarded: Guarded) -> None:
    session = await session_of_lisi(guarded)
    hosts, cookie = await judged(guarded, session, biz_mail=BOSS)
    assert (hosts, cookie.email) == ({"app": True, "other": False}, BOSS.encode())
    hosts, cookie = await judged(guarded, session, email=BOSS)
    # What a member writes into their own profile is not even told.
    assert (hosts, cookie.email) == ({"app": True, "other": False}, b"")


def test_attack_104_no_rule_of_ours_asks_for_an_email() -> None:
    assert {each.name for each in fields(Policy)} == {
        f"{rule}_{what}" for rule in ("allow", "deny") for what in ("departments", "userids")
    }
