"""The member comes back from WeCom's consent page: keep what they disclosed, or that they refused."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from gongpai.gateway.audit import Audit, AuditEvent
from gongpai.gateway.errors import Reason, RefusedError, StartAgainError
from gongpai.gateway.flow.callback import Finished, Returned
from gongpai.gateway.flow.sensitive import SOURCE, added
from gongpai.gateway.policy import require_member
from gongpai.gateway.records import Disclosure, Fact, Handoff, HandoffOutcome, Session
from gongpai.gateway.session import Sessions
from gongpai.gateway.store.ports import HandoffStore
from gongpai.gateway.web.visit import Visit
from gongpai.wecom.client import AsyncWeComClient
from gongpai.wecom.errors import DeniedError, TicketRejectedError
from gongpai.wecom.models import Field, Gender, UserDetail


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks WeCom what the member of a session disclosed."""

    clients: Mapping[str, AsyncWeComClient]
    clock: Callable[[], datetime]

    async def ask(self, returned: Returned, session: Session) -> Disclosure:
        """Return what the member discloses; refusing is an answer too.

        Raises:
            RefusedError: another person than the session's consented; what they disclosed was not read.
            WeComError: WeCom could not say.
        """
        if returned.code is None:
            return _nothing("member_refused", self.clock())
        client = self.clients[returned.attempt.app]
        member = require_member(await client.identify(returned.code))
        key = member.key
        if (key.asserting_corpid, key.userid, key.kind.value) != (session.corpid, session.userid, session.kind):
            raise RefusedError(Reason.OTHER_PERSON)
        if member.user_ticket is None:
            return _nothing("not_visible", self.clock())
        try:
            detail = await client.get_user_detail(member.user_ticket)
        except DeniedError:
            return _nothing("not_visible", self.clock())
        except TicketRejectedError:
            return _nothing("expired", self.clock())
        return disclosure_of(detail, self.clock())


@dataclass(frozen=True, slots=True)
class Disclose:
    """Settles a trip whose purpose was disclosure to the browser's own session."""

    asker: Asker
    sessions: Sessions
    audit: Audit
    clock: Callable[[], datetime]

    async def __call__(self, visit: Visit, returned: Returned, session: Session | None) -> Finished:
        """Keep the answer in the session that asked.

        Raises:
            StartAgainError: the session that asked is not this browser's any more.
            RefusedError: another person consented; what they disclosed was not read.
        """
        attempt = returned.attempt
        if session is None or session.ref != attempt.session_ref:
            raise StartAgainError(Reason.STATE_EXPIRED)
        disclosure = await self.asker.ask(returned, session)
        if await self.sessions.disclose(session, disclosure) is None:
            raise StartAgainError(Reason.STATE_EXPIRED)
        await self.audit.record(_answered(disclosure, session, visit), self.clock())
        return Finished(attempt)


@dataclass(frozen=True, slots=True)
class DiscloseElsewhere:
    """Settles a phone's trip for a session at a desk (T19): it may add to what that session knows, and nothing else."""

    asker: Asker
    handoffs: HandoffStore
    sessions: Sessions
    audit: Audit
    clock: Callable[[], datetime]

    async def __call__(self, visit: Visit, returned: Returned, _session: Session | None) -> Finished:
        """Add the answer to the desk's session, whoever is signed in on the phone.

        Raises:
            StartAgainError: the hand-off is over, or the session at the desk is.
            RefusedError: another person consented; what they disclosed was not read, and the hand-off is burnt.
        """
        handoff = await self.handoffs.get(returned.attempt.handoff or "", self.clock())
        if handoff is None or handoff.outcome is not None:
            raise StartAgainError(Reason.STATE_EXPIRED)
        outcome = HandoffOutcome.FAILED
        try:
            await self._add(visit, returned, handoff)
            outcome = HandoffOutcome.ANSWERED
        except RefusedError as error:
            outcome = HandoffOutcome.OTHER_PERSON
            facts = {"reason": error.reason.value}
            event = AuditEvent(
                "handoff.burnt", handoff.subject, handoff.session_ref, handoff.app, visit.address, facts=facts
            )
            await self.audit.record(event, self.clock())
            raise
        finally:
            await self.handoffs.finish(handoff.ref, outcome)
        return Finished(returned.attempt)

    async def _add(self, visit: Visit, returned: Returned, handoff: Handoff) -> None:
        session = await self.sessions.look(handoff.session_ref, self.clock())
        if session is None or session.subject != handoff.subject:
            raise StartAgainError(Reason.STATE_EXPIRED)
        disclosure = await self.asker.ask(returned, session)
        # WeCom took its time: the session may know more by now.
        session = await self.sessions.look(session.ref, self.clock())
        before = None if session is None else self.sessions.open_disclosure(session)
        if session is None or await self.sessions.amend(session, added(before, disclosure)) is None:
            raise StartAgainError(Reason.STATE_EXPIRED)
        await self.audit.record(_answered(disclosure, session, visit), self.clock())


def disclosure_of(detail: UserDetail, now: datetime) -> Disclosure:
    """Return what *detail* shows; WeCom does not say who withheld the rest, the administrator or the member."""
    values: dict[Field, str | None] = {name: getattr(detail, name.value) for name in Field if name is not Field.GENDER}
    values[Field.GENDER] = None if detail.gender is Gender.UNDEFINED else detail.gender.name.lower()
    facts = {
        name.value: Fact(SOURCE, now, value, None if value is not None else "not_given")
        for name, value in values.items()
    }
    return Disclosure(now, facts)


def _nothing(reason: str, now: datetime) -> Disclosure:
    return Disclosure(now, {name.value: Fact(SOURCE, now, None, reason) for name in Field})


def _answered(disclosure: Disclosure, session: Session, visit: Visit) -> AuditEvent:
    given = sorted(name for name, fact in disclosure.facts.items() if fact.value is not None)
    facts = {"fields": " ".join(given)}
    return AuditEvent("disclosure.answered", session.subject, session.ref, session.app, visit.address, facts=facts)
