"""The ports of grants and authorization codes, on both databases."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from gongpai.gateway.records import AuditRecord, EndReason
from gongpai.gateway.records_provider import RevokeReason
from gongpai.gateway.store.open import Stores
from memory import NOW, make_session, newest_news
from memory_provider import MINUTE, Nodes, begin, make_code, make_grant, make_issued, sign_in

pytestmark = [pytest.mark.services, pytest.mark.parametrize("backend", ["sqlite", "postgres"], indirect=True)]


async def test_a_grant_and_its_code_come_back_whole(stores: Stores) -> None:
    grant, code = await begin(stores, is_offline=True, acr="acr", nonce="nonce", claims="{}", amr=("a", "b"))
    assert await stores.grants.get(grant.grant_id) == grant
    assert await stores.authorization_codes.get(code.code_hash) == (code, grant)
    assert await stores.grants.find(grant.subject, NOW) == [grant]


async def test_a_code_and_its_token_are_opened_with_the_session_of_their_grant(stores: Stores) -> None:
    grant, code = await begin(stores)
    issued = make_issued(grant)
    session = await stores.sessions.get(grant.session_ref)
    assert session is not None
    assert await stores.authorization_codes.open(code.code_hash) == (code, grant, session)
    assert await stores.authorization_codes.take(code.code_hash, issued, NOW)
    assert await stores.tokens.open_access(issued.access.token_hash) == (issued.access, grant, session)


async def test_a_token_is_opened_without_a_session_that_is_kept_no_more(stores: Stores) -> None:
    later = NOW + timedelta(days=60)
    grant, code = await begin(stores, is_offline=True, expires_at=later)
    issued = make_issued(grant)
    issued = replace(issued, access=replace(issued.access, expires_at=later))
    assert await stores.authorization_codes.take(code.code_hash, issued, NOW)
    await stores.cleaner.sweep(NOW + timedelta(days=50), 100)
    assert await stores.sessions.get(grant.session_ref) is None
    assert await stores.tokens.open_access(issued.access.token_hash) == (issued.access, grant, None)


async def test_what_the_audit_log_says_of_a_grant_is_kept_with_it_or_without(stores: Stores) -> None:
    _, ref = await sign_in(stores)
    records = [AuditRecord("node", number, NOW, "{}", "mac") for number in (1, 2)]
    living, late = (make_grant(each) for each in (ref, "ended"))
    assert await stores.grants.begin(living, make_code(living), records[:1])
    assert not await stores.grants.begin(late, make_code(late), records[1:])
    assert await stores.audit.find("node", 0, 9) == records
    assert await stores.grants.get(late.grant_id) is None


async def test_what_is_unknown_is_none(stores: Stores) -> None:
    assert await stores.authorization_codes.open("unknown") is None
    assert await stores.tokens.open_access("unknown") is None
    assert await stores.grants.get("unknown") is None
    assert await stores.authorization_codes.get("unknown") is None
    assert not await stores.authorization_codes.take("unknown", None, NOW)
    assert not await stores.grants.revoke("unknown", RevokeReason.REVOKED_BY_PARTY, NOW)


async def test_a_session_that_ended_grants_nothing(stores: Stores) -> None:
    subject, ref = await sign_in(stores)
    await stores.sessions.end(ref, EndReason.SIGN_OUT, NOW)
    grant = make_grant(ref, subject=subject)
    code = make_code(grant)
    assert not await stores.grants.begin(grant, code)
    assert await stores.grants.get(grant.grant_id) is None
    assert await stores.authorization_codes.get(code.code_hash) is None


async def test_no_grant_outlives_the_end_of_its_session_at_the_same_moment(nodes: Nodes) -> None:
    for n in range(10):
        subject, ref = await sign_in(nodes.one, f"member{n}")
        grant = make_grant(ref, subject=subject)
        await asyncio.gather(
            nodes.one.grants.begin(grant, make_code(grant)), nodes.two.sessions.end(ref, EndReason.SIGN_OUT, NOW)
        )
        kept = await nodes.one.grants.get(grant.grant_id)
        assert kept is None or kept.revoked_at is not None


async def test_taking_a_code_keeps_its_tokens_in_the_same_act(stores: Stores) -> None:
    grant, code = await begin(stores)
    issued = make_issued(grant)
    assert issued.refresh is not None
    assert await stores.authorization_codes.take(code.code_hash, issued, NOW)
    assert await stores.tokens.get_access(issued.access.token_hash) == (issued.access, grant)
    assert await stores.tokens.get_refresh(issued.refresh.token_hash) == (issued.refresh, grant)


async def test_a_party_without_refresh_tokens_gets_an_access_token_alone(stores: Stores) -> None:
    grant, code = await begin(stores)
    issued = make_issued(grant, is_refreshable=False)
    assert await stores.authorization_codes.take(code.code_hash, issued, NOW)
    assert await stores.tokens.get_access(issued.access.token_hash) == (issued.access, grant)


async def test_a_code_that_comes_again_issues_nothing_and_names_its_grant(stores: Stores) -> None:
    grant, code = await begin(stores)
    assert await stores.authorization_codes.take(code.code_hash, make_issued(grant), NOW)
    later = NOW + timedelta(seconds=30)
    again = make_issued(grant)
    assert not await stores.authorization_codes.take(code.code_hash, again, later)
    assert await stores.tokens.get_access(again.access.token_hash) is None
    assert await stores.authorization_codes.get(code.code_hash) == (replace(code, spent_at=NOW), grant)


async def test_of_many_who_take_a_code_at_once_one_succeeds(nodes: Nodes) -> None:
    grant, code = await begin(nodes.one)
    issued = [make_issued(grant) for _ in range(20)]
    answers = await asyncio.gather(
        *(
            (nodes.one if n % 2 else nodes.two).authorization_codes.take(code.code_hash, each, NOW)
            for n, each in enumerate(issued)
        )
    )
    assert answers.count(True) == 1
    kept = [await nodes.one.tokens.get_access(each.access.token_hash) for each in issued]
    assert [each is not None for each in kept] == answers


async def test_a_burnt_code_issues_nothing_any_more(stores: Stores) -> None:
    grant, code = await begin(stores)
    assert await stores.authorization_codes.take(code.code_hash, None, NOW)
    assert not await stores.authorization_codes.take(code.code_hash, make_issued(grant), NOW)


async def test_a_code_that_ran_out_or_whose_grant_is_revoked_is_not_taken(stores: Stores) -> None:
    grant, code = await begin(stores)
    assert not await stores.authorization_codes.take(code.code_hash, make_issued(grant), NOW + MINUTE)
    await stores.grants.revoke(grant.grant_id, RevokeReason.CODE_REUSED, NOW)
    assert not await stores.authorization_codes.take(code.code_hash, make_issued(grant), NOW)


async def test_a_revoked_grant_is_told_with_every_token_and_stays_revoked(stores: Stores) -> None:
    grant, code = await begin(stores)
    issued = make_issued(grant)
    await stores.authorization_codes.take(code.code_hash, issued, NOW)
    assert await stores.grants.revoke(grant.grant_id, RevokeReason.CODE_REUSED, NOW)
    assert not await stores.grants.revoke(grant.grant_id, RevokeReason.DENIED, NOW + MINUTE)
    revoked = replace(grant, revoked_at=NOW, revoke_reason=RevokeReason.CODE_REUSED)
    assert await stores.tokens.get_access(issued.access.token_hash) == (issued.access, revoked)
    assert await stores.grants.find(grant.subject, NOW) == []


async def test_an_expired_grant_is_neither_found_nor_revoked(stores: Stores) -> None:
    grant, _ = await begin(stores)
    assert await stores.grants.find(grant.subject, grant.expires_at) == []
    assert not await stores.grants.revoke(grant.grant_id, RevokeReason.DENIED, grant.expires_at)


@pytest.mark.parametrize(
    ("reason", "survives"),
    [
        (EndReason.SIGN_OUT, True),
        (EndReason.ENDED_BY_MEMBER, False),
        (EndReason.DISOWNED, False),
        (EndReason.REPLACED, True),
        (EndReason.DENIED, False),
    ],
)
async def test_the_end_of_a_session_takes_back_what_was_not_granted_beyond_it(
    stores: Stores, reason: EndReason, *, survives: bool
) -> None:
    online, _ = await begin(stores)
    offline = make_grant(online.session_ref, subject=online.subject, is_offline=True)
    await stores.grants.begin(offline, make_code(offline))
    await stores.sessions.end(online.session_ref, reason, NOW)
    ended = await stores.grants.get(online.grant_id)
    assert ended is not None
    assert (ended.revoked_at, ended.revoke_reason) == (NOW, RevokeReason.SESSION_ENDED)
    assert await stores.grants.find(online.subject, NOW) == ([offline] if survives else [])


async def test_a_retired_person_leaves_no_grant(stores: Stores) -> None:
    offline, _ = await begin(stores, is_offline=True)
    await stores.people.retire(offline.subject, NOW)
    assert await stores.grants.find(offline.subject, NOW) == []


async def test_grants_move_to_the_session_that_replaces_theirs_if_it_is_of_the_same_person(stores: Stores) -> None:
    grant, _ = await begin(stores)
    successor = make_session(grant.subject)
    await stores.sessions.put(successor)
    await stores.sessions.end(grant.session_ref, EndReason.REPLACED, NOW, successor)
    assert await stores.grants.find(grant.subject, NOW) == [replace(grant, session_ref=successor.ref)]
    other_subject, other_ref = await sign_in(stores, "zhangsan")
    other = await stores.sessions.get(other_ref)
    await stores.sessions.end(successor.ref, EndReason.REPLACED, NOW, other)
    assert await stores.grants.find(grant.subject, NOW) == []
    assert await stores.grants.find(other_subject, NOW) == []


@pytest.mark.parametrize(
    ("ended_as", "survives"), [(EndReason.SIGN_OUT, True), (EndReason.DENIED, False), (EndReason.DISOWNED, False)]
)
async def test_a_session_that_has_ended_itself_takes_nothing_over(
    stores: Stores, ended_as: EndReason, *, survives: bool
) -> None:
    online, _ = await begin(stores)
    offline = make_grant(online.session_ref, subject=online.subject, is_offline=True)
    await stores.grants.begin(offline, make_code(offline))
    successor = make_session(online.subject)
    await stores.sessions.put(successor)
    await stores.sessions.end(successor.ref, ended_as, NOW)
    assert await stores.sessions.end(online.session_ref, EndReason.REPLACED, NOW, successor)
    assert await stores.grants.find(online.subject, NOW) == ([offline] if survives else [])


@pytest.mark.parametrize("was_kept", [True, False])
async def test_a_session_that_was_swept_away_or_never_kept_takes_nothing_over(
    stores: Stores, *, was_kept: bool
) -> None:
    online, _ = await begin(stores)
    offline = make_grant(online.session_ref, subject=online.subject, is_offline=True)
    await stores.grants.begin(offline, make_code(offline))
    successor = make_session(online.subject, expires_at=NOW - timedelta(hours=1))
    if was_kept:
        assert await stores.sessions.put(successor)
        assert await stores.cleaner.sweep(NOW, 100)
    assert await stores.sessions.get(successor.ref) is None
    before = await newest_news(stores)
    assert await stores.sessions.end(online.session_ref, EndReason.REPLACED, NOW, successor)
    replaced = await stores.sessions.get(online.session_ref)
    assert replaced is not None
    assert replaced.end_reason is EndReason.REPLACED
    # As when a session is over by time: what the party may do while nobody is there goes on, the rest ends.
    assert await stores.grants.find(online.subject, NOW) == [offline]
    assert [news.ref for news in await stores.news.after(before, 10)] == [online.session_ref]


async def test_the_end_of_a_successor_takes_nothing_from_somebody_else(stores: Stores) -> None:
    offline, _ = await begin(stores, is_offline=True)
    _, other_ref = await sign_in(stores, "zhangsan")
    other = await stores.sessions.get(other_ref)
    await stores.sessions.end(other_ref, EndReason.DENIED, NOW)
    await stores.sessions.end(offline.session_ref, EndReason.REPLACED, NOW, other)
    assert await stores.grants.find(offline.subject, NOW) == [offline]


async def test_no_grant_outlives_the_end_of_both_its_session_and_the_next_at_the_same_moment(nodes: Nodes) -> None:
    for n in range(10):
        subject, ref = await sign_in(nodes.one, f"member{n}")
        grant = make_grant(ref, subject=subject, is_offline=True)
        await nodes.one.grants.begin(grant, make_code(grant))
        successor = make_session(subject)
        await nodes.one.sessions.put(successor)
        await asyncio.gather(
            nodes.one.sessions.end(ref, EndReason.REPLACED, NOW, successor),
            nodes.two.sessions.end(successor.ref, EndReason.DENIED, NOW),
        )
        assert await nodes.one.grants.find(subject, NOW) == []


async def test_a_person_is_retired_while_one_of_their_sessions_replaces_another(nodes: Nodes) -> None:
    for n in range(10):
        subject, ref = await sign_in(nodes.one, f"member{n}")
        successor = make_session(subject)
        await nodes.one.sessions.put(successor)
        await asyncio.gather(
            nodes.one.sessions.end(ref, EndReason.REPLACED, NOW, successor), nodes.two.people.retire(subject, NOW)
        )
        assert await nodes.one.sessions.find(subject, NOW) == []
