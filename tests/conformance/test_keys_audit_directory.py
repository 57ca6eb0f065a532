"""The ports of keys, the audit log, directory entries and clean-up, on both databases."""

import asyncio
from datetime import timedelta

import pytest

from gongpai.gateway.records import AuditRecord, DirectoryEntry, KeyPurpose, NewsKind, SealedKey, SeenCode
from gongpai.gateway.store.open import Stores
from gongpai.gateway.store.ports import CLOCKS_DIFFER
from memory import NOW, make_attempt, make_person, make_session, newest_news, tell

pytestmark = [pytest.mark.services, pytest.mark.parametrize("backend", ["sqlite", "postgres"], indirect=True)]


def _key(key_id: str, **changes: object) -> SealedKey:
    key = {"key_id": key_id, "purpose": KeyPurpose.GATE, "sealed": b"sealed", "created_at": NOW, "activates_at": NOW}
    return SealedKey(**{**key, **changes})  # type: ignore[arg-type]  # checked where the record is made


async def test_of_many_first_keys_at_once_one_is_kept(stores: Stores) -> None:
    for key in await stores.keys.find():
        await stores.keys.revoke(key.key_id, NOW)
    keys = [_key(f"{n:08x}") for n in range(10)]
    added = await asyncio.gather(*(stores.keys.add(key, retire_others_at=None, only_if_none=True) for key in keys))
    assert sorted(added) == [False] * 9 + [True]


async def test_a_new_key_sets_when_the_older_ones_of_its_purpose_retire(stores: Stores) -> None:
    retires_at = NOW + timedelta(days=1)
    new = _key("00000001", activates_at=NOW + timedelta(seconds=5))
    assert await stores.keys.add(new, retire_others_at=retires_at, only_if_none=False)
    found = await stores.keys.find()
    assert found[0] == new
    retiring = {key.purpose for key in found if key.retires_at == retires_at}
    assert retiring == {KeyPurpose.GATE}


async def test_a_revoked_key_is_erased_and_told(stores: Stores) -> None:
    await stores.keys.add(_key("00000001"), retire_others_at=None, only_if_none=False)
    before = await newest_news(stores)
    assert await stores.keys.revoke("00000001", NOW) is KeyPurpose.GATE
    assert await stores.keys.revoke("00000001", NOW) is None
    assert "00000001" not in {key.key_id for key in await stores.keys.find()}
    (news,) = await stores.news.after(before, 10)
    assert news.kind is NewsKind.KEYS_CHANGED
    assert await stores.keys.reserve("00000001", 1) is None


async def test_reservations_of_many_processes_add_up(stores: Stores) -> None:
    await stores.keys.add(_key("00000001"), retire_others_at=None, only_if_none=False)
    sums = await asyncio.gather(*(stores.keys.reserve("00000001", 2**31) for _ in range(4)))
    assert sorted(filter(None, sums)) == [2**31, 2**32, 3 * 2**31, 2**33]


async def test_audit_records_are_read_by_node_in_order_and_putting_again_changes_nothing(stores: Stores) -> None:
    records = [AuditRecord("node", number, NOW, f'{{"n":{number}}}', f"mac{number}") for number in range(1, 6)]
    await stores.audit.put(records[:3])
    await stores.audit.put([AuditRecord("node", 3, NOW, "other", "other"), *records[3:]])
    await stores.audit.put([AuditRecord("elsewhere", 1, NOW, "{}", "mac")])
    assert await stores.audit.find("node", 0, 10) == records
    assert await stores.audit.find("node", 1, 2) == records[1:3]


async def test_a_newer_directory_entry_stays(stores: Stores) -> None:
    new = DirectoryEntry("key", b"new", NOW)
    await asyncio.gather(
        stores.directory.put(new), stores.directory.put(DirectoryEntry("key", b"old", NOW - timedelta(minutes=1)))
    )
    assert await stores.directory.get("key") == new


async def test_a_directory_entry_of_a_clock_that_ran_ahead_is_replaced(stores: Stores) -> None:
    right = DirectoryEntry("key", b"right", NOW)
    await stores.directory.put(DirectoryEntry("key", b"ahead", NOW + timedelta(hours=5)))
    await stores.directory.put(right)
    assert await stores.directory.get("key") == right


async def test_clean_up_takes_what_is_over_in_batches_and_leaves_the_rest(stores: Stores) -> None:
    person = await stores.people.mint(make_person())
    living, over = make_session(person.subject), make_session(person.subject, expires_at=NOW)
    for session in (living, over):
        await stores.sessions.put(session)
    attempts = [make_attempt(browser_hash=f"b{n}", expires_at=NOW) for n in range(5)]
    for attempt in [*attempts, kept := make_attempt()]:
        await stores.attempts.put(attempt, per_browser=5)
    await stores.codes.see(SeenCode("hash", "state", NOW, NOW))
    later = NOW + CLOCKS_DIFFER + timedelta(seconds=1)
    assert await stores.cleaner.sweep(later, 2) == 2 + 1 + 1
    while await stores.cleaner.sweep(later, 2):
        pass
    assert await stores.sessions.get(over.ref) is None
    assert await stores.sessions.get(living.ref) is not None
    assert await stores.attempts.get(kept.state) is not None
    assert await stores.attempts.get(attempts[0].state) is None


async def test_clean_up_never_takes_news_of_keys_before_every_worker_heard_them(stores: Stores) -> None:
    key_id = (await stores.keys.find())[0].key_id
    before = await newest_news(stores)
    await stores.keys.revoke(key_id, NOW)
    await stores.cleaner.sweep(NOW + timedelta(hours=1), 100)
    assert [news.ref for news in await stores.news.after(before, 10)] == [key_id]


async def test_news_of_an_end_stay_until_the_cookie_would_run_out(stores: Stores) -> None:
    until = NOW + timedelta(hours=12)
    before = await newest_news(stores)
    await tell(stores, NewsKind.SESSION_ENDED, "ref", until)
    await stores.cleaner.sweep(until + CLOCKS_DIFFER, 100)
    assert [news.ref for news in await stores.news.after(before, 100)] == ["ref"]
    await stores.cleaner.sweep(until + CLOCKS_DIFFER + timedelta(seconds=1), 100)
    assert await stores.news.after(before, 100) == []
