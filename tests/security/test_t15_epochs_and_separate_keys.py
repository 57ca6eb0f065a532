"""T15: an epoch forces one read; session and gate keys differ; a key retires before 2^32 seals."""

from gongpai.gateway.gate import Ask, GateCookie, Pass, ReadStore, Refusal, Refuse, check, seal_gate
from gongpai.gateway.keys import MOST_SEALS, ROTATE_AT_SEALS
from gongpai.gateway.news import Heard, NewsFeed
from gongpai.gateway.records import KeyPurpose
from gongpai.gateway.ring import KeyRing
from gongpai.gateway.session import open_session, seal_session
from gongpai.gateway.store.open import Stores
from memory import NOW, make_person

SECOND = int(NOW.timestamp())


def cookie_of(subject: str, epoch: int) -> GateCookie:
    return GateCookie("ref", subject.encode(), b"lisi", b"", b"", epoch, SECOND, SECOND + 43_200)


def verdict(ring: KeyRing, heard: Heard, cookie: GateCookie) -> object:
    heard.catch_up(0.0)
    return check(seal_gate(ring, cookie, b"app"), b"app", ring, heard, SECOND, 0.0)


async def test_a_raised_epoch_forces_one_read_of_that_person_alone(stores: Stores) -> None:
    person = await stores.people.mint(make_person())

    async def no_keys(_now: object) -> None:
        pass

    feed = NewsFeed(stores.news, stores.driver, no_keys)
    old = cookie_of(person.subject, person.epoch)
    assert isinstance(verdict(stores.ring, feed.heard, old), Pass)
    epoch = await stores.people.raise_epoch(person.subject, NOW.replace(year=NOW.year + 1))
    await feed.catch_up()
    assert verdict(stores.ring, feed.heard, old) == ReadStore(old, Ask.EPOCH)
    assert isinstance(verdict(stores.ring, feed.heard, cookie_of(person.subject, epoch)), Pass)
    assert isinstance(verdict(stores.ring, feed.heard, cookie_of("another", 0)), Pass)


async def test_a_session_cookie_opens_no_gate_and_a_gate_cookie_no_session(stores: Stores) -> None:
    heard = Heard()
    heard.catch_up(0.0)
    session = seal_session(stores.ring, b"i" * 32, NOW.replace(year=NOW.year + 1))
    assert check(session.encode(), b"app", stores.ring, heard, SECOND, 0.0) == Refuse(Refusal.NOT_OURS)
    gate = seal_gate(stores.ring, cookie_of("subject", 0), b"app")
    assert gate is not None
    assert open_session(stores.ring, gate.decode(), NOW) is None
    assert open_session(stores.ring, session, NOW) == b"i" * 32


async def test_session_gate_and_kept_things_have_keys_of_their_own(stores: Stores) -> None:
    keys = await stores.keys.find()
    assert len({key.sealed for key in keys}) == len(keys) == len(KeyPurpose)


def test_a_key_is_replaced_long_before_its_bound() -> None:
    assert ROTATE_AT_SEALS * 2 <= MOST_SEALS == 2**32
