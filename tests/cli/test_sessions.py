"""``gongpai sessions``: where somebody is signed in, and the end of it."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gongpai.cli.program import program
from gongpai.gateway.records import World
from gongpai.gateway.store.migrate import migrate
from gongpai.gateway.store.open import open_stores
from memory import make_person, make_session
from settings_of_tests import RIGHT

CORPID = RIGHT["GONGPAI_APPS__MAIN__CORPID"]


@pytest.fixture
def storage(tmp_path: Path) -> str:
    storage = f"sqlite://{tmp_path}/gongpai.db"
    migrate(storage, World.WECOM)
    return storage


def sign_in(storage: str, userid: str, ref: str) -> None:
    async def put() -> None:
        now = datetime.now(UTC)
        async with open_stores(storage) as stores:
            person = await stores.people.mint(make_person(userid, CORPID))
            end = now + timedelta(hours=12)
            times = {"created_at": now, "seen_at": now, "idle_expires_at": end, "expires_at": end}
            assert await stores.sessions.put(make_session(person.subject, ref=ref, corpid=CORPID, **times))

    asyncio.run(put())


def run(storage: str, *arguments: str) -> Result:
    environ = {**RIGHT, "GONGPAI_STORAGE": storage, "LANG": "C"}
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


def test_who_is_signed_in_nowhere_is_said_to_be(storage: str) -> None:
    nobody = run(storage, "end", "lisi")
    assert (nobody.exit_code, "lisi is signed in nowhere" in nobody.stderr) == (1, True)
