"""The code becomes an identity, the identity a person, the person a session: what follows a sign-in's trip."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from gongpai.gateway.admission import Admission
from gongpai.gateway.audit import Audit, AuditEvent
from gongpai.gateway.config import Config
from gongpai.gateway.errors import Reason, RefusedError, StartAgainError
from gongpai.gateway.flow.callback import Finished, Returned
from gongpai.gateway.records import EndReason, Person, Session, SignInAttempt
from gongpai.gateway.session import Sessions, SignIn
from gongpai.gateway.web.visit import Visit
from gongpai.wecom.client import AsyncWeComClient
from gongpai.wecom.signin import Way


@dataclass(frozen=True, slots=True)
class Arrive:
    """Settles a trip whose purpose was to sign in."""

    config: Config
    clients: Mapping[str, AsyncWeComClient]
    admission: Admission
    sessions: Sessions
    audit: Audit
    clock: Callable[[], datetime]

    async def __call__(self, visit: Visit, returned: Returned, session: Session | None) -> Finished:
        """Start a session for whom WeCom names; the one this browser had before ends.

        Raises:
            RefusedError: the member refused, or whoever came may not come in.
            WeComError: WeCom could not say who it is; the code may be spent, so nothing is tried again.
        """
        attempt = returned.attempt
        try:
            finished = await self._arrive(visit, returned, session)
        except RefusedError as error:
            facts = {"reason": error.reason.value}
            event = AuditEvent(
                "sign_in.refused", app=attempt.app, ip=visit.address, reference=visit.reference, facts=facts
            )
            await self.audit.record(event, self.clock())
            raise
        if session is not None:
            now = self.clock()
            await self.sessions.end(session, EndReason.REPLACED, now, successor=finished.session, ip=visit.address)
        return finished

    async def _arrive(self, visit: Visit, returned: Returned, before: Session | None) -> Finished:
        attempt = returned.attempt
        if returned.code is None:
            raise RefusedError(Reason.MEMBER_REFUSED)
        identity = await self.clients[attempt.app].identify(returned.code)
        admitted = await self.admission.admit(self.config.apps[attempt.app], identity)
        now = self.clock()
        sign_in = SignIn(
            app=attempt.app,
            way=attempt.way,
            amr=attempt.way,
            userid=admitted.member.key.userid,
            profile=admitted.profile,
            checked_at=admitted.checked_at,
            policy=admitted.policy,
            ip=visit.address,
            user_agent=visit.user_agent,
            auth_time=_confirmed_at(attempt, admitted.person, before),
        )
        started = await self.sessions.start(admitted.person, sign_in, now, returned.session_id)
        if started is None:
            raise StartAgainError(Reason.INTERRUPTED)
        subject, ref = admitted.person.subject, started.session.ref
        facts = {"way": attempt.way}
        await self.audit.record(
            AuditEvent("sign_in.succeeded", subject, ref, attempt.app, visit.address, facts=facts), now
        )
        return Finished(attempt, started.session, started.cookie)


def _confirmed_at(attempt: SignInAttempt, person: Person, before: Session | None) -> datetime | None:
    """Return when *person* last confirmed who they are, if this sign-in was silent and an earlier one was not (T17)."""
    is_silent = attempt.way == Way.IN_APP.value
    return before.auth_time if is_silent and before is not None and before.subject == person.subject else None
