from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from gongpai.gateway.audit import Audit, AuditEvent
from gongpai.gateway.config import SessionLimits
from gongpai.gateway.records import Disclosure, EndReason, Fact, KeyPurpose, Profile, Session
from gongpai.gateway.session import COOKIE_LIMIT, Sessions, SignIn, Started, open_session, seal_session
from gongpai.gateway.store.open import Stores
from memory import NOW, SECRET_KEY, make_person

SIGN_IN = SignIn("main", "web", "wecom_scan", "LiSi", Profile(department_ids=(1,)), "::1", "x" * 1000)


def sessions_of(stores: Stores) -> Sessions:
    return Sessions(
        stores.sessions, stores.session_facts, stores.ring, SessionLimits(), Audit(stores.audit, SECRET_KEY).record
    )


async def start(stores: Stores, session_id: bytes | None = None) -> Started:
    person = await stores.people.mint(make_person())
    started = await sessions_of(stores).start(person, SIGN_IN, NOW, session_id)
    assert started is not None
    return started


async def test_a_session_is_read_by_its_cookie(stores: Stores) -> None:
    started = await start(stores)
    assert await sessions_of(stores).get(started.cookie, NOW) == started.session
    assert len(started.cookie) <= COOKIE_LIMIT
    assert len(started.session.user_agent) == 256
    assert started.cookie not in repr(started)


async def test_what_opens_a_session_is_not_in_the_store(stores: Stores) -> None:
    started = await start(stores, session_id=b"s" * 32)
    assert ("s" * 32) not in repr(await stores.sessions.get(started.session.ref))
    assert started.session.ref != (b"s" * 32).hex()


async def test_each_sign_in_has_a_new_id(stores: Stores) -> None:
    assert (await start(stores)).session.ref != (await start(stores)).session.ref


@pytest.mark.parametrize("cookie", [None, "", "guess", "é", "x" * (COOKIE_LIMIT + 1)])
async def test_a_foreign_cookie_opens_nothing(stores: Stores, cookie: str | None) -> None:
    assert await sessions_of(stores).get(cookie, NOW) is None


async def test_a_seal_of_another_kind_opens_nothing(stores: Stores) -> None:
    for purpose in KeyPurpose:
        for use in (b"__Host-gongpai_gate", b"__Host-gongpai_session"):
            sealed = stores.ring.seal(purpose, b"\x00", use)
            assert await sessions_of(stores).get(sealed.decode(), NOW) is None


async def test_an_idle_session_ends_and_use_prolongs_it(stores: Stores) -> None:
    sessions, started = sessions_of(stores), await start(stores)
    assert await sessions.get(started.cookie, NOW + timedelta(hours=7)) is not None
    assert await sessions.get(started.cookie, NOW + timedelta(hours=11)) is not None
    idle = await start(stores)
    assert await sessions.get(idle.cookie, NOW + timedelta(hours=8)) is None


async def test_no_use_prolongs_a_session_beyond_its_end(stores: Stores) -> None:
    sessions, started = sessions_of(stores), await start(stores)
    seen = await sessions.get(started.cookie, NOW + timedelta(hours=7))
    assert seen is not None
    assert seen.idle_expires_at == started.session.expires_at
    assert await sessions.get(started.cookie, NOW + timedelta(hours=12)) is None


async def test_a_cookie_and_a_session_each_end_by_themselves(stores: Stores) -> None:
    # A store that was brought back from a copy may tell of a longer life than either.
    sessions, started = sessions_of(stores), await start(stores)
    second = timedelta(seconds=1)
    short = seal_session(stores.ring, b"s" * 32, NOW + second)
    assert open_session(stores.ring, short, NOW) == b"s" * 32
    assert open_session(stores.ring, short, NOW + second) is None
    over = replace(started.session, ref="over", idle_expires_at=NOW + timedelta(days=1), expires_at=NOW + second)
    assert await stores.sessions.put(over)
    assert await sessions.look("over", NOW) == over
    assert await sessions.look("over", NOW + second) is None


async def test_a_session_seen_often_is_written_once_a_minute(stores: Stores) -> None:
    sessions, started = sessions_of(stores), await start(stores)
    soon = await sessions.get(started.cookie, NOW + timedelta(seconds=59))
    later = await sessions.get(started.cookie, NOW + timedelta(seconds=60))
    assert soon is not None
    assert later is not None
    assert (soon.seen_at, later.seen_at) == (NOW, NOW + timedelta(seconds=60))


async def test_an_ended_session_is_gone_at_once(stores: Stores) -> None:
    sessions, started = sessions_of(stores), await start(stores)
    assert await sessions.find(started.session.subject, NOW) == [started.session]
    assert await sessions.end(started.session, EndReason.SIGN_OUT, NOW)
    assert await sessions.get(started.cookie, NOW) is None
    assert await sessions.find(started.session.subject, NOW) == []


async def test_every_end_is_recorded_once_with_its_reason(stores: Stores) -> None:
    events: list[AuditEvent] = []

    async def record(event: AuditEvent, _now: datetime) -> None:
        events.append(event)

    sessions = Sessions(stores.sessions, stores.session_facts, stores.ring, SessionLimits(), record)
    for reason in EndReason:
        session = (await start(stores)).session
        ends = [await sessions.end(session, reason, NOW, ip="203.0.113.9") for _ in range(2)]
        assert ends == [True, False]
        who, facts = (session.subject, session.ref, "main", "203.0.113.9"), {"reason": reason.value}
        assert events.pop() == AuditEvent("session.ended", *who, facts=facts)
    assert events == []


