"""The ports of people, sessions, their facts and the news, on both databases."""

import asyncio
from datetime import timedelta

import pytest

from gongpai.gateway.records import EndReason, Fact, NewsKind, Profile
from gongpai.gateway.store.open import Stores
from memory import NOW, make_person, make_session, newest_news, tell

pytestmark = [pytest.mark.services, pytest.mark.parametrize("backend", ["sqlite", "postgres"], indirect=True)]


async def test_a_person_is_minted_once_an_account_key(stores: Stores) -> None:
    first = make_person()
    assert await stores.people.mint(first) == first
    assert await stores.people.mint(make_person()) == first
    assert await stores.people.get(first.subject) == first
    assert await stores.people.get("unknown") is None


async def test_of_many_first_sign_ins_at_once_all_get_the_same_person(stores: Stores) -> None:
    people = await asyncio.gather(*(stores.people.mint(make_person()) for _ in range(20)))
    assert len({person.subject for person in people}) == 1


async def test_retiring_ends_the_sessions_and_frees_the_key_for_somebody_new(stores: Stores) -> None:
    old = await stores.people.mint(make_person())
    sessions = [make_session(old.subject), make_session(old.subject)]
    for session in sessions:
        await stores.sessions.put(session)
    later = NOW + timedelta(hours=1)
    assert sorted(await stores.people.retire(old.subject, later)) == sorted(session.ref for session in sessions)
    assert await stores.people.retire(old.subject, later) == []
    heir = await stores.people.mint(make_person(minted_at=later))
    assert heir.subject != old.subject
    assert [person.subject for person in await stores.people.find(old.key)] == [heir.subject, old.subject]
    retired = await stores.people.get(old.subject)
    assert retired is not None
    assert retired.retired_at == later
    ended = await stores.sessions.get(sessions[0].ref)
    assert ended is not None
    assert (ended.ended_at, ended.end_reason) == (later, EndReason.RETIRED)


async def test_a_retired_person_gets_no_session(stores: Stores) -> None:
    person = await stores.people.mint(make_person())
    await stores.people.retire(person.subject, NOW)
    session = make_session(person.subject)
    assert not await stores.sessions.put(session)
    assert await stores.sessions.get(session.ref) is None


async def test_no_session_outlives_a_retirement_at_the_same_moment(stores: Stores) -> None:
    for n in range(10):
        person = await stores.people.mint(make_person(f"member{n}"))
        session = make_session(person.subject)
        await asyncio.gather(stores.sessions.put(session), stores.people.retire(person.subject, NOW))
        kept = await stores.sessions.get(session.ref)
        assert kept is None or kept.ended_at is not None


async def test_an_epoch_only_rises_and_is_told(stores: Stores) -> None:
    person = await stores.people.mint(make_person())
    before = await newest_news(stores)
    until = NOW + timedelta(hours=12)
    assert sorted(await asyncio.gather(*(stores.people.raise_epoch(person.subject, until) for _ in range(3)))) == [
        1,
        2,
        3,
    ]
    told = await stores.news.after(before, 10)
    assert [(news.kind, news.ref, news.number, news.until) for news in told] == [
        (NewsKind.EPOCH_RAISED, person.subject, number, until) for number in (1, 2, 3)
    ]


async def test_a_session_comes_back_whole(stores: Stores) -> None:
    person = await stores.people.mint(make_person())
    profile = Profile({"name": Fact("user/get", NOW, "李四"), "email": Fact("user/get", NOW, missing="off")}, (1, 2))
    session = make_session(person.subject, profile=profile, ip="::1", user_agent="wxwork", disclosure=b"\x00sealed")
    assert await stores.sessions.put(session)
    assert await stores.sessions.get(session.ref) == session


