"""Access tokens as JWT, for parties that ask for them. Source: RFC 9068 2."""

from gongpai.gateway.oidc.id_token import Moment
from gongpai.gateway.oidc.scopes import write_scope
from gongpai.gateway.records_provider import Grant

TYP = "at+jwt"


def access_token_claims(
    moment: Moment, grant: Grant, subject: str, audience: tuple[str, ...], scopes: frozenset[str], jti: str
) -> dict[str, object]:
    """Return the claims of an access token for *audience*; it tells nothing of the person but the subject."""
    claims: dict[str, object] = {
        **moment.times,
        "sub": subject,
        "aud": audience[0] if len(audience) == 1 else list(audience),
        "client_id": grant.client_id,
        "scope": write_scope(scopes),
        "jti": jti,
        "auth_time": int(grant.auth_time.timestamp()),
        "amr": list(grant.amr),
    }
    if grant.acr is not None:
        claims["acr"] = grant.acr
    return claims
