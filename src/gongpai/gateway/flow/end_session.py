"""``/end_session``: a relying party asks to sign somebody out. Source: OpenID Connect RP-Initiated Logout 1.0."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from gongpai.gateway.errors import BadRequestError
from gongpai.gateway.flow.consent import form_source
from gongpai.gateway.flow.signout import SignOut
from gongpai.gateway.grants.issue import sid_of
from gongpai.gateway.oidc.end_session import AskFirst, LogOut, Logout, decide, read_wish, token_of
from gongpai.gateway.oidc.hints import read_hint
from gongpai.gateway.oidc.parameters import MalformedError, Parameters, read_parameters
from gongpai.gateway.parties import Parties
from gongpai.gateway.portraits import Portraits
from gongpai.gateway.records import Session
from gongpai.gateway.records_provider import RelyingParty
from gongpai.gateway.session import Sessions
from gongpai.gateway.signing_keys import SigningKeys
from gongpai.gateway.web import cookies, pages
from gongpai.gateway.web.http import Pages, not_yet, see_other
from gongpai.gateway.web.return_to import END_SESSION, LOGOUT_FIELDS, end_session_url, way_back_to
from gongpai.gateway.web.visit import Visit


@dataclass(frozen=True, slots=True)
class EndSession:
    """Answers the end_session endpoint."""

    issuer: str
    parties: Parties
    keys: SigningKeys
    portraits: Portraits
    sessions: Sessions
    signout: SignOut
    pages: Pages
    clock: Callable[[], datetime]

    async def begin(self, visit: Visit) -> Response:
        """Sign out, or ask first: ``GET`` and ``POST /end_session``.

        Raises:
            BadRequestError: it cannot be read.
        """
        if visit.is_fetched_ahead:
            return not_yet()
        if visit.method == "POST":
            # Another site's POST carries no cookie of ours; the GET that follows does.
            sent = _read(await visit.foreign_form())
            return see_other(end_session_url(_carried(sent)))
        parameters = _read(visit.query)
        visit.wish_language((parameters.get("ui_locales") or "").split())
        visit.shown_at = way_back_to(end_session_url(_carried(parameters)))
        session = await self._session(visit)
        decision, party = await self._decide(parameters, session)
        match decision:
            case LogOut(url):
                return await self._end(visit, session, url)
            case AskFirst(url) if session is not None:
                source = None if url is None else form_source(url)
                fields = {} if url is None else _carried(parameters)
                page = pages.EndSession(None if party is None else party.title, fields, source)
                return self.pages.answer(visit, page, is_signed_in=True)
            case AskFirst(url):
                # Nobody is signed in here, so there is nothing to ask.
                return self.pages.answer(visit, pages.SessionEnded()) if url is None else see_other(url)

    async def confirm(self, visit: Visit) -> Response:
        """Sign out, since the person says so: ``POST /signout/confirm``."""
        fields = await visit.form()
        session = await self._session(visit)
        sent = Parameters({name: fields[name] for name in LOGOUT_FIELDS if fields.get(name)})
        decision, _ = await self._decide(sent, session)
        return await self._end(visit, session, decision.url)

    async def _decide(self, parameters: Parameters, session: Session | None) -> tuple[Logout, RelyingParty | None]:
        token = token_of(parameters)
        hint = None if token is None else read_hint(token, self.keys.public, self.issuer)
        wish = read_wish(parameters, hint)
        party = None if wish.party_id is None else await self.parties.get_living(wish.party_id)
        if party is None or session is None:
            return decide(wish, party, None, None), party
        sid = sid_of(party.client_id, session.ref)
        return decide(wish, party, sid, self.portraits.subject(party, session.subject)), party

    async def _end(self, visit: Visit, session: Session | None, url: str | None) -> Response:
        await self.signout.end(visit, session)
        visit.shown_at = END_SESSION
        return self.pages.answer(visit, pages.SessionEnded()) if url is None else see_other(url)

    async def _session(self, visit: Visit) -> Session | None:
        return await self.sessions.get(visit.cookie(cookies.SESSION), self.clock())


def _read(raw: bytes) -> Parameters:
    try:
        return read_parameters(raw)
    except MalformedError:
        raise BadRequestError("the request cannot be read") from None


def _carried(parameters: Parameters) -> dict[str, str]:
    # Of a wish that said something twice nothing counts: what is left of it must not count later.
    if parameters.repeated & set(LOGOUT_FIELDS):
        return {}
    return {name: value for name, value in parameters.values.items() if name in LOGOUT_FIELDS}
