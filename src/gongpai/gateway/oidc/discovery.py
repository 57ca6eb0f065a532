"""What clients read first: the metadata of OpenID Connect Discovery 1.0 and RFC 8414, with standard values only."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from gongpai.gateway.oidc import pkce
from gongpai.gateway.oidc.claims import BY_SCOPE
from gongpai.gateway.oidc.jose import PARTY_ALGS
from gongpai.gateway.oidc.requests import PROMPTS, RESPONSE_MODES
from gongpai.gateway.oidc.scopes import SUPPORTED
from gongpai.gateway.records_provider import GrantType, SigningAlg

_AUTH_METHODS = ["client_secret_basic", "client_secret_post", "private_key_jwt"]
# How a party that has no secret proves itself where one could: not at all.
_AUTH_METHODS_PUBLIC = [*_AUTH_METHODS, "none"]
_OWN_CLAIMS = ("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "sid", "acr", "amr", "azp", "at_hash")


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The paths of what is served; None for what is not."""

    authorization: str = "/authorize"
    token: str = "/token"  # noqa: S105  # a path
    userinfo: str = "/userinfo"
    jwks: str = "/jwks"
    introspection: str | None = "/introspect"
    revocation: str | None = "/revoke"
    end_session: str | None = "/end_session"
    pushed_authorization_request: str | None = "/par"
    device_authorization: str | None = "/device_authorization"


def metadata(issuer: str, endpoints: Endpoints, acr_values: tuple[str, ...]) -> dict[str, object]:
    """Return the one document that both specifications ask for; *issuer* without a stroke at its end."""
    grants = [each.value for each in GrantType if each is not GrantType.DEVICE_CODE or endpoints.device_authorization]
    document: dict[str, object] = {
        "issuer": issuer,
        **_urls(issuer, endpoints),
        "scopes_supported": list(SUPPORTED),
        "response_types_supported": ["code"],
        "response_modes_supported": list(RESPONSE_MODES),
        "grant_types_supported": grants,
        "subject_types_supported": ["public", "pairwise"],
        "acr_values_supported": list(acr_values),
        "id_token_signing_alg_values_supported": [each.value for each in SigningAlg],
        "token_endpoint_auth_methods_supported": _AUTH_METHODS_PUBLIC,
        "token_endpoint_auth_signing_alg_values_supported": list(PARTY_ALGS),
        "display_values_supported": ["page"],
        "claim_types_supported": ["normal"],
        "claims_supported": [*_OWN_CLAIMS, *(claim for claims in BY_SCOPE.values() for claim in claims)],
        "claims_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "require_request_uri_registration": False,
        "code_challenge_methods_supported": [pkce.METHOD],
        "prompt_values_supported": list(PROMPTS),
        "ui_locales_supported": ["zh", "en"],
        "authorization_response_iss_parameter_supported": True,
    }
    if endpoints.introspection:
        document["introspection_endpoint_auth_methods_supported"] = _AUTH_METHODS
        document["introspection_endpoint_auth_signing_alg_values_supported"] = list(PARTY_ALGS)
    if endpoints.revocation:
        document["revocation_endpoint_auth_methods_supported"] = _AUTH_METHODS_PUBLIC
        document["revocation_endpoint_auth_signing_alg_values_supported"] = list(PARTY_ALGS)
    if endpoints.end_session:
        document |= {"backchannel_logout_supported": True, "backchannel_logout_session_supported": True}
    if endpoints.pushed_authorization_request:
        document["require_pushed_authorization_requests"] = False
    return document


def render(document: Mapping[str, object]) -> bytes:
    """Return *document* as it is served."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _urls(issuer: str, endpoints: Endpoints) -> dict[str, str]:
    paths = {
        "authorization_endpoint": endpoints.authorization,
        "token_endpoint": endpoints.token,
        "userinfo_endpoint": endpoints.userinfo,
        "jwks_uri": endpoints.jwks,
        "introspection_endpoint": endpoints.introspection,
        "revocation_endpoint": endpoints.revocation,
        "end_session_endpoint": endpoints.end_session,
        "pushed_authorization_request_endpoint": endpoints.pushed_authorization_request,
        "device_authorization_endpoint": endpoints.device_authorization,
    }
    return {name: f"{issuer}{path}" for name, path in paths.items() if path is not None}
