"""A preview says what the endpoints say, and leaves no trace."""

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateways import PORTAL, Gateway, app_config, gateway_config, open_gateway
from gongpai.gateway.config import Config, Policy
from gongpai.gateway.errors import Reason
from gongpai.gateway.oidc.names import NoEmail
from gongpai.gateway.preview.provenance import Note, Remark
from gongpai.gateway.preview.reader import Absence, Absent, Preview, read
from gongpai.gateway.records_provider import (
    ClaimRules,
    DisclosureRule,
    EmailSource,
    PartyPolicy,
    RelyingParty,
    Reservation,
    ReservedKind,
    SubjectType,
)
from gongpai.gateway.store.open import open_stores
from gongpai.sandbox import Corner
from guarded import gate_config, guarded_host
from relying_party import WIKI, Party

TEMPLATE = ClaimRules(email=EmailSource.TEMPLATE, email_template="{userid}@corp.example", owns_mailboxes=True)
SCOPES = frozenset({"openid", "profile", "email", "groups", "offline_access"})
OWN = replace(WIKI, scopes=SCOPES, claims_in_id_token=True, claim_rules=TEMPLATE)
EACH_TIME = {"iat", "exp", "at_hash", "nonce", "sid"}


@pytest.fixture
async def gateway(wecom_sandbox: Corner, tmp_path: Path) -> AsyncIterator[Gateway]:
    config = gateway_config(wecom_sandbox, tmp_path, parties={"wiki": OWN})
    async with open_gateway(wecom_sandbox, config) as gateway:
        yield gateway


async def preview(gateway: Gateway, party: RelyingParty = OWN, userid: str = "lisi", **config: object) -> Preview:
    """Return the preview; there is one."""
    found = await look(gateway, party, userid, **config)
    assert isinstance(found, Preview), found
    return found


async def look(
    gateway: Gateway, party: RelyingParty = OWN, userid: str = "lisi", **changes: object
) -> Preview | Absent:
    """Look at *userid* as a command does, in another process than the gateway's."""
    config: Config = replace(gateway.config, **changes)  # type: ignore[arg-type]  # the settings of Config, by name
    async with open_stores(config.storage) as stores:
        return await read(config, stores, party, userid, config.apps.values(), gateway.clock())


def reserved(gateway: Gateway) -> list[tuple[str, ...]]:
    """Return all reserved names."""
    with sqlite3.connect(gateway.storage / "gongpai.db") as database:
        return database.execute("select * from reservations").fetchall()


def audited(gateway: Gateway) -> list[tuple[str, ...]]:
    """Return the audit log: a collision is told there when it happens, and not when it is looked at."""
    with sqlite3.connect(gateway.storage / "gongpai.db") as database:
        return database.execute("select * from audit").fetchall()


async def test_it_is_what_the_endpoints_then_answer(gateway: Gateway) -> None:
    party, browser = Party(gateway, OWN), gateway.browser()
    tokens = await party.tokens(browser, scope="openid profile email groups")
    before = await preview(gateway)
    assert before.userinfo == (await party.userinfo(tokens["access_token"])).json()
    told = await party.claims(tokens["id_token"])
    assert {key: value for key, value in before.id_token.items() if key not in EACH_TIME} == {
        key: value for key, value in told.items() if key not in EACH_TIME
    }
    assert before.known.userid == "lisi"
    assert (before.refusal, before.is_unsure) == (None, False)


async def test_names_that_would_be_reserved_are_shown_and_left_free(gateway: Gateway) -> None:
    await gateway.browser().sign_in()
    shown = await preview(gateway)
    notes = {row.claim: row.notes for row in shown.rows}
    assert notes["preferred_username"] == (Note(Remark.WOULD_BE_RESERVED, "lisi"),)
    assert notes["email"] == (Note(Remark.WOULD_BE_RESERVED, "lisi@corp.example"),)
    assert reserved(gateway) == []


async def test_what_the_member_would_be_asked_for_in_wecom_is_shown(gateway: Gateway) -> None:
    await gateway.browser().sign_in()
    own = replace(OWN, claim_rules=ClaimRules())
    asked = {row.claim: row.notes for row in (await preview(gateway, own)).rows}
    assert asked["email"] == (Note(NoEmail.UNKNOWN), Note(Remark.WOULD_BE_ASKED))
    never = await preview(gateway, replace(own, disclosure=DisclosureRule.NEVER))
    assert {row.claim: row.notes for row in never.rows}["email"] == (Note(NoEmail.UNKNOWN),)


async def test_names_that_somebody_else_holds_are_shown_as_such(gateway: Gateway) -> None:
    await gateway.browser().sign_in()
    async with open_stores(gateway.config.storage) as stores:
        for kind, name in ((ReservedKind.USERNAME, "lisi"), (ReservedKind.EMAIL, "lisi@corp.example")):
            await stores.reservations.reserve(Reservation("wiki", kind, name, "somebody else"))
    events = audited(gateway)
    shown = await preview(gateway)
    assert audited(gateway) == events
    notes = {row.claim: row.notes for row in shown.rows}
    assert shown.userinfo["preferred_username"] == "lisi-2"
    assert "email" not in shown.userinfo
    assert notes["preferred_username"][0] == Note(Remark.SUFFIXED, "lisi")
    assert notes["email"] == (Note(Remark.TAKEN, "lisi@corp.example"),)


