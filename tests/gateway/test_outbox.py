"""Parties are told of a session's end, at least once and not for ever."""

import asyncio
import json
import ssl
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gateways import PUBLIC_URL, Clock, Gateway, gateway_config, open_gateway
from gongpai.gateway.outbound import Outbound
from gongpai.gateway.outbox import MOST_ATTEMPTS, Outbox
from gongpai.gateway.parties import Parties
from gongpai.gateway.records import EndReason
from gongpai.gateway.records_provider import RelyingParty
from gongpai.gateway.signing_keys import SigningKeys
from gongpai.gateway.store.open import Stores
from gongpai.sandbox import Corner
from logout_listener import AUTHORITY, Listener, listening
from memory import NOW, SECRET_KEY, until
from memory_provider import make_code, make_grant, sign_in
from relying_party import LUNCH, WIKI, Party


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    async with listening() as opened:
        yield opened


@pytest.fixture
async def gateway(wecom_sandbox: Corner, tmp_path: Path, listener: Listener) -> AsyncIterator[Gateway]:
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    party = replace(WIKI, backchannel_logout_uri=listener.url)
    settings = {"ca_file": tmp_path / "ca.pem", "private_hosts": frozenset({"localhost"}), "parties": {"wiki": party}}
    async with open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, **settings)) as opened:
        yield opened


async def leave(gateway: Gateway, party: Party) -> dict[str, object]:
    """Sign in to *party* and out again; return the claims of the ID token."""
    browser = gateway.browser()
    tokens = await party.tokens(browser)
    await browser.post("/signout", page=(await browser.get("/signout")).text)
    return await party.claims(tokens["id_token"])


async def test_a_party_hears_at_once_in_a_token_that_passes_for_nothing_else(
    gateway: Gateway, listener: Listener
) -> None:
    party = Party(gateway)
    signed_in = await leave(gateway, party)
    await until(lambda: bool(listener.heard))
    told = await party.claims(listener.heard[0])
    assert json.loads(urlsafe_b64decode(listener.heard[0].partition(".")[0] + "==="))["typ"] == "logout+jwt"
    assert (told["iss"], told["aud"], told["sub"]) == (PUBLIC_URL, "wiki", signed_in["sub"])
    assert told["sid"] == signed_in["sid"]
    assert told["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
    assert told["exp"] - told["iat"] <= 120
    assert "nonce" not in told
    assert (await party.userinfo(listener.heard[0])).status_code == 401


async def test_a_party_that_fails_is_tried_again_later(gateway: Gateway, listener: Listener) -> None:
    listener.status = 500
    await leave(gateway, Party(gateway))
    await until(lambda: len(listener.heard) == 1)
    listener.status = 204

    def heard_again() -> bool:
        # The answer is here before the gateway has written down when to try again: time must pass after that.
        gateway.clock.advance(seconds=11)
        return len(listener.heard) == 2

    await until(heard_again)


def open_outbox(stores: Stores, clock: Clock, *parties: RelyingParty) -> Outbox:
    """Return an outbox that tells *parties*; nothing runs it but the test."""
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    known = Parties({party.client_id: party for party in parties}, stores.parties, stores.replays)
    keys = SigningKeys(stores.signing_keys, SECRET_KEY, timedelta(hours=12))
    outbound = Outbound(frozenset({"localhost"}), context)
    return Outbox(PUBLIC_URL, stores.outbox, known, keys, outbound, lambda _, subject: subject, clock)


async def end_session(stores: Stores, *parties: str, at: datetime = NOW) -> None:
    """End a session that was used for *parties*."""
    subject, ref = await sign_in(stores)
    for client_id in parties:
        grant = make_grant(ref, subject=subject, client_id=client_id)
        assert await stores.grants.begin(grant, make_code(grant))
    assert await stores.sessions.end(ref, EndReason.SIGN_OUT, at)


async def test_a_party_that_fails_for_hours_is_given_up(stores: Stores, listener: Listener) -> None:
    listener.status = 400
    clock = Clock()
    outbox = open_outbox(stores, clock, replace(WIKI, backchannel_logout_uri=listener.url))
    await outbox.keys.load(clock())
    await end_session(stores, "wiki")
    for attempt in range(1, MOST_ATTEMPTS + 4):
        clock.advance(hours=12)
        assert await outbox.deliver() == 0
        assert len(listener.heard) == min(attempt, MOST_ATTEMPTS)


async def test_one_failure_holds_what_else_waits_for_that_party_and_nothing_of_others(
    stores: Stores, listener: Listener
) -> None:
    clock = Clock()
    broken = replace(WIKI, backchannel_logout_uri="https://localhost:1/")
    lunch = replace(LUNCH, backchannel_logout_uri=listener.url)
    outbox = open_outbox(stores, clock, broken, lunch)
    await outbox.keys.load(clock())
    for _ in range(2):
        await end_session(stores, "wiki", "lunch")
    assert await outbox.deliver() == 2
    assert len(listener.heard) == 2
    clock.advance(seconds=5)
    assert await stores.outbox.take(clock() + timedelta(seconds=1), 10, clock()) == []


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_whoever_does_not_say_yes_is_asked_once_for_all_that_waits(
    stores: Stores, listener: Listener, status: int
) -> None:
    listener.status, clock = status, Clock()
    outbox = open_outbox(stores, clock, replace(WIKI, backchannel_logout_uri=listener.url))
    await outbox.keys.load(clock())
    for _ in range(3):
        await end_session(stores, "wiki")
    assert await outbox.deliver() == 0
    assert len(listener.heard) == 1
    listener.status = 200
    clock.advance(seconds=11)
    assert await outbox.deliver() == 3


async def test_while_a_party_is_held_nobody_tries_it_for_what_came_before_or_since(
    stores: Stores, listener: Listener
) -> None:
    listener.status, clock = 500, Clock()
    party = replace(WIKI, backchannel_logout_uri=listener.url)
    ours, others = open_outbox(stores, clock, party), open_outbox(stores, clock, party)
    for each in (ours, others):
        await each.keys.load(clock())
    await end_session(stores, "wiki")
    await end_session(stores, "wiki", at=clock() + timedelta(seconds=1))
    await ours.deliver()
    assert len(listener.heard) == 1
    clock.advance(seconds=5)
    # Another process hears of it by the store.
    await others.deliver()
    await end_session(stores, "wiki", at=clock())
    await ours.deliver()
    assert len(listener.heard) == 1
    listener.status = 204
    clock.advance(seconds=6)
    assert await ours.deliver() == 3
    await end_session(stores, "wiki", at=clock())
    assert await ours.deliver() == 1


async def test_a_party_without_an_address_or_gone_meanwhile_is_forgotten(stores: Stores) -> None:
    clock = Clock()
    outbox = open_outbox(stores, clock, WIKI, replace(LUNCH, disabled_at=NOW))
    await end_session(stores, "wiki", "lunch", "removed")
    assert await outbox.deliver() == 0
    clock.advance(days=1)
    assert await stores.outbox.take(clock(), 10, clock()) == []


@pytest.mark.parametrize("turns", range(4))
async def test_it_ends_even_if_it_is_woken_just_then(stores: Stores, turns: int) -> None:
    outbox = open_outbox(stores, Clock())
    async with asyncio.timeout(60) as limit, outbox.delivering():
        await asyncio.sleep(0)
        await outbox.wake(NOW)
        for _ in range(turns):
            await asyncio.sleep(0)
    assert not limit.expired()
