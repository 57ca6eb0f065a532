"""What one process decides, every other one knows: two nodes behind nginx, and three workers on SQLite."""

import asyncio
import time
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import cycle, islice

import httpx2
import pytest
from sqlalchemy import update

import memory
from fleet.doors import Door
from fleet.nodes import Fleet
from fleet.visitor import Party, Visitor, claims_of
from gongpai.gateway.oidc import jose
from gongpai.gateway.records_provider import SigningAlg, SigningKey
from gongpai.gateway.store.open import open_stores
from gongpai.gateway.store.sql import tables_provider
from gongpai.gateway.store.sql.driver import Statement

pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]
# Grace of T23: a machine that needs longer for fifty requests shows nothing about them.
_GRACE_SECONDS = 10.0
# As soon as a key that every party knows begins to sign after the command.
_ACTIVATION_SECONDS = 5.0
_TRIES = 10


async def test_a_code_redeemed_everywhere_at_once_gives_one_answer_which_is_worth_nothing(
    party: Party, visitor: Visitor, doors: list[Door]
) -> None:
    for _ in range(5):
        brought = await party.ask(visitor)
        turns = islice(cycle(doors), 8)
        answers = await asyncio.gather(*(party.call("/token", brought.fields(), door.public) for door in turns))
        (won,) = [answer.json() for answer in answers if answer.status_code == 200]
        refused = [answer for answer in answers if answer.status_code != 200]
        assert [(answer.status_code, answer.json()["error"]) for answer in refused] == [(400, "invalid_grant")] * 7
        for door in doors:
            assert (await party.userinfo(won["access_token"], door.public)).status_code == 401
            assert not await party.is_active(won["access_token"], door.public)


async def test_a_refresh_token_used_fifty_times_at_once_has_one_successor_and_an_older_one_ends_the_family(
    party: Party, visitor: Visitor, doors: list[Door]
) -> None:
    for _ in range(_TRIES):
        first = (await party.tokens(visitor))["refresh_token"]
        began = time.monotonic()
        answers = await asyncio.gather(*(party.refresh(first, door.public) for door in islice(cycle(doors), 50)))
        if time.monotonic() - began < _GRACE_SECONDS:
            break
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    successor = answers[0].json()
    newest = (await party.refresh(successor["refresh_token"], doors[-1].public)).json()
    assert await party.is_active(newest["access_token"], doors[0].public)

    assert (await party.refresh(first, doors[0].public)).json()["error"] == "invalid_grant"
    for door in doors:
        for token in (successor["refresh_token"], newest["refresh_token"]):
            assert (await party.refresh(token, door.public)).json()["error"] == "invalid_grant"
        for token in (successor["access_token"], newest["access_token"], newest["refresh_token"]):
            assert not await party.is_active(token, door.public)
        assert (await party.userinfo(newest["access_token"], door.public)).status_code == 401


async def test_who_signs_out_at_one_is_out_everywhere_within_a_second(
    fleet: Fleet, party: Party, visitor: Visitor, doors: list[Door]
) -> None:
    seconds = []
    for _ in range(_TRIES):
        access_token = (await party.tokens(visitor, "openid"))["access_token"]
        lasting = (await party.tokens(visitor))["refresh_token"]
        assert (await visitor.browse(f"{fleet.app_url}/.gongpai/begin?return_to=/", doors[0])).status_code
        for door in doors:
            assert (await visitor.ask_gate(door)).status_code == 200
            assert (await party.userinfo(access_token, door.public)).status_code == 200
            assert await party.is_active(access_token, door.public)
            assert (await visitor.get(f"{fleet.issuer}/me", door)).status_code == 200
        kept = dict(visitor.jars[fleet.issuer.partition("//")[2]])
        await visitor.sign_out(doors[0])
        began = time.monotonic()
        visitor.jars[fleet.issuer.partition("//")[2]] = kept
        await _until(lambda: _are_all_refused(visitor, doors))
        seconds.append(time.monotonic() - began)
        for door in doors:
            # These ask the store, and are never late.
            assert (await party.userinfo(access_token, door.public)).status_code == 401
            assert not await party.is_active(access_token, door.public)
            assert (await visitor.get(f"{fleet.issuer}/me", door)).headers["location"].startswith("/signin")
            assert (await party.ask(visitor, door=door, prompt="none")).query["error"] == "login_required"
            # What a party may do while nobody is there goes on when somebody merely leaves a browser.
            answer = await party.refresh(lasting, door.public)
            assert answer.status_code == 200
            lasting = answer.json()["refresh_token"]
        if seconds[-1] <= 1:
            return
    raise AssertionError(seconds)


