"""``gongpai sessions``: where somebody is signed in, and the end of it."""

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import httpx2
import pytest
from typer.testing import CliRunner, Result

from gateways import WECOM_UA
from gongpai.cli.program import program
from gongpai.gateway.audit import verify
from gongpai.gateway.config.values import parse_secret_key
from gongpai.gateway.records import EndReason, World
from gongpai.gateway.records_provider import RevokeReason
from gongpai.gateway.store.migrate import migrate
from gongpai.gateway.store.open import open_stores
from gongpai.sandbox import Corner
from memory import make_person, make_session
from memory_provider import make_code, make_grant
from served import served, write_config
from served import sign_in as serve_sign_in
from settings_of_tests import RIGHT

CORPID = RIGHT["GONGPAI_APPS__MAIN__CORPID"]


@pytest.fixture
def storage(tmp_path: Path) -> str:
    storage = f"sqlite://{tmp_path}/gongpai.db"
    migrate(storage, World.WECOM)
    return storage


def sign_in(storage: str, userid: str, ref: str, *, is_offline: bool = False) -> None:
    """Sign somebody in, who allows a party to go on offline or only while the session lives."""

    async def put() -> None:
        now = datetime.now(UTC)
        async with open_stores(storage) as stores:
            person = await stores.people.mint(make_person(userid, CORPID))
            end = now + timedelta(hours=12)
            times = {"created_at": now, "seen_at": now, "idle_expires_at": end, "expires_at": end}
            assert await stores.sessions.put(make_session(person.subject, ref=ref, corpid=CORPID, **times))
            grant = make_grant(
                ref,
                grant_id=f"grant-{ref}",
                subject=person.subject,
                is_offline=is_offline,
                created_at=now,
                expires_at=end,
            )
            assert await stores.grants.begin(grant, make_code(grant))

    asyncio.run(put())


def sign_out(storage: str, ref: str) -> None:
    async def end() -> None:
        async with open_stores(storage) as stores:
            assert await stores.sessions.end(ref, EndReason.SIGN_OUT, datetime.now(UTC))

    asyncio.run(end())


def run(storage: str, *arguments: str, **changes: str) -> Result:
    environ = {**RIGHT, "GONGPAI_STORAGE": storage, "LANG": "C", **changes}
    return CliRunner().invoke(program, ["sessions", *arguments], env=environ)


def test_all_sessions_of_a_person_end_and_nobody_elses(storage: str) -> None:
    sign_in(storage, "lisi", "first")
    sign_in(storage, "lisi", "second")
    sign_in(storage, "zhangsan", "other")
    assert len(run(storage, "list", "lisi").stdout.splitlines()) == 2
    ended = run(storage, "end", "LiSi")
    assert (ended.exit_code, ended.stdout) == (0, "LiSi  2  ended\n")
    events = [json.loads(line) for line in ended.stderr.splitlines()]
    assert [(each["event"], each["audit"]["facts"]) for each in events] == [
        ("session.ended", {"reason": "operator"})
    ] * 2
    assert run(storage, "list", "lisi").exit_code == 1
    assert len(run(storage, "list", "zhangsan").stdout.splitlines()) == 1


def test_one_session_ends_by_the_id_that_the_list_shows(storage: str) -> None:
    sign_in(storage, "lisi", "first-session")
    sign_in(storage, "lisi", "second-session")
    shown = run(storage, "list", "lisi").stdout
    assert {line.split()[0] for line in shown.splitlines()} == {"first-sessio", "second-sessi"}
    assert run(storage, "end", "lisi", "second-sessi").stdout == "lisi  1  ended\n"
    assert [line.split()[0] for line in run(storage, "list", "lisi").stdout.splitlines()] == ["first-sessio"]


def test_an_id_that_is_wrong_ends_nothing(storage: str) -> None:
    sign_in(storage, "lisi", "first-session")
    sign_in(storage, "zhangsan", "other-session")
    for wrong in ("other-sessio", "first", ""):
        refused = run(storage, "end", "lisi", "first-sessio", wrong)
        assert (refused.exit_code, f"no such session: {wrong}" in refused.stderr) == (1, True)
    assert len(run(storage, "list", "lisi").stdout.splitlines()) == 1


