"""The ports of relying parties, consents and reserved names, on both databases."""

import asyncio
import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest

from gongpai.gateway.records import EndReason, NewsKind
from gongpai.gateway.records_provider import (
    AuthMethod,
    ClaimRules,
    Consent,
    EmailSource,
    GrantType,
    PartyPolicy,
    RelyingParty,
    Reservation,
    ReservedKind,
    RevokeReason,
    SecretHash,
    SigningAlg,
)
from gongpai.gateway.store.open import Stores
from memory import NOW, Backend, newest_news
from memory_provider import Nodes, begin, make_code, make_grant, make_party

pytestmark = [pytest.mark.services, pytest.mark.parametrize("backend", ["sqlite", "postgres"], indirect=True)]
USERNAME = ReservedKind.USERNAME
READ_AND_REPLACE = """
import asyncio, sys
from dataclasses import replace
from gongpai.gateway.store.open import open_stores
async def run():
    async with open_stores(sys.argv[1]) as stores:
        party = await stores.parties.get("grafana")
        print(await stores.parties.replace(party, replace(party, title="Dashboards")))
asyncio.run(run())
"""


def whole_party() -> RelyingParty:
    return make_party(
        auth_method=AuthMethod.PRIVATE_KEY_JWT,
        secret_hashes=(SecretHash("aa", NOW), SecretHash("bb", NOW - timedelta(days=1))),
        jwks={"keys": [{"kty": "EC", "x": "x"}]},
        scopes=frozenset({"openid", "email", "profile", "groups", "offline_access"}),
        grant_types=frozenset(GrantType),
        id_token_alg=SigningAlg.EDDSA,
        claim_rules=ClaimRules(
            email=EmailSource.TEMPLATE, email_template="{userid}@corp.example", group_names={2: "dev", 1: "all"}
        ),
        policy=PartyPolicy(corpids=frozenset({"ww1", "ww2"}), allow_departments=frozenset(range(20))),
        disabled_at=NOW,
    )


async def test_a_party_comes_back_whole(stores: Stores) -> None:
    party = whole_party()
    assert await stores.parties.add(party)
    assert await stores.parties.get("grafana") == party
    assert await stores.parties.get("unknown") is None
    assert await stores.parties.add(make_party("a"))
    assert [each.client_id for each in await stores.parties.find()] == ["a", "grafana"]


async def test_of_many_who_add_a_party_at_once_one_does(nodes: Nodes) -> None:
    parties = [make_party(title=f"{n}") for n in range(10)]
    added = await asyncio.gather(
        *((nodes.one if n % 2 else nodes.two).parties.add(party) for n, party in enumerate(parties))
    )
    assert added.count(True) == 1
    assert await nodes.one.parties.get("grafana") == parties[added.index(True)]


async def test_of_many_who_change_a_party_at_once_one_does(nodes: Nodes) -> None:
    party = make_party()
    await nodes.one.parties.add(party)
    after = [replace(party, secret_hashes=(SecretHash(f"{n}", NOW),)) for n in range(10)]
    replaced = await asyncio.gather(
        *((nodes.one if n % 2 else nodes.two).parties.replace(party, each) for n, each in enumerate(after))
    )
    assert replaced.count(True) == 1
    assert await nodes.two.parties.get("grafana") == after[replaced.index(True)]
    assert not await nodes.one.parties.replace(make_party("unknown"), party)