async def test_what_a_party_gives_back_at_one_is_gone_everywhere(
    party: Party, visitor: Visitor, doors: list[Door]
) -> None:
    tokens = await party.tokens(visitor)
    assert (await party.call("/revoke", {"token": tokens["refresh_token"]}, doors[0].public)).status_code == 200
    for door in doors:
        assert not await party.is_active(tokens["access_token"], door.public)
        assert (await party.userinfo(tokens["access_token"], door.public)).status_code == 401
        assert (await party.refresh(tokens["refresh_token"], door.public)).json()["error"] == "invalid_grant"


async def test_keys_that_are_rotated_everywhere_at_once_change_once_while_people_sign_in(
    fleet: Fleet, http: httpx2.AsyncClient, visitor: Visitor, doors: list[Door]
) -> None:
    await visitor.browse(f"{fleet.issuer}/signin")
    kids: list[set[str]] = [set() for _ in doors]
    before = await _signing_keys(fleet)
    # Three days have passed since the next keys were published, so every party can know them.
    await _age_signing_keys(fleet, published=timedelta(days=3))
    async with asyncio.TaskGroup() as group:
        people = group.create_task(_keep_signing_in(fleet, http, doors, kids))
        began = time.monotonic()
        await _run_everywhere(fleet, "keys", "rotate", "--signing")
        rotated = await _signing_keys(fleet)
        if time.monotonic() - began < _ACTIVATION_SECONDS:
            # Later, a next key is due.
            assert {key.kid for key in rotated} == {key.kid for key in before}
        await _run_everywhere(fleet, "keys", "rotate")
        newest = {key.kid for key in before if key.number == 2}
        await memory.until(lambda: all(seen & newest for seen in kids))

        # Each start of a process asks, as the schedule does, whether a next key is due; now one is.
        await _run_everywhere(fleet, "keys", "list")
        due = await _signing_keys(fleet)
        assert sorted((key.alg, key.number) for key in due) == [
            (alg, n) for alg in sorted(SigningAlg) for n in (1, 2, 3)
        ]
        await _until(lambda: _are_published(doors, {key.kid for key in due}))
        people.cancel()
    for door in doors:
        assert (await visitor.get(f"{fleet.issuer}/me", door)).status_code == 200


async def _keep_signing_in(fleet: Fleet, http: httpx2.AsyncClient, doors: list[Door], kids: list[set[str]]) -> None:
    party = Party(fleet, http)
    for door, seen in cycle(zip(doors, kids, strict=True)):
        brought = await party.ask(Visitor(fleet, http))
        answer = await party.call("/token", brought.fields(), door.public)
        assert answer.status_code == 200, answer.text
        id_token = answer.json()["id_token"]
        for each in doors:
            assert (await claims_of(id_token, each.public))["nonce"] == brought.question.nonce
        seen.add(str(jose.parse_object(urlsafe_b64decode(id_token.partition(".")[0] + "==="))["kid"]))


async def _run_everywhere(fleet: Fleet, *words: str) -> None:
    """Run a command on two nodes, or twice on the only one, at once."""
    running = [node.command(*words) for node in (fleet.nodes[0], fleet.nodes[-1])]
    for process in running:
        await asyncio.to_thread(process.communicate)
    assert [process.returncode for process in running] == [0, 0]


async def _signing_keys(fleet: Fleet) -> list[SigningKey]:
    async with open_stores(fleet.storage) as stores:
        return await stores.signing_keys.find()


async def _age_signing_keys(fleet: Fleet, *, published: timedelta) -> None:
    rows = tables_provider.signing_keys
    micros = published // timedelta(microseconds=1)
    async with open_stores(fleet.storage) as stores:
        await stores.driver.write(Statement(update(rows).values(published_at=rows.c.published_at - micros))())


async def _are_published(doors: list[Door], kids: set[str]) -> bool:
    answers = [(await door.public.get("/jwks")).json() for door in doors]
    return all(kids <= {key["kid"] for key in answer["keys"]} for answer in answers)


async def _are_all_refused(visitor: Visitor, doors: list[Door]) -> bool:
    return {(await visitor.ask_gate(door)).status_code for door in doors} == {401}


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await condition():
            pass
