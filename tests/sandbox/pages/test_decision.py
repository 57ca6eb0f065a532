"""The decision table of the in-app link, row by row."""

from dataclasses import replace

import pytest

from gongpai.sandbox.pages.decision import AskConsent, Link, Problem, Silent, decide
from gongpai.sandbox.world import World
from gongpai.sandbox.world_file import load_world

LINK = Link("wxCorpId", "http://api.3dept.com/cb", "code", "snsapi_base", "S", "1000000")
PRIVATE = replace(LINK, scope="snsapi_privateinfo")


def _world() -> World:
    return World(load_world("base"))


def _see(world: World, link: Link, person: str = "lisi") -> object:
    decision = decide(world, link, world.require_person(person))
    return decision.kind if isinstance(decision, Problem) else decision


def test_outside_the_client_there_is_only_a_page_that_says_so() -> None:
    assert decide(_world(), LINK, None) == Problem("outside")


def test_the_base_scope_goes_back_at_once() -> None:
    world = _world()
    decision = _see(world, LINK)
    assert isinstance(decision, Silent)
    assert (decision.app.agentid, decision.scope) == (1000000, "snsapi_base")


def test_the_historical_userinfo_scope_is_silent_too() -> None:
    decision = _see(_world(), replace(LINK, scope="snsapi_userinfo"))
    assert isinstance(decision, Silent)
    assert decision.scope == "snsapi_base"


@pytest.mark.parametrize(
    ("link", "kind"),
    [
        (replace(LINK, appid="wwNobody"), "appid"),
        (replace(LINK, response_type="token"), "response_type"),
        (replace(LINK, agentid="99"), "agentid"),
        (replace(LINK, redirect_uri="http://sub.api.3dept.com/cb"), "domain"),
        (replace(LINK, redirect_uri="http://api.3dept.com:8080/cb"), "domain"),
        (replace(LINK, agentid=None, redirect_uri="http://elsewhere.example/cb"), "domain"),
        (replace(LINK, state="a-b"), "state"),
        (replace(LINK, state="a" * 129), "state"),
        (replace(LINK, state="state\n"), "state"),
        (replace(LINK, scope="snsapi_login"), "scope"),
        (replace(PRIVATE, agentid=None), "agentid"),
        (replace(PRIVATE, agentid=""), "agentid"),
    ],
)
def test_a_wrong_link_is_a_page_and_never_a_redirect(link: Link, kind: str) -> None:
    assert _see(_world(), link) == kind


def test_a_state_may_have_128_letters_or_be_absent() -> None:
    assert isinstance(_see(_world(), replace(LINK, state="a" * 128)), Silent)
    assert isinstance(_see(_world(), replace(LINK, state=None)), Silent)


def test_without_agentid_the_domain_says_which_app_it_is() -> None:
    decision = _see(_world(), replace(LINK, agentid=None, redirect_uri="https://mail.qq.com:8080/cb"))
    assert isinstance(decision, Silent)
    assert decision.app.agentid == 1000001


def test_a_disabled_app_signs_nobody_in() -> None:
    world = _world()
    world.require_app(1000000)[1].enabled = False
    assert _see(world, LINK) == "disabled"


def test_privateinfo_without_agentid_can_be_switched_to_base() -> None:
    world = _world()
    world.file.switches.privateinfo_without_agentid = "base"
    decision = _see(world, replace(PRIVATE, agentid=None))
    assert isinstance(decision, Silent)
    assert decision.scope == "snsapi_base"


def test_a_member_out_of_range_cannot_grant_anything() -> None:
    assert _see(_world(), PRIVATE, "wangwu") == "range"


@pytest.mark.parametrize("person", ["oStranger", "wmCustomerOfLisi", "wwLinkedCorp/zhaoliu"])
def test_who_is_no_member_gets_no_ticket_and_is_not_asked(person: str) -> None:
    decision = _see(_world(), PRIVATE, person)
    assert isinstance(decision, Silent)
    assert decision.scope == "snsapi_base"


def test_an_app_without_sensitive_fields_has_nothing_to_ask() -> None:
    world = _world()
    world.require_app(1000000)[1].sensitive_fields = []
    assert _see(world, PRIVATE) == "permission"


def test_the_first_time_the_member_is_asked_field_by_field() -> None:
    decision = _see(_world(), PRIVATE)
    assert isinstance(decision, AskConsent)
    assert decision.fields == ("avatar", "gender", "mobile", "email", "biz_mail", "qr_code", "address")


def test_consent_is_remembered_for_the_member_who_gave_it() -> None:
    world = _world()
    corp, app = world.require_app(1000000)
    world.give_consent(corp, app, world.require_person("lisi"), ["mobile"])
    decision = _see(world, PRIVATE)
    assert isinstance(decision, Silent)
    assert decision.scope == "snsapi_privateinfo"
    assert isinstance(_see(world, PRIVATE, "zhangsan"), AskConsent)
