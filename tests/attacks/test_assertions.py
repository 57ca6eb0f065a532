"""Attacks 68 and 82 to 86: what a party signs to prove itself, where somebody else wrote a part of it."""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from attacks.conftest import Open
from gateways import PUBLIC_URL, Gateway, gateway_config, open_gateway
from gongpai.gateway.oidc import jose
from gongpai.gateway.records_provider import AuthMethod, SigningAlg
from gongpai.sandbox import Sandbox
from over_http import open_over_http
from relying_party import WIKI, Party

_OWN, _FOREIGN = (jose.generate_key(SigningAlg.ES256) for _ in range(2))
_PUBLIC = jose.public_jwk(_OWN)
ROBOT = replace(
    WIKI, client_id="robot", auth_method=AuthMethod.PRIVATE_KEY_JWT, secret_hashes=(), jwks={"keys": [_PUBLIC]}
)


@pytest.fixture(scope="module")
async def provider(wecom_sandbox_server: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    """Open a gateway that knows one party, by its key."""
    corner = wecom_sandbox_server.corner()
    folder: Path = tmp_path_factory.mktemp("robot")
    async with open_over_http(corner, gateway_config(corner, folder, parties={"robot": ROBOT})) as gateway:
        yield gateway
    corner.close()


def part(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def claims_of(gateway: Gateway, **changes: object) -> dict[str, object]:
    """Return right claims with *changes*; None leaves one out."""
    now = int(gateway.clock().timestamp())
    right = {"iss": "robot", "sub": "robot", "aud": PUBLIC_URL, "jti": secrets.token_hex(8), "iat": now}
    claims = {**right, "exp": now + 60, **changes}
    return {name: value for name, value in claims.items() if value is not None}


def signed(payload: object, key: jose.Claims = _OWN, **header: object) -> str:
    """Sign with *key* whatever the header says."""
    head = {"alg": "ES256", "typ": "JWT", "kid": _OWN["kid"], **header}
    signing_input = f"{part(head)}.{part(payload)}"
    return f"{signing_input}.{part(jose.private_key(key).sign(signing_input.encode()))}"


async def status(gateway: Gateway, assertion: str) -> int:
    """Introspect with *assertion* for a proof; return what it opens."""
    fields = {
        "token": "x",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    }
    answer = await Party(gateway).raw("/introspect", "POST", fields, {})
    if answer.status_code != 200:
        assert answer.json()["error"] in {"invalid_client", "invalid_request"}
    return answer.status_code


async def test_attack_068_an_assertion_is_good_once_on_whatever_node(opened: Open) -> None:
    async with opened(ROBOT) as one, open_gateway(one.corner, one.config) as two:
        assertion = signed(claims_of(one))
        assert [await status(node, assertion) for node in (one, one, two)] == [200, 401, 401]


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://evil.example"},
        {"aud": None},
        {"iss": "wiki"},
        {"sub": "wiki"},
        {"sub": None},
        {"jti": None},
        {"exp": -300},
        {"exp": 86_400 * 400},
        {"exp": None},
    ],
    ids=lambda changes: "-".join(f"{name}={value}" for name, value in changes.items()),
)
async def test_attack_068_an_assertion_that_says_anything_wrong(provider: Gateway, changes: dict[str, object]) -> None:
    if isinstance(changes.get("exp"), int):
        changes = {"exp": int(provider.clock().timestamp()) + int(str(changes["exp"]))}
    assert await status(provider, signed(claims_of(provider, **changes))) == 401
    assert await status(provider, signed(claims_of(provider))) == 200


async def test_attack_068_an_assertion_with_half_of_a_letter(provider: Gateway) -> None:
    for name in ("sub", "iss", "jti", "aud"):
        assert await status(provider, signed(claims_of(provider, **{name: "\ud800"}))) == 401


async def test_attack_068_an_assertion_that_nobody_signed_or_the_public_key_did(provider: Gateway) -> None:
    claims = part(claims_of(provider))
    key = jose.public_keys({"keys": [_PUBLIC]})[0].key
    assert isinstance(key, ECKey)
    pem = key.as_pem(private=False)
    symmetric = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{claims}"
    mac = part(hmac.new(pem, symmetric.encode(), hashlib.sha256).digest())
    for assertion in (f"{part({'alg': 'none'})}.{claims}.", f"{symmetric}.{mac}"):
        assert await status(provider, assertion) == 401


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c"])
async def test_attack_082_a_key_that_a_token_brings_or_names_is_neither_used_nor_fetched(
    provider: Gateway, name: str
) -> None:
    came: list[bytes] = []

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(await reader.read(9))
        writer.close()

    async with await asyncio.start_server(meet, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/jwks"
        brought = {"jwk": jose.public_jwk(_FOREIGN), "jku": url, "x5u": url, "x5c": ["AA"]}[name]
        for kid in (_FOREIGN["kid"], _OWN["kid"]):
            forged = signed(claims_of(provider), _FOREIGN, **{name: brought, "kid": kid})
            assert await status(provider, forged) == 401
    assert came == []


@pytest.mark.parametrize(
    "kid", ["../../../dev/null", "' OR 1=1 --", "k" * 10_000, "\x00", 7, None], ids=lambda kid: repr(kid)[:20]
)
async def test_attack_083_a_kid_that_is_no_name_of_a_key(provider: Gateway, kid: object) -> None:
    assert await status(provider, signed(claims_of(provider), _FOREIGN, kid=kid)) in {400, 401}
    assert await status(provider, signed(claims_of(provider), kid=kid)) in {400, 401}


async def test_attack_085_a_token_that_is_too_much_is_refused_unread(provider: Gateway) -> None:
    good = signed(claims_of(provider))
    bombs = [
        signed(claims_of(provider), zip="DEF"),
        signed(claims_of(provider), enc="A256GCM"),
        "a.b.c.d.e",
        f"{good}.{good}",
        signed(claims_of(provider), padding="x" * 30_000),
        signed(claims_of(provider, padding="x" * 30_000)),
    ]
    for bomb in bombs:
        assert await status(provider, bomb) in {400, 401}
    fields = {"token": "x", "client_assertion": signed(claims_of(provider), padding="x" * 1_000_000)}
    answer = await Party(provider).raw("/introspect", "POST", fields, {})
    assert answer.status_code == 413
    # The key set's own owner is not locked out by what others sent.
    assert await status(provider, good) == 200


@pytest.mark.parametrize(
    "spoilt",
    [
        '"exp": 1, "exp": {exp}',
        '"exp": "{exp}"',
        '"exp": {exp}.5',
        '"exp": 1e400',
        '"exp": NaN',
        '"exp": {exp}, "nbf": {late}',
        '"exp": {exp}, "iat": {late}',
        '"exp": {past}',
    ],
)
async def test_attack_086_claims_that_readers_would_read_differently_or_of_another_time(
    provider: Gateway, spoilt: str
) -> None:
    now = int(provider.clock().timestamp())
    rest = json.dumps(claims_of(provider, exp=None, iat=None))[:-1]
    moments = {"{exp}": now + 60, "{late}": now + 61, "{past}": now - 60}
    for name, moment in moments.items():
        spoilt = spoilt.replace(name, str(moment))
    assert await status(provider, signed(f"{rest}, {spoilt}}}".encode())) == 401
    assert await status(provider, signed(f'{rest}, "exp": {now - 59}, "nbf": {now + 60}}}'.encode())) == 200
