"""The ports of authorization requests, seen assertions and devices, on both databases."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from gongpai.gateway.records import EndReason
from gongpai.gateway.records_provider import DeviceStatus, Grant, ResponseMode, RevokeReason
from gongpai.gateway.store.open import Stores
from memory import NOW
from memory_provider import MINUTE, Nodes, make_device, make_grant, make_issued, make_request, sign_in

pytestmark = [pytest.mark.services, pytest.mark.parametrize("backend", ["sqlite", "postgres"], indirect=True)]


async def test_a_request_comes_back_whole_until_it_expires(stores: Stores) -> None:
    request = make_request(
        state="state",
        nonce="nonce",
        code_challenge="challenge",
        prompt=frozenset({"login", "consent"}),
        max_age=timedelta(seconds=10),
        acr_values=("a", "b"),
        login_hint="lisi",
        hinted_subject="subject",
        ui_locales=("zh", "en"),
        claims='{"userinfo":{}}',
        browser_hash="browser",
        response_mode=ResponseMode.FORM_POST,
    )
    await stores.requests.put(request)
    assert await stores.requests.get(request.handle_hash, NOW) == request
    assert await stores.requests.get(request.handle_hash, request.expires_at) is None
    assert await stores.requests.take(request.handle_hash, request.expires_at) is None
    assert await stores.requests.get("unknown", NOW) is None


async def test_of_many_who_take_a_request_at_once_one_gets_it(nodes: Nodes) -> None:
    request = make_request()
    await nodes.one.requests.put(request)
    taken = await asyncio.gather(
        *((nodes.one if n % 2 else nodes.two).requests.take(request.handle_hash, NOW) for n in range(20))
    )
    spent = replace(request, spent_at=NOW)
    assert [each for each in taken if each is not None] == [spent]
    assert await nodes.two.requests.get(request.handle_hash, NOW) == spent


async def test_of_many_who_bring_an_assertion_at_once_one_is_first(nodes: Nodes) -> None:
    until = NOW + MINUTE
    seen = await asyncio.gather(
        *((nodes.one if n % 2 else nodes.two).replays.see("grafana", "jti", until) for n in range(20))
    )
    assert seen.count(True) == 1
    assert not await nodes.one.replays.see("grafana", "jti", until)
    # What another party calls its assertions is its own business.
    assert await nodes.one.replays.see("gitlab", "jti", until)


async def make_approval(stores: Stores) -> Grant:
    subject, ref = await sign_in(stores)
    return make_grant(ref, subject=subject, client_id="cli")


async def test_a_device_gets_its_tokens_once_the_person_has_approved(stores: Stores) -> None:
    device, grant = make_device(), await make_approval(stores)
    assert await stores.devices.put(device)
    assert await stores.devices.get(device.user_code_hash, NOW) == device
    assert not await stores.devices.take(device.device_code_hash, make_issued(grant), NOW)
    assert await stores.devices.decide(device.user_code_hash, grant, NOW)
    assert await stores.devices.get(device.user_code_hash, NOW) is None
    approved = await stores.devices.poll(device.device_code_hash, NOW)
    assert approved == replace(device, status=DeviceStatus.APPROVED, grant_id=grant.grant_id)
    assert await stores.grants.get(grant.grant_id) == grant
    issued = make_issued(grant)
    assert await stores.devices.take(device.device_code_hash, issued, NOW)
    assert await stores.tokens.get_access(issued.access.token_hash) == (issued.access, grant)
    spent = await stores.devices.poll(device.device_code_hash, NOW)
    assert spent is not None
    assert spent.status is DeviceStatus.SPENT


async def test_a_user_code_is_in_use_once(stores: Stores) -> None:
    device = make_device()
    assert await stores.devices.put(device)
    assert not await stores.devices.put(make_device(user_code_hash=device.user_code_hash))


async def test_a_refused_device_gets_nothing(stores: Stores) -> None:
    device, grant = make_device(), await make_approval(stores)
    await stores.devices.put(device)
    assert await stores.devices.decide(device.user_code_hash, None, NOW)
    assert not await stores.devices.decide(device.user_code_hash, grant, NOW)
    assert not await stores.devices.take(device.device_code_hash, make_issued(grant), NOW)
    assert await stores.grants.get(grant.grant_id) is None


async def test_of_many_decisions_at_once_one_counts(nodes: Nodes) -> None:
    device = make_device()
    await nodes.one.devices.put(device)
    grants = [await make_approval(nodes.one) for _ in range(10)]
    decided = await asyncio.gather(
        *(
            (nodes.one if n % 2 else nodes.two).devices.decide(device.user_code_hash, grant, NOW)
            for n, grant in enumerate(grants)
        )
    )
    assert decided.count(True) == 1
    kept = [await nodes.one.grants.get(grant.grant_id) for grant in grants]
    assert [grant is not None for grant in kept] == decided


async def test_of_many_who_fetch_the_tokens_at_once_one_gets_them(nodes: Nodes) -> None:
    device, grant = make_device(), await make_approval(nodes.one)
    await nodes.one.devices.put(device)
    await nodes.one.devices.decide(device.user_code_hash, grant, NOW)
    taken = await asyncio.gather(
        *(
            (nodes.one if n % 2 else nodes.two).devices.take(device.device_code_hash, make_issued(grant), NOW)
            for n in range(20)
        )
    )
    assert taken.count(True) == 1


async def test_an_approval_in_a_session_that_ended_decides_nothing(stores: Stores) -> None:
    device, grant = make_device(), await make_approval(stores)
    await stores.devices.put(device)
    await stores.sessions.end(grant.session_ref, EndReason.SIGN_OUT, NOW)
    assert not await stores.devices.decide(device.user_code_hash, grant, NOW)
    assert await stores.devices.get(device.user_code_hash, NOW) == device


async def test_a_device_that_is_too_late_or_whose_grant_is_revoked_gets_nothing(stores: Stores) -> None:
    device, grant = make_device(), await make_approval(stores)
    await stores.devices.put(device)
    assert await stores.devices.get(device.user_code_hash, device.expires_at) is None
    assert not await stores.devices.decide(device.user_code_hash, grant, device.expires_at)
    await stores.devices.decide(device.user_code_hash, grant, NOW)
    assert not await stores.devices.take(device.device_code_hash, make_issued(grant), device.expires_at)
    await stores.grants.revoke(grant.grant_id, RevokeReason.DENIED, NOW)
    assert not await stores.devices.take(device.device_code_hash, make_issued(grant), NOW)


async def test_a_poll_tells_when_the_one_before_was(stores: Stores) -> None:
    device = make_device()
    await stores.devices.put(device)
    assert await stores.devices.poll(device.device_code_hash, NOW) == device
    again = await stores.devices.poll(device.device_code_hash, NOW + MINUTE)
    assert again == replace(device, polled_at=NOW)
    assert await stores.devices.poll("unknown", NOW) is None
