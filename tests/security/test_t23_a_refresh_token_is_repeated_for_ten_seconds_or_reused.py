"""T23: the successor opens only with the predecessor, for ten seconds from its first use or until it is used itself."""

import asyncio
import hashlib
import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from audited import events
from gateways import gateway_config, open_gateway
from gongpai.gateway.metrics import REGISTRY
from gongpai.gateway.records_provider import Grant, Issued, RefreshToken, Repeated, Reused, Rotated, Rotation
from gongpai.gateway.ring import open_under, seal_under
from gongpai.gateway.store.open import Stores, open_stores
from gongpai.sandbox import Corner
from memory import NOW, Backend
from memory_provider import MINUTE, Nodes, begin, make_issued
from relying_party import WIKI, Party

GRACE = timedelta(seconds=10)
USE = b"refresh"


class Family:
    """A party's refresh tokens, by the words that the party holds."""

    def __init__(self, stores: Stores, grant: Grant) -> None:
        self.stores = stores
        self.grant = grant

    def issue(self) -> tuple[str, Issued]:
        word = secrets.token_urlsafe(32)
        token = RefreshToken(hash_of(word), self.grant.grant_id, NOW, NOW + 60 * MINUTE)
        return word, Issued(make_issued(self.grant).access, token)

    async def refresh(self, word: str, now: datetime, stores: Stores | None = None) -> str | Rotation:
        """Use *word*; return its successor, or what became of it."""
        successor, issued = self.issue()
        sealed = seal_under(word.encode(), successor.encode(), USE)
        became = await (stores or self.stores).tokens.rotate(hash_of(word), issued, sealed, GRACE, now)
        match became:
            case Rotated():
                return successor
            case Repeated(sealed_answer):
                return open_under(word.encode(), sealed_answer, USE).decode()
            case _:
                return became


def hash_of(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()


async def start(stores: Stores) -> tuple[Family, str]:
    grant, code = await begin(stores)
    family = Family(stores, grant)
    word, issued = family.issue()
    assert await stores.authorization_codes.take(code.code_hash, issued, NOW)
    return family, word


async def test_fifty_tabs_that_refresh_at_once_on_two_nodes_go_on_with_one_successor(nodes: Nodes) -> None:
    family, word = await start(nodes.one)
    answers = await asyncio.gather(*(family.refresh(word, NOW, nodes.one if n % 2 else nodes.two) for n in range(50)))
    (successor,) = set(answers)
    assert isinstance(successor, str)
    assert isinstance(await family.refresh(successor, NOW), str)


async def test_a_thief_who_comes_second_ends_the_family(stores: Stores) -> None:
    family, word = await start(stores)
    successor = await family.refresh(word, NOW)
    assert isinstance(successor, str)
    assert await family.refresh(word, NOW + GRACE) == Reused()
    assert not isinstance(await family.refresh(successor, NOW + GRACE), str)


async def test_a_thief_within_the_grace_is_found_when_the_owner_has_gone_on(stores: Stores) -> None:
    family, word = await start(stores)
    successor = await family.refresh(word, NOW)
    assert isinstance(successor, str)
    assert isinstance(await family.refresh(successor, NOW + timedelta(seconds=1)), str)
    assert await family.refresh(word, NOW + timedelta(seconds=2)) == Reused()


async def test_no_token_and_no_answer_lies_in_the_database(stores: Stores, backend: Backend) -> None:
    family, word = await start(stores)
    successor = await family.refresh(word, NOW)
    assert isinstance(successor, str)
    path = backend.storage.removeprefix("sqlite://")
    for suffix in ("", "-wal"):
        with open(path + suffix, "rb") as file:  # noqa: ASYNC230, PTH123  # a small file
            kept = file.read()
        assert word.encode() not in kept
        assert successor.encode() not in kept


def counted(outcome: str, party: str) -> float:
    return REGISTRY.get_sample_value("gongpai_refreshes_again_total", {"party": party, "outcome": outcome}) or 0


async def test_what_comes_again_is_counted_and_written_down(wecom_sandbox: Corner, tmp_path: Path) -> None:
    record = replace(WIKI, client_id="counted")
    config = gateway_config(wecom_sandbox, tmp_path, parties={"counted": record})
    async with open_gateway(wecom_sandbox, config) as gateway:
        party = Party(gateway, record)
        first = await party.tokens(gateway.browser(), scope="openid offline_access")
        answers = [await party.refresh(first["refresh_token"]) for _ in range(3)]
        assert len({answer.text for answer in answers}) == 1
        assert (counted("repeated", "counted"), counted("reused", "counted")) == (2, 0)
        gateway.clock.advance(seconds=9.9)
        assert (await party.refresh(first["refresh_token"])).text == answers[0].text
        gateway.clock.advance(seconds=0.1)
        assert (await party.refresh(first["refresh_token"])).json()["error"] == "invalid_grant"
        assert (counted("repeated", "counted"), counted("reused", "counted")) == (3, 1)
        repeated, reused = events(gateway, "refresh.repeated"), events(gateway, "refresh.reused")
        assert [event["facts"]["client_id"] for event in [*repeated, *reused]] == ["counted"] * 4
        assert repeated[0]["facts"]["grant"] == reused[0]["facts"]["grant"]
        assert [event["facts"]["reason"] for event in events(gateway, "grant.revoked")] == ["refresh_reused"]


@pytest.mark.parametrize("proof", ["another secret", None])
async def test_the_grace_needs_the_partys_own_proof(wecom_sandbox: Corner, tmp_path: Path, proof: str | None) -> None:
    config = gateway_config(wecom_sandbox, tmp_path, parties={"wiki": WIKI})
    async with open_gateway(wecom_sandbox, config) as gateway:
        party = Party(gateway)
        first = await party.tokens(gateway.browser(), scope="openid offline_access")
        assert (await party.refresh(first["refresh_token"])).status_code == 200
        thief = Party(gateway, WIKI, proof)
        assert (await thief.refresh(first["refresh_token"])).json()["error"] == "invalid_client"


async def test_within_the_grace_a_leaver_gets_nothing_again(wecom_sandbox: Corner, tmp_path: Path) -> None:
    config = gateway_config(wecom_sandbox, tmp_path, parties={"wiki": WIKI})
    async with open_gateway(wecom_sandbox, config) as gateway, open_stores(config.storage) as elsewhere:
        party = Party(gateway)
        first = await party.tokens(gateway.browser(), scope="openid offline_access")
        answer = (await party.refresh(first["refresh_token"])).json()
        assert (await party.refresh(first["refresh_token"])).json() == answer
        subject = (await party.claims(answer["id_token"]))["sub"]
        assert await elsewhere.people.retire(subject, gateway.clock())
        assert (await party.refresh(first["refresh_token"])).json()["error"] == "invalid_grant"
