"""What a login page checks before it shows a QR code: the -310xx table."""

from dataclasses import replace

import pytest

from gongpai.sandbox.pages.login import LoginLink, LoginProblem, check_link
from gongpai.sandbox.world import World
from gongpai.sandbox.world_file import load_world

LINK = LoginLink(
    page="web_login",
    login_type="CorpApp",
    appid="wxCorpId",
    agentid="1000000",
    redirect_uri="http://api.3dept.com/cb",
    state="S",
    redirect_type="top",
    is_panel=False,
    parent_origin="",
)
CALLBACK = replace(LINK, is_panel=True, redirect_type="callback")


def _errcode(link: LoginLink, world: World | None = None) -> int | None:
    checked = check_link(world or World(load_world("base")), link)
    return checked.errcode if isinstance(checked, LoginProblem) else None


@pytest.mark.parametrize(
    ("link", "errcode"),
    [
        (LINK, None),
        (replace(LINK, redirect_uri="http://elsewhere.example/cb"), -31020),
        (replace(LINK, page="qr_connect", redirect_uri="http://elsewhere.example/cb"), -31020),
        (replace(LINK, appid="bad"), -31027),
        (replace(LINK, agentid="99"), -31028),
        (replace(LINK, redirect_uri=""), -31035),
        (replace(LINK, login_type="ServiceApp", appid="wwNotALoginSuite"), -31037),
        (replace(LINK, login_type="Nope"), -31040),
        (CALLBACK, -31033),
        (replace(CALLBACK, parent_origin="https://elsewhere.example"), -31033),
        (replace(CALLBACK, parent_origin="https://api.3dept.com"), None),
        (replace(CALLBACK, redirect_type="self"), None),
    ],
)
def test_each_fault_has_its_own_number(link: LoginLink, errcode: int | None) -> None:
    assert _errcode(link) == errcode


def test_web_login_takes_the_trusted_domain_too_and_the_old_page_does_not() -> None:
    world = World(load_world("base"))
    world.require_app(1000000)[1].callback_domain = "login.3dept.com"
    assert _errcode(LINK, world) is None
    assert _errcode(replace(LINK, page="qr_connect"), world) == -31020


def test_without_a_callback_domain_the_trusted_one_is_blamed() -> None:
    world = World(load_world("base"))
    world.require_app(1000000)[1].callback_domain = ""
    assert _errcode(replace(LINK, redirect_uri="http://elsewhere.example/cb"), world) == -31039


def test_a_disabled_app_has_no_login_page() -> None:
    world = World(load_world("base"))
    world.require_app(1000000)[1].enabled = False
    assert _errcode(LINK, world) == -31028
