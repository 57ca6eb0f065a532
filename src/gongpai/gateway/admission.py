"""From an identity that WeCom asserts to a person who may come in, now and again later (T7 to T9)."""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from gongpai.gateway import metrics
from gongpai.gateway.audit import Audit, AuditEvent
from gongpai.gateway.config import AppConfig, Config
from gongpai.gateway.directory import COMPANY_AGE, Directory, HeldProfile
from gongpai.gateway.errors import Reason, RefusedError
from gongpai.gateway.logs import logger
from gongpai.gateway.policy import (
    admit,
    asks_departments,
    fingerprint,
    reason_for,
    require_member,
    require_not_named,
)
from gongpai.gateway.records import EndReason, Fact, HeldName, Person, Profile, Session
from gongpai.gateway.session import Sessions
from gongpai.gateway.store.ports import PeopleStore
from gongpai.wecom.client import AsyncWeComClient
from gongpai.wecom.errors import ApiError, DeniedError, InputError, TransportError
from gongpai.wecom.models import AccountKey, Department, Identity, Member, UserProfile

_SOURCE = "user/get"
_ROOT_DEPARTMENT = 1
_log = logger("admission")


@dataclass(frozen=True, slots=True)
class Admitted:
    """A person who may come in, as WeCom knows them now."""

    member: Member
    person: Person
    profile: Profile
    checked_at: datetime
    """When the profile was read."""
    policy: str
    """The fingerprint of the policy that admits them."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Applies the policy to what WeCom's directory says."""

    config: Config
    clients: Mapping[str, AsyncWeComClient]
    directory: Directory
    people: PeopleStore
    sessions: Sessions
    audit: Audit
    new_subject: Callable[[], str]
    clock: Callable[[], datetime]

    async def admit(self, settings: AppConfig, identity: Identity) -> Admitted:
        """Return the person behind *identity*.

        Raises:
            RefusedError: they stay out, for a reason of their own kind.
            WeComError: their profile could not be read; nobody comes in unread.
        """
        member = require_member(identity)
        known = await self._look(settings, member)
        now = self.clock()
        person = await self.people.mint(Person(self.new_subject(), member.key, 0, now))
        profile = profile_of(known.profile, known.fetched_at)
        return Admitted(member, person, profile, known.fetched_at, fingerprint(settings.policy))

    async def recheck(self, session: Session) -> Session | None:
        """Return *session* with a profile that is fresh enough, judged by the policy of now; None if it ended.

        WeCom that cannot say keeps it for the configured grace and no longer (T9).

        Raises:
            RefusedError: the person may not be here any more; the session has ended.
        """
        settings = self.config.app_of(session.app, session.corpid)
        if settings is None:
            await self._end(session, "app_gone")
            return None
        limits = self.config.session
        now = self.clock()
        # What a clock that ran ahead has read is as doubtful as what is as old.
        age = abs(now - session.checked_at)
        policy = fingerprint(settings.policy)
        if age <= limits.profile_age and session.policy == policy:
            return session
        member = Member(settings.app.corpid, session.userid, encrypted_ids=settings.app.encrypted_ids)
        try:
            known = await self._look(settings, member)
        except RefusedError as error:
            await self._end_all(session, error.reason.value)
            raise
        except (ApiError, TransportError) as error:
            _report(error)
            if age <= limits.profile_age + limits.grace:
                return session
            await self._end(session, "unchecked")
            return None
        profile, epoch = profile_of(known.profile, known.fetched_at), session.epoch
        if policy != session.policy or _has_moved(session.profile, profile):
            # Whatever cookie of theirs is sealed with less than this is read against the store once (T15).
            epoch = await self.people.raise_epoch(session.subject, now + limits.absolute)
        return await self.sessions.refresh(session, profile, epoch, known.fetched_at, policy)

    async def look_again(self, settings: AppConfig, person: Person) -> Profile:
        """Return the profile of somebody whose session is over but whose grant is not.

        Raises:
            RefusedError: they may not be here any more.
            WeComError: what is held is too old, and WeCom did not answer.
        """
        member = Member(settings.app.corpid, person.key.userid, encrypted_ids=settings.app.encrypted_ids)
        known = await self._look(settings, member)
        return profile_of(known.profile, known.fetched_at)

    async def department_names(self, settings: AppConfig, ids: Collection[int]) -> Mapping[int, str]:
        """Return the names of those departments that the app may read; a page is shown without the others."""
        client, app, now = self.clients[settings.name], settings.app, self.clock()
        names = {}
        for each in ids:
            fetch = partial(_read_department, client, each)
            with suppress(ApiError, TransportError):
                held = await self.directory.get_department_name(app.corpid, app.agentid, each, fetch, now)
                names[each] = held.name
        return {department: name for department, name in names.items() if name}

    async def get_parents(self, settings: AppConfig) -> Mapping[int, int]:
        """Return the way up from each department that the app may see.

        Raises:
            WeComError: WeCom could not be asked, and what is held is too old.
        """
        client, app = self.clients[settings.name], settings.app
        return await self.directory.get_parents(app.corpid, app.agentid, client.list_departments, self.clock())

    async def company(self, settings: AppConfig) -> HeldName | None:
        """Return the company's name, which is that of its root department, if the app may read it.

        Source: WeCom 90208: the id of the root department is 1.
        """
        client, app, now = self.clients[settings.name], settings.app, self.clock()
        fetch = partial(_read_department, client, _ROOT_DEPARTMENT)
        with suppress(ApiError, TransportError):
            held = await self.directory.get_department_name(
                app.corpid, app.agentid, _ROOT_DEPARTMENT, fetch, now, max_age=COMPANY_AGE
            )
            return held if held.name else None
        return None

    async def _look(self, settings: AppConfig, member: Member) -> HeldProfile:
        client, app, now = self.clients[settings.name], settings.app, self.clock()
        require_not_named(member, settings.policy)
        try:
            fetch = partial(client.get_user, member.userid)
            known = await self.directory.get_profile(member.key, app.agentid, fetch, now)
        except DeniedError as error:
            reason = reason_for(error)
            if reason is Reason.UNKNOWN_MEMBER:
                await self._retire(member.key, now)
            raise RefusedError(reason) from None
        parents = await self.get_parents(settings) if asks_departments(settings.policy) else {}
        admit(member, known.profile, settings.policy, parents)
        return known

    async def _retire(self, key: AccountKey, now: datetime) -> None:
        """Retire whoever held the userid: it may be given to somebody else (T8)."""
        for person in await self.people.find(key):
            if person.retired_at is None:
                ended = await self.people.retire(person.subject, now)
                await self.audit.record(AuditEvent("person.retired", person.subject), now)
                await self.sessions.record_retired(person.subject, ended, now)

    async def _end_all(self, session: Session, reason: str) -> None:
        """End with *session* every other that its person has through the same app: the same rule is against them."""
        for each in await self.sessions.find(session.subject, self.clock()):
            if each.app == session.app:
                await self._end(each, reason)

    async def _end(self, session: Session, reason: str) -> None:
        await self.sessions.end(session, EndReason.DENIED, self.clock(), because=reason)


