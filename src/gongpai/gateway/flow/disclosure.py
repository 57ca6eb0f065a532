"""The member comes back from WeCom's consent page: keep what they disclosed, or that they refused."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from gongpai.gateway.audit import Audit, AuditEvent
from gongpai.gateway.errors import Reason, RefusedError, StartAgainError
from gongpai.gateway.flow.callback import Finished, Returned
from gongpai.gateway.policy import require_member
from gongpai.gateway.records import Disclosure, Fact, Session
from gongpai.gateway.session import Sessions
from gongpai.gateway.web.visit import Visit
from gongpai.wecom.client import AsyncWeComClient
from gongpai.wecom.errors import DeniedError, TicketRejectedError
from gongpai.wecom.models import Field, Gender, UserDetail

SOURCE = "auth/getuserdetail"


@dataclass(frozen=True, slots=True)
class Disclose:
    """Settles a trip whose purpose was disclosure."""

    clients: Mapping[str, AsyncWeComClient]
    sessions: Sessions
    audit: Audit
    clock: Callable[[], datetime]

    async def __call__(self, visit: Visit, returned: Returned, session: Session | None) -> Finished:
        """Keep the answer in the session that asked; refusing is an answer too.

        Raises:
            StartAgainError: the session that asked is not this browser's any more.
            RefusedError: another person consented; what they disclosed was not read.
        """
        attempt = returned.attempt
        if session is None or session.ref != attempt.session_ref:
            raise StartAgainError(Reason.STATE_EXPIRED)
        disclosure = await self._ask(returned, session)
        if await self.sessions.disclose(session, disclosure) is None:
            raise StartAgainError(Reason.STATE_EXPIRED)
        given = sorted(name for name, fact in disclosure.facts.items() if fact.value is not None)
        facts = {"fields": " ".join(given)}
        event = AuditEvent("disclosure.answered", session.subject, session.ref, attempt.app, visit.address, facts=facts)
        await self.audit.record(event, self.clock())
        return Finished(attempt)

    async def _ask(self, returned: Returned, session: Session) -> Disclosure:
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
