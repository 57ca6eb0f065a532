"""May this party see that? Asked once for each party and scope, remembered, and withdrawn at /me."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from gongpai.gateway.audit import Audit, AuditEvent
from gongpai.gateway.oidc.scopes import shown_scopes
from gongpai.gateway.records import Session
from gongpai.gateway.records_provider import AuthorizationRequest, Consent, RelyingParty
from gongpai.gateway.store.ports_provider import ConsentStore
from gongpai.gateway.web import pages


@dataclass(frozen=True, slots=True)
class ConsentStep:
    """Asks and remembers."""

    store: ConsentStore
    audit: Audit
    clock: Callable[[], datetime]

    async def given(self, party: RelyingParty, session: Session) -> frozenset[str]:
        """Return what the person allowed *party* before; a trusted one is not asked about."""
        if party.is_trusted:
            return frozenset()
        consent = await self.store.get(session.subject, party.client_id)
        return frozenset() if consent is None else consent.scopes

    def page(
        self, party: RelyingParty, request: AuthorizationRequest, session: Session, scopes: frozenset[str], action: str
    ) -> pages.Consent:
        """Return the page that asks."""
        return pages.Consent(
            party=party.title,
            host=_host(request),
            person=_name(session),
            scopes=shown_scopes(scopes),
            action=action,
            session=session.ref,
            form_source=form_source(request.redirect_uri),
        )

    async def give(self, party: RelyingParty, session: Session, scopes: frozenset[str]) -> None:
        """Remember a yes to *scopes*, beside what was allowed before."""
        now = self.clock()
        before = await self.given(party, session)
        await self.store.give(Consent(session.subject, party.client_id, before | scopes, now))
        await self._record("consent.given", party, session, " ".join(sorted(scopes)))

    async def refuse(self, party: RelyingParty, session: Session) -> None:
        """Note a no: it is not remembered, so that the person may think again."""
        await self._record("consent.refused", party, session, "")

    async def _record(self, name: str, party: RelyingParty, session: Session, scopes: str) -> None:
        facts = {"client_id": party.client_id, "scopes": scopes}
        event = AuditEvent(name, session.subject, session.ref, session.app, facts=facts)
        await self.audit.record(event, self.clock())


def account_page(
    party: RelyingParty, request: AuthorizationRequest, session: Session, action: str
) -> pages.ChooseAccount:
    """Return the page that asks whether the person goes on as who they are. Source: OpenID Connect Core 3.1.2.1."""
    return pages.ChooseAccount(
        party=party.title,
        host=_host(request),
        person=_name(session),
        userid=session.userid,
        action=action,
        session=session.ref,
        form_source=form_source(request.redirect_uri),
    )


def form_source(uri: str) -> str:
    """Return what a content security policy calls the places to which a form may lead by way of *uri*.

    Chromium checks ``form-action`` on each redirect that follows a form, those of the party's own too, whose callback
    may well lead on to another host; and no policy can name an IPv6 address.
    """
    scheme = urlsplit(uri).scheme
    return "https: http:" if scheme in {"https", "http"} else f"{scheme}:"


def _host(request: AuthorizationRequest) -> str:
    return urlsplit(request.redirect_uri).hostname or request.redirect_uri


def _name(session: Session) -> str:
    name = session.profile.facts.get("name")
    return str(name.value) if name is not None and isinstance(name.value, str) else session.userid
