import re
from dataclasses import replace
from datetime import timedelta, timezone
from html.parser import HTMLParser

import pytest

from gateway.web.gallery import NONCE, NOW, PAGES, SKIPPING, context, me, panel
from gongpai.gateway.errors import Reason
from gongpai.gateway.messages import CATALOGUE
from gongpai.gateway.web import pages
from gongpai.gateway.web import pages_disclosure as disclosure
from gongpai.gateway.web import pages_form_post as form_post
from gongpai.gateway.web.pages import Page
from gongpai.gateway.web.render import moment, qr_svg, render

_HOSTILE = "<script>alert(1)</script>\"'`{{7*7}}"
_WANTED = disclosure.WantedFields(_HOSTILE, ("mobile",))


class Elements(HTMLParser):
    """Collects every start tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.all: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, dict(attrs)))


each_page = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)


@each_page
def test_a_page_says_its_language_its_title_and_its_own_words(page: Page) -> None:
    zh, en = render(context("zh"), page), render(context("en"), page)
    assert '<html lang="zh-CN">' in zh
    assert '<html lang="en">' in en
    for html in (zh, en):
        title = re.search(r"<title>([^<]+) · [^<]+</title>", html)
        assert title is not None
        assert title[1].strip()


@each_page
def test_scripts_and_styles_carry_the_nonce_and_come_from_us(page: Page) -> None:
    for tag, attributes in Elements(render(context(), page)).all:
        if tag == "script" or attributes.get("rel") == "stylesheet":
            assert attributes["nonce"] == NONCE
            assert (attributes.get("src") or attributes.get("href") or "").startswith("/static/")
        if tag in {"img", "iframe", "link"}:
            assert (attributes.get("src") or attributes.get("href") or "").startswith("/static/")


@each_page
def test_nothing_is_inline(page: Page) -> None:
    elements = Elements(render(context(), page)).all
    for tag, attributes in elements:
        assert tag != "style"
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        assert not str(attributes.get("href")).startswith("javascript:")


@each_page
def test_every_form_posts_to_us_with_the_token_of_this_browser_or_to_a_party_without(page: Page) -> None:
    html = render(context(), page)
    forms = re.findall(r"<form.*?</form>", html, flags=re.DOTALL)
    for form in forms:
        assert 'method="post"' in form
        if 'id="party-form"' in form:
            assert 'action="https://lunch.example.com/cb"' in form
            assert "csrf" not in form
            continue
        assert re.search(r'action="/[a-z/]+"', form)
        assert '<input type="hidden" name="csrf_token" value="csrf-of-this-browser">' in form
    assert html.count("<form") == len(forms)


@each_page
def test_a_page_offers_the_other_language_and_the_way_back_from_it(page: Page) -> None:
    html = render(context("en"), page)
    assert 'href="/language/zh?return_to=%2Fsignin%3Fapp%3Dmain%26return_to%3D%252Fme"' in html
    assert 'href="/language/en' not in html


@pytest.mark.parametrize(
    "page",
    [
        pages.SigninChooser((pages.Choice(_HOSTILE, "/signin?app=x"),)),
        panel(_HOSTILE),
        pages.Failure(_HOSTILE),
        me(_HOSTILE),
        disclosure.AskAgain(_WANTED, SKIPPING),
        disclosure.HandoffPick(_WANTED, _HOSTILE, NOW, (17, 42, 80), "/handoff/x"),
        pages.SignedOut({_HOSTILE: _HOSTILE}),
        form_post.FormPost(_HOSTILE, _HOSTILE, form_post.PartyForm("https://x/", {"state": _HOSTILE}, "https://x")),
    ],
    ids=lambda page: type(page).__name__,
)
def test_a_hostile_name_stays_text(page: Page) -> None:
    html = render(context(way_back=f"/me?{_HOSTILE}"), page)
    assert "<script>alert" not in html
    assert "alert(1)</script>" not in html
    assert "{{7*7}}" in html or "7*7" not in html
    for _, attributes in Elements(html).all:
        assert not [name for name in attributes if name.startswith(("alert", "on"))]


@pytest.mark.parametrize("reason", list(Reason))
def test_every_refusal_has_words_of_its_own_and_a_number_to_ask_with(reason: Reason) -> None:
    html = render(context("en"), pages.Refused(reason.value, "7F3K-92QD", "/signin?app=main"))
    assert CATALOGUE["en"][f"refused.{reason}.title"] in html
    assert "Reference number: 7F3K-92QD" in html
    assert 'href="/signin?app=main"' in html


def test_no_two_refusals_say_the_same() -> None:
    bodies = [CATALOGUE["en"][f"refused.{reason}.body"] for reason in Reason]
    assert len(set(bodies)) == len(bodies)


def test_me_shows_each_value_with_where_it_comes_from() -> None:
    html = render(context("en"), me())
    assert "+86 138 0013 8000" in html
    assert "you, in WeCom" in html
    assert "WeCom address book" in html
    assert '<time datetime="2026-11-22T08:30:00+00:00">2026-11-22 08:30 UTC</time>' in html
    assert "Female" in html
    assert "Active" in html


def test_me_says_what_is_missing_and_why() -> None:
    html = render(context("en"), me())
    assert CATALOGUE["en"]["missing.not_in_profile"] in html
    assert "Not shared: the administrator has not switched this field on" in html


def test_me_before_anything_was_given_names_the_fields_and_asks() -> None:
    html = render(context("en"), me(has_disclosure=False))
    assert "Mobile" in html
    assert "Not available" in html
    assert "You have not been asked yet." not in html
    assert "Ask WeCom for them" in html
    assert 'action="/me/disclosure/erase"' not in html


def test_me_on_a_desktop_points_to_the_phone() -> None:
    assert "Give them with my phone" in render(context("en"), me(is_in_wecom=False, has_disclosure=False))
    assert "Choose again with my phone" in render(context("en"), me(is_in_wecom=False))


def test_me_names_the_device_of_each_session() -> None:
    html = render(context("en"), me())
    assert "WeCom · iPhone or iPad" in html
    assert 'aria-label="End the sign-in in Browser · Windows that began 2026-11-22 06:30 UTC"' in html


def test_me_loads_no_picture_from_elsewhere() -> None:
    html = render(context("en"), me())
    assert 'src="https://' not in html
    assert '<a class="gp-picture" rel="noreferrer noopener" target="_blank" href="https://wework.qpic.example' in html
    assert ">Open the picture at WeCom</a>" in html


def test_me_opens_no_picture_that_is_no_address_of_the_web() -> None:
    html = render(context("en"), replace(me(), sensitive=(pages.Fact("avatar", "javascript:alert(1)", None, NOW),)))
    assert 'href="javascript' not in html
    assert '<span class="gp-value">javascript:alert(1)</span>' in html


def test_a_page_for_nobody_has_no_menu() -> None:
    assert 'href="/me"' not in render(context(is_signed_in=False), pages.Failure("7F3K-92QD"))


def test_an_answer_that_is_posted_is_in_no_repr() -> None:
    assert "c0de" not in repr(PAGES["form-post"])


def test_the_code_for_the_phone_is_drawn_without_style_or_script() -> None:
    drawing = qr_svg("https://sso.example.com/me")
    assert drawing.startswith("<svg")
    assert "style" not in drawing
    assert "script" not in drawing


def test_a_moment_is_written_in_utc() -> None:
    assert moment(NOW) == "2026-11-22 08:30 UTC"
    assert moment(NOW.astimezone(timezone(timedelta(hours=8)))) == "2026-11-22 08:30 UTC"


def test_neither_token_nor_values_are_in_a_repr() -> None:
    assert "csrf-of-this-browser" not in repr(context())
    assert "+86" not in repr(me())