class EndingStore:
    """A store in which every session ends between reading and touching it."""

    def __init__(self, stores: Stores) -> None:
        self._sessions = stores.sessions

    async def put(self, session: Session) -> bool:
        return await self._sessions.put(session)

    async def get(self, ref: str) -> Session | None:
        session = await self._sessions.get(ref)
        await self._sessions.end(ref, EndReason.RETIRED, NOW)
        return session

    async def find(self, subject: str, now: datetime) -> list[Session]:
        return await self._sessions.find(subject, now)

    async def touch(self, ref: str, seen_at: datetime, idle_expires_at: datetime) -> bool:
        return await self._sessions.touch(ref, seen_at, idle_expires_at)

    async def end(self, ref: str, reason: EndReason, now: datetime, successor: Session | None = None) -> bool:
        return await self._sessions.end(ref, reason, now, successor)


async def test_a_session_that_ends_while_it_is_read_is_not_returned(stores: Stores) -> None:
    started = await start(stores)
    audit = Audit(stores.audit, SECRET_KEY)
    sessions = Sessions(EndingStore(stores), stores.session_facts, stores.ring, SessionLimits(), audit.record)
    assert await sessions.get(started.cookie, NOW + timedelta(minutes=2)) is None


async def test_the_browser_that_began_can_be_answered_again_while_the_session_lives(stores: Stores) -> None:
    sessions, started = sessions_of(stores), await start(stores, session_id=b"s" * 32)
    again = await sessions.again(b"s" * 32, NOW)
    assert again is not None
    assert again.cookie != started.cookie
    assert await sessions.get(again.cookie, NOW) == started.session
    await sessions.end(started.session, EndReason.SIGN_OUT, NOW)
    assert await sessions.again(b"s" * 32, NOW) is None
    assert await sessions.again(b"t" * 32, NOW) is None


async def test_a_retired_person_gets_no_session(stores: Stores) -> None:
    person = await stores.people.mint(make_person())
    await stores.people.retire(person.subject, NOW)
    assert await sessions_of(stores).start(person, SIGN_IN, NOW) is None


async def test_a_profile_is_refreshed_while_the_session_lives(stores: Stores) -> None:
    sessions, started = sessions_of(stores), await start(stores)
    later, profile = NOW + timedelta(hours=1), Profile(department_ids=(7,))
    fresh = await sessions.refresh(started.session, profile, 2, later, "rules")
    assert fresh is not None
    assert (fresh.profile, fresh.epoch, fresh.checked_at, fresh.policy) == (profile, 2, later, "rules")
    await sessions.end(started.session, EndReason.DENIED, NOW)
    assert await sessions.refresh(started.session, profile, 3, later, "rules") is None


async def test_a_disclosure_lies_sealed_in_its_session_and_is_erased(stores: Stores) -> None:
    sessions, started = sessions_of(stores), await start(stores)
    assert sessions.open_disclosure(started.session) is None
    disclosure = Disclosure(NOW, {"mobile": Fact("auth/getuserdetail", NOW, "13800000000")})
    session = await sessions.disclose(started.session, disclosure)
    assert session is not None
    assert session.disclosure is not None
    assert b"13800000000" not in session.disclosure
    assert sessions.open_disclosure(session) == disclosure
    other = await sessions.disclose((await start(stores)).session, disclosure)
    assert other is not None
    assert sessions.open_disclosure(replace(other, disclosure=session.disclosure)) is None  # moved to another row
    # Nor does a row that was given to somebody else, by whoever can write to the database (T28).
    for changed in (replace(session, subject="other"), replace(session, corpid="wwother")):
        assert sessions.open_disclosure(changed) is None
    later = NOW + timedelta(minutes=1)
    await sessions.erase_disclosure(session, later)
    kept = await stores.sessions.get(session.ref)
    assert kept is not None
    erased = Fact("auth/getuserdetail", later, None, "erased")
    assert sessions.open_disclosure(kept) == Disclosure(NOW, {"mobile": erased})
    await sessions.erase_disclosure(kept, later + timedelta(minutes=1))
    assert await stores.sessions.get(session.ref) is not None
    await sessions.erase_disclosure(started.session, later)
    emptied = await stores.sessions.get(session.ref)
    assert emptied is not None
    assert emptied.disclosure is None
    await sessions.end(session, EndReason.SIGN_OUT, NOW)
    assert await sessions.disclose(session, disclosure) is None


async def test_what_was_erased_meanwhile_does_not_come_back(stores: Stores) -> None:
    sessions, started = sessions_of(stores), await start(stores)
    given = Disclosure(NOW, {"mobile": Fact("auth/getuserdetail", NOW, "13800000000")})
    first = await sessions.amend(started.session, given)
    assert first is not None
    assert sessions.open_disclosure(first) == given
    await sessions.erase_disclosure(first, NOW)
    more = replace(given, facts={**given.facts, "address": Fact("auth/getuserdetail", NOW, None, "skipped")})
    assert await sessions.amend(first, more) is None
    kept = await stores.sessions.get(first.ref)
    assert kept is not None
    erased = sessions.open_disclosure(kept)
    assert erased is not None
    assert erased.facts["mobile"].value is None


async def test_a_look_at_a_session_leaves_no_trace(stores: Stores) -> None:
    sessions, started = sessions_of(stores), await start(stores)
    later = NOW + timedelta(hours=1)
    assert await sessions.peek(started.cookie, later) == started.session
    assert await sessions.look(started.session.ref, later) == started.session
    assert await stores.sessions.get(started.session.ref) == started.session
    assert await sessions.peek(None, later) is None
    assert await sessions.look(started.session.ref, started.session.idle_expires_at) is None
    assert await sessions.look("unknown", later) is None
