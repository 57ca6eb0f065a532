"""The state machine: tokens, codes, tickets, consents, and a clock that is moved instead of waited for."""

from datetime import UTC, datetime, timedelta

import pytest

from gongpai.sandbox.errors import NotAllowedError, NotFoundError
from gongpai.sandbox.world import App, Clock, Corp, Person, Principal, World
from gongpai.sandbox.world_file import load_world

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def world() -> World:
    return World(load_world("base"), clock=Clock(lambda: NOON))


@pytest.fixture
def corp(world: World) -> Corp:
    return world.corps[0]


@pytest.fixture
def app(corp: Corp) -> App:
    return corp.apps[0]


@pytest.fixture
def lisi(world: World) -> Person:
    return world.require_person("lisi")


def test_the_clock_moves_forward_only_as_told(world: World) -> None:
    assert world.now() == NOON
    assert world.clock.advance(timedelta(days=30)) == world.now() == NOON + timedelta(days=30)


def test_the_clock_stops_before_dates_end(world: World) -> None:
    with pytest.raises(NotAllowedError, match="9900"):
        world.clock.advance(timedelta(days=365 * 7880))
    assert world.now() == NOON


def test_a_token_stays_the_same_while_it_is_valid(world: World, corp: Corp, app: App) -> None:
    principal = Principal(corp, app)
    first = world.issue_token(principal)
    world.clock.advance(timedelta(seconds=7199))
    assert world.issue_token(principal) is first
    world.clock.advance(timedelta(seconds=1))
    assert world.issue_token(principal) is not first
    assert world.get_token(first.value) is first


@pytest.mark.parametrize("survives", [True, False])
def test_a_switch_makes_each_token_new_and_may_end_the_old_one(
    world: World, corp: Corp, app: App, *, survives: bool
) -> None:
    world.file.switches.fresh_token_each_call = True
    world.file.switches.old_token_survives = survives
    first, second = world.issue_token(Principal(corp, app)), world.issue_token(Principal(corp, app))
    assert first.value != second.value
    assert first.is_revoked is not survives


def test_tokens_are_revoked_by_app_by_corp_or_all(world: World, corp: Corp) -> None:
    tokens = [world.issue_token(Principal(corp, each)) for each in (*corp.apps, None)]
    assert world.revoke_tokens(corp.corpid, 1000000) == 1
    assert [token.is_revoked for token in tokens] == [True, False, False]
    assert world.revoke_tokens("wwOther") == 0
    assert world.revoke_tokens(corp.corpid.swapcase(), 1000001) == 1
    assert world.revoke_tokens() == 1
    assert world.issue_token(Principal(corp, corp.apps[0])).value != tokens[0].value


def test_a_new_secret_ends_the_tokens_of_the_old_one(world: World, corp: Corp, app: App) -> None:
    token, old = world.issue_token(Principal(corp, app)), app.secret
    new = world.reset_secret(corp, app)
    assert token.is_revoked
    assert world.get_principal(corp, old) is None
    assert world.get_principal(corp, new) == Principal(corp, app)
    assert world.get_principal(corp, "SECRET_SYNC") == Principal(corp, None)


def test_a_code_lives_five_minutes_and_a_ticket_thirty(world: World, corp: Corp, app: App, lisi: Person) -> None:
    code = world.issue_code(corp, app, lisi, scope="snsapi_base", redirect_host="api.3dept.com", way="in_app")
    ticket = world.issue_ticket(corp, app, lisi)
    assert len(code.value) == 43
    world.clock.advance(timedelta(seconds=299))
    assert not world.is_code_expired(code)
    world.clock.advance(timedelta(seconds=1))
    assert world.is_code_expired(code)
    assert not world.is_ticket_expired(ticket)
    world.clock.advance(timedelta(seconds=1500))
    assert world.is_ticket_expired(ticket)


def test_consent_is_remembered_for_thirty_days_and_its_fields_longer(
    world: World, corp: Corp, app: App, lisi: Person
) -> None:
    assert not world.remembers_consent(corp, app, lisi)
    world.give_consent(corp, app, lisi, ["mobile", "email"])
    world.clock.advance(timedelta(days=29))
    world.change_consent(corp, app, lisi, ["mobile"])
    assert world.remembers_consent(corp, app, lisi)
    world.clock.advance(timedelta(days=1))
    assert not world.remembers_consent(corp, app, lisi)
    consent = world.get_consent(corp, app, lisi)
    assert consent is not None
    assert consent.fields == {"mobile"}
    world.withdraw_consent(corp, app, lisi)
    assert world.get_consent(corp, app, lisi) is None