def _report(error: ApiError | TransportError) -> None:
    errcode = str(error.errcode) if isinstance(error, ApiError) else ""
    metrics.wecom_failures.labels(type(error).__name__, errcode).inc()
    _log.error("recheck_failed", error=type(error).__name__, cause=str(error))


def _has_moved(old: Profile, new: Profile) -> bool:
    """Whether departments or status differ, on which rules and groups depend."""
    statuses = {fact.value for fact in (old.facts.get("status"), new.facts.get("status")) if fact is not None}
    return set(old.department_ids) != set(new.department_ids) or len(statuses) > 1


async def _read_department(client: AsyncWeComClient, department_id: int) -> Department:
    """Read a department; one that the app may not see has no name, and that is kept too, to be asked for seldom."""
    try:
        return await client.get_department(department_id)
    except (DeniedError, InputError):
        return Department(department_id, "", 0)


def profile_of(profile: UserProfile, fetched_at: datetime) -> Profile:
    """Return what a session keeps of *profile*, each fact with its source and time."""
    main = profile.main_department
    values: dict[str, str | tuple[str, ...] | None] = {
        "userid": profile.userid,
        # WeCom gives some apps the userid for a name; then there is no name (WeCom 96079).
        "name": None if not profile.name or profile.name == profile.userid else profile.name,
        "departments": tuple(str(department) for department in profile.departments) or None,
        "main_department": None if main is None else str(main),
        "position": profile.position,
        "alias": profile.alias,
        "status": profile.status.name.lower(),
    }
    facts = {
        name: Fact(_SOURCE, fetched_at, value, None if value is not None else "not_in_profile")
        for name, value in values.items()
    }
    return Profile(facts, profile.departments)
