"""The logout token that tells a party of a session's end. Source: OpenID Connect Back-Channel Logout 2.4."""

from datetime import timedelta

from gongpai.gateway.oidc.id_token import Moment

TYP = "logout+jwt"
# Source: Back-Channel Logout 4: at most two minutes.
LIFETIME = timedelta(minutes=2)
_EVENT = "http://schemas.openid.net/event/backchannel-logout"


def logout_token_claims(moment: Moment, client_id: str, subject: str, sid: str, jti: str) -> dict[str, object]:
    """Return the claims of a logout token. It never has a nonce, so that none passes for an ID token."""
    return {**moment.times, "sub": subject, "aud": client_id, "sid": sid, "jti": jti, "events": {_EVENT: {}}}
