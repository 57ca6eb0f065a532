"""What a relying party asks at ``/authorize``, read and remembered: by GET, by POST or pushed before (RFC 9126)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gongpai.gateway.errors import TooManyStartsError, VisitError
from gongpai.gateway.flow.next_step_authorize import ASKED_ONCE
from gongpai.gateway.grants.opaque import hash_token, new_token
from gongpai.gateway.oidc.claims_request import parse
from gongpai.gateway.oidc.errors import AuthorizationError, InvalidPartyError
from gongpai.gateway.oidc.hints import read_hint
from gongpai.gateway.oidc.parameters import MalformedError, Parameters, read_parameters
from gongpai.gateway.oidc.redirect_uris import is_registered
from gongpai.gateway.oidc.requests import (
    Asked,
    find_client_id,
    find_response_mode,
    find_state,
    read_request,
    require_party,
    require_redirect_uri,
)
from gongpai.gateway.oidc.responses import Answer, error_fields
from gongpai.gateway.oidc.scopes import are_admitted
from gongpai.gateway.parties import Parties
from gongpai.gateway.records_provider import AuthorizationRequest, RelyingParty
from gongpai.gateway.signing_keys import SigningKeys
from gongpai.gateway.store.ports import CounterStore
from gongpai.gateway.store.ports_provider import RequestStore
from gongpai.gateway.web.address import subscriber
from gongpai.gateway.web.visit import Visit
from gongpai.wecom.signin import hash_browser_secret, is_same_browser, new_browser_secret

# Long enough to sign in, and to read what is asked.
REQUEST_AGE = timedelta(minutes=30)
PUSHED_AGE = timedelta(seconds=90)
PUSHED_PREFIX = "urn:ietf:params:oauth:request_uri:"
_MAX_HANDLE = 64
_WINDOW = timedelta(minutes=1)
# No subject is called so, thus no session can be meant.
_NOBODY = ""


@dataclass(frozen=True, slots=True)
class Bound:
    """A request that this browser brought, and the handle under which it is kept, if it is kept yet."""

    request: AuthorizationRequest
    party: RelyingParty
    handle: str | None = None


class ToldByRedirectError(VisitError):
    """The party learns of its fault: the browser takes ``answer`` to it."""

    def __init__(self, party: RelyingParty, answer: Answer, cause: AuthorizationError) -> None:
        super().__init__(str(cause))
        self.party = party
        self.answer = answer
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Asking:
    """Reads and keeps authorization requests."""

    issuer: str
    parties: Parties
    requests: RequestStore
    counters: CounterStore
    starts_per_minute: int
    """How many requests one address may begin in a minute; 0 sets no limit."""
    keys: SigningKeys
    clock: Callable[[], datetime]

    async def read(self, raw: bytes) -> Bound:
        """Return what a browser brought from a party; nothing is kept yet.

        Raises:
            InvalidPartyError: a page, never a redirect.
            ToldByRedirectError: the party is told.
        """
        try:
            parameters = read_parameters(raw)
        except MalformedError as error:
            raise InvalidPartyError(f"the request cannot be read: {error}") from None
        client_id = find_client_id(parameters)
        party = require_party(await self.parties.get(client_id))
        request_uri = parameters.get("request_uri")
        if request_uri is not None and request_uri.startswith(PUSHED_PREFIX):
            return await self._take_pushed(party, request_uri.removeprefix(PUSHED_PREFIX))
        redirect_uri = require_redirect_uri(parameters, party)
        try:
            asked = read_request(parameters, party)
        except AuthorizationError as error:
            fields = error_fields(error, find_state(parameters), self.issuer)
            answer = Answer(redirect_uri, find_response_mode(parameters), fields)
            raise ToldByRedirectError(party, answer, error) from None
        return Bound(self.record(asked, REQUEST_AGE), party)

    async def read_pushed(self, parameters: Parameters, party: RelyingParty) -> str:
        """Keep what *party* pushed; return the handle under which a browser brings it once.

        Raises:
            OAuthError: it cannot be meant.
        """
        handle = new_token(self.clock())
        request = self.record(read_request(parameters, party), PUSHED_AGE)
        await self.requests.put(replace(request, handle_hash=hash_token(handle)))
        return handle

    def record(self, asked: Asked, age: timedelta) -> AuthorizationRequest:
        """Return *asked* as a record that is not kept yet."""
        now = self.clock()
        return AuthorizationRequest(
            handle_hash="",
            client_id=asked.client_id,
            redirect_uri=asked.redirect_uri,
            scopes=asked.scopes,
            created_at=now,
            expires_at=now + age,
            state=asked.state,
            nonce=asked.nonce,
            code_challenge=asked.code_challenge,
            prompt=asked.prompt,
            max_age=asked.max_age,
            acr_values=asked.acr_values,
            login_hint=asked.login_hint,
            hinted_subject=self._meant(asked),
            ui_locales=asked.ui_locales,
            claims=asked.claims,
            response_mode=asked.response_mode,
        )

    def _meant(self, asked: Asked) -> str | None:
        """Return whom alone the party means, as it knows them; a name that is nobody's where it means none or two."""
        named = parse(asked.claims).subject
        if asked.id_token_hint is None:
            return named
        hint = read_hint(asked.id_token_hint, self.keys.public, self.issuer)
        if hint is None or hint.client_id != asked.client_id or named not in {None, hint.subject}:
            return _NOBODY
        return hint.subject

    async def keep(self, visit: Visit, bound: Bound, *, is_bound: bool = True) -> Bound:
        """Keep the request for this browser, if it is not kept yet (T3).

        A browser that came by a POST from another site shows no cookie: what it brought is bound when it comes again.

        Raises:
            TooManyStartsError: this address begins too many.
        """
        if bound.handle is not None:
            return bound
        starts = await self.counters.count(f"authorize {subscriber(visit.address)}", _WINDOW, self.clock())
        if 0 < self.starts_per_minute < starts:
            raise TooManyStartsError(_WINDOW)
        browser_hash = None
        if is_bound:
            secret = visit.browser_secret
            if secret is None:
                secret = new_browser_secret()
                visit.keep_browser_secret(secret)
            browser_hash = hash_browser_secret(secret)
        handle = new_token(self.clock())
        request = replace(bound.request, handle_hash=hash_token(handle), browser_hash=browser_hash)
        await self.requests.put(request)
        return Bound(request, bound.party, handle)

    async def keep_agreed(self, visit: Visit, bound: Bound, subject: str) -> Bound | None:
        """Keep the request, of which *subject* answered all that our own pages ask, so that they are asked no more.

        None if it was answered meanwhile.
        """
        if bound.request.agreed_by == subject or not bound.request.prompt & ASKED_ONCE:
            return await self.keep(visit, bound)
        if not await self.take(bound):
            return None
        return await self.keep(visit, Bound(replace(bound.request, agreed_by=subject), bound.party))

    async def find(self, visit: Visit, handle: str) -> Bound | None:
        """Return the living request of this browser; None if it is unknown, spent, too old or another browser's."""
        if len(handle) > _MAX_HANDLE:
            return None
        request = await self.requests.get(hash_token(handle), self.clock())
        if request is None or request.spent_at is not None:
            return None
        party = await self.parties.get_living(request.client_id)
        if party is None or not _may_still_ask(request, party):
            return None
        if request.browser_hash is None:
            return await self._adopt(visit, request, party)
        secret = visit.browser_secret
        if secret is None or not is_same_browser(request.browser_hash, secret):
            return None
        return Bound(request, party, handle)

    async def take(self, bound: Bound) -> bool:
        """Spend the request, so that it is answered once; one that was never kept needs no spending."""
        if bound.handle is None:
            return True
        return await self.requests.take(bound.request.handle_hash, self.clock()) is not None

    async def _adopt(self, visit: Visit, request: AuthorizationRequest, party: RelyingParty) -> Bound | None:
        taken = await self.requests.take(request.handle_hash, self.clock())
        if taken is None:
            return None
        return await self.keep(visit, Bound(replace(taken, spent_at=None), party))

    async def _take_pushed(self, party: RelyingParty, handle: str) -> Bound:
        taken = None
        if len(handle) <= _MAX_HANDLE:
            taken = await self.requests.take(hash_token(handle), self.clock())
        if taken is None or taken.client_id != party.client_id or taken.browser_hash is not None:
            raise InvalidPartyError("request_uri is unknown, was used before or has expired")
        if not _may_still_ask(taken, party):
            raise InvalidPartyError("redirect_uri or scope is not the party's any more")
        return Bound(replace(taken, spent_at=None, expires_at=self.clock() + REQUEST_AGE), party)


def _may_still_ask(request: AuthorizationRequest, party: RelyingParty) -> bool:
    """Whether *party*, as it is by now, may ask what it asked: an address may have been taken from it meanwhile."""
    return is_registered(request.redirect_uri, party.redirect_uris) and are_admitted(request.scopes, party)