async def test_nothing_at_all_is_written(wecom_sandbox: Corner, tmp_path: Path) -> None:
    config = gateway_config(wecom_sandbox, tmp_path, parties={"wiki": OWN}, gate=gate_config())
    async with open_gateway(wecom_sandbox, config) as gateway:
        await gateway.browser().sign_in()
    # Nobody serves any more, so that whatever is written now was written by the preview.
    before = dump(gateway)
    assert (await preview(gateway)).headers
    assert dump(gateway) == before


def dump(gateway: Gateway) -> list[str]:
    """Return everything that its database holds."""
    with sqlite3.connect(gateway.storage / "gongpai.db") as database:
        return list(database.iterdump())


async def test_who_never_signed_in_has_nothing_to_show(gateway: Gateway) -> None:
    assert await look(gateway) == Absent(Absence.NEVER)
    assert await look(gateway, userid="no such userid, and none that could be 李四") == Absent(Absence.NEVER)


async def test_who_has_left_has_nothing_to_show(gateway: Gateway) -> None:
    await gateway.browser().sign_in()
    async with open_stores(gateway.config.storage) as stores:
        await stores.people.retire((await preview(gateway)).known.subject, gateway.clock())
    assert await look(gateway) == Absent(Absence.RETIRED)


async def test_a_session_that_is_over_shows_nothing(gateway: Gateway) -> None:
    await gateway.browser().sign_in()
    gateway.clock.advance(hours=13)
    assert await look(gateway) == Absent(Absence.NO_SESSION)


async def test_a_grant_outlives_the_session_and_shows_what_is_still_held(gateway: Gateway) -> None:
    await Party(gateway, OWN).tokens(gateway.browser(), scope="openid profile offline_access")
    limits = replace(gateway.config.session, idle=timedelta(minutes=1), profile_age=timedelta(hours=20))
    gateway.clock.advance(hours=13)
    shown = await preview(gateway, session=limits)
    assert shown.known.session is None
    assert shown.headers == ()
    assert shown.userinfo["preferred_username"] == "lisi"


async def test_what_is_held_too_long_is_not_shown_and_wecom_is_not_asked(gateway: Gateway) -> None:
    await Party(gateway, OWN).tokens(gateway.browser(), scope="openid profile offline_access")
    gateway.clock.advance(hours=13)
    calls = len(gateway.corner.journal())
    assert await look(gateway) == Absent(Absence.TOO_OLD)
    assert len(gateway.corner.journal()) == calls


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        (PartyPolicy(deny_userids=frozenset({"lisi"})), Reason.DENIED),
        (PartyPolicy(ways=frozenset({"qr"})), Reason.SCAN_NEEDED),
        (PartyPolicy(apps=frozenset({"another"})), Reason.NOT_ALLOWED),
    ],
)
async def test_who_may_not_use_the_party_is_told_why(gateway: Gateway, policy: PartyPolicy, reason: Reason) -> None:
    await gateway.browser().sign_in()
    assert (await preview(gateway, replace(OWN, policy=policy))).refusal is reason


async def test_a_rule_on_departments_that_cannot_be_judged_is_not_guessed(gateway: Gateway) -> None:
    await gateway.browser().sign_in()
    host = guarded_host(policy=Policy(allow_departments=frozenset({99})))
    party = replace(OWN, policy=PartyPolicy(allow_departments=frozenset({99})))
    shown = await preview(gateway, party, gate=gate_config(host))
    assert (shown.refusal, shown.is_unsure) == (None, True)
    assert [(each.reason, each.is_unsure) for each in shown.hosts] == [(None, True)]


async def test_the_headers_behind_forward_auth_and_the_hosts_are_shown(gateway: Gateway) -> None:
    await gateway.browser().sign_in()
    hosts = (guarded_host(), guarded_host("b", "https://b.example", policy=Policy(deny_userids=frozenset({"lisi"}))))
    shown = await preview(gateway, gate=gate_config(*hosts, preset="remote"))
    assert dict(shown.headers)["Remote-User"] == "lisi"
    assert dict(shown.headers)["Remote-Name"] == "%E6%9D%8E%E5%9B%9B"
    assert [(each.origin, each.reason) for each in shown.hosts] == [
        ("https://app.corp.example", None),
        ("https://b.example", Reason.DENIED),
    ]


async def test_a_pairwise_subject_is_shown_as_the_party_knows_it(gateway: Gateway) -> None:
    own = replace(OWN, subject_type=SubjectType.PAIRWISE)
    await gateway.browser().sign_in()
    public, pairwise = await preview(gateway), await preview(gateway, own)
    assert public.userinfo["sub"] == public.known.subject
    assert pairwise.userinfo["sub"] not in {public.known.subject, ""}


async def test_of_two_applications_the_one_signed_in_through_is_found(wecom_sandbox: Corner, tmp_path: Path) -> None:
    apps = app_config(wecom_sandbox, name="other"), app_config(wecom_sandbox, PORTAL)
    config = gateway_config(wecom_sandbox, tmp_path, *apps, parties={"wiki": OWN})
    async with open_gateway(wecom_sandbox, config) as gateway:
        await gateway.browser().sign_in("/signin?app=main")
        shown = await preview(gateway)
        assert shown.known.app == "main"
