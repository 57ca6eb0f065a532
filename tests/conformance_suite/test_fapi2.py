"""What the FAPI 2.0 plans try and any provider should withstand. Each test is named after its module."""

from urllib.parse import urlencode

from conformance_suite.checks import accept
from conformance_suite.conftest import SECOND
from conformance_suite.robot import outcome
from gateways import PUBLIC_URL, Gateway, query_of
from relying_party import LUNCH, Party, follow


async def test_fapi2_ensure_authorization_code_is_bound_to_client(provider: Gateway) -> None:
    party = Party(provider)
    code = (await party.sign_in(provider.browser()))["code"]
    other = Party(provider, SECOND, verifier=party.verifier)
    stolen = await other.redeem(code, redirect_uri=party.record.redirect_uris[0])
    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")


async def test_fapi2_attempt_reuse_authorization_code_after_one_second(provider: Gateway) -> None:
    party = Party(provider)
    code = (await party.sign_in(provider.browser()))["code"]
    token = (await party.redeem(code)).json()["access_token"]
    provider.clock.advance(seconds=1)
    assert (await party.redeem(code)).json()["error"] == "invalid_grant"
    assert (await party.userinfo(token)).status_code == 401


async def refusal(provider: Gateway, verifier: str | None) -> tuple[int, str]:
    """Return what the token endpoint says to a code with *verifier*."""
    party = Party(provider)
    answer = await party.redeem((await party.sign_in(provider.browser()))["code"], code_verifier=verifier)
    return answer.status_code, answer.json()["error"]


async def test_fapi2_ensure_pkce_code_verifier_required(provider: Gateway) -> None:
    assert await refusal(provider, None) == (400, "invalid_grant")


async def test_fapi2_incorrect_pkce_code_verifier_rejected(provider: Gateway) -> None:
    assert await refusal(provider, "x" * 43) == (400, "invalid_grant")


async def test_fapi2_par_plain_pkce_rejected(provider: Gateway) -> None:
    party = Party(provider)
    plain = party.query(code_challenge=party.verifier, code_challenge_method="plain")
    answer = await party.call("/par", query_of(f"/?{plain}"))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert "request_uri" not in answer.json()


async def test_fapi2_par_without_duplicate_parameters(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    pushed = await party.call("/par", query_of(f"/?{party.query()}"))
    assert (pushed.status_code, pushed.json()["expires_in"] > 0) == (201, True)
    asked = urlencode({"client_id": "wiki", "request_uri": pushed.json()["request_uri"]})
    await accept(party, query_of(await follow(browser, await browser.get(f"/authorize?{asked}"))))


async def test_fapi2_par_attempt_invalid_http_method(provider: Gateway) -> None:
    party = Party(provider)
    for method in ("GET", "PUT", "DELETE"):
        answer = await party.raw("/par", method, None, {"authorization": party.basic})
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_fapi2_ensure_client_assertion_with_wrong_aud_fails(provider: Gateway) -> None:
    assert await outcome(provider) == "tokens"
    assert await outcome(provider, aud="https://other.example") == "invalid_client"


async def test_fapi2_ensure_client_assertion_with_no_sub_fails(provider: Gateway) -> None:
    assert await outcome(provider, sub=None) == "invalid_client"


async def test_fapi2_ensure_client_assertion_with_exp_5_minutes_in_past_fails(provider: Gateway) -> None:
    past = int(provider.clock().timestamp()) - 300
    assert await outcome(provider, exp=past) == "invalid_client"


async def test_fapi2_ensure_authorization_request_with_long_nonce(provider: Gateway) -> None:
    party = Party(provider, nonce="n" * 384)
    await accept(party, await party.sign_in(provider.browser()))


async def test_fapi2_ensure_authorization_request_with_long_state(provider: Gateway) -> None:
    party = Party(provider, state="s" * 384)
    await accept(party, await party.sign_in(provider.browser()))


async def test_fapi2_user_rejects_authentication(provider: Gateway) -> None:
    party, browser = Party(provider, LUNCH, None), provider.browser()
    await browser.sign_in()
    page = await browser.get(party.url())
    session = page.text.split('name="session" value="')[1].split('"')[0]
    action = page.text.split('<form method="post" action="')[1].split('"')[0]
    said = await browser.post(action, {"session": session, "answer": "refuse"}, page=page.text)
    told = query_of(said.headers["location"])
    assert (told["error"], told["state"], told["iss"]) == ("access_denied", party.state, PUBLIC_URL)
    assert "code" not in told
