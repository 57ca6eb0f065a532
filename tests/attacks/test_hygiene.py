"""What has no number of its own: memory that strangers could fill, and a log that others may read."""

import logging
import tracemalloc

import pytest

from gateways import Gateway
from gongpai.gateway import metrics
from gongpai.gateway.parties import Parties
from gongpai.gateway.store.open import Stores
from relying_party import SECRET, Party


async def test_ten_thousand_names_of_nobody_leave_nothing_behind(stores: Stores) -> None:
    parties = Parties({}, stores.parties, stores.replays)
    assert await parties.get("nobody") is None
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(10_000):
            assert await parties.get(f"nobody-{number}") is None
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Ten thousand of anything that held such a name would be more than ten times as much.
    assert after - before < 64_000


async def test_no_label_of_a_metric_is_a_visitors_word(provider: Gateway) -> None:
    word = "a-word-of-a-visitors-own"
    party = Party(provider)
    await provider.browser().get(party.url(client_id=word, scope=word, prompt=word))
    await provider.browser().get(f"/{word}?{word}={word}")
    await provider.browser().http.request(word.upper(), "/token")
    for path in ("/token", "/introspect", "/revoke", "/par", "/device_authorization"):
        await party.raw(path, "POST", {"client_id": word, "grant_type": word, "token": word}, {})
    labels = {
        value for each in metrics.REGISTRY.collect() for sample in each.samples for value in sample.labels.values()
    }
    assert [label for label in labels if word in label.lower()] == []


async def test_attack_h4_nothing_that_opens_a_door_is_in_the_log(
    provider: Gateway, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    party, browser = Party(provider), provider.browser()
    back = await party.sign_in(browser, scope="openid profile offline_access")
    first = (await party.redeem(back["code"])).json()
    second = (await party.refresh(first["refresh_token"])).json()
    await party.refresh(first["refresh_token"])
    await party.userinfo(second["access_token"])
    for path in ("/introspect", "/revoke"):
        await party.call(path, {"token": second["access_token"]})
    await party.redeem(back["code"])
    await party.refresh(first["refresh_token"] + "x")
    session = browser.cookie("__Host-gongpai_session")
    opens = [SECRET, party.verifier, back["code"], session, *(each[name] for each in (first, second) for name in each)]
    # The wire of these tests says what it carries.
    lines = [each.getMessage() for each in caplog.records if not each.name.startswith("httpcore2")]
    told = "\n".join([*lines, *capfd.readouterr()])
    assert "grant.revoked" in told
    assert [value for value in opens if isinstance(value, str) and len(value) > 20 and value in told] == []
