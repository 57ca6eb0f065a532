"""Those who do not get in: each kind by its own words, with a number to ask with where asking helps."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from journeys.stage import Stage, heading, staged, two_workers

pytestmark = pytest.mark.browser

_OUTSIDERS = {
    "oSandboxStranger": "You are not a member of this company",
    "oSandboxCustomerLiu": "Your account is an external contact",
    "wwgongpaipartner/maria": "Your account belongs to a linked company",
    "wangwu": "This app is not open to you yet",
    "qianduo": "Your WeCom account is disabled",
    "zhouxin": "Your WeCom account is not active yet",
}


@pytest.mark.parametrize("person", _OUTSIDERS)
def test_each_kind_of_outsider_is_turned_away_with_words_of_its_own(stage: Stage, person: str) -> None:
    page = stage.wecom(person)
    answer = page.goto(stage.url("/me"))
    assert answer is not None
    assert answer.status == 403
    heading(page, _OUTSIDERS[person])
    expect(page.get_by_text("Reference number:")).to_be_visible()
    expect(page.get_by_role("link", name="Sign in again")).to_be_visible()
    assert "__Host-gongpai_session" not in {cookie["name"] for cookie in page.context.cookies()}


def test_a_member_whom_the_address_book_does_not_know_is_told_so(stage: Stage) -> None:
    stage.corner.plan_fault("user/get", errcode=60111, times=1)
    page = stage.wecom("grace_h")
    page.goto(stage.url("/me"))
    heading(page, "WeCom does not know this account")


def test_wecom_that_does_not_answer_has_a_page_and_the_next_try_works(stage: Stage) -> None:
    page = stage.wecom("zhangsan")
    stage.corner.plan_fault("auth/getuserinfo", cut=True, times=1)
    answer = page.goto(stage.url("/me"))
    assert answer is not None
    assert answer.status == 503
    heading(page, "WeCom does not answer")
    page.get_by_role("link", name="Try again").click()
    heading(page, "张三")


def test_the_other_language_begins_the_sign_in_again_in_that_language(stage: Stage) -> None:
    page = stage.wecom("zhangsan")
    stage.corner.plan_fault("auth/getuserinfo", cut=True, times=1)
    page.goto(stage.url("/signin?return_to=/signout"))
    heading(page, "WeCom does not answer")
    page.get_by_role("link", name="中文").click()
    heading(page, "要退出登录吗？")
    assert urlsplit(page.url).path == "/signout"


def test_whoever_is_turned_away_may_read_why_in_the_other_language(stage: Stage) -> None:
    page = stage.wecom("qianduo")
    page.goto(stage.url("/me"))
    heading(page, _OUTSIDERS["qianduo"])
    page.get_by_role("link", name="中文").click()
    heading(page, "您的企业微信账号已被禁用")


def test_a_fault_of_the_configuration_is_told_by_a_number_only(stage: Stage) -> None:
    page = stage.wecom("zhangsan")
    stage.corner.set_caller_ip("198.51.100.9")
    page.goto(stage.url("/me"))
    stage.corner.set_caller_ip("203.0.113.10")
    heading(page, "Something went wrong")
    expect(page.get_by_text("Reference number:")).to_be_visible()
    assert "198.51.100.9" not in page.content()
    assert "60020" not in page.content()


def test_a_page_that_does_not_exist_says_so(stage: Stage) -> None:
    page = stage.desk()
    answer = page.goto(stage.url("/nonsense?code=x"))
    assert answer is not None
    assert answer.status == 404
    heading(page, "There is no such page")
    page.get_by_role("link", name="Go to my page").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()


@pytest.fixture(scope="module")
def choosy(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    rules = {"policy.allow_departments": [2], "policy.deny_userids": ["lisi"], "starts_per_minute": 6}
    with (
        two_workers(tmp_path_factory.mktemp("choosy"), **rules) as (sandbox, gateway),
        staged(chromium, sandbox, gateway) as stage,
    ):
        yield stage


@pytest.mark.parametrize(
    ("person", "words"),
    [
        ("zhangsan", "张三"),  # in a department below the allowed one
        ("sunyue", "You are not on the list for this sign-in"),
        ("lisi", "Access is switched off for you"),  # an allowed department, and a rule against this person
    ],
)
def test_the_rules_of_the_house_decide_among_members(choosy: Stage, person: str, words: str) -> None:
    page = choosy.wecom(person)
    page.goto(choosy.url("/me"))
    heading(page, words)


def test_whoever_begins_too_many_sign_ins_is_asked_to_wait(choosy: Stage) -> None:
    page, status = choosy.wecom("zhangsan"), 0
    while status != 429:  # the minute that is counted may end between two of them
        page.context.clear_cookies()
        for _ in range(7):
            page.context.request.get(choosy.url("/signin"), max_redirects=0)
        answer = page.goto(choosy.url("/me"))
        assert answer is not None
        status = answer.status
    heading(page, "Too many tries")
