"""What does this token open? For userinfo, introspection and revocation."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from gongpai.gateway.audit import Audit, AuditEvent
from gongpai.gateway.grants.issue import BEARER
from gongpai.gateway.grants.opaque import hash_token
from gongpai.gateway.grants.redeem import is_living
from gongpai.gateway.oidc.errors import BearerError, ErrorCode
from gongpai.gateway.oidc.scopes import OPENID, write_scope
from gongpai.gateway.portraits import Portraits
from gongpai.gateway.records import Session
from gongpai.gateway.records_provider import AccessToken, Grant, RefreshToken, RelyingParty, RevokeReason
from gongpai.gateway.store.ports_provider import GrantStore, TokenStore

_TOKEN_LIMIT = 8_192
_INACTIVE: dict[str, object] = {"active": False}


@dataclass(frozen=True, slots=True)
class Lookup:
    """Finds tokens by their hashes: a JWT of ours is looked up like any other, so it can be revoked like any other."""

    issuer: str
    tokens: TokenStore
    grants: GrantStore
    portraits: Portraits
    audit: Audit
    clock: Callable[[], datetime]

    async def open(self, token: str) -> tuple[AccessToken, Grant, Session | None]:
        """Return the living access token that opens userinfo. Source: OpenID Connect Core 5.3, RFC 6750 3.1.

        With it come its grant, and the session in which that was given, ended or not.

        Raises:
            BearerError: it does not.
        """
        found = None if len(token) > _TOKEN_LIMIT else await self.tokens.open_access(hash_token(token))
        now = self.clock()
        if found is None or now >= found[0].expires_at or not is_living(found[1], now):
            raise BearerError(ErrorCode.INVALID_TOKEN, "the access token is unknown or has expired", status=401)
        if OPENID not in found[0].scopes:
            raise BearerError(ErrorCode.INSUFFICIENT_SCOPE, "the access token lacks openid", status=403)
        return found

    async def introspect(self, party: RelyingParty, token: str) -> dict[str, object]:
        """Return what *token* is worth, to the party it was issued for. Source: RFC 7662 2.2."""
        if len(token) > _TOKEN_LIMIT:
            return _INACTIVE
        token_hash, now = hash_token(token), self.clock()
        access = await self.tokens.get_access(token_hash)
        if access is not None:
            kept, grant = access
            if party.client_id not in kept.audience or now >= kept.expires_at or not is_living(grant, now):
                return _INACTIVE
            return {**self._facts(party, grant, kept), "scope": write_scope(kept.scopes), "aud": list(kept.audience)}
        refresh = await self.tokens.get_refresh(token_hash)
        if refresh is None or not _may_refresh(*refresh, party, now):
            return _INACTIVE
        return {**self._facts(party, refresh[1], refresh[0]), "scope": write_scope(refresh[1].scopes)}

    async def revoke(self, party: RelyingParty, token: str) -> None:
        """Revoke *token* if it is the party's own; a refresh token takes its whole family. Source: RFC 7009 2.1."""
        if len(token) > _TOKEN_LIMIT:
            return
        token_hash = hash_token(token)
        refresh = await self.tokens.get_refresh(token_hash)
        if refresh is not None:
            if refresh[1].client_id == party.client_id:
                await self._revoke(refresh[1])
            return
        access = await self.tokens.get_access(token_hash)
        if access is not None and access[1].client_id == party.client_id:
            await self.tokens.drop_access(token_hash)

    async def _revoke(self, grant: Grant) -> None:
        now = self.clock()
        if await self.grants.revoke(grant.grant_id, RevokeReason.REVOKED_BY_PARTY, now):
            facts = {"client_id": grant.client_id, "grant": grant.grant_id, "reason": RevokeReason.REVOKED_BY_PARTY}
            await self.audit.record(
                AuditEvent("grant.revoked", grant.subject, grant.session_ref, grant.app, facts=facts), now
            )

    def _facts(self, party: RelyingParty, grant: Grant, kept: AccessToken | RefreshToken) -> dict[str, object]:
        facts: dict[str, object] = {
            "active": True,
            "iss": self.issuer,
            "client_id": grant.client_id,
            "sub": self.portraits.subject(party, grant.subject),
            "iat": int(kept.issued_at.timestamp()),
            "exp": int(min(kept.expires_at, grant.expires_at).timestamp()),
            "auth_time": int(grant.auth_time.timestamp()),
        }
        if isinstance(kept, AccessToken):
            facts["token_type"] = BEARER
        return facts


def _may_refresh(kept: RefreshToken, grant: Grant, party: RelyingParty, now: datetime) -> bool:
    is_own = grant.client_id == party.client_id
    return is_own and kept.first_used_at is None and now < kept.expires_at and is_living(grant, now)
