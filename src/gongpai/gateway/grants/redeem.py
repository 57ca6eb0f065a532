"""The token endpoint's three questions: a code, a refresh token or a device code for an access token."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from gongpai.gateway import metrics
from gongpai.gateway.audit import Audit, AuditEvent
from gongpai.gateway.errors import RefusedError
from gongpai.gateway.grants.issue import Issuer
from gongpai.gateway.grants.opaque import hash_token
from gongpai.gateway.oidc.device import check_poll
from gongpai.gateway.oidc.errors import ErrorCode, RequestError
from gongpai.gateway.oidc.parameters import Parameters
from gongpai.gateway.oidc.pkce import check_verifier
from gongpai.gateway.oidc.redirect_uris import LIMIT as REDIRECT_URI_LIMIT
from gongpai.gateway.oidc.scopes import narrow
from gongpai.gateway.portraits import Known, Portraits
from gongpai.gateway.records_provider import (
    AuthorizationCode,
    Grant,
    Lapsed,
    RefreshToken,
    RelyingParty,
    Repeated,
    Reused,
    RevokeReason,
    Rotated,
)
from gongpai.gateway.ring import SealError, open_under, seal_under
from gongpai.gateway.store.ports_provider import AuthorizationCodeStore, DeviceStore, GrantStore, TokenStore

# Parallel tabs and lost answers are over by then; a thief has no longer (T23).
GRACE = timedelta(seconds=10)
_USE = b"refresh answer"
_TOKEN_LIMIT = 512


@dataclass(frozen=True, slots=True)
class Redeemer:
    """Turns what a party holds into tokens, or revokes the grant where somebody else holds it too."""

    issuer: Issuer
    portraits: Portraits
    codes: AuthorizationCodeStore
    tokens: TokenStore
    grants: GrantStore
    devices: DeviceStore
    audit: Audit
    clock: Callable[[], datetime]

    async def redeem_code(self, party: RelyingParty, parameters: Parameters) -> bytes:
        """Return the answer to an authorization code. Source: RFC 6749 4.1.3, RFC 9700 2.1.

        Raises:
            RequestError: invalid_request, invalid_grant.
        """
        code_hash = hash_token(_required(parameters, "code"))
        found = await self.codes.open(code_hash)
        if found is None:
            raise _invalid("the code is unknown")
        code, grant, session = found
        now = self.clock()
        if code.client_id != party.client_id:
            # Whoever holds another party's code shows that it leaked.
            await self.codes.take(code_hash, None, now)
            raise _invalid("the code is another party's")
        if code.spent_at is not None:
            await self._revoke(grant, RevokeReason.CODE_REUSED, now)
            raise _invalid("the code was used before")
        if now >= code.expires_at or not is_living(grant, now):
            raise _invalid("the code has expired")
        self._check_bindings(code, parameters)
        known = await self._admit(self.portraits.know(grant, session, now), grant, party, now)
        made = await self.issuer.make(party, grant, known, now)
        if not await self.codes.take(code_hash, made.issued, now):
            again = await self.codes.get(code_hash)
            if again is not None and again[0].spent_at is not None:
                await self._revoke(grant, RevokeReason.CODE_REUSED, now)
            raise _invalid("the code was used before")
        return made.answer

    async def refresh(self, party: RelyingParty, parameters: Parameters) -> bytes:
        """Return the answer to a refresh token; within the grace the same tokens again (T23).

        Raises:
            RequestError: invalid_request, invalid_grant, invalid_scope.
            WeComError: the person could not be checked; the token is as good as before.
        """
        token = _required(parameters, "refresh_token")
        found = await self.tokens.get_refresh(hash_token(token))
        if found is None or found[1].client_id != party.client_id:
            raise _invalid("the refresh token is unknown")
        kept, grant = found
        now = self.clock()
        if not is_living(grant, now) or (kept.first_used_at is None and now >= kept.expires_at):
            raise _invalid("the refresh token has expired")
        scopes = narrow(parameters.get("scope"), grant.scopes)
        # Before a grant is prolonged they are looked at anew (T9).
        known = await self._admit(self.portraits.recheck(grant, now), grant, party, now)
        return await self._rotate(party, grant, known, token, kept, scopes)

    async def redeem_device(self, party: RelyingParty, parameters: Parameters) -> bytes:
        """Return the answer to a device code, once the person has approved it. Source: RFC 8628 3.4.

        Raises:
            RequestError: authorization_pending, slow_down, or an end.
        """
        device_code_hash = hash_token(_required(parameters, "device_code"))
        now = self.clock()
        request = check_poll(await self.devices.poll(device_code_hash, now), party.client_id, now)
        grant = None if request.grant_id is None else await self.grants.get(request.grant_id)
        if grant is None or not is_living(grant, now):
            raise _invalid("what the person approved is over")
        session = await self.portraits.session_of(grant)
        known = await self._admit(self.portraits.know(grant, session, now), grant, party, now)
        made = await self.issuer.make(party, grant, known, now)
        if not await self.devices.take(device_code_hash, made.issued, now):
            raise _invalid("device_code was used")
        return made.answer

    async def _rotate(
        self, party: RelyingParty, grant: Grant, known: Known, token: str, kept: RefreshToken, scopes: frozenset[str]
    ) -> bytes:
        now = self.clock()
        made = await self.issuer.make(party, grant, known, now, scopes)
        sealed = seal_under(token.encode(), made.answer, _USE)
        match await self.tokens.rotate(kept.token_hash, made.issued, sealed, GRACE, now):
            case Rotated():
                return made.answer
            case Repeated(sealed_answer):
                await self._tell_again(grant, "repeated", now)
                try:
                    answer = open_under(token.encode(), sealed_answer, _USE)
                except SealError:
                    raise _invalid("the refresh token was used before") from None
                return await self.issuer.repeat(party, grant, known, answer)
            case Reused():
                await self._tell_again(grant, "reused", now)
                await self._record("grant.revoked", grant, now, RevokeReason.REFRESH_REUSED)
                raise _invalid("the refresh token was used before")
            case Lapsed():
                raise _invalid("the refresh token has expired")

    async def _admit(self, knowing: Awaitable[Known], grant: Grant, party: RelyingParty, now: datetime) -> Known:
        """Return the person whom *knowing* finds, if they and the party still go together."""
        try:
            known = await knowing
            await self.portraits.require_may_use(party, known)
        except RefusedError as error:
            await self._revoke(grant, RevokeReason.DENIED, now)
            raise _invalid(f"the person may not use the party any more: {error.reason.value}") from None
        return known

    def _check_bindings(self, code: AuthorizationCode, parameters: Parameters) -> None:
        redirect_uri = parameters.get("redirect_uri")
        if redirect_uri is None or len(redirect_uri) > REDIRECT_URI_LIMIT or redirect_uri != code.redirect_uri:
            raise _invalid("redirect_uri is not the one of the authorization request")
        check_verifier(parameters.get("code_verifier"), code.code_challenge)

    async def _revoke(self, grant: Grant, reason: RevokeReason, now: datetime) -> None:
        if await self.grants.revoke(grant.grant_id, reason, now):
            await self._record("grant.revoked", grant, now, reason)

    async def _tell_again(self, grant: Grant, outcome: str, now: datetime) -> None:
        """Count a refresh token that came again: parallel tabs, a lost answer, or a thief (T23)."""
        metrics.refreshes_again.labels(grant.client_id, outcome).inc()
        facts = {"client_id": grant.client_id, "grant": grant.grant_id}
        event = AuditEvent(f"refresh.{outcome}", grant.subject, grant.session_ref, grant.app, facts=facts)
        await self.audit.record(event, now)

    async def _record(self, name: str, grant: Grant, now: datetime, reason: RevokeReason) -> None:
        facts = {"client_id": grant.client_id, "grant": grant.grant_id, "reason": reason.value}
        await self.audit.record(AuditEvent(name, grant.subject, grant.session_ref, grant.app, facts=facts), now)


def is_living(grant: Grant, now: datetime) -> bool:
    """Whether the grant was neither revoked nor has run out."""
    return grant.revoked_at is None and now < grant.expires_at


def _required(parameters: Parameters, name: str) -> str:
    value = parameters.get(name)
    if value is None or len(value) > _TOKEN_LIMIT:
        raise RequestError(ErrorCode.INVALID_REQUEST, f"{name} is missing or too long")
    return value


def _invalid(description: str) -> RequestError:
    return RequestError(ErrorCode.INVALID_GRANT, description)
