"""H1 to H4: a host that strangers name, requests without end, memory that they could fill, a log that others read."""

import asyncio
import gc
import logging
import secrets
import socket
import tracemalloc

import pytest

from gateways import PUBLIC_URL, Gateway, open_gateway
from gongpai.gateway import metrics
from gongpai.gateway.parties import Parties
from gongpai.gateway.plain_protocol import PlainProtocol
from gongpai.gateway.store.open import Stores
from listening import serving
from relying_party import SECRET, Party

_FORM = {"grant_type": "authorization_code", "code": "x", "redirect_uri": "https://wiki.example.com/cb"}


@pytest.mark.parametrize("name", ["host", "x-forwarded-host", "x-forwarded-proto", "x-original-host", "forwarded"])
async def test_attack_h1_no_header_changes_the_issuer_or_a_link(provider: Gateway, name: str) -> None:
    party, browser = Party(provider), provider.browser()
    forged = {name: "host=evil.example" if name == "forwarded" else "evil.example"}
    documents = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")
    for path in documents:
        told = await browser.http.get(path, headers=forged)
        assert told.json()["issuer"] == PUBLIC_URL
        assert "evil" not in told.text
    begun = await browser.http.get("/signin", headers=forged)
    assert "redirect_uri=https%3A%2F%2Fsso.gongpai.test%2F" in begun.headers["location"]
    assert "evil" not in begun.headers["location"]
    page = await browser.http.get(party.url(client_id="nobody"), headers=forged)
    assert (page.status_code, "evil" in page.text) == (400, False)


class Hurried(PlainProtocol):
    """The worker's protocol, for a test in which nothing more arrives."""

    arrive_within_seconds = 0.2


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /healthz HTTP/1.1\r\nHost: sso.gongpai.test\r\nX-Slow: ",
        b"POST /token HTTP/1.1\r\nHost: sso.gongpai.test\r\nContent-Length: 99\r\n\r\ngrant_type=",
    ],
    ids=["nothing", "half a head", "half a body"],
)
async def test_attack_h2_whoever_sends_slowly_is_hung_up_on(provider: Gateway, sent: bytes) -> None:
    async with open_gateway(provider.corner, provider.config) as node:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            async with serving(node.app, Hurried, listener), asyncio.timeout(90):
                reader, writer = await asyncio.open_connection(*listener.getsockname())
                writer.write(sent)
                await writer.drain()
                assert b"200 OK" not in await reader.read()
                writer.close()


def kept(word: str) -> set[str]:
    """Return the texts with *word* that something still holds on to."""
    gc.collect()
    held: list[object] = [each for holder in gc.get_objects() for each in gc.get_referents(holder)]
    # A dictionary of texts alone is not known to the collector itself.
    held += [text for each in held if type(each) is dict for text in (*each, *each.values())]
    return {str(each) for each in held if type(each) is str and word in each}


async def test_attack_h3_names_of_nobody_are_not_kept_by_the_running_gateway(
    provider: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    # What tells of the requests to this test would keep them.
    caplog.set_level(logging.CRITICAL)
    party, browser = Party(provider), provider.browser()
    early, late = (f"nobody-{secrets.token_hex(4)}" for _ in range(2))
    for number in range(300):
        # What keeps the last few requests, as Python does for URLs, has forgotten the early ones by then.
        name = f"{early if number < 100 else late}-{number}"
        assert (await browser.get(party.url(client_id=name))).status_code == 400
        assert (await party.raw("/token", "POST", {**_FORM, "client_id": name}, {})).status_code == 401
    assert kept(early) <= {early}


async def test_attack_h3_ten_thousand_names_of_nobody_leave_nothing_behind(stores: Stores) -> None:
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
