"""Attacks 61 to 71: what a machine brings to the token endpoint, and how it says who it is."""

import base64
import hashlib
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest

from gateways import Gateway, gateway_config, open_gateway
from gongpai.gateway.records_provider import GrantType
from gongpai.sandbox import Corner
from relying_party import LUNCH, SECRET, WIKI, Party

FORM = {"grant_type": "authorization_code", "code": "x", "redirect_uri": "https://wiki.example.com/cb"}


def basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


async def test_attack_061_a_verifier_without_a_challenge_is_a_downgrade(wecom_sandbox: Corner, tmp_path: Path) -> None:
    old = replace(WIKI, requires_pkce=False)
    async with open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, parties={"wiki": old})) as gateway:
        party = Party(gateway, old)
        plain = {"code_challenge": None, "code_challenge_method": None}
        back = await party.sign_in(gateway.browser(), **plain)
        assert (await party.redeem(back["code"])).json()["error"] == "invalid_grant"
        back = await party.sign_in(gateway.browser(), **plain)
        assert (await party.redeem(back["code"], code_verifier=None)).status_code == 200


@pytest.mark.parametrize("verifier", ["x" * 42, "x" * 129, "ü" * 43])
async def test_attack_062_a_verifier_that_cannot_be_one(provider: Gateway, verifier: str) -> None:
    party = Party(provider)
    back = await party.sign_in(provider.browser())
    assert (await party.redeem(back["code"], code_verifier=verifier)).json()["error"] == "invalid_grant"


async def test_attack_064_two_proofs_at_once(provider: Gateway) -> None:
    party = Party(provider)
    answer = await party.call("/token", {**FORM, "client_id": "wiki", "client_secret": SECRET})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("header", ["Basic ???", "Basic d2lraQ==", "Bearer x", "Basic " + "A" * 9000])
async def test_attack_065_a_header_that_is_no_basic(provider: Gateway, header: str) -> None:
    answer = await Party(provider).call("/token", FORM, authorization=header)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic ")


async def test_attack_065_basic_is_form_encoded_before_it_is_joined(provider: Gateway) -> None:
    encoded = SECRET.replace(" ", "+").replace(",", "%2C")
    answer = await Party(provider).call("/token", FORM, authorization=basic("w%69ki", encoded))
    assert answer.json()["error"] == "invalid_grant"


async def test_attack_066_the_stored_hash_is_no_secret(provider: Gateway) -> None:
    stolen = hashlib.sha256(SECRET.encode()).hexdigest()
    assert (await Party(provider, secret=stolen).call("/token", FORM)).json()["error"] == "invalid_client"


async def test_attack_067_a_public_party_with_a_secret_and_a_confidential_one_without(provider: Gateway) -> None:
    public = Party(provider, LUNCH, "some secret")
    assert (await public.call("/token", FORM)).json()["error"] == "invalid_client"
    nameless = await Party(provider, secret=None).call("/token", FORM)
    assert (nameless.status_code, nameless.json()["error"]) == (401, "invalid_client")
    nobody = await public.raw("/token", "POST", FORM, {})
    assert nobody.json()["error"] == "invalid_client"


async def test_attack_069_what_is_not_a_form_by_post(provider: Gateway) -> None:
    party = Party(provider)
    got = await party.raw("/token", "GET", None, {"authorization": party.basic})
    assert (got.status_code, got.headers["allow"]) == (405, "POST")
    json = await party.raw("/token", "POST", FORM, {"authorization": party.basic, "content-type": "application/json"})
    assert (json.status_code, json.json()["error"]) == (400, "invalid_request")


async def test_attack_069_a_parameter_that_comes_twice(provider: Gateway) -> None:
    browser = provider.browser()
    headers = {"authorization": basic("wiki", SECRET), "content-type": "application/x-www-form-urlencoded"}
    body = "grant_type=authorization_code&code=a&code=b"
    answer = await browser.http.post("/token", content=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    # One that nobody needs is not passed over either: what one reader takes first another takes last.
    party = Party(provider)
    token = (await party.tokens(browser, scope="openid offline_access"))["refresh_token"]
    body = urlencode({"grant_type": "refresh_token", "refresh_token": token}) + "&scope=openid&scope=openid"
    answer = await browser.http.post("/token", content=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert (await party.refresh(token)).status_code == 200
    long = await browser.http.post("/token", content="a=" + "x" * 70_000, headers=headers)
    assert (long.status_code, long.json()["error"]) == (413, "invalid_request")
    odd = await browser.http.post("/token", content=b"a=\xff", headers=headers)
    assert odd.json()["error"] == "invalid_request"


@pytest.mark.parametrize("grant_type", ["password", "implicit", "client_credentials", "x" * 500])
async def test_attack_070_a_grant_that_there_is_not(provider: Gateway, grant_type: str) -> None:
    answer = await Party(provider).call("/token", {**FORM, "grant_type": grant_type})
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


async def test_attack_071_a_grant_that_the_party_has_not(wecom_sandbox: Corner, tmp_path: Path) -> None:
    own = replace(WIKI, grant_types=frozenset({GrantType.AUTHORIZATION_CODE}))
    async with open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, parties={"wiki": own})) as gateway:
        answer = await Party(gateway, own).refresh("x")
        assert (answer.status_code, answer.json()["error"]) == (400, "unauthorized_client")


async def test_a_party_that_was_disabled_proves_nothing(wecom_sandbox: Corner, tmp_path: Path) -> None:
    own = replace(WIKI, disabled_at=WIKI.secret_hashes[0].created_at)
    async with open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, parties={"wiki": own})) as gateway:
        assert (await Party(gateway, own).call("/token", FORM)).json()["error"] == "invalid_client"
        assert (await gateway.browser().get(Party(gateway, own).url())).status_code == 400