def test_nothing_is_changed_before_the_first_consent(world: World, corp: Corp, app: App, lisi: Person) -> None:
    with pytest.raises(NotAllowedError):
        world.change_consent(corp, app, lisi, ["mobile"])


def test_a_new_trusted_ip_works_a_minute_later(world: World, corp: Corp, app: App) -> None:
    world.set_trusted_ips(corp, app, ["203.0.113.10", "192.0.2.7"])
    assert world.is_ip_trusted(corp, app, "203.0.113.10")
    assert not world.is_ip_trusted(corp, app, "192.0.2.7")
    world.clock.advance(timedelta(seconds=60))
    assert world.is_ip_trusted(corp, app, "192.0.2.7")
    assert not world.is_ip_trusted(corp, app, "192.0.2.8")


def test_only_a_new_app_must_have_trusted_ips(world: World, corp: Corp) -> None:
    new, old = corp.apps
    new.trusted_ips = []
    assert not world.is_ip_trusted(corp, new, "203.0.113.10")
    assert world.is_ip_trusted(corp, old, "198.51.100.1")


def test_jsapi_tickets_of_corp_and_app_differ_and_last_two_hours(world: World, corp: Corp, app: App) -> None:
    of_corp, of_app = world.issue_jsapi_ticket(corp, None), world.issue_jsapi_ticket(corp, app)
    assert of_corp.value != of_app.value
    assert world.issue_jsapi_ticket(corp, app) is of_app
    world.clock.advance(timedelta(seconds=7200))
    assert world.issue_jsapi_ticket(corp, app) is not of_app


def test_what_was_issued_long_ago_is_forgotten_at_last(world: World, corp: Corp, app: App, lisi: Person) -> None:
    first = world.issue_ticket(corp, app, lisi)
    for _ in range(20_000):
        world.issue_ticket(corp, app, lisi)
    assert world.get_ticket(first.value) is None


@pytest.mark.parametrize("key", ["lisi", "LISI", "wxCorpId/lisi", "WXCORPID/LiSi"])
def test_people_are_found_by_any_of_their_names(world: World, lisi: Person, key: str) -> None:
    assert world.get_person(key) is lisi


@pytest.mark.parametrize("key", ["wmCustomerOfLisi", "oCustomerOfLisi"])
def test_outsiders_are_found_by_openid_and_external_userid(world: World, key: str) -> None:
    assert world.require_person(key).kind == "external"


def test_who_is_not_there_or_not_alone_is_not_found() -> None:
    double = {"corpid": "wwTwo", "name": "Two", "members": [{"userid": "lisi", "name": "Li"}]}
    one = {"corpid": "wwOne", "name": "One", "members": [{"userid": "lisi", "name": "Li Si"}]}
    world = World(load_world({"corps": [one, double]}))
    for key in ("lisi", "nobody"):
        with pytest.raises(NotFoundError):
            world.require_person(key)
    assert world.require_member("lisi", "wwTwo").name == "Li"


def test_a_linked_person_has_no_member_record(world: World) -> None:
    with pytest.raises(NotFoundError, match="not a member"):
        world.require_member("wwLinkedCorp/zhaoliu")


@pytest.mark.parametrize(("agentid", "corpid"), [(9, None), (1000000, "wwOther")])
def test_an_app_that_is_not_there_is_not_found(world: World, agentid: int, corpid: str | None) -> None:
    with pytest.raises(NotFoundError, match="no apps have agentid"):
        world.require_app(agentid, corpid)


def test_apps_are_found_without_regard_to_the_case_of_the_corpid(world: World, app: App) -> None:
    assert world.get_app("WXCORPID", 1000000) == (world.corps[0], app)
    assert world.get_app("wxCorpId", 1) is None
    assert world.get_app("wwOther", 1000000) is None
    assert world.get_corp("WXCORPID") is world.corps[0]
    assert world.get_corp("nope") is None
