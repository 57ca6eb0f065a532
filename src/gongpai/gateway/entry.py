"""May this session enter that host behind forward-auth? If so, here is its gate cookie."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from dataclasses import replace as with_changes
from datetime import datetime, timedelta

from msgspec.structs import replace

from gongpai.gateway.admission import Admission
from gongpai.gateway.config import Config
from gongpai.gateway.errors import HostRefusedError, Reason
from gongpai.gateway.gate import GateCookie, HostGate, seal_gate
from gongpai.gateway.gate.identity import groups_value, half_of, header_value
from gongpai.gateway.oidc.claims import groups_of
from gongpai.gateway.oidc.names import email_of, username_of
from gongpai.gateway.policy import asks_departments, opens, reason_against
from gongpai.gateway.records import Session
from gongpai.gateway.records_provider import ClaimRules
from gongpai.gateway.reservations import ReservedNames
from gongpai.gateway.ring import KeyRing
from gongpai.gateway.session import Sessions
from gongpai.gateway.store.ports import PeopleStore
from gongpai.gateway.web import cookies

# All hosts behind forward-auth know a person by one name; no relying party can be called so.
_NAMES_OF = "forward-auth:"


@dataclass(frozen=True, slots=True)
class Entered:
    """A person who may enter, and the cookie that says so for five minutes."""

    cookie: GateCookie
    set_cookie: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """Applies the policy of a host to a session, and makes gate cookies."""

    config: Config
    hosts: Mapping[str, HostGate]
    sessions: Sessions
    admission: Admission
    people: PeopleStore
    names: ReservedNames
    ring: KeyRing
    clock: Callable[[], datetime]

    async def enter(self, session: Session, gate: HostGate) -> Entered | None:
        """Return the way in for the living *session*; None if it turned out to have ended.

        Raises:
            HostRefusedError: this person may not enter this host.
            RefusedError: they may no longer enter any.
            RingExhaustedError: no key may seal now.
            StoreError: the store does not answer.
        """
        checked = await self.admission.recheck(session)
        person = await self.people.get(session.subject)
        if checked is None or person is None or person.retired_at is not None:
            return None
        neighbours = [each for each in self.hosts.values() if each.audience == gate.audience]
        reasons = await self.reasons(checked, neighbours)
        if (reason := reasons[gate.stamp]) is not None:
            raise HostRefusedError(reason, gate.host.authority, gate.host.contact)
        cookie = await self.cookie(checked, person.epoch, [stamp for stamp, reason in reasons.items() if not reason])
        return self._seal(cookie, gate, session.expires_at - self.clock())

    async def reasons(self, session: Session, gates: Iterable[HostGate]) -> dict[str, Reason | None]:
        """Return why *session* may not enter each of *gates*; None where it may."""
        reasons: dict[str, Reason | None] = {}
        for gate in gates:
            policy = gate.host.policy
            parents: Mapping[int, int] = {}
            if asks_departments(policy):
                parents = await self.admission.get_parents(self.config.apps[session.app])
            is_open = session.app in gate.host.apps
            against = reason_against(policy, session.userid, session.profile.department_ids, parents)
            reasons[gate.stamp] = against if is_open else Reason.NOT_ALLOWED
            if not opens(gate.host.web_login, session.way):
                reasons[gate.stamp] = Reason.WAY_NOT_ALLOWED
        return reasons

    async def cookie(self, session: Session, epoch: int, admitted: Iterable[str]) -> GateCookie:
        """Return what a gate cookie of *session* would say; names are reserved for the person first."""
        name = session.profile.facts.get("name")
        disclosure = self.sessions.open_disclosure(session)
        email = email_of(session.userid, session.corpid, session.profile, disclosure, self._rules)
        address = None if email is None else email.address
        if address is not None and not await self.names.is_own_email(_NAMES_OF, address, session.subject):
            address = None
        return GateCookie(
            ref=session.ref,
            subject=session.subject.encode(),
            username=header_value(await self._username(session)),
            email=header_value(address or ""),
            groups=groups_value(groups_of(session.profile, self._rules)),
            epoch=epoch,
            issued_at=int(self.clock().timestamp()),
            expires_at=int(session.expires_at.timestamp()),
            name=header_value(name.value if name is not None and isinstance(name.value, str) else ""),
            admitted=tuple(admitted),
        )

    @property
    def _rules(self) -> ClaimRules:
        return ClaimRules() if self.config.gate is None else self.config.gate.claim_rules

    async def _username(self, session: Session) -> str:
        """Return the username that is this person's alone, for good, and names their corp where there are several."""
        rules = with_changes(self._rules, is_corp_qualified=self.config.has_several_corps)
        wanted = username_of(session.userid, session.corpid, rules)
        return await self.names.username(_NAMES_OF, wanted, session.subject)

    def _seal(self, cookie: GateCookie, gate: HostGate, lifetime: timedelta) -> Entered:
        sealed = seal_gate(self.ring, cookie, gate.audience)
        while sealed is None:
            # What is left out is told by no header, or asked of the store at the next host.
            shorter = {"groups": half_of(cookie.groups)} if cookie.groups else {"admitted": (gate.stamp,)}
            cookie = replace(cookie, **shorter)
            sealed = seal_gate(self.ring, cookie, gate.audience)
        set_cookie = cookies.set_cookie(gate.cookie_name.decode(), sealed.decode(), lifetime)
        domain = gate.host.cookie_domain
        return Entered(cookie, set_cookie if domain is None else f"{set_cookie}; Domain={domain}")
