import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from gongpai.gateway.directory import COMPANY_AGE, Directory
from gongpai.gateway.records import DirectoryEntry, HeldName
from gongpai.gateway.store.open import Stores
from gongpai.wecom.errors import TransportError
from gongpai.wecom.models import Department, DepartmentNode, Gender, Member, Status, UserDetail, UserProfile
from memory import NOW

KEY = Member("wwcorp", "lisi").key
AGE = timedelta(hours=1)
PROFILE = UserProfile("lisi", "李四", (1, 2), Status.ACTIVE, position="cook")


class WeCom:
    """Answers what a test put in, and counts the questions."""

    def __init__(self, profile: UserProfile = PROFILE) -> None:
        self.profile = profile
        self.asked = 0
        self.is_down = False

    async def get_user(self) -> UserProfile:
        self.asked += 1
        await asyncio.sleep(0)
        if self.is_down:
            raise TransportError("no answer")
        return self.profile

    async def list_departments(self) -> list[DepartmentNode]:
        self.asked += 1
        return [DepartmentNode(1, 0), DepartmentNode(2, 1)]

    async def get_department(self) -> Department:
        self.asked += 1
        return Department(2, "厨房", 1)


async def test_a_profile_is_read_once_while_it_is_young(stores: Stores) -> None:
    directory, wecom = Directory(stores.directory, AGE), WeCom()
    first = await directory.get_profile(KEY, 7, wecom.get_user, NOW)
    again = await Directory(stores.directory, AGE).get_profile(KEY, 7, wecom.get_user, NOW + AGE / 2)
    assert first == again
    assert (again.profile, again.fetched_at, wecom.asked) == (PROFILE, NOW, 1)
    old = await directory.get_profile(KEY, 7, wecom.get_user, NOW + AGE)
    assert (old.fetched_at, wecom.asked) == (NOW + AGE, 2)


async def test_what_a_clock_that_ran_ahead_has_read_is_not_young_for_hours(stores: Stores) -> None:
    directory, wecom = Directory(stores.directory, AGE), WeCom()
    await directory.get_profile(KEY, 7, wecom.get_user, NOW + 5 * AGE)
    await directory.get_profile(KEY, 7, wecom.get_user, NOW)
    await directory.get_profile(KEY, 7, wecom.get_user, NOW + AGE / 2)
    assert wecom.asked == 2


async def test_each_app_sees_for_itself_and_a_fresh_look_asks(stores: Stores) -> None:
    directory, wecom = Directory(stores.directory, AGE), WeCom()
    await directory.get_profile(KEY, 7, wecom.get_user, NOW)
    await directory.get_profile(KEY, 8, wecom.get_user, NOW)
    await directory.get_profile(KEY, 7, wecom.get_user, NOW, fresh=True)
    assert wecom.asked == 3


async def test_whoever_asks_meanwhile_waits_for_the_same_answer(stores: Stores) -> None:
    directory, wecom = Directory(stores.directory, AGE), WeCom()
    held = await asyncio.gather(*(directory.get_profile(KEY, 7, wecom.get_user, NOW) for _ in range(10)))
    assert wecom.asked == 1
    assert len(set(map(repr, held))) == 1


async def test_a_failure_goes_through_and_keeps_nothing(stores: Stores) -> None:
    directory, wecom = Directory(stores.directory, AGE), WeCom()
    wecom.is_down = True
    with pytest.raises(TransportError):
        await directory.get_profile(KEY, 7, wecom.get_user, NOW)
    wecom.is_down = False
    assert (await directory.get_profile(KEY, 7, wecom.get_user, NOW)).profile == PROFILE


async def test_sensitive_fields_of_an_old_app_are_never_kept(stores: Stores) -> None:
    detail = UserDetail("lisi", Gender.MALE, mobile="13800000000")
    wecom = WeCom(replace(PROFILE, detail=detail, extra={"telephone": "13800000000"}))
    held = await Directory(stores.directory, AGE).get_profile(KEY, 7, wecom.get_user, NOW)
    assert held.profile == PROFILE
    entry = await stores.directory.get("profile 7 wwcorp wwcorp lisi member")
    assert entry is not None
    assert b"13800000000" not in entry.body


async def test_an_entry_of_another_version_is_read_again(stores: Stores) -> None:
    directory, wecom = Directory(stores.directory, AGE), WeCom()
    await stores.directory.put(DirectoryEntry("profile 7 wwcorp wwcorp lisi member", b'{"other": 1}', NOW))
    assert (await directory.get_profile(KEY, 7, wecom.get_user, NOW)).profile == PROFILE


async def test_departments_are_read_once_in_ten_minutes(stores: Stores) -> None:
    directory, wecom = Directory(stores.directory, AGE), WeCom()
    for minutes in (0, 9):
        now = NOW + timedelta(minutes=minutes)
        assert await directory.get_parents("wwcorp", 7, wecom.list_departments, now) == {1: 0, 2: 1}
        assert await directory.get_department_name("wwcorp", 7, 2, wecom.get_department, now) == HeldName("厨房", NOW)
    assert wecom.asked == 2
    await directory.get_parents("wwcorp", 7, wecom.list_departments, NOW + timedelta(minutes=10))
    later = NOW + timedelta(minutes=10)
    fresh = await directory.get_department_name("wwcorp", 7, 2, wecom.get_department, later)
    assert fresh.fetched_at == later
    assert wecom.asked == 4
    await directory.get_department_name(
        "wwcorp", 7, 2, wecom.get_department, later + timedelta(hours=23), max_age=COMPANY_AGE
    )
    assert wecom.asked == 4
