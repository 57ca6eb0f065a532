"""The plans of RP-initiated and back-channel logout. Each test is named after its module."""

from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from conformance_suite.checks import document, sent_back, silently
from gateways import PUBLIC_URL, Browser, Gateway, gateway_config
from gongpai.sandbox import Corner
from logout_listener import AUTHORITY, listening
from memory import until
from over_http import open_over_http
from relying_party import WIKI, Party

BYE = "https://wiki.example.com/bye"


def url(**parameters: str) -> str:
    return f"/end_session?{urlencode(parameters)}"


async def signed_in(provider: Gateway) -> tuple[Party, Browser, str]:
    """Sign in; return the party, the browser and the ID token."""
    party, browser = Party(provider), provider.browser()
    return party, browser, (await silently(party, browser)).tokens["id_token"]


async def is_out(party: Party, browser: Browser) -> bool:
    """Ask as the suite does whether somebody is signed in: with prompt=none."""
    told = await sent_back(browser, party.url(prompt="none"))
    assert ("code" in told) != (told.get("error") == "login_required")
    return "error" in told


async def asked_and_led_nowhere(party: Party, browser: Browser, **parameters: str) -> None:
    """Hold that the person is asked, and that their yes signs them out and leads to no party."""
    page = await browser.get(url(**parameters))
    assert (page.status_code, "location" in page.headers) == (200, False)
    assert not await is_out(party, browser)
    done = await browser.post("/signout/confirm", page=page.text)
    assert (done.status_code, "location" in done.headers) == (200, False)
    assert await is_out(party, browser)


async def test_oidcc_rp_initiated_logout(provider: Gateway) -> None:
    party, browser, hint = await signed_in(provider)
    answer = await browser.get(url(id_token_hint=hint, post_logout_redirect_uri=BYE, state="s 1&"))
    assert (answer.status_code, answer.headers["location"]) == (303, f"{BYE}?state=s+1%26")
    assert await is_out(party, browser)


async def test_oidcc_rp_initiated_logout_no_state(provider: Gateway) -> None:
    party, browser, hint = await signed_in(provider)
    answer = await browser.get(url(id_token_hint=hint, post_logout_redirect_uri=BYE))
    assert (answer.status_code, answer.headers["location"]) == (303, BYE)
    assert await is_out(party, browser)


async def test_oidcc_rp_initiated_logout_no_post_logout_redirect_uri(provider: Gateway) -> None:
    party, browser, hint = await signed_in(provider)
    answer = await browser.get(url(id_token_hint=hint, state="s"))
    assert (answer.status_code, "location" in answer.headers) == (200, False)
    assert await is_out(party, browser)


async def test_oidcc_rp_initiated_logout_no_params(provider: Gateway) -> None:
    party, browser, _hint = await signed_in(provider)
    await asked_and_led_nowhere(party, browser)


async def test_oidcc_rp_initiated_logout_only_state(provider: Gateway) -> None:
    party, browser, _hint = await signed_in(provider)
    await asked_and_led_nowhere(party, browser, state="s")


async def test_oidcc_rp_initiated_logout_no_id_token_hint(provider: Gateway) -> None:
    party, browser, _hint = await signed_in(provider)
    await asked_and_led_nowhere(party, browser, post_logout_redirect_uri=BYE, state="s")


async def test_oidcc_rp_initiated_logout_bad_id_token_hint(provider: Gateway) -> None:
    party, browser, _hint = await signed_in(provider)
    await asked_and_led_nowhere(party, browser, id_token_hint="bad", post_logout_redirect_uri=BYE, state="s")


async def test_oidcc_rp_initiated_logout_modified_id_token_hint(provider: Gateway) -> None:
    party, browser, hint = await signed_in(provider)
    head, payload, signature = hint.split(".")
    changed = f"{head}.{payload}.{signature[:10]}{'A' if signature[10] != 'A' else 'B'}{signature[11:]}"
    await asked_and_led_nowhere(party, browser, id_token_hint=changed, post_logout_redirect_uri=BYE, state="s")


async def test_oidcc_rp_initiated_logout_bad_post_logout_redirect_uri(provider: Gateway) -> None:
    party, browser, hint = await signed_in(provider)
    bad = "https://wiki.example.com/other"
    await asked_and_led_nowhere(party, browser, id_token_hint=hint, post_logout_redirect_uri=bad, state="s")


async def test_oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri(provider: Gateway) -> None:
    party, browser, hint = await signed_in(provider)
    added = f"{BYE}?foo=bar"
    await asked_and_led_nowhere(party, browser, id_token_hint=hint, post_logout_redirect_uri=added, state="s")


async def test_oidcc_rp_initiated_logout_discovery_endpoint_verification(provider: Gateway) -> None:
    endpoint = urlsplit((await document(Party(provider)))["end_session_endpoint"])
    assert f"{endpoint.scheme}://{endpoint.netloc}" == PUBLIC_URL
    assert (await provider.browser().get(endpoint.path)).status_code == 200


async def test_oidcc_backchannel_logout_discovery_endpoint_verification(provider: Gateway) -> None:
    told = await document(Party(provider))
    assert told["end_session_endpoint"].startswith(f"{PUBLIC_URL}/")
    assert told["backchannel_logout_supported"] is True
    assert told["backchannel_logout_session_supported"] is True
    assert "sid" in told["claims_supported"]


async def test_oidcc_backchannel_rp_initiated_logout(wecom_sandbox: Corner, tmp_path: Path) -> None:
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    async with listening() as listener:
        told_of = replace(WIKI, backchannel_logout_uri=listener.url)
        settings = {"ca_file": tmp_path / "ca.pem", "private_hosts": frozenset({"localhost"})}
        config = gateway_config(wecom_sandbox, tmp_path, parties={"wiki": told_of}, **settings)
        async with open_over_http(wecom_sandbox, config) as gateway:
            party, browser = Party(gateway, told_of), gateway.browser()
            own = await silently(party, browser)
            asked = url(id_token_hint=own.tokens["id_token"], post_logout_redirect_uri=BYE, state="s")
            assert (await browser.get(asked)).headers["location"] == f"{BYE}?state=s"
            await until(lambda: len(listener.heard) > 0)
            claims = await party.claims(listener.heard[0])
            for name in ("iss", "aud", "sub", "sid"):
                assert claims[name] == own.claims[name]
            assert claims["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
            assert {"iat", "exp", "jti"} <= claims.keys()
            assert "nonce" not in claims
            assert await is_out(party, browser)
