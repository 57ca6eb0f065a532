"""The ID token: who signed in, when and which way. Source: OpenID Connect Core 2 and 3.1.3."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from gongpai.gateway.oidc.claims import Claim
from gongpai.gateway.records_provider import Grant, RelyingParty, SigningAlg

# Relying parties expect this one; our other kinds have their own, so that none passes for another (T22).
TYP = "JWT"
# Ed25519 hashes with SHA-512 inside, and so do at_hash and c_hash with EdDSA.
_HASHES = {SigningAlg.RS256: hashlib.sha256, SigningAlg.ES256: hashlib.sha256, SigningAlg.EDDSA: hashlib.sha512}


@dataclass(frozen=True, slots=True)
class Moment:
    """Where and when a token is issued, and how long it holds."""

    issuer: str
    now: datetime
    lifetime: timedelta

    @property
    def times(self) -> dict[str, object]:
        """The claims iss, iat and exp."""
        return {
            "iss": self.issuer,
            "iat": int(self.now.timestamp()),
            "exp": int((self.now + self.lifetime).timestamp()),
        }


def id_token_claims(
    moment: Moment,
    party: RelyingParty,
    grant: Grant,
    subject: str,
    access_token: str,
    told: Mapping[str, Claim],
    *,
    is_refreshed: bool = False,
) -> dict[str, object]:
    """Return the claims of an ID token for *party*; *told* are those of the person that stand in it.

    A refreshed one keeps the time of authentication and drops the nonce (OpenID Connect Core 12.2).
    """
    claims: dict[str, object] = {
        **told,
        **moment.times,
        "sub": subject,
        "aud": party.client_id,
        "azp": party.client_id,
        "auth_time": int(grant.auth_time.timestamp()),
        "sid": grant.sid,
        "amr": list(grant.amr),
        "at_hash": hash_for(access_token, party.id_token_alg),
    }
    if grant.acr is not None:
        claims["acr"] = grant.acr
    if grant.nonce is not None and not is_refreshed:
        claims["nonce"] = grant.nonce
    return claims


def hash_for(value: str, alg: SigningAlg) -> str:
    """Return the left half of the hash that goes with *alg*: at_hash. Source: OpenID Connect Core 3.1.3.6."""
    digest = _HASHES[alg](value.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
