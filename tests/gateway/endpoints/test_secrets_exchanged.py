"""A party's secret is exchanged while people are signed in: they lose nothing, and an old secret opens nothing."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx2
import pytest

from gateways import Gateway, gateway_config, open_gateway
from gongpai.gateway.config import load
from gongpai.gateway.parties import Parties
from gongpai.gateway.party_file import PartyFile
from gongpai.gateway.records_provider import RelyingParty, SecretHash
from gongpai.gateway.store.open import Stores, open_stores
from gongpai.sandbox import Corner
from relying_party import REDIRECT_URI, WIKI, Party
from settings_of_tests import RIGHT

OLD, NEW, NEWEST = (f"the {each} secret of the wiki, of tests only" for each in ("old", "new", "newest"))
OFFLINE = "openid offline_access"


def with_secrets(gateway: Gateway, *secrets: str) -> RelyingParty:
    """Return the wiki with these secrets alive, as `gongpai parties rotate-secret` leaves it."""
    hashes = (SecretHash(hashlib.sha256(each.encode()).hexdigest(), gateway.clock()) for each in secrets)
    return replace(WIKI, secret_hashes=tuple(hashes), is_configured=False)


@dataclass
class Wiki:
    """A party in the store, as another process changes it."""

    gateway: Gateway
    stores: Stores
    record: RelyingParty
    old: Party = field(init=False)
    new: Party = field(init=False)

    def __post_init__(self) -> None:
        self.old = Party(self.gateway, self.record, OLD)
        self.new = replace(self.old, secret=NEW)

    async def have(self, *secrets: str) -> None:
        """Leave these secrets alive; return once the gateway goes by them."""
        after = with_secrets(self.gateway, *secrets)
        assert await self.stores.parties.replace(self.record, after)
        self.record = after
        words = {OLD: OLD in secrets, NEW: NEW in secrets}
        async with asyncio.timeout(30):
            while {word: await self._is_good(word) for word in words} != words:  # noqa: ASYNC110  # news come when they do
                await asyncio.sleep(0.01)

    async def _is_good(self, secret: str) -> bool:
        return error_of(await replace(self.old, secret=secret).refresh("invented")) == "invalid_grant"


@pytest.fixture
async def wiki(wecom_sandbox: Corner, tmp_path: Path) -> AsyncIterator[Wiki]:
    config = gateway_config(wecom_sandbox, tmp_path)
    async with open_gateway(wecom_sandbox, config) as gateway, open_stores(config.storage) as stores:
        record = with_secrets(gateway, OLD)
        assert await stores.parties.add(record)
        yield Wiki(gateway, stores, record)


def error_of(answer: httpx2.Response) -> str | None:
    """Return the error that the token endpoint names."""
    error: str | None = answer.json().get("error")
    return error


async def test_while_two_secrets_live_a_refresh_token_goes_from_one_to_the_other_and_back(wiki: Wiki) -> None:
    token = (await wiki.old.tokens(wiki.gateway.browser(), scope=OFFLINE))["refresh_token"]
    await wiki.have(NEW, OLD)
    for party in (wiki.new, wiki.old, wiki.new):
        answer = await party.refresh(token)
        assert error_of(answer) is None
        token = answer.json()["refresh_token"]


async def test_an_answer_that_was_lost_while_the_secret_changed_is_told_again_to_the_new_one(wiki: Wiki) -> None:
    token = (await wiki.old.tokens(wiki.gateway.browser(), scope=OFFLINE))["refresh_token"]
    answer = await wiki.old.refresh(token)
    await wiki.have(NEW, OLD)
    assert (await wiki.new.refresh(token)).json() == answer.json()
    await wiki.have(NEW)
    assert error_of(await wiki.old.refresh(token)) == "invalid_client"
    assert (await wiki.new.refresh(token)).json() == answer.json()


async def test_a_secret_that_was_withdrawn_neither_refreshes_nor_spends_a_refresh_token(wiki: Wiki) -> None:
    tokens = await wiki.old.tokens(wiki.gateway.browser(), scope=OFFLINE)
    await wiki.have(NEW)
    refused = await wiki.old.refresh(tokens["refresh_token"])
    assert (refused.status_code, error_of(refused)) == (401, "invalid_client")
    # What the person granted is not the secret's, and lives on.
    assert (await wiki.new.userinfo(tokens["access_token"])).status_code == 200
    assert error_of(await wiki.new.refresh(tokens["refresh_token"])) is None


@pytest.mark.parametrize("kept", [(NEW, OLD), (NEW,)])
async def test_between_the_sign_in_and_the_exchange_of_its_code_a_secret_may_change(
    wiki: Wiki, kept: tuple[str, ...]
) -> None:
    code = (await wiki.old.sign_in(wiki.gateway.browser()))["code"]
    await wiki.have(*kept)
    if OLD not in kept:
        refused = await wiki.old.redeem(code)
        assert (refused.status_code, error_of(refused)) == (401, "invalid_client")
    # Who is refused has not spent it.
    assert error_of(await wiki.new.redeem(code)) is None


async def test_a_secret_that_was_withdrawn_asks_and_ends_nothing_either(wiki: Wiki) -> None:
    tokens = await wiki.old.tokens(wiki.gateway.browser(), scope=OFFLINE)
    await wiki.have(NEW)
    for token in (tokens["access_token"], tokens["refresh_token"]):
        for path in ("/introspect", "/revoke"):
            refused = await wiki.old.call(path, {"token": token})
            assert (refused.status_code, error_of(refused)) == (401, "invalid_client")
    assert (await wiki.new.call("/introspect", {"token": tokens["access_token"]})).json()["active"] is True


async def test_of_three_secrets_the_first_is_gone(wiki: Wiki) -> None:
    token = (await wiki.old.tokens(wiki.gateway.browser(), scope=OFFLINE))["refresh_token"]
    await wiki.have(NEW, OLD)
    await wiki.have(NEWEST, NEW)
    assert error_of(await wiki.old.refresh(token)) == "invalid_client"
    assert error_of(await replace(wiki.old, secret=NEWEST).refresh(token)) is None


async def test_two_secrets_in_files_live_until_the_old_one_is_taken_out(stores: Stores, tmp_path: Path) -> None:
    path, new, old = (tmp_path / name for name in ("gongpai.toml", "new", "old"))
    old.write_text(OLD)
    party = f'[parties.wiki]\nredirect_uris = ["{REDIRECT_URI}"]\nclient_secret_file = "{{}}"\n'
    path.write_text(party.format(old))
    config = load(path, RIGHT)
    parties = Parties(config.parties, stores.parties, stores.replays)
    file = PartyFile(path, RIGHT, config, parties)

    async def living() -> list[str]:
        await file.look()
        await file.look()
        found = await parties.get("wiki")
        assert found is not None
        known = {each.hash for each in found.secret_hashes}
        return [word for word in (OLD, NEW) if hashlib.sha256(word.encode()).hexdigest() in known]

    assert await living() == [OLD]
    new.write_text(NEW)
    path.write_text(party.format(new) + f'old_client_secret_file = "{old}"\n')
    assert await living() == [OLD, NEW]
    # A file of an old secret that is gone, or empty, is a fault: what runs goes on with both.
    for take in (old.unlink, old.touch):
        take()
        assert await living() == [OLD, NEW]
    path.write_text(party.format(new))
    assert await living() == [NEW]