def test_what_goes_on_after_a_sign_out_is_listed_and_taken_back_with_the_rest(storage: str) -> None:
    sign_in(storage, "lisi", "left-session", is_offline=True)
    sign_in(storage, "lisi", "living-session", is_offline=True)
    sign_out(storage, "left-session")
    session, offline = run(storage, "list", "lisi").stdout.splitlines()
    assert session.startswith("living-sessi")
    assert (offline.split()[2], offline.split()[-1]) == ("offline", "grafana")
    ended = run(storage, "end", "lisi")
    assert ended.stdout == "lisi  2  ended\n"
    events = [json.loads(line) for line in ended.stderr.splitlines()]
    assert [(each["event"], each["audit"]["facts"]["reason"]) for each in events] == [
        ("session.ended", "operator"),
        ("grant.revoked", "operator"),
    ]

    async def reasons() -> list[RevokeReason | None]:
        async with open_stores(storage) as stores:
            found = [await stores.grants.get(f"grant-{ref}") for ref in ("left-session", "living-session")]
            chains = [
                chain async for chain in verify(stores.audit, parse_secret_key(RIGHT["GONGPAI_SECRET_KEY"]) or b"")
            ]
        assert [(chain.sound, chain.broken_at) for chain in chains] == [(2, None)]
        return [grant.revoke_reason if grant else None for grant in found]

    assert asyncio.run(reasons()) == ["denied", "session_ended"]
    assert run(storage, "end", "lisi").exit_code == 1


def test_what_goes_on_after_a_sign_out_is_taken_back_by_its_id_too(storage: str) -> None:
    sign_in(storage, "lisi", "left", is_offline=True)
    sign_in(storage, "lisi", "living")
    sign_out(storage, "left")
    assert run(storage, "end", "lisi", "grant-left").stdout == "lisi  1  ended\n"
    assert [line.split()[0] for line in run(storage, "list", "lisi").stdout.splitlines()] == ["living"]


def test_only_the_sessions_of_one_application_end(storage: str) -> None:
    sign_in(storage, "lisi", "first-session")
    other = {name.replace("MAIN", "OTHER"): value for name, value in RIGHT.items() if "__MAIN__" in name}
    other["GONGPAI_APPS__OTHER__AGENTID"] = "1000003"
    nowhere = run(storage, "end", "lisi", "--app", "other", **other)
    assert (nowhere.exit_code, "signed in nowhere" in nowhere.stderr) == (1, True)
    assert run(storage, "end", "lisi", "--app", "main", **other).stdout == "lisi  1  ended\n"


@pytest.mark.parametrize(("lang", "words"), [("C", "no such application"), ("zh_CN.UTF-8", "没有名为 nope 的应用")])
def test_an_application_that_is_not_there_is_a_wrong_call(storage: str, lang: str, words: str) -> None:
    refused = run(storage, "list", "lisi", "--app", "nope", LANG=lang)
    assert (refused.exit_code, words in refused.stderr) == (2, True)


async def test_a_running_gateway_lets_the_person_in_no_more(wecom_sandbox: Corner, tmp_path: Path) -> None:
    wecom_sandbox.hold_phone("lisi")
    config = write_config(tmp_path, wecom_sandbox)
    with served(config) as gateway:
        async with httpx2.AsyncClient(headers={"user-agent": WECOM_UA}, trust_env=False, timeout=120) as http:
            answer = await serve_sign_in(http, gateway)
            cookie = "; ".join(each.partition(";")[0] for each in answer.headers.get_list("set-cookie"))
            assert (await http.get(f"{gateway.url}/me", headers={"cookie": cookie})).status_code == 200
            command = [sys.executable, "-m", "gongpai.cli", "sessions", "end", "lisi", "--config", str(config)]
            ended = await anyio.run_process(command)
            assert ended.stdout == b"lisi  1  ended\n"
            assert (await http.get(f"{gateway.url}/me", headers={"cookie": cookie})).status_code == 303


@pytest.mark.parametrize("userid", ["lisi", "", "no userid", "a" * 65])
def test_who_is_signed_in_nowhere_is_said_to_be(storage: str, userid: str) -> None:
    for verb in ("list", "end"):
        nobody = run(storage, verb, userid)
        assert (nobody.exit_code, f"{userid} is signed in nowhere" in nobody.stderr) == (1, True)
