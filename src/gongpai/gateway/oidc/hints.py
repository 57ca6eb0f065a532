"""An ID token that comes back as ``id_token_hint``: who a party means, or who logs out."""

from collections.abc import Sequence
from dataclasses import dataclass

from gongpai.gateway.oidc import id_token
from gongpai.gateway.oidc.jose import PublicKey, TokenError, verify
from gongpai.gateway.records_provider import SigningAlg


@dataclass(frozen=True, slots=True)
class Hint:
    """What an ID token of ours said, to whom."""

    client_id: str
    subject: str
    """As that party knows the person."""
    sid: str | None


def read_hint(token: str, keys: Sequence[PublicKey], issuer: str) -> Hint | None:
    """Return what *token* says if it is an ID token of ours; one that has expired is as good (Core 3.1.2.1).

    *keys* are all that are still published. None: nobody can be inferred from it.
    """
    try:
        verified = verify(token, keys, tuple(SigningAlg))
    except TokenError:
        return None
    claims = verified.claims
    client_id, subject, sid = claims.get("aud"), claims.get("sub"), claims.get("sid")
    # The kind keeps out our access and logout tokens and the assertions of forward-auth (T22).
    if verified.typ != id_token.TYP or claims.get("iss") != issuer:
        return None
    if not isinstance(client_id, str) or not isinstance(subject, str):
        return None
    return Hint(client_id, subject, sid if isinstance(sid, str) else None)
