"""``gongpai parties preview``: what it says of a person in the store, and of nobody else."""

import asyncio
import re
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner, Result

from gongpai.cli.language import Language
from gongpai.cli.preview.page import render, say
from gongpai.cli.program import program
from gongpai.gateway.oidc.names import NoEmail
from gongpai.gateway.portraits import Known
from gongpai.gateway.preview.provenance import Origin, Remark, Row
from gongpai.gateway.preview.reader import Absence, Preview
from gongpai.gateway.records import Fact, Profile
from gongpai.gateway.store.open import open_stores
from gongpai.wecom.signin import Way
from memory import make_person, make_session
from memory_provider import make_party
from settings_of_tests import RIGHT

CORPID = RIGHT["GONGPAI_APPS__MAIN__CORPID"]
GIVEN = {
    "GONGPAI_PARTIES__WIKI__NAME": "The Wiki",
    "GONGPAI_PARTIES__WIKI__CLIENT_SECRET": "a-secret-of-this-test-alone-43-characters-x",
    "GONGPAI_PARTIES__WIKI__REDIRECT_URIS": "https://wiki.example.com/cb",
    "GONGPAI_PARTIES__WIKI__SCOPES": "openid,profile,email,groups",
}
SUBJECT = Row("sub", "subject", Origin.MINTED)
GATE = {
    "GONGPAI_TRUSTED_PROXIES": "127.0.0.1",
    "GONGPAI_GATE__HOSTS__APP__ORIGIN": "https://app.example.com",
    "GONGPAI_GATE__HOSTS__SECRET__ORIGIN": "https://secret.example.com",
    "GONGPAI_GATE__HOSTS__SECRET__POLICY__DENY_USERIDS": "lisi",
    "GONGPAI_GATE__HOSTS__TREE__ORIGIN": "https://tree.example.com",
    "GONGPAI_GATE__HOSTS__TREE__POLICY__ALLOW_DEPARTMENTS": "1",
}


def sign_in(storage: str, name: str = "李四", **changes: object) -> None:
    """Put Li Si's session into the store."""

    async def put() -> None:
        now = datetime.now(UTC)
        facts = {"name": Fact("user/get", now, name), "main_department": Fact("user/get", now, "5")}
        async with open_stores(storage) as stores:
            person = await stores.people.mint(make_person("lisi", CORPID))
            session = {"corpid": CORPID, "profile": Profile(facts, (5, 4)), "expires_at": now + timedelta(hours=12)}
            assert await stores.sessions.put(make_session(person.subject, **{**session, **changes}))

    asyncio.run(put())


def run(storage: str, *arguments: str, **changes: str) -> Result:
    environ = {**RIGHT, **GIVEN, "GONGPAI_STORAGE": storage, "LANG": "C", **changes}
    return CliRunner().invoke(program, ["parties", "preview", *arguments], env=environ)


def test_it_shows_the_claims_and_where_they_come_from(storage: str) -> None:
    sign_in(storage)
    shown = run(storage, "wiki", "--userid", "LiSi")
    assert shown.exit_code == 0, shown.output
    assert re.search(r"preferred_username +– +yes +lisi +the userid; “lisi” would be reserved", shown.output)
    assert re.search(r"name +– +yes +李四 +the address book \(user/get, ", shown.output)
    assert re.search(r"email +– +– +\(nothing\) +WeCom tells this application none", shown.output)
    assert re.search(r"groups +– +yes +dept:5, dept:4 +the departments", shown.output)
    assert "`claims_in_id_token` is off" in shown.output
    assert "Not asked for by its settings: phone, address." in shown.output
    assert "acr: urn:gongpai:wecom:web" in shown.output
    assert "They may use it." in shown.output


def test_it_speaks_chinese_and_keeps_its_columns(storage: str) -> None:
    sign_in(storage)
    changes = {"GONGPAI_PARTIES__WIKI__CLAIMS_IN_ID_TOKEN": "true", "GONGPAI_PARTIES__WIKI__GROUPS": "4"}
    shown = run(storage, "wiki", "--userid", "lisi", "--lang", "zh", **changes).output
    assert "被 `groups` 排除：dept:5" in shown
    assert "没有写入任何内容。" in shown
    assert re.search(r"name +有 +有 +李四", shown)