async def test_a_touch_moves_times_forward_only_and_not_of_the_dead(stores: Stores) -> None:
    person = await stores.people.mint(make_person())
    session = make_session(person.subject)
    await stores.sessions.put(session)
    seen, idle = NOW + timedelta(minutes=2), NOW + timedelta(hours=9)
    assert await stores.sessions.touch(session.ref, seen, idle)
    assert await stores.sessions.touch(session.ref, NOW, NOW)
    kept = await stores.sessions.get(session.ref)
    assert kept is not None
    assert (kept.seen_at, kept.idle_expires_at) == (seen, idle)
    await stores.sessions.end(session.ref, EndReason.SIGN_OUT, NOW)
    assert not await stores.sessions.touch(session.ref, seen + timedelta(minutes=1), idle)


async def test_ending_is_told_once_and_erases_what_was_disclosed(stores: Stores) -> None:
    person = await stores.people.mint(make_person())
    session = make_session(person.subject, disclosure=b"sealed")
    await stores.sessions.put(session)
    before = await newest_news(stores)
    ends = await asyncio.gather(*(stores.sessions.end(session.ref, EndReason.SIGN_OUT, NOW) for _ in range(10)))
    assert sorted(ends) == [False] * 9 + [True]
    (news,) = await stores.news.after(before, 10)
    assert (news.kind, news.ref, news.until) == (NewsKind.SESSION_ENDED, session.ref, session.expires_at)
    kept = await stores.sessions.get(session.ref)
    assert kept is not None
    assert kept.disclosure is None


async def test_facts_are_written_only_into_a_living_session(stores: Stores) -> None:
    person = await stores.people.mint(make_person())
    session = make_session(person.subject)
    await stores.sessions.put(session)
    profile, later = Profile(department_ids=(7,)), NOW + timedelta(hours=1)
    assert await stores.session_facts.refresh(session.ref, profile, 3, later, "rules")
    assert await stores.session_facts.disclose(session.ref, b"sealed")
    kept = await stores.sessions.get(session.ref)
    assert kept is not None
    assert (kept.profile, kept.epoch, kept.checked_at, kept.disclosure) == (profile, 3, later, b"sealed")
    assert kept.policy == "rules"
    assert not await stores.session_facts.amend(session.ref, b"amended", None)
    assert not await stores.session_facts.amend(session.ref, b"amended", b"another")
    assert await stores.session_facts.amend(session.ref, b"amended", b"sealed")
    assert await stores.session_facts.disclose(session.ref, None)
    amended = await asyncio.gather(*(stores.session_facts.amend(session.ref, bytes([each]), None) for each in range(5)))
    assert sorted(amended) == [False] * 4 + [True]
    await stores.sessions.end(session.ref, EndReason.SIGN_OUT, later)
    assert not await stores.session_facts.refresh(session.ref, profile, 4, later, "rules")
    assert not await stores.session_facts.disclose(session.ref, b"sealed")
    assert not await stores.session_facts.amend(session.ref, b"sealed", None)


async def test_finding_shows_the_living_last_seen_first(stores: Stores) -> None:
    person = await stores.people.mint(make_person())
    old = make_session(person.subject)
    new = make_session(person.subject, seen_at=NOW + timedelta(minutes=5))
    idle = make_session(person.subject, idle_expires_at=NOW)
    ended = make_session(person.subject)
    for session in (old, new, idle, ended):
        await stores.sessions.put(session)
    await stores.sessions.end(ended.ref, EndReason.SIGN_OUT, NOW)
    found = await stores.sessions.find(person.subject, NOW)
    assert [session.ref for session in found] == [new.ref, old.ref]


async def test_news_told_at_once_leave_no_gap_and_are_seen_in_order(stores: Stores) -> None:
    until = NOW + timedelta(hours=1)
    before = await newest_news(stores)
    seen: list[int] = []

    async def read() -> None:
        while len(seen) < 60:
            after = seen[-1] if seen else before
            seen.extend([news.sequence for news in await stores.news.after(after, 10)])
            await asyncio.sleep(0)

    tellings = (tell(stores, NewsKind.SESSION_ENDED, f"ref{n}", until) for n in range(60))
    await asyncio.gather(*tellings, read())
    assert seen == list(range(before + 1, before + 61))
