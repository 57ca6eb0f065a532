"""The ID token's claims (attack 80)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gongpai.gateway.oidc import access_token, id_token, logout_token
from gongpai.gateway.oidc.id_token import Moment, hash_for, id_token_claims
from gongpai.gateway.records_provider import Grant, RelyingParty, SigningAlg

_NOW = datetime(2026, 11, 22, tzinfo=UTC)
_SECONDS = int(_NOW.timestamp())
_MOMENT = Moment("https://sso.example.com", _NOW, timedelta(minutes=5))
_PARTY = RelyingParty("wiki", "Wiki")
_GRANT = Grant(
    grant_id="g",
    client_id="wiki",
    subject="inner",
    session_ref="r",
    app="main",
    sid="sid",
    scopes=frozenset({"openid"}),
    is_offline=False,
    auth_time=_NOW - timedelta(minutes=1),
    amr=("web",),
    acr="wecom:web",
    created_at=_NOW,
    expires_at=_NOW + timedelta(hours=1),
    nonce="n" * 2048,
)


def test_an_id_token_says_who_when_for_whom_and_which_way() -> None:
    assert id_token_claims(_MOMENT, _PARTY, _GRANT, "s", "at", {"name": "李四"}) == {
        "iss": "https://sso.example.com",
        "sub": "s",
        "aud": "wiki",
        "azp": "wiki",
        "iat": _SECONDS,
        "exp": _SECONDS + 300,
        "auth_time": _SECONDS - 60,
        "nonce": "n" * 2048,
        "sid": "sid",
        "amr": ["web"],
        "acr": "wecom:web",
        "at_hash": hash_for("at", SigningAlg.RS256),
        "name": "李四",
    }


def test_what_was_not_sent_is_not_made_up() -> None:
    claims = id_token_claims(_MOMENT, _PARTY, replace(_GRANT, nonce=None, acr=None), "s", "at", {})
    assert not claims.keys() & {"nonce", "acr"}


def test_a_refreshed_one_keeps_the_time_of_authentication_and_drops_the_nonce() -> None:
    claims = id_token_claims(_MOMENT, _PARTY, _GRANT, "s", "at", {}, is_refreshed=True)
    assert claims["auth_time"] == _SECONDS - 60
    assert "nonce" not in claims


def test_no_claim_of_a_person_can_stand_for_one_of_ours() -> None:
    assert id_token_claims(_MOMENT, _PARTY, _GRANT, "s", "at", {"sub": "evil", "iss": "evil"})["sub"] == "s"


@pytest.mark.parametrize(
    ("alg", "half"),
    [
        # Source of the first two: OpenID Connect Core A.3 ("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y").
        (SigningAlg.RS256, "77QmUPtjPfzWtF2AnpK9RQ"),
        (SigningAlg.ES256, "77QmUPtjPfzWtF2AnpK9RQ"),
    ],
)
def test_at_hash_is_the_left_half_of_the_algorithms_hash(alg: SigningAlg, half: str) -> None:
    assert hash_for("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y", alg) == half


def test_ed25519_hashes_with_sha_512() -> None:
    assert len(hash_for("at", SigningAlg.EDDSA)) == 43


def test_each_kind_of_token_has_a_name_of_its_own() -> None:
    # T22.
    assert len({id_token.TYP, access_token.TYP, logout_token.TYP}) == 3
