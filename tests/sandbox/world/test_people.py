"""How an app sees people, and whom it may see."""

import pytest

from gongpai.sandbox.world import CorpIndex, World, WorldFile
from gongpai.sandbox.world_file import load_world, parse_world


@pytest.fixture
def world() -> World:
    return World(load_world("default"))


@pytest.fixture
def index(world: World) -> CorpIndex:
    return world.index(world.corps[0])


def test_the_visible_range_is_by_name_by_department_with_children_or_by_tag(index: CorpIndex) -> None:
    app = index.corp.apps[0]
    app.visible_userids, app.visible_departments, app.visible_tags = ["CHENJING"], [5], [1, 99]
    seen = {userid for userid, member in index.members.items() if index.is_visible(app, member)}
    assert seen == {"chenjing", "sunyue", "tom.lee", "qianduo", "lisi", "zhangsan", "ada"}


def test_a_department_is_seen_with_all_below_it(index: CorpIndex) -> None:
    assert index.subtree(2) == {2, 3, 4}
    assert index.subtree(1) == set(index.departments)
    app = index.corp.apps[0]
    assert [index.is_department_visible(app, department) for department in (1, 2, 4, 8)] == [False, True, True, False]


def test_a_circle_of_departments_does_not_hang() -> None:
    circle = [{"id": 2, "name": "A", "parent_id": 3}, {"id": 3, "name": "B", "parent_id": 2}]
    app = {"agentid": 1, "name": "A", "secret": "s", "created_at": "2024-01-01T00:00:00Z", "visible_departments": [1]}
    file: WorldFile = parse_world({"corps": [{"corpid": "ww1", "name": "C", "departments": circle, "apps": [app]}]})
    index = CorpIndex(file.corps[0])
    assert not index.is_department_visible(index.apps[1], 2)
    assert index.subtree(1) == set()


def test_a_customer_is_seen_through_who_follows_them(index: CorpIndex) -> None:
    app = index.corp.apps[0]
    seen = [external.name_en for external in index.corp.externals if index.is_external_visible(app, external)]
    assert seen == ["Liu, a customer"]


@pytest.mark.parametrize(
    ("key", "userid", "openid"),
    [
        ("Ada", "Ada", None),
        ("maria", "wwgongpaipartner/maria", None),
        ("wmSandboxCustomerLiu", None, "oSandboxCustomerLiu"),
        ("oSandboxStranger", None, "oSandboxStranger"),
    ],
)
def test_everybody_has_a_standing(
    world: World, index: CorpIndex, key: str, userid: str | None, openid: str | None
) -> None:
    standing = index.standing(world.require_person(key))
    assert (standing.userid, standing.openid) == (userid, openid)


def test_who_left_and_who_is_of_another_corp_is_a_stranger_with_an_openid_of_their_own(world: World) -> None:
    corps = load_world("base").corps + world.corps
    both = World(WorldFile(corps=corps))
    demo = both.index(both.corps[1])
    foreign = demo.standing(both.require_person("wxCorpId/lisi"))
    assert (foreign.userid, foreign.member) == (None, None)
    assert foreign.openid is not None
    assert foreign.openid.startswith("o")
    leaver = both.require_person("wwgongpaidemo/Ada")
    assert leaver.member is not None
    leaver.member.status = 5
    assert demo.standing(leaver).openid not in (None, foreign.openid)
