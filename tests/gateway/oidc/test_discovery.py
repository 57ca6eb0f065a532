"""The metadata documents."""

import json

from gongpai.gateway.oidc.discovery import Endpoints, metadata, render

_ISSUER = "https://sso.example.com"
_FULL = metadata(_ISSUER, Endpoints(), ("wecom:web",))
# Source: OpenID Connect Discovery 3, RFC 8414 2.
_REQUIRED = {
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "response_types_supported",
    "subject_types_supported",
    "id_token_signing_alg_values_supported",
}


def test_what_is_required_is_there() -> None:
    assert _FULL.keys() >= _REQUIRED
    assert _FULL["issuer"] == _ISSUER
    assert _FULL["authorization_endpoint"] == f"{_ISSUER}/authorize"


def test_it_promises_what_is_safe_only() -> None:
    assert _FULL["response_types_supported"] == ["code"]
    assert _FULL["response_modes_supported"] == ["query", "form_post"]
    assert _FULL["code_challenge_methods_supported"] == ["S256"]
    assert _FULL["id_token_signing_alg_values_supported"] == ["RS256", "ES256", "EdDSA"]
    assert _FULL["request_uri_parameter_supported"] is False
    algs = _FULL["token_endpoint_auth_signing_alg_values_supported"]
    assert isinstance(algs, list)
    assert not [alg for alg in algs if alg == "none" or alg.startswith("HS")]


def test_what_is_not_served_is_not_listed() -> None:
    bare = Endpoints(
        introspection=None,
        revocation=None,
        end_session=None,
        pushed_authorization_request=None,
        device_authorization=None,
    )
    document = metadata(_ISSUER, bare, ())
    missing = {name for name in _FULL if name not in document}
    assert missing == {
        "introspection_endpoint",
        "introspection_endpoint_auth_methods_supported",
        "introspection_endpoint_auth_signing_alg_values_supported",
        "revocation_endpoint",
        "revocation_endpoint_auth_methods_supported",
        "revocation_endpoint_auth_signing_alg_values_supported",
        "end_session_endpoint",
        "backchannel_logout_supported",
        "backchannel_logout_session_supported",
        "pushed_authorization_request_endpoint",
        "require_pushed_authorization_requests",
        "device_authorization_endpoint",
    }
    assert document["grant_types_supported"] == ["authorization_code", "refresh_token"]


def test_it_is_served_as_json() -> None:
    assert json.loads(render(_FULL)) == _FULL
