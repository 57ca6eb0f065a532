"""A world file is read whole, and every fault in it is named at once."""

import json
from pathlib import Path

import pytest

from gongpai.sandbox.errors import WorldFileError
from gongpai.sandbox.world import World
from gongpai.sandbox.world_file import SHIPPED, load_world, parse_world, world_schema

CORP = {"corpid": "wwone", "name": "One"}
APP = {"agentid": 1, "name": "App", "secret": "s", "created_at": "2024-01-01T00:00:00Z"}


def _faults(raw: object) -> list[str]:
    with pytest.raises(WorldFileError) as caught:
        parse_world(raw)
    return caught.value.faults


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_worlds_are_sound(name: str) -> None:
    assert load_world(name).corps


def test_the_default_world_is_lively() -> None:
    world = World(load_world("default"))
    (corp,) = world.corps
    assert len(corp.departments) >= 5
    assert any(department.parent_id > 1 for department in corp.departments)
    assert len(corp.members) >= 12
    assert {member.status for member in corp.members} == {1, 2, 4}
    assert {person.kind for person in world.people()} == {"member", "external", "stranger", "linked"}
    assert [app.is_new for app in corp.apps] == [True, False]
    assert all(member.name_en and any(letter > "\u4e00" for letter in member.name) for member in corp.members)
    portal = corp.apps[0]
    unseen = [person for person in world.people() if person.member and not world.is_visible(corp, portal, person)]
    assert [person.handle for person in unseen] == ["wangwu"]


def test_every_fault_of_the_shape_is_named_at_once() -> None:
    faults = _faults(
        {
            "x": 1,
            "corps": [{"corpid": 3, "nam": "One", "members": [{"userid": "a b", "name": "A", "status": 3}], "apps": 1}],
        }
    )
    places = sorted(fault.split(":")[0] for fault in faults)
    assert places == [
        "corps[0].apps", "corps[0].corpid", "corps[0].members[0].status", "corps[0].members[0].userid",
        "corps[0].nam", "corps[0].name", "x",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        ([], "world: expected a table, got list"),
        ({}, "corps: missing"),
        ({"corps": []}, "corps: Expected `array` of length >= 1"),
        ({"corps": ["x"]}, "corps[0]: expected a table, got str"),
    ],
)
def test_what_is_no_world_is_said_so(raw: object, fault: str) -> None:
    assert _faults(raw) == [fault]


def test_every_broken_reference_is_named_at_once() -> None:
    member = {"userid": "Ada", "name": "Ada", "departments": [7], "main_department": 8, "direct_leaders": ["bob"]}
    corp = CORP | {
        "departments": [{"id": 2, "name": "D", "parent_id": 9, "leaders": ["eve"]}, {"id": 2, "name": "E"}],
        "members": [member, {"userid": "ADA", "name": "Ada", "leader_of": [5]}],
        "tags": [{"id": 1, "name": "T", "userids": ["zed"]}],
        "externals": [{"openid": "o", "external_userid": "w", "name": "E", "followed_by": ["zed"]}],
        "apps": [APP | {"visible_departments": [44], "visible_userids": ["zed"], "visible_tags": [4]}, APP],
    }
    faults = "\n".join(_faults({"corps": [corp, CORP | {"corpid": "WWONE"}]}))
    for expected in (
        "corps: corpid 'wwone' is there 2 times",
        "corps[0].departments: id 2 is there 2 times",
        "corps[0].members: userid 'ada' is there 2 times",
        "corps[0].apps: agentid 1 is there 2 times",
        "corps[0].apps: two of them have the same secret",
        "corps[0].departments[0].parent_id: there is no department 9",
        "corps[0].departments[0].leaders: there is no member 'eve'",
        "corps[0].members[0].departments: there is no department 7",
        "corps[0].members[0].main_department: there is no department of this member 8",
        "corps[0].members[0].direct_leaders: there is no member 'bob'",
        "corps[0].members[1].leader_of: there is no department of this member 5",
        "corps[0].tags[0].userids: there is no member 'zed'",
        "corps[0].externals[0].followed_by: there is no member 'zed'",
        "corps[0].apps[0].visible_departments: there is no department 44",
        "corps[0].apps[0].visible_userids: there is no member 'zed'",
        "corps[0].apps[0].visible_tags: there is no tag 4",
    ):
        assert expected in faults


def test_two_people_cannot_share_an_openid() -> None:
    corp = CORP | {"strangers": [{"openid": "o1", "name": "A"}], "externals": []}
    other = {"corpid": "wwtwo", "name": "Two", "strangers": [{"openid": "o1", "name": "B"}]}
    assert _faults({"corps": [corp, other]}) == ["corps: openid or external_userid 'o1' is there 2 times"]


def test_json_and_toml_say_the_same(tmp_path: Path) -> None:
    in_json, in_toml = tmp_path / "w.json", tmp_path / "w.toml"
    in_json.write_text(json.dumps({"corps": [CORP | {"apps": [APP]}]}), encoding="utf-8")
    in_toml.write_text(
        '[[corps]]\ncorpid = "wwone"\nname = "One"\n[[corps.apps]]\nagentid = 1\nname = "App"\nsecret = "s"\n'
        "created_at = 2024-01-01T00:00:00Z\n",
        encoding="utf-8",
    )
    assert load_world(in_json) == load_world(str(in_toml)) == load_world({"corps": [CORP | {"apps": [APP]}]})


@pytest.mark.parametrize(("text", "word"), [("{", "Expecting"), (None, "No such file")])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, text: str | None, word: str) -> None:
    path = tmp_path / "w.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(WorldFileError, match=word) as caught:
        load_world(path)
    assert str(path) in str(caught.value)


def test_the_json_schema_describes_every_table() -> None:
    definitions = world_schema()["$defs"]
    assert {
        "WorldFile",
        "Corp",
        "App",
        "Member",
        "Department",
        "External",
        "LinkedCorp",
        "Switches",
    } <= definitions.keys()
    assert definitions["App"]["additionalProperties"] is False