async def test_a_party_is_the_same_to_another_process(stores: Stores, backend: Backend) -> None:
    await stores.parties.add(whole_party())
    # Sets have another order there.
    command = [sys.executable, "-c", READ_AND_REPLACE, backend.storage]
    other = await asyncio.to_thread(
        subprocess.run,
        command,
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout == "True\n"
    assert await stores.parties.get("grafana") == replace(whole_party(), title="Dashboards")


async def test_each_change_of_a_party_is_told_and_heard_for_a_while(stores: Stores) -> None:
    before, party = await newest_news(stores), make_party()
    await stores.parties.add(party)
    await stores.parties.add(party)
    await stores.parties.replace(party, replace(party, title="New"))
    await stores.parties.remove("grafana", NOW)
    assert not await stores.parties.remove("grafana", NOW)
    news = await stores.news.after(before, 10)
    assert [(each.kind, each.ref) for each in news] == [(NewsKind.PARTIES_CHANGED, "grafana")] * 3
    assert all(each.until > NOW + timedelta(seconds=30) for each in news)


async def test_a_removed_party_leaves_no_grant_and_no_consent(stores: Stores) -> None:
    await stores.parties.add(make_party())
    grant, _ = await begin(stores)
    other = make_grant(grant.session_ref, subject=grant.subject, client_id="gitlab")
    await stores.grants.begin(other, make_code(other))
    for client_id in ("grafana", "gitlab"):
        await stores.consents.give(Consent(grant.subject, client_id, frozenset({"openid"}), NOW))
    assert await stores.parties.remove("grafana", NOW)
    assert await stores.parties.get("grafana") is None
    assert await stores.grants.find(grant.subject, NOW) == [other]
    assert [consent.client_id for consent in await stores.consents.find(grant.subject)] == ["gitlab"]
    removed = await stores.grants.get(grant.grant_id)
    assert removed is not None
    assert removed.revoke_reason is RevokeReason.PARTY_REMOVED


async def test_leaving_withdrawing_removing_and_ending_at_once_do_not_wait_for_each_other(nodes: Nodes) -> None:
    for _ in range(5):
        await nodes.one.parties.add(make_party())
        grant, _ = await begin(nodes.one)
        await nodes.one.consents.give(Consent(grant.subject, "grafana", grant.scopes, NOW))
        await asyncio.gather(
            nodes.one.people.retire(grant.subject, NOW),
            nodes.two.sessions.end(grant.session_ref, EndReason.SIGN_OUT, NOW),
            nodes.one.consents.withdraw(grant.subject, "grafana", NOW),
            nodes.two.parties.remove("grafana", NOW),
            nodes.two.grants.revoke(grant.grant_id, RevokeReason.DENIED, NOW),
        )
        assert await nodes.one.grants.find(grant.subject, NOW) == []
        assert await nodes.one.consents.find(grant.subject) == []


async def test_a_consent_replaces_the_one_before(stores: Stores) -> None:
    first = Consent("subject", "grafana", frozenset({"openid"}), NOW)
    second = replace(first, scopes=frozenset({"openid", "email"}), given_at=NOW + timedelta(hours=1))
    assert await stores.consents.get("subject", "grafana") is None
    await stores.consents.give(first)
    await stores.consents.give(second)
    assert await stores.consents.get("subject", "grafana") == second
    assert await stores.consents.find("subject") == [second]
    assert await stores.consents.find("other") == []


async def test_a_withdrawn_consent_takes_the_grants_to_that_party_along(stores: Stores) -> None:
    grant, _ = await begin(stores, is_offline=True)
    other = make_grant(grant.session_ref, subject=grant.subject, client_id="gitlab")
    await stores.grants.begin(other, make_code(other))
    await stores.consents.give(Consent(grant.subject, "grafana", grant.scopes, NOW))
    assert await stores.consents.withdraw(grant.subject, "grafana", NOW)
    assert await stores.consents.get(grant.subject, "grafana") is None
    assert await stores.grants.find(grant.subject, NOW) == [other]
    assert not await stores.consents.withdraw(grant.subject, "grafana", NOW)
    # A trusted party was granted something without any consent.
    assert await stores.consents.withdraw(grant.subject, "gitlab", NOW)


async def test_a_retired_person_leaves_no_consent(stores: Stores) -> None:
    grant, _ = await begin(stores)
    await stores.consents.give(Consent(grant.subject, "grafana", grant.scopes, NOW))
    await stores.people.retire(grant.subject, NOW)
    assert await stores.consents.find(grant.subject) == []


async def test_a_name_belongs_to_whoever_came_first_within_a_party(nodes: Nodes) -> None:
    claims = [Reservation("grafana", USERNAME, "lisi", f"subject{n}") for n in range(10)]
    holders = await asyncio.gather(
        *((nodes.one if n % 2 else nodes.two).reservations.reserve(claim) for n, claim in enumerate(claims))
    )
    (holder,) = set(holders)
    for other in (replace(claims[0], client_id="gitlab"), replace(claims[0], kind=ReservedKind.EMAIL)):
        assert await nodes.one.reservations.reserve(replace(other, subject="somebody")) == "somebody"
    assert await nodes.two.reservations.reserve(claims[0]) == holder


async def test_whose_a_name_is_can_be_read_and_nothing_is_reserved_by_it(nodes: Nodes) -> None:
    assert await nodes.one.reservations.holder("grafana", USERNAME, "lisi") is None
    assert await nodes.two.reservations.reserve(Reservation("grafana", USERNAME, "lisi", "somebody")) == "somebody"
    assert await nodes.one.reservations.holder("grafana", USERNAME, "lisi") == "somebody"
    assert await nodes.one.reservations.holder("grafana", ReservedKind.EMAIL, "lisi") is None
