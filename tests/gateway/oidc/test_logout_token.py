"""The logout token (attack 95)."""

from datetime import UTC, datetime, timedelta

from gongpai.gateway.oidc.id_token import Moment
from gongpai.gateway.oidc.logout_token import LIFETIME, TYP, logout_token_claims

_NOW = datetime(2026, 11, 22, tzinfo=UTC)


def test_it_names_the_session_and_has_no_nonce() -> None:
    seconds = int(_NOW.timestamp())
    assert logout_token_claims(Moment("https://sso.example.com", _NOW, LIFETIME), "wiki", "s", "sid", "j") == {
        "iss": "https://sso.example.com",
        "sub": "s",
        "aud": "wiki",
        "sid": "sid",
        "jti": "j",
        "iat": seconds,
        "exp": seconds + 120,
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    }


def test_it_is_of_its_own_kind_and_short() -> None:
    assert TYP == "logout+jwt"
    assert timedelta(minutes=2) >= LIFETIME
