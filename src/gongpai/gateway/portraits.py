"""What a relying party may be told of a person now: from their session, or from the directory once that is over."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from gongpai.gateway.admission import Admission
from gongpai.gateway.config import Config
from gongpai.gateway.errors import Reason, RefusedError
from gongpai.gateway.oidc.claims import Portrait
from gongpai.gateway.oidc.names import Email, email_of, username_of
from gongpai.gateway.oidc.subjects import subject_for
from gongpai.gateway.policy import asks_departments, may_use, reason_against_way
from gongpai.gateway.records import Profile, Session
from gongpai.gateway.records_provider import ClaimRules, Grant, RelyingParty
from gongpai.gateway.reservations import ReservedNames
from gongpai.gateway.session import Sessions, is_alive
from gongpai.gateway.store.ports import PeopleStore, SessionStore


@dataclass(frozen=True, slots=True)
class Known:
    """A person as far as they are known now; ``session`` is None once the one they signed in with is over."""

    subject: str
    app: str
    corpid: str
    userid: str
    way: str
    profile: Profile = field(repr=False)
    at: datetime
    session: Session | None = None


@dataclass(frozen=True, slots=True)
class Portraits:
    """Knows people again, and tells parties of them."""

    config: Config
    sessions: Sessions
    store: SessionStore
    people: PeopleStore
    names: ReservedNames
    admission: Admission
    pairwise_key: bytes = field(repr=False)

    def subject(self, party: RelyingParty, subject: str) -> str:
        """Return what *party* knows the person by."""
        return subject_for(party, subject, self.pairwise_key)

    async def session_of(self, grant: Grant) -> Session | None:
        """Return the session in which *grant* was given, ended or not."""
        return await self.store.get(grant.session_ref)

    async def know(self, grant: Grant, session: Session | None, now: datetime) -> Known:
        """Return the person of *grant* as they were last read, asking WeCom only if its *session* is over.

        Raises:
            RefusedError: they may not be here any more.
            WeComError: their session is over, what is held is too old, and WeCom did not answer.
        """
        if session is not None and is_alive(session, now) and self.config.app_of(session.app, session.corpid):
            return known_by(session)
        return await self._know_again(grant, now)

    async def recheck(self, grant: Grant, now: datetime) -> Known:
        """As ``know``, but with a profile that is fresh enough: before a grant is prolonged (T9).

        Raises:
            RefusedError: they may not be here any more.
            WeComError: WeCom was needed and did not answer.
        """
        session = await self.session_of(grant)
        if session is not None and is_alive(session, now):
            session = await self.admission.recheck(session)
        if session is not None and is_alive(session, now):
            return known_by(session)
        return await self._know_again(grant, now)

    async def require_may_use(self, party: RelyingParty, known: Known) -> None:
        """Return if the party's policy admits the person, who came as they did (T6).

        Raises:
            RefusedError: it does not.
            WeComError: it asks for departments, and WeCom did not tell them.
        """
        if party.policy.apps and known.app not in party.policy.apps:
            raise RefusedError(Reason.NOT_ALLOWED)
        reason = reason_against_way(party.policy, known.way) or await self.why_not(party, known)
        if reason is not None:
            raise RefusedError(reason)

    async def why_not(self, party: RelyingParty, known: Known) -> Reason | None:
        """Return why the party's policy keeps the person out, if it does.

        Raises:
            WeComError: it asks for departments, and WeCom did not tell them.
        """
        policy = party.policy
        # Which corp's people may use a party is never left open where there are several (T6).
        if self.config.has_several_corps and not policy.corpids:
            return Reason.NOT_ALLOWED
        parents: Mapping[int, int] = {}
        if asks_departments(policy):
            parents = await self.admission.get_parents(self.config.apps[known.app])
        return may_use(policy, known.corpid, known.userid, known.profile.department_ids, parents)

    async def username(self, party: RelyingParty, known: Known, held: str | None = None) -> str:
        """Return the username that *party* knows the person by, reserved for them first (T12).

        *held* is one that was reserved for them before: it stays theirs, and need not be looked for in the store.
        """
        wanted = username_of(known.userid, known.corpid, self._rules(party))
        return wanted if wanted == held else await self.names.username(party.client_id, wanted, known.subject)

    async def draw(
        self, party: RelyingParty, known: Known, scopes: frozenset[str], held: str | None = None
    ) -> Portrait:
        """Return what could be told to *party* within *scopes*; names are reserved for this person first (T12).

        *held* is a username that was reserved for them before, as in ``username``.
        """
        rules = self._rules(party)
        disclosure = None if known.session is None else self.sessions.open_disclosure(known.session)
        corpid = known.corpid
        email: Email | None = None
        if "email" in scopes:
            email = email_of(known.userid, corpid, known.profile, disclosure, rules)
        if email is not None and not await self.names.is_own_email(party.client_id, email.address, known.subject):
            email = None
        username = await self.username(party, known, held) if "profile" in scopes else ""
        return Portrait(
            subject=self.subject(party, known.subject),
            corpid=corpid,
            username=username,
            email=email,
            profile=known.profile,
            disclosure=disclosure,
            updated_at=known.at,
        )

    def _rules(self, party: RelyingParty) -> ClaimRules:
        rules = party.claim_rules
        return replace(rules, is_corp_qualified=True) if self.config.has_several_corps else rules

    async def _know_again(self, grant: Grant, now: datetime) -> Known:
        person = await self.people.get(grant.subject)
        if person is None or person.retired_at is not None:
            raise RefusedError(Reason.UNKNOWN_MEMBER)
        key = person.key
        settings = self.config.app_of(grant.app, key.asserting_corpid)
        if settings is None:
            raise RefusedError(Reason.UNKNOWN_MEMBER)
        profile = await self.admission.look_again(settings, person)
        return Known(person.subject, grant.app, key.asserting_corpid, key.userid, grant.amr[0], profile, now)


def known_by(session: Session) -> Known:
    """Return the person of a living *session*."""
    return Known(
        subject=session.subject,
        app=session.app,
        corpid=session.corpid,
        userid=session.userid,
        way=session.way,
        profile=session.profile,
        at=session.checked_at,
        session=session,
    )
