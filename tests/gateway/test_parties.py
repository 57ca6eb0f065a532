"""Which relying parties there are, and the proof that one of them calls."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from gateways import PUBLIC_URL, Gateway, gateway_config, open_gateway
from gongpai.gateway.parties import Parties
from gongpai.gateway.records_provider import AuthMethod
from gongpai.gateway.store.open import Stores, open_stores
from gongpai.sandbox import Corner
from memory import NOW
from memory_provider import make_party
from relying_party import WIKI, Party

_KEY = ECKey.generate_key("P-256", {"kid": "one"})
_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_TOKEN = {"token": "x"}


def signed(**changes: object) -> dict[str, str]:
    """Return the fields of an assertion with *changes*."""
    now = int(time.time())
    claims: dict[str, object] = {
        "iss": "wiki",
        "sub": "wiki",
        "aud": PUBLIC_URL,
        "jti": str(time.monotonic_ns()),
        "iat": now,
        "exp": now + 60,
    }
    right = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    assertion = jwt.encode({"alg": "ES256", "kid": "one"}, right, _KEY)
    return {"client_assertion": assertion, "client_assertion_type": _TYPE}


async def introspect(gateway: Gateway, fields: Mapping[str, str]) -> int:
    answer = await Party(gateway).raw("/introspect", "POST", {**_TOKEN, **fields}, {})
    return answer.status_code


async def test_attack_068_an_assertion_proves_its_party_once(wecom_sandbox: Corner, tmp_path: Path) -> None:
    keys = {"keys": [_KEY.as_dict(private=False)]}
    own = replace(WIKI, auth_method=AuthMethod.PRIVATE_KEY_JWT, secret_hashes=(), jwks=keys)
    async with open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, parties={"wiki": own})) as gateway:
        for audience in (PUBLIC_URL, f"{PUBLIC_URL}/introspect", f"{PUBLIC_URL}/token"):
            assert await introspect(gateway, signed(aud=audience)) == 200
        once = signed()
        assert [await introspect(gateway, once) for _ in range(2)] == [200, 401]
        wrong: list[dict[str, object]] = [
            {"aud": "https://evil.example"},
            {"iss": "lunch"},
            {"sub": "lunch"},
            {"sub": None},
            {"exp": int(time.time()) - 300},
            {"exp": int(time.time()) + 86_400 * 400},
            {"jti": None},
        ]
        assert [await introspect(gateway, signed(**changes)) for changes in wrong] == [401] * len(wrong)


async def test_a_party_of_the_configuration_wins_over_one_of_the_store(stores: Stores) -> None:
    await stores.parties.add(make_party("wiki"))
    assert await Parties({"wiki": WIKI}, stores.parties, stores.replays).get("wiki") is WIKI


async def test_a_party_that_comes_into_the_configuration_wins_at_once(stores: Stores) -> None:
    parties = Parties({}, stores.parties, stores.replays)
    await stores.parties.add(make_party("wiki"))
    assert await parties.get("wiki") == make_party("wiki")
    parties.configure({"wiki": WIKI})
    assert await parties.get("wiki") is WIKI


async def test_two_parties_may_number_their_assertions_alike(wecom_sandbox: Corner, tmp_path: Path) -> None:
    keys = {"keys": [_KEY.as_dict(private=False)]}
    own = replace(WIKI, auth_method=AuthMethod.PRIVATE_KEY_JWT, secret_hashes=(), jwks=keys)
    both = {"wiki": own, "lunch": replace(own, client_id="lunch")}
    async with open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, parties=both)) as gateway:
        found = [await introspect(gateway, signed(iss=name, sub=name, jti="1")) for name in ("lunch", "wiki", "wiki")]
    assert found == [200, 200, 401]


async def test_a_party_is_read_once_until_the_news_tell_of_a_change(stores: Stores) -> None:
    parties = Parties({}, stores.parties, stores.replays)
    before = make_party()
    await stores.parties.add(before)
    assert await parties.get("grafana") == before
    after = replace(before, disabled_at=NOW)
    await stores.parties.replace(before, after)
    assert await parties.get("grafana") == before
    await parties.forget(NOW)
    assert await parties.get("grafana") == after
    assert await parties.get_living("grafana") is None


async def test_what_was_read_while_a_change_was_told_is_not_kept(stores: Stores) -> None:
    parties = Parties({}, stores.parties, stores.replays)
    await stores.parties.add(make_party())

    class Late:
        """A store that hears the news between its read and its answer."""

        def __getattr__(self, name: str) -> object:
            return getattr(stores.parties, name)

        async def get(self, client_id: str) -> object:
            found = await stores.parties.get(client_id)
            await parties.forget(NOW)
            return found

    parties._store = Late()  # type: ignore[assignment]  # a port of the test's own
    assert await parties.get("grafana") is not None
    assert parties._known == {}


async def test_names_that_nobody_has_are_not_kept(stores: Stores) -> None:
    parties = Parties({}, stores.parties, stores.replays)
    for number in range(100):
        assert await parties.get(f"nobody-{number}") is None
    assert parties._known == {}


@pytest.mark.parametrize(
    "taken", [{"redirect_uris": ("https://new.example.com/cb",)}, {"scopes": frozenset({"openid"})}]
)
async def test_what_is_under_way_does_not_outlive_what_was_taken_from_the_party(
    provider: Gateway, taken: dict[str, Any]
) -> None:
    party = Party(provider, replace(WIKI, client_id="grafana", is_configured=False))
    async with open_stores(provider.config.storage) as other_node:
        await other_node.parties.add(party.record)
        asked = party.query(scope="openid profile")
        pushed = (await party.call("/par", dict(parse_qsl(asked)))).json()["request_uri"]
        browser = provider.browser()
        sign_in = (await browser.get(f"/authorize?{asked}")).headers["location"]
        await other_node.parties.replace(party.record, replace(party.record, **taken))
        async with asyncio.timeout(90):
            # The one is answered by a page of ours, the other by an error that the party is told.
            while "/signin" in (await provider.browser().get(f"/authorize?{asked}")).headers.get("location", ""):
                pass
    back = await browser.sign_in(sign_in)
    assert (await browser.get(back.headers["location"])).status_code == 400
    answer = await browser.get(f"/authorize?{urlencode({'client_id': 'grafana', 'request_uri': pushed})}")
    assert answer.status_code == 400


async def test_what_is_under_way_goes_on_with_a_scope_that_hangs_on_a_grant(
    wecom_sandbox: Corner, tmp_path: Path
) -> None:
    record = replace(WIKI, scopes=frozenset({"profile"}))
    config = gateway_config(wecom_sandbox, tmp_path, parties={"wiki": record})
    async with open_gateway(wecom_sandbox, config) as gateway:
        assert "refresh_token" in await Party(gateway, record).tokens(gateway.browser(), scope="openid offline_access")


@pytest.mark.parametrize("change", ["added", "disabled"])
async def test_every_node_soon_knows_of_a_change(provider: Gateway, change: str) -> None:
    party = Party(provider, make_party("grafana", is_trusted=True), None)
    async with open_stores(provider.config.storage) as other_node:
        assert (await provider.browser().get(party.url())).status_code == 400
        await other_node.parties.add(party.record)
        assert (await provider.browser().get(party.url())).status_code == 303
        if change == "disabled":
            await other_node.parties.replace(party.record, replace(party.record, disabled_at=NOW))
            async with asyncio.timeout(90):
                while (await provider.browser().get(party.url())).status_code != 400:
                    pass
