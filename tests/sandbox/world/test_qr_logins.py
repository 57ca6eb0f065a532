"""A QR code: scanned by one person, settled once, dead after five minutes."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from gongpai.sandbox.errors import NotAllowedError, NotFoundError
from gongpai.sandbox.world import QrLogin, World
from gongpai.sandbox.world_file import load_world


@pytest.fixture
def world() -> World:
    return World(load_world("base"))


def _begin(world: World) -> QrLogin:
    corp, app = world.require_app(1000000)
    return world.qr_logins.begin(corp, app, "http://api.3dept.com/cb")


def test_scanned_and_confirmed_gives_a_code_of_that_person(world: World) -> None:
    login, lisi = _begin(world), world.require_person("lisi")
    assert world.qr_logins.scan(login.key, lisi).status == "QRCODE_SCAN_ING"
    assert world.qr_logins.scan(login.key, lisi).status == "QRCODE_SCAN_ING"
    assert world.qr_logins.confirm(login.key).status == "QRCODE_SCAN_SUCC"
    code = world.get_code(login.code)
    assert code is not None
    assert (code.person, code.way, code.redirect_host, code.scope) == (lisi, "web", "api.3dept.com", "snsapi_base")


def test_only_one_person_can_hold_a_code(world: World) -> None:
    login = _begin(world)
    world.qr_logins.scan(login.key, world.require_person("lisi"))
    with pytest.raises(NotAllowedError, match="somebody else"):
        world.qr_logins.scan(login.key, world.require_person("zhangsan"))


@pytest.mark.parametrize("key", ["wangwu", "zhaoliu", "oStranger", "wmCustomerOfLisi"])
def test_who_may_not_use_the_app_cannot_scan(world: World, key: str) -> None:
    with pytest.raises(NotAllowedError, match="无权限"):
        world.qr_logins.scan(_begin(world).key, world.require_person(key))


def test_nothing_is_confirmed_before_it_is_scanned(world: World) -> None:
    with pytest.raises(NotAllowedError, match="nobody has scanned"):
        world.qr_logins.confirm(_begin(world).key)


@pytest.mark.parametrize("settle", ["refuse", "expire"])
def test_a_settled_code_stays_settled(world: World, settle: str) -> None:
    login, lisi = _begin(world), world.require_person("lisi")
    if settle == "refuse":
        assert world.qr_logins.refuse(login.key).status == "QRCODE_SCAN_FAIL"
    else:
        world.clock.advance(timedelta(minutes=5))
    acts: list[Callable[[], QrLogin]] = [
        lambda: world.qr_logins.scan(login.key, lisi),
        lambda: world.qr_logins.confirm(login.key),
        lambda: world.qr_logins.refuse(login.key),
    ]
    for act in acts:
        with pytest.raises(NotAllowedError, match="settled"):
            act()
    assert world.qr_logins.waiting() == []


def test_what_waits_comes_newest_first(world: World) -> None:
    first, second = _begin(world), _begin(world)
    assert world.qr_logins.waiting() == [second, first]


def test_a_code_that_nobody_showed_is_not_found(world: World) -> None:
    assert world.qr_logins.get("0a") is None
    with pytest.raises(NotFoundError):
        world.qr_logins.confirm("0a")
