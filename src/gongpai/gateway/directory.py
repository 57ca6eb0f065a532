"""What WeCom's directory says of members and departments, read as seldom as its age allows."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from gongpai.gateway.records import DirectoryEntry, HeldName
from gongpai.gateway.store.ports import DirectoryStore
from gongpai.wecom.models import AccountKey, Department, DepartmentNode, UserProfile

_DEPARTMENTS_AGE = timedelta(minutes=10)
# A company hardly ever changes its name.
COMPANY_AGE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class HeldProfile:
    """A member's profile and when it was read."""

    profile: UserProfile
    fetched_at: datetime


class Directory:
    """Profiles and department trees, kept in the store for the whole fleet."""

    def __init__(self, store: DirectoryStore, profile_age: timedelta) -> None:
        self._store = store
        self._profile_age = profile_age
        self._reading: dict[str, asyncio.Future[HeldProfile]] = {}

    async def get_profile(
        self,
        key: AccountKey,
        agentid: int,
        fetch: Callable[[], Awaitable[UserProfile]],
        now: datetime,
        *,
        fresh: bool = False,
    ) -> HeldProfile:
        """Return the profile of *key*; *fetch* is awaited if none is held, it is too old, or *fresh* asks so.

        Each app has its own: who is visible to one may be invisible to another. What *fetch* raises goes through, and
        nothing is kept then.
        """
        name = _profile_name(key, agentid)
        held = None if fresh else await self._store.get(name)
        if held is not None and _age(held, now) < self._profile_age:
            try:
                return HeldProfile(msgspec.json.decode(held.body, type=UserProfile), held.fetched_at)
            except msgspec.MsgspecError:
                pass  # written by another version: read it again
        # Whoever asks while it is being read waits for the same answer.
        if name not in self._reading:
            self._reading[name] = asyncio.ensure_future(self._read_profile(name, fetch, now))
            self._reading[name].add_done_callback(lambda _: self._reading.pop(name))
        return await asyncio.shield(self._reading[name])

    async def _read_profile(self, name: str, fetch: Callable[[], Awaitable[UserProfile]], now: datetime) -> HeldProfile:
        # Sensitive fields, which WeCom gives to old apps here, are shown only where the member disclosed them, and are
        # never kept outside a session (T28).
        profile = replace(await fetch(), detail=None, extra={})
        await self._store.put(DirectoryEntry(name, msgspec.json.encode(profile), now))
        return HeldProfile(profile, now)

    async def get_parents(
        self, corpid: str, agentid: int, fetch: Callable[[], Awaitable[Sequence[DepartmentNode]]], now: datetime
    ) -> Mapping[int, int]:
        """Return the way up from each department that the app may see, read by *fetch* if what is held is too old."""
        name = f"departments {corpid} {agentid}"
        held = await self._store.get(name)
        if held is not None and _age(held, now) < _DEPARTMENTS_AGE:
            return msgspec.json.decode(held.body, type=dict[int, int])
        parents = {node.id: node.parent_id for node in await fetch()}
        await self._store.put(DirectoryEntry(name, msgspec.json.encode(parents), now))
        return parents

    async def get_department_name(
        self,
        corpid: str,
        agentid: int,
        department_id: int,
        fetch: Callable[[], Awaitable[Department]],
        now: datetime,
        *,
        max_age: timedelta = _DEPARTMENTS_AGE,
    ) -> HeldName:
        """Return the name of a department, read by *fetch* if what is held is older than *max_age*."""
        name = f"department {corpid} {agentid} {department_id}"
        held = await self._store.get(name)
        if held is not None and _age(held, now) < max_age:
            return HeldName(held.body.decode(), held.fetched_at)
        department = await fetch()
        await self._store.put(DirectoryEntry(name, department.name.encode(), now))
        return HeldName(department.name, now)


def _age(held: DirectoryEntry, now: datetime) -> timedelta:
    # What a clock that ran ahead has read is as doubtful as what is as old.
    return abs(now - held.fetched_at)


def _profile_name(key: AccountKey, agentid: int) -> str:
    # Ids are visible ASCII, so a blank keeps the parts apart.
    return f"profile {agentid} {key.asserting_corpid} {key.home_corpid} {key.userid} {key.kind.value}"
