"""A party that asks for response_mode=form_post gets its answer by a form, with scripts and without."""

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode

import pytest
from playwright.sync_api import Page, Request, expect

from browser import patient
from gongpai.sandbox import Sandbox
from journeys.stage import WECOM_IOS, Stage, heading, two_workers
from local_site import Answer, local_site
from served import Served

pytestmark = pytest.mark.browser

_HOSTILE = '"><script>document.title="taken over"</script>&amp;\'` 李四'
_HOME = Answer(b"<!doctype html><title>The Wiki</title><h1>The wiki before</h1>")


@pytest.fixture(scope="module")
def redirect_uri() -> Iterator[str]:
    """Run a party's own site, which goes on within itself after a sign-in; yield where it takes forms."""
    welcome = Answer(b"<!doctype html><title>The Wiki</title><h1>Welcome to the wiki</h1>")
    onward = Answer(status=303, headers={"Location": "/welcome"})
    site = {"/": _HOME, "/cb": onward, "/welcome": welcome, "/favicon.ico": Answer()}
    with local_site(site) as host:
        yield f"http://{host}/cb"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, redirect_uri: str) -> Iterator[tuple[Sandbox, Served]]:
    """Run a gateway that knows the party, and its WeCom."""
    party = {
        "parties.wiki.name": "The Wiki",
        "parties.wiki.client_secret": "a-secret-of-this-test-alone-43-characters-x",
        "parties.wiki.redirect_uris": [redirect_uri],
        "parties.wiki.scopes": ["openid", "profile"],
        "parties.wiki.trusted": True,
        "parties.wiki.without_pkce": True,
    }
    with two_workers(tmp_path_factory.mktemp("gateway"), **party) as running:
        yield running


def ask(stage: Stage, redirect_uri: str, **changes: str) -> str:
    """Return where the party sends a browser."""
    query = {
        "client_id": "wiki",
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "response_mode": "form_post",
        "scope": "openid",
        "state": _HOSTILE,
        **changes,
    }
    return f"{stage.url('/authorize')}?{urlencode(query)}"


def posts_of(page: Page, redirect_uri: str) -> list[Request]:
    """Return a list to which each request to the party's redirect_uri will be added."""
    seen: list[Request] = []
    page.on("request", lambda request: seen.append(request) if request.url.startswith(redirect_uri) else None)
    return seen


def test_the_answer_is_posted_once_and_the_way_back_does_not_post_it_again(stage: Stage, redirect_uri: str) -> None:
    page = stage.wecom("lisi")
    posts = posts_of(page, redirect_uri)
    page.goto(redirect_uri.removesuffix("cb"))
    page.goto(ask(stage, redirect_uri))
    heading(page, "Welcome to the wiki")
    (post,) = posts
    assert (post.method, post.url) == ("POST", redirect_uri)
    headers = post.all_headers()
    assert "referer" not in headers
    assert headers["origin"] == "null"
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    fields = dict(parse_qsl(post.post_data or "", keep_blank_values=True))
    assert fields.keys() == {"code", "state", "iss"}
    assert (fields["state"], fields["iss"]) == (_HOSTILE, stage.gateway_url)
    page.go_back()
    heading(page, "The wiki before")
    assert len(posts) == 1


def test_an_error_is_posted(stage: Stage, redirect_uri: str) -> None:
    page = stage.desk()
    posts = posts_of(page, redirect_uri)
    page.goto(ask(stage, redirect_uri, prompt="none"))
    heading(page, "Welcome to the wiki")
    fields = dict(parse_qsl(posts[0].post_data or ""))
    assert (fields["error"], fields["state"]) == ("login_required", _HOSTILE)


def test_without_scripts_a_button_posts_it(stage: Stage, redirect_uri: str) -> None:
    stage.corner.hold_phone("lisi")
    plain = stage.chromium.new_context(java_script_enabled=False, user_agent=WECOM_IOS, locale="zh-CN")
    stage.contexts.append(plain)
    page = patient(plain).new_page()
    posts = posts_of(page, redirect_uri)
    page.goto(ask(stage, redirect_uri))
    heading(page, "正在前往The Wiki")
    assert posts == []
    page.get_by_role("button", name="前往The Wiki").click()
    heading(page, "Welcome to the wiki")
    assert len(posts) == 1


def test_while_the_party_does_not_answer_nothing_is_posted_again(stage: Stage, redirect_uri: str) -> None:
    page = stage.wecom("lisi")
    posts = posts_of(page, redirect_uri)
    # To a 204 a browser stays where it is.
    page.route(redirect_uri, lambda route: route.fulfill(status=204))
    page.goto(ask(stage, redirect_uri), wait_until="commit")
    heading(page, "You are going on to The Wiki")
    button = page.get_by_role("button", name="Go on to The Wiki")
    expect(button).to_be_disabled()
    button.click(force=True)
    page.keyboard.press("Enter")
    assert len(posts) == 1
