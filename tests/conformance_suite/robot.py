"""A party that proves itself by what it signs (private_key_jwt)."""

import secrets
from dataclasses import replace

from gateways import PUBLIC_URL, Gateway
from gongpai.gateway.oidc import jose
from gongpai.gateway.records_provider import AuthMethod, SigningAlg
from relying_party import WIKI, Party

_JWK = jose.generate_key(SigningAlg.ES256)
ROBOT = replace(
    WIKI,
    client_id="robot",
    title="Robot",
    auth_method=AuthMethod.PRIVATE_KEY_JWT,
    secret_hashes=(),
    jwks={"keys": [jose.public_jwk(_JWK)]},
)


async def outcome(gateway: Gateway, **changes: object) -> str:
    """Redeem a code with an assertion that has *changes*; return the error, or "tokens"."""
    party, now = Party(gateway, ROBOT, None), int(gateway.clock().timestamp())
    back = await party.sign_in(gateway.browser())
    right = {"iss": "robot", "sub": "robot", "aud": PUBLIC_URL, "jti": secrets.token_hex(8), "exp": now + 60}
    claims = {name: value for name, value in {**right, **changes}.items() if value is not None}
    fields = {
        "grant_type": "authorization_code",
        "code": back["code"],
        "redirect_uri": ROBOT.redirect_uris[0],
        "code_verifier": party.verifier,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jose.sign(jose.private_key(_JWK), "JWT", claims),
    }
    answer = await party.raw("/token", "POST", fields, {})
    return "tokens" if answer.status_code == 200 else str(answer.json()["error"])
