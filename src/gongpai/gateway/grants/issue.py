"""A person said yes to a party: the grant, its authorization code, and the tokens that are made for it."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec

from gongpai.gateway.config import TokenLimits
from gongpai.gateway.grants.opaque import hash_token, new_grant_id, new_token
from gongpai.gateway.oidc import access_token, id_token
from gongpai.gateway.oidc.acr import acr_of
from gongpai.gateway.oidc.claims import Claim, allowed_claims, claims_for, scopes_of
from gongpai.gateway.oidc.claims_request import parse
from gongpai.gateway.oidc.id_token import Moment
from gongpai.gateway.oidc.jose import unverified_claims
from gongpai.gateway.oidc.scopes import OFFLINE, OPENID, write_scope
from gongpai.gateway.portraits import Known, Portraits, known_by
from gongpai.gateway.records import AuditRecord, Session
from gongpai.gateway.records_provider import (
    AccessToken,
    AuthorizationCode,
    AuthorizationRequest,
    Grant,
    Issued,
    RefreshToken,
    RelyingParty,
    TokenFormat,
)
from gongpai.gateway.signing_keys import SigningKeys
from gongpai.gateway.store.ports_provider import GrantStore

# Source: OpenID Connect conformance and RFC 6749 4.1.2 (at most ten minutes): a party redeems at once.
CODE_AGE = timedelta(seconds=60)
BEARER = "Bearer"
_SID_BYTES = 18


@dataclass(frozen=True, slots=True)
class Made:
    """The tokens of one answer: what is kept of them, and the answer itself."""

    issued: Issued
    answer: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Issuer:
    """Begins grants and makes their tokens."""

    issuer: str
    limits: TokenLimits
    grants: GrantStore
    keys: SigningKeys
    portraits: Portraits

    async def begin(
        self, grant: Grant, request: AuthorizationRequest, now: datetime, records: Sequence[AuditRecord] = ()
    ) -> str | None:
        """Keep *grant*, and return a fresh authorization code for *request*; None if its session has ended meanwhile.

        The audit log's *records* are kept in the same transaction, in either case.
        """
        code = new_token(now)
        kept = AuthorizationCode(
            code_hash=hash_token(code),
            grant_id=grant.grant_id,
            client_id=request.client_id,
            redirect_uri=request.redirect_uri,
            code_challenge=request.code_challenge,
            expires_at=now + CODE_AGE,
        )
        return code if await self.grants.begin(grant, kept, records) else None

    async def grant_for(
        self,
        party: RelyingParty,
        scopes: frozenset[str],
        session: Session,
        now: datetime,
        request: AuthorizationRequest | None = None,
    ) -> Grant:
        """Return a new grant of the session's person to *party*, not yet kept; their username is reserved (T12)."""
        client_id = party.client_id
        is_offline = OFFLINE in scopes
        longest = now + self.limits.refresh_absolute
        return Grant(
            grant_id=new_grant_id(now),
            client_id=client_id,
            subject=session.subject,
            session_ref=session.ref,
            sid=sid_of(client_id, session.ref),
            app=session.app,
            scopes=scopes,
            is_offline=is_offline,
            auth_time=session.auth_time,
            amr=(session.amr,),
            acr=acr_of(session.way),
            created_at=now,
            expires_at=max(longest, session.expires_at) if is_offline else session.expires_at,
            nonce=None if request is None else request.nonce,
            claims=None if request is None else request.claims,
            username=await self.portraits.username(party, known_by(session)) if "profile" in scopes else None,
        )

    async def make(
        self, party: RelyingParty, grant: Grant, known: Known, now: datetime, narrowed: frozenset[str] | None = None
    ) -> Made:
        """Return the tokens of an answer to *party*; *narrowed* are the scopes of a refresh, None at the first time."""
        is_refreshed, scopes = narrowed is not None, grant.scopes if narrowed is None else narrowed
        expires_at = min(now + self.limits.access, grant.expires_at)
        moment = Moment(self.issuer, now, expires_at - now)
        token = self._access_token(party, grant, moment, scopes)
        access = AccessToken(hash_token(token), grant.grant_id, scopes, (party.client_id,), now, expires_at)
        content: dict[str, object] = {
            "access_token": token,
            "token_type": BEARER,
            "expires_in": int(moment.lifetime.total_seconds()),
            "scope": write_scope(scopes),
        }
        refresh = None
        if grant.is_offline:
            content["refresh_token"] = successor = new_token(now)
            lapses_at = min(now + self.limits.refresh_idle, grant.expires_at)
            refresh = RefreshToken(hash_token(successor), grant.grant_id, now, lapses_at)
        if OPENID in scopes:
            claims = await self.id_token(party, grant, known, scopes, moment, token, is_refreshed=is_refreshed)
            content["id_token"] = self.keys.sign(party.id_token_alg, id_token.TYP, claims)
        return Made(Issued(access, refresh), msgspec.json.encode(content))

    async def repeat(self, party: RelyingParty, grant: Grant, known: Known, answer: bytes) -> bytes:
        """Return the *answer* to a refresh once more (T23): the same tokens, which tell what may be told by now.

        It is the same in every byte, unless it told of the person what they erased since, or what has changed.
        """
        content = msgspec.json.decode(answer, type=dict[str, str | int])
        kept = unverified_claims(str(content["id_token"])) if "id_token" in content else {}
        issued_at, ends_at = kept.get("iat"), kept.get("exp")
        if not isinstance(issued_at, int) or not isinstance(ends_at, int):
            return answer
        moment = Moment(self.issuer, datetime.fromtimestamp(issued_at, UTC), timedelta(seconds=ends_at - issued_at))
        scopes = frozenset(str(content["scope"]).split())
        access = str(content["access_token"])
        claims = await self.id_token(party, grant, known, scopes, moment, access, is_refreshed=True)
        if msgspec.json.decode(msgspec.json.encode(claims)) == kept:
            return answer
        content["id_token"] = self.keys.sign(party.id_token_alg, id_token.TYP, claims)
        return msgspec.json.encode(content)

    async def id_token(
        self,
        party: RelyingParty,
        grant: Grant,
        known: Known,
        scopes: frozenset[str],
        moment: Moment,
        access_token: str,
        *,
        is_refreshed: bool = False,
    ) -> Mapping[str, object]:
        """Return the claims of the ID token that goes with *access_token*, not yet signed."""
        told = await self._told_in_id_token(party, grant, known, scopes)
        subject = self.portraits.subject(party, grant.subject)
        return id_token.id_token_claims(moment, party, grant, subject, access_token, told, is_refreshed=is_refreshed)

    async def userinfo(
        self, party: RelyingParty, grant: Grant, known: Known, scopes: frozenset[str]
    ) -> Mapping[str, Claim]:
        """Return what *scopes* and the request's own claims let *party* read of the person."""
        wanted = allowed_claims(parse(grant.claims).userinfo, party.scopes)
        portrait = await self.portraits.draw(party, known, scopes | scopes_of(wanted), grant.username)
        return {"sub": portrait.subject, **claims_for(scopes, portrait, party.claim_rules, wanted)}

    def _access_token(self, party: RelyingParty, grant: Grant, moment: Moment, scopes: frozenset[str]) -> str:
        if party.access_token_format is TokenFormat.OPAQUE:
            return new_token(moment.now)
        subject = self.portraits.subject(party, grant.subject)
        jti = new_token(moment.now)
        claims = access_token.access_token_claims(moment, grant, subject, (party.client_id,), scopes, jti)
        return self.keys.sign(party.id_token_alg, access_token.TYP, claims)

    async def _told_in_id_token(
        self, party: RelyingParty, grant: Grant, known: Known, scopes: frozenset[str]
    ) -> Mapping[str, Claim]:
        wanted = allowed_claims(parse(grant.claims).id_token, party.scopes)
        told_by: frozenset[str] = scopes if party.claims_in_id_token else frozenset()
        if not told_by and not wanted:
            return {}
        portrait = await self.portraits.draw(party, known, told_by | scopes_of(wanted), grant.username)
        return claims_for(told_by, portrait, party.claim_rules, wanted)


def sid_of(client_id: str, session_ref: str) -> str:
    """Return what *client_id* knows a session by: no two parties can compare notes by it."""
    digest = hashlib.sha256(f"{client_id}\x00{session_ref}".encode()).digest()
    return urlsafe_b64encode(digest[:_SID_BYTES]).decode()
