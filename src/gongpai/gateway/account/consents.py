"""Which relying parties a person allowed to see what, and an end to it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from gongpai.gateway.audit import Audit, AuditEvent
from gongpai.gateway.errors import BadRequestError
from gongpai.gateway.oidc.scopes import shown_scopes
from gongpai.gateway.parties import Parties
from gongpai.gateway.records import Session
from gongpai.gateway.store.ports_provider import ConsentStore
from gongpai.gateway.web.pages import ConsentLine

_MAX_CLIENT_ID = 64


@dataclass(frozen=True, slots=True)
class Consents:
    """A signed-in person's own consents."""

    store: ConsentStore
    parties: Parties
    audit: Audit
    clock: Callable[[], datetime]

    async def lines(self, session: Session) -> tuple[ConsentLine, ...]:
        """Return what /me shows, party by party."""
        lines = []
        for consent in await self.store.find(session.subject):
            party = await self.parties.get(consent.client_id)
            title = consent.client_id if party is None else party.title
            lines.append(ConsentLine(consent.client_id, title, shown_scopes(consent.scopes), consent.given_at))
        return tuple(lines)

    async def withdraw(self, session: Session, client_id: str) -> None:
        """Withdraw what the party may see; its tokens open nothing from now on.

        Raises:
            BadRequestError: no such consent.
        """
        if len(client_id) > _MAX_CLIENT_ID or not await self.store.withdraw(session.subject, client_id, self.clock()):
            raise BadRequestError("this person allowed that party nothing")
        event = AuditEvent("consent.withdrawn", session.subject, session.ref, facts={"client_id": client_id})
        await self.audit.record(event, self.clock())
