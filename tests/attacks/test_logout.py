"""Attacks 92 to 95: a sign-out that a party asks for, and one that parties are told of."""

from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest

from attacks.conftest import Open
from gateways import PUBLIC_URL, Browser, Gateway
from logout_listener import AUTHORITY, listening
from memory import until
from relying_party import WIKI, Party

BYE = "https://wiki.example.com/bye"


async def ask(browser: Browser, **parameters: str | None) -> None:
    """Hold that a wish to sign out is asked about, keeps the session meanwhile, and leads nowhere after a yes."""
    sent = {name: value for name, value in parameters.items() if value is not None}
    page = await browser.get(f"/end_session?{urlencode(sent)}")
    assert (page.status_code, "location" in page.headers) == (200, False)
    assert (await browser.get("/me")).status_code == 200
    done = await browser.post("/signout/confirm", page=page.text)
    assert (done.status_code, "location" in done.headers) == (200, False)
    assert (await browser.get("/me")).status_code == 303


@pytest.mark.parametrize("uri", ["https://evil.example/", f"{BYE}?x=1", f"{BYE}/", WIKI.redirect_uris[0]])
async def test_attack_092_a_sign_out_leads_to_nothing_that_is_not_registered(provider: Gateway, uri: str) -> None:
    party, browser = Party(provider), provider.browser()
    hint = (await party.tokens(browser))["id_token"]
    await ask(browser, id_token_hint=hint, post_logout_redirect_uri=uri, state="s")


@pytest.mark.parametrize("client_id", [None, "wiki"])
async def test_attack_092_a_sign_out_without_a_hint_leads_nowhere(provider: Gateway, client_id: str | None) -> None:
    browser = provider.browser()
    await browser.sign_in()
    await ask(browser, post_logout_redirect_uri=BYE, client_id=client_id)


@pytest.mark.parametrize("change", ["modified", "unsigned", "another party's"])
async def test_attack_093_a_hint_that_is_not_the_partys_own_leads_nowhere(provider: Gateway, change: str) -> None:
    party, browser = Party(provider), provider.browser()
    hint = (await party.tokens(browser))["id_token"]
    head, payload, signature = hint.split(".")
    swapped = signature[:10] + ("A" if signature[10] != "A" else "B") + signature[11:]
    hints = {"modified": f"{head}.{payload}.{swapped}", "unsigned": f"{head}.{payload}.", "another party's": hint}
    client_id = "lunch" if change == "another party's" else None
    await ask(browser, id_token_hint=hints[change], post_logout_redirect_uri=BYE, client_id=client_id)


async def test_attack_095_parties_are_told_of_the_end_in_a_token_that_passes_for_nothing_else_and_again_if_they_fail(
    opened: Open, tmp_path: Path
) -> None:
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    async with AsyncExitStack() as stack:
        named = await stack.enter_async_context(listening())
        inward = await stack.enter_async_context(listening())
        parties = (
            replace(WIKI, backchannel_logout_uri=named.url),
            # The same listener to the network, under a name that the operator did not vouch for.
            replace(WIKI, client_id="spy", backchannel_logout_uri=inward.url.replace("localhost", "127.0.0.1")),
        )
        settings = {"ca_file": tmp_path / "ca.pem", "private_hosts": frozenset({"localhost"})}
        gateway = await stack.enter_async_context(opened(*parties, **settings))
        browser, named.status = gateway.browser(), 500
        party, spy = (Party(gateway, each) for each in parties)
        own = await party.claims((await party.tokens(browser))["id_token"])
        await spy.tokens(browser)
        await browser.post("/signout", page=(await browser.get("/signout")).text)

        def is_told(times: int) -> bool:
            gateway.clock.advance(seconds=11)
            return len(named.heard) >= times

        await until(lambda: is_told(1))
        named.status = 200
        await until(lambda: is_told(2))
        told = await party.claims(named.heard[-1])
        assert (told["iss"], told["aud"], told["sub"], told["sid"]) == (PUBLIC_URL, "wiki", own["sub"], own["sid"])
        assert told["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
        assert "nonce" not in told
        assert len(told["jti"]) > 16
        assert (await party.userinfo(named.heard[-1])).status_code == 401
        assert (await party.call("/introspect", {"token": named.heard[-1]})).json() == {"active": False}
        assert inward.heard == []
