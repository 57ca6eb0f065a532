"""The port of access and refresh tokens, on both databases: rotation by T23."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from gongpai.gateway.records_provider import (
    Grant,
    Issued,
    Lapsed,
    Repeated,
    Reused,
    RevokeReason,
    Rotated,
)
from gongpai.gateway.ring import SealError, open_under, seal_under
from gongpai.gateway.store.open import Stores
from gongpai.gateway.store.ports import CLOCKS_DIFFER
from gongpai.gateway.store.sql.driver import Statement
from gongpai.gateway.store.sql.tables_provider import refresh_answers, refresh_tokens
from memory import NOW
from memory_provider import Nodes, begin, make_issued

pytestmark = [pytest.mark.services, pytest.mark.parametrize("backend", ["sqlite", "postgres"], indirect=True)]
GRACE = timedelta(seconds=10)
SECOND = timedelta(seconds=1)


async def issue(stores: Stores) -> tuple[Grant, Issued]:
    grant, code = await begin(stores)
    issued = make_issued(grant)
    assert await stores.authorization_codes.take(code.code_hash, issued, NOW)
    return grant, issued


def refresh_hash(issued: Issued) -> str:
    assert issued.refresh is not None
    return issued.refresh.token_hash


async def is_revoked(stores: Stores, grant: Grant) -> bool:
    kept = await stores.grants.get(grant.grant_id)
    assert kept is not None
    return kept.revoked_at is not None


async def test_a_dropped_access_token_is_forgotten(stores: Stores) -> None:
    _, issued = await issue(stores)
    await stores.tokens.drop_access(issued.access.token_hash)
    await stores.tokens.drop_access("unknown")
    assert await stores.tokens.get_access(issued.access.token_hash) is None
    assert await stores.tokens.get_refresh("unknown") is None


async def test_the_first_use_keeps_the_successor_and_its_access_token(stores: Stores) -> None:
    grant, first = await issue(stores)
    second = make_issued(grant)
    assert await stores.tokens.rotate(refresh_hash(first), second, b"answer", GRACE, NOW) == Rotated()
    assert await stores.tokens.get_access(second.access.token_hash) == (second.access, grant)
    assert await stores.tokens.get_refresh(refresh_hash(second)) == (second.refresh, grant)
    assert first.refresh is not None
    used = replace(first.refresh, first_used_at=NOW)
    assert await stores.tokens.get_refresh(refresh_hash(first)) == (used, grant)


async def test_within_the_grace_the_predecessor_gets_the_same_answer_and_nothing_new_is_kept(stores: Stores) -> None:
    grant, first = await issue(stores)
    await stores.tokens.rotate(refresh_hash(first), make_issued(grant), b"answer", GRACE, NOW)
    for seconds in (0, 9):
        other = make_issued(grant)
        at = NOW + seconds * SECOND
        assert await stores.tokens.rotate(refresh_hash(first), other, b"other", GRACE, at) == Repeated(b"answer")
        assert await stores.tokens.get_access(other.access.token_hash) is None
        assert await stores.tokens.get_refresh(refresh_hash(other)) is None
    assert not await is_revoked(stores, grant)


async def test_the_grace_is_never_extended_and_after_it_the_family_is_revoked(stores: Stores) -> None:
    grant, first = await issue(stores)
    second = make_issued(grant)
    await stores.tokens.rotate(refresh_hash(first), second, b"answer", GRACE, NOW)
    await stores.tokens.rotate(refresh_hash(first), make_issued(grant), b"other", GRACE, NOW + 9 * SECOND)
    assert await stores.tokens.rotate(refresh_hash(first), make_issued(grant), b"x", GRACE, NOW + GRACE) == Reused()
    revoked = await stores.grants.get(grant.grant_id)
    assert revoked is not None
    assert revoked.revoke_reason is RevokeReason.REFRESH_REUSED
    # The thief's and the owner's tokens alike.
    third = make_issued(grant)
    assert await stores.tokens.rotate(refresh_hash(second), third, b"x", GRACE, NOW + GRACE) == Lapsed()
    assert await stores.tokens.rotate(refresh_hash(first), third, b"x", GRACE, NOW + GRACE) == Lapsed()


async def test_no_refresh_token_outlives_its_grant(stores: Stores) -> None:
    grant, code = await begin(stores, expires_at=NOW + GRACE)
    first, second = make_issued(grant), make_issued(grant)
    assert await stores.authorization_codes.take(code.code_hash, first, NOW)
    assert await stores.tokens.rotate(refresh_hash(first), second, b"x", GRACE, NOW + GRACE) == Lapsed()
    assert await stores.tokens.rotate(refresh_hash(first), second, b"x", GRACE, NOW + GRACE - SECOND) == Rotated()
    assert await stores.tokens.rotate(refresh_hash(first), make_issued(grant), b"y", GRACE, NOW + GRACE) == Lapsed()


async def test_the_grace_ends_when_the_successor_is_used(stores: Stores) -> None:
    grant, first = await issue(stores)
    second, third = make_issued(grant), make_issued(grant)
    await stores.tokens.rotate(refresh_hash(first), second, b"second", GRACE, NOW)
    assert await stores.tokens.rotate(refresh_hash(second), third, b"third", GRACE, NOW + SECOND) == Rotated()
    at = NOW + 2 * SECOND
    assert await stores.tokens.rotate(refresh_hash(second), make_issued(grant), b"x", GRACE, at) == Repeated(b"third")
    # A grandparent, though within its own ten seconds.
    assert await stores.tokens.rotate(refresh_hash(first), make_issued(grant), b"x", GRACE, at) == Reused()
    assert await is_revoked(stores, grant)


async def test_of_fifty_at_once_one_rotates_and_all_get_the_same_answer(nodes: Nodes) -> None:
    grant, first = await issue(nodes.one)
    issued = [make_issued(grant) for _ in range(50)]
    answers = await asyncio.gather(
        *(
            (nodes.one if n % 2 else nodes.two).tokens.rotate(refresh_hash(first), each, f"{n}".encode(), GRACE, NOW)
            for n, each in enumerate(issued)
        )
    )
    (winner,) = [n for n, answer in enumerate(answers) if answer == Rotated()]
    assert [answer for n, answer in enumerate(answers) if n != winner] == [Repeated(f"{winner}".encode())] * 49
    kept = [n for n, each in enumerate(issued) if await nodes.one.tokens.get_refresh(refresh_hash(each))]
    assert kept == [winner]
    assert not await is_revoked(nodes.one, grant)


async def test_of_each_grant_the_last_answer_is_kept_until_its_grace_is_over(stores: Stores) -> None:
    grant, first = await issue(stores)
    second = make_issued(grant)
    await stores.tokens.rotate(refresh_hash(first), second, b"second", GRACE, NOW)
    await stores.tokens.rotate(refresh_hash(second), make_issued(grant), b"third", GRACE, NOW + SECOND)
    (kept,) = await stores.driver.read(Statement(refresh_answers.select())())
    assert kept[:3] == (grant.grant_id, refresh_hash(second), b"third")
    over = NOW + SECOND + GRACE + CLOCKS_DIFFER
    await stores.cleaner.sweep(over, 100)
    assert await stores.driver.read(Statement(refresh_answers.select())())
    await stores.cleaner.sweep(over + SECOND, 100)
    assert await stores.driver.read(Statement(refresh_answers.select())()) == []
    assert await stores.tokens.get_refresh(refresh_hash(second)) is not None
    at = NOW + 2 * SECOND
    assert await stores.tokens.rotate(refresh_hash(second), make_issued(grant), b"x", GRACE, at) == Reused()


async def rotate_as_the_version_before(stores: Stores, first: Issued, second: Issued) -> None:
    assert await stores.tokens.rotate(refresh_hash(first), second, b"answer", GRACE, NOW) == Rotated()
    of_first = refresh_tokens.c.token_hash == refresh_hash(first)
    await stores.driver.write(Statement(refresh_tokens.update().where(of_first).values(sealed_answer=b"before"))())
    await stores.driver.write(Statement(refresh_answers.delete())())


async def test_what_the_version_before_answered_is_repeated_within_the_grace(stores: Stores) -> None:
    grant, first = await issue(stores)
    await rotate_as_the_version_before(stores, first, make_issued(grant))
    at = NOW + GRACE - SECOND
    assert await stores.tokens.rotate(refresh_hash(first), make_issued(grant), b"x", GRACE, at) == Repeated(b"before")
    assert await stores.tokens.rotate(refresh_hash(first), make_issued(grant), b"x", GRACE, NOW + GRACE) == Reused()
    assert await is_revoked(stores, grant)


async def test_the_grace_that_the_version_before_gave_ends_when_the_successor_is_used(stores: Stores) -> None:
    grant, first = await issue(stores)
    second = make_issued(grant)
    await rotate_as_the_version_before(stores, first, second)
    assert await stores.tokens.rotate(refresh_hash(second), make_issued(grant), b"third", GRACE, NOW) == Rotated()
    assert await stores.tokens.rotate(refresh_hash(first), make_issued(grant), b"x", GRACE, NOW) == Reused()
    assert await is_revoked(stores, grant)


async def test_what_is_unknown_or_over_lapses_and_revokes_nothing(stores: Stores) -> None:
    grant, first = await issue(stores)
    assert first.refresh is not None
    more = make_issued(grant)
    assert await stores.tokens.rotate("unknown", more, b"x", GRACE, NOW) == Lapsed()
    assert await stores.tokens.rotate(refresh_hash(first), more, b"x", GRACE, first.refresh.expires_at) == Lapsed()
    assert await stores.tokens.rotate(refresh_hash(first), more, b"x", GRACE, grant.expires_at) == Lapsed()
    assert not await is_revoked(stores, grant)
    await stores.grants.revoke(grant.grant_id, RevokeReason.REVOKED_BY_PARTY, NOW)
    assert await stores.tokens.rotate(refresh_hash(first), more, b"x", GRACE, NOW) == Lapsed()


async def test_the_database_alone_opens_no_answer(stores: Stores) -> None:
    grant, first = await issue(stores)
    token, answer = b"the refresh token itself", b'{"refresh_token":"its successor"}'
    sealed = seal_under(token, answer, b"refresh")
    await stores.tokens.rotate(refresh_hash(first), make_issued(grant), sealed, GRACE, NOW)
    rows = await stores.driver.read(Statement(refresh_answers.select())())
    assert rows[0][2] == sealed
    assert b"successor" not in repr([tuple(row) for row in rows]).encode()
    repeated = await stores.tokens.rotate(refresh_hash(first), make_issued(grant), b"x", GRACE, NOW)
    assert isinstance(repeated, Repeated)
    assert open_under(token, repeated.sealed_answer, b"refresh") == answer
    with pytest.raises(SealError):
        open_under(b"its hash", repeated.sealed_answer, b"refresh")