def test_a_name_moves_no_cursor_and_makes_no_line(storage: str) -> None:
    sign_in(storage, "\x1b]0;x\x07Li\nemail: root@corp.example\x9b2J\u202e")
    (line,) = (each for each in run(storage, "wiki", "--userid", "lisi").output.splitlines() if "Li" in each)
    assert "\\x1b]0;x\\x07Li\\nemail: root@corp.example\\x9b2J\\u202e" in line


def test_it_writes_nothing(storage: str) -> None:
    sign_in(storage)

    def dump() -> list[str]:
        with sqlite3.connect(storage.removeprefix("sqlite://")) as database:
            return list(database.iterdump())

    before = dump()
    assert run(storage, "wiki", "--userid", "lisi", **GATE).exit_code == 0
    assert dump() == before


def test_it_says_who_may_not_use_the_party_and_enter_which_host(storage: str) -> None:
    sign_in(storage)
    shown = run(storage, "wiki", "--userid", "lisi", GONGPAI_PARTIES__WIKI__POLICY__DENY_USERIDS="lisi", **GATE).output
    assert "They may not use it, so nothing would be told: Access is switched off for you" in shown
    assert "https://app.example.com  may enter\n" in shown
    assert "https://secret.example.com  may not enter: Access is switched off for you" in shown
    assert "https://tree.example.com  cannot be said" in shown
    assert "X-Auth-Request-Preferred-Username: lisi" in shown


def test_it_does_not_guess_what_depends_on_a_tree_that_is_not_held(storage: str) -> None:
    sign_in(storage)
    shown = run(storage, "wiki", "--userid", "lisi", GONGPAI_PARTIES__WIKI__POLICY__ALLOW_DEPARTMENTS="1").output
    assert "Whether they may use it cannot be said" in shown


def test_a_person_who_never_signed_in_is_asked_to(storage: str) -> None:
    refused = run(storage, "wiki", "--userid", "lisi")
    assert refused.exit_code == 1
    assert "nobody of this userid has signed in here yet" in refused.output
    assert RIGHT["GONGPAI_PUBLIC_URL"] in refused.output


def test_a_session_that_is_over_is_not_shown(storage: str) -> None:
    sign_in(storage, idle_expires_at=datetime.now(UTC) - timedelta(minutes=1))
    assert "no session of theirs lives" in run(storage, "wiki", "--userid", "lisi").output


def test_a_party_of_the_store_is_previewed_too(storage: str) -> None:
    sign_in(storage)
    environ = {**RIGHT, "GONGPAI_STORAGE": storage, "LANG": "C"}
    add = ["parties", "add", "board", "--redirect-uri", "https://board.example.com/cb"]
    assert CliRunner().invoke(program, add, env=environ).exit_code == 0
    assert "board (board) would be told" in run(storage, "board", "--userid", "lisi").output


def test_a_party_or_an_application_that_there_is_not_is_named(storage: str) -> None:
    unknown = run(storage, "nobody", "--userid", "lisi")
    assert (unknown.exit_code, "there is no such party" in unknown.output) == (1, True)
    refused = run(storage, "wiki", "--userid", "lisi", "--app", "other")
    assert refused.exit_code == 2
    assert "there is no such application in the configuration: other" in refused.output
    sign_in(storage)
    assert run(storage, "wiki", "--userid", "lisi", "--app", "main").exit_code == 0


def test_a_grant_without_a_session_is_shown_as_such_and_without_headers() -> None:
    known = Known("subject", "main", CORPID, "lisi", "web", Profile(), datetime.now(UTC))
    party = make_party(scopes=frozenset({"openid", "profile", "email", "phone", "address", "groups"}))
    shown = render(
        Preview(
            known, None, is_unsure=False, id_token={"sub": "subject"}, userinfo={"sub": "subject"}, rows=(SUBJECT,)
        ),
        party,
        "en",
    )
    assert "this is from a grant to the party" in shown
    assert "shown for a living session only" in shown
    assert "Not asked for" not in shown


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_origin_remark_and_absence_has_its_words(language: Language) -> None:
    values = {"about": "x", "source": "x", "at": "x", "userid": "x", "url": "x"}
    keys = [
        *(f"origin_of.{each}" for each in Origin),
        *(f"note.{each}" for each in (*Remark, *NoEmail)),
        *(f"absent.{each}" for each in Absence),
        *(f"way.{each.value}" for each in Way),
    ]
    assert all(say(language, key, **values) for key in keys)
