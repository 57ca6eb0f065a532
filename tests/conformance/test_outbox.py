"""The port of the outbox, and clean-up of what the provider keeps, on both databases."""

import asyncio
from datetime import timedelta

import pytest

from gongpai.gateway.records import EndReason
from gongpai.gateway.records_provider import RevokeReason
from gongpai.gateway.store.open import Stores
from gongpai.gateway.store.ports import CLOCKS_DIFFER
from memory import NOW, make_session
from memory_provider import MINUTE, Nodes, begin, make_code, make_device, make_grant, make_issued, make_request

pytestmark = [pytest.mark.services, pytest.mark.parametrize("backend", ["sqlite", "postgres"], indirect=True)]
LATER = NOW + MINUTE


async def end_a_session(stores: Stores, *client_ids: str, userid_grants: int = 1) -> str:
    """End a session that these parties were used in, each *userid_grants* times."""
    first, _ = await begin(stores, client_id=client_ids[0])
    for client_id in [*client_ids[1:], *client_ids * (userid_grants - 1)]:
        grant = make_grant(first.session_ref, subject=first.subject, client_id=client_id)
        assert await stores.grants.begin(grant, make_code(grant))
    await stores.grants.revoke(first.grant_id, RevokeReason.REVOKED_BY_PARTY, NOW)
    await stores.sessions.end(first.session_ref, EndReason.SIGN_OUT, NOW)
    return first.session_ref


async def test_the_end_of_a_session_is_put_in_once_for_each_party(stores: Stores) -> None:
    ref = await end_a_session(stores, "grafana", "gitlab", userid_grants=3)
    items = await stores.outbox.take(LATER, 10, NOW)
    assert sorted((item.client_id, item.sid, item.attempts) for item in items) == [
        ("gitlab", f"sid of {ref}", 1),
        ("grafana", f"sid of {ref}", 1),
    ]
    assert {(item.created_at, item.next_at) for item in items} == {(NOW, LATER)}
    await stores.sessions.end(ref, EndReason.SIGN_OUT, NOW)
    assert await stores.outbox.take(LATER, 10, NOW) == []


async def test_a_retired_persons_parties_are_told_of_every_session(stores: Stores) -> None:
    first, _ = await begin(stores)
    second, _ = await begin(stores)
    await stores.people.retire(first.subject, NOW)
    items = await stores.outbox.take(LATER, 10, NOW)
    assert {item.sid for item in items} == {first.sid, second.sid}
    assert {item.subject for item in items} == {first.subject}


async def test_parties_are_told_when_the_session_that_replaced_theirs_ends(stores: Stores) -> None:
    grant, _ = await begin(stores)
    successor = make_session(grant.subject)
    await stores.sessions.put(successor)
    await stores.sessions.end(grant.session_ref, EndReason.REPLACED, NOW, successor)
    assert await stores.outbox.take(LATER, 10, NOW) == []
    await stores.sessions.end(successor.ref, EndReason.SIGN_OUT, NOW)
    assert [item.sid for item in await stores.outbox.take(LATER, 10, NOW)] == [grant.sid]


async def test_of_many_who_deliver_at_once_each_item_goes_to_one(nodes: Nodes) -> None:
    for _ in range(6):
        await end_a_session(nodes.one, "grafana", "gitlab")
    taken = await asyncio.gather(*((nodes.one if n % 2 else nodes.two).outbox.take(LATER, 3, NOW) for n in range(8)))
    items = [item.item_id for batch in taken for item in batch]
    assert len(set(items)) == len(items)
    left = await nodes.one.outbox.take(LATER, 100, NOW)
    assert len(items) + len(left) == 12
    assert all(len(batch) <= 3 for batch in taken)


async def test_what_was_taken_and_not_done_comes_again(stores: Stores) -> None:
    await end_a_session(stores, "grafana")
    (first,) = await stores.outbox.take(LATER, 10, NOW)
    (again,) = await stores.outbox.take(LATER + MINUTE, 10, LATER)
    assert (again.item_id, again.attempts) == (first.item_id, 2)
    await stores.outbox.done(again.item_id)
    assert await stores.outbox.take(LATER, 10, NOW + timedelta(days=1)) == []


async def test_a_delayed_item_and_a_held_party_wait(stores: Stores) -> None:
    await end_a_session(stores, "grafana", "gitlab")
    items = {item.client_id: item.item_id for item in await stores.outbox.take(LATER, 10, NOW)}
    await stores.outbox.delay(items["gitlab"], LATER + 2 * MINUTE)
    await stores.outbox.hold("grafana", LATER + MINUTE)
    # A hold brings nothing forward.
    await stores.outbox.hold("gitlab", LATER + MINUTE)
    waits = LATER + timedelta(hours=1)
    assert await stores.outbox.take(waits, 10, LATER) == []
    assert [item.client_id for item in await stores.outbox.take(waits, 10, LATER + MINUTE)] == ["grafana"]
    assert [item.client_id for item in await stores.outbox.take(waits, 10, LATER + 2 * MINUTE)] == ["gitlab"]


async def test_a_hold_keeps_no_other_party_waiting(stores: Stores) -> None:
    await end_a_session(stores, "grafana", "gitlab")
    await stores.outbox.hold("grafana", LATER)
    assert [item.client_id for item in await stores.outbox.take(LATER, 10, NOW)] == ["gitlab"]


async def clean(stores: Stores, at: timedelta) -> None:
    while await stores.cleaner.sweep(NOW + at, 2):
        pass


async def test_clean_up_takes_what_is_over_and_leaves_what_may_come_again(stores: Stores) -> None:
    grant, code = await begin(stores)
    issued = make_issued(grant)
    assert issued.refresh is not None
    await stores.authorization_codes.take(code.code_hash, issued, NOW)
    request, device = make_request(), make_device()
    await stores.requests.put(request)
    await stores.devices.put(device)
    await stores.replays.see("grafana", "jti", NOW + MINUTE)
    await clean(stores, MINUTE + CLOCKS_DIFFER)
    # By the clock of another node it may still be accepted.
    assert not await stores.replays.see("grafana", "jti", NOW + MINUTE)
    await clean(stores, 11 * MINUTE + CLOCKS_DIFFER)
    assert await stores.requests.get(request.handle_hash, NOW) is None
    assert await stores.devices.poll(device.device_code_hash, NOW) is None
    assert await stores.replays.see("grafana", "jti", NOW + MINUTE)
    assert await stores.tokens.get_access(issued.access.token_hash) is None
    assert await stores.tokens.get_refresh(issued.refresh.token_hash) is not None
    # A spent code is kept an hour longer than it could be used.
    assert await stores.authorization_codes.get(code.code_hash) is not None
    await clean(stores, 62 * MINUTE + CLOCKS_DIFFER)
    assert await stores.authorization_codes.get(code.code_hash) is None
    assert await stores.tokens.get_refresh(issued.refresh.token_hash) is None
    assert await stores.grants.get(grant.grant_id) is not None
    await clean(stores, timedelta(hours=13))
    assert await stores.grants.get(grant.grant_id) is None


async def test_what_could_not_be_told_for_two_days_is_given_up(stores: Stores) -> None:
    await end_a_session(stores, "grafana")
    await clean(stores, timedelta(days=2))
    assert len(await stores.outbox.take(NOW, 10, NOW)) == 1
    await clean(stores, timedelta(days=2, seconds=1))
    assert await stores.outbox.take(NOW, 10, NOW) == []
