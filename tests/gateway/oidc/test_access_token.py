"""Access tokens as JWT (RFC 9068)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gongpai.gateway.oidc.access_token import TYP, access_token_claims
from gongpai.gateway.oidc.id_token import Moment
from gongpai.gateway.records_provider import Grant

_NOW = datetime(2026, 11, 22, tzinfo=UTC)
_SECONDS = int(_NOW.timestamp())
_MOMENT = Moment("https://sso.example.com", _NOW, timedelta(minutes=5))
_GRANT = Grant(
    grant_id="g",
    client_id="wiki",
    subject="inner",
    session_ref="r",
    app="main",
    sid="sid",
    scopes=frozenset({"openid", "profile"}),
    is_offline=False,
    auth_time=_NOW,
    amr=("web",),
    acr="wecom:web",
    created_at=_NOW,
    expires_at=_NOW + timedelta(hours=1),
)


def test_it_has_what_the_profile_requires_and_nothing_of_the_person() -> None:
    assert access_token_claims(_MOMENT, _GRANT, "s", ("wiki",), _GRANT.scopes, "j") == {
        "iss": "https://sso.example.com",
        "sub": "s",
        "aud": "wiki",
        "client_id": "wiki",
        "scope": "openid profile",
        "jti": "j",
        "iat": _SECONDS,
        "exp": _SECONDS + 300,
        "auth_time": _SECONDS,
        "acr": "wecom:web",
        "amr": ["web"],
    }
    assert TYP == "at+jwt"


def test_it_may_be_for_several() -> None:
    claims = access_token_claims(_MOMENT, replace(_GRANT, acr=None), "s", ("wiki", "api"), frozenset({"openid"}), "j")
    assert (claims["aud"], claims["scope"]) == (["wiki", "api"], "openid")
    assert "acr" not in claims
