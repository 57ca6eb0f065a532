"""A party that asks for response_mode=form_post is answered by a page that posts."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode

import httpx2
import pytest

from gateways import Browser, Gateway, gateway_config, open_gateway, query_of
from gongpai.gateway.records_provider import PartyPolicy
from gongpai.sandbox import Corner
from relying_party import LUNCH, REDIRECT_URI, WIKI, Party

_HOSTILE = "\"><script>alert(1)</script>&amp;'`{{7*7}} 李四"


class Form(HTMLParser):
    """The form of a page that leads to a party."""

    def __init__(self, page: httpx2.Response) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str | None] = {}
        self.scripts: list[dict[str, str | None]] = []
        self.feed(page.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "form":
            assert self.action is None, "one form and no more"
            assert found["method"] == "post"
            self.action = found["action"]
        elif tag == "input":
            self.fields[found["name"] or ""] = found["value"]
        elif tag == "script":
            self.scripts.append(found)


async def ask(party: Party, browser: Browser, **changes: str | None) -> httpx2.Response:
    """Ask to be answered by a form; go on through us and WeCom until a page comes."""
    answer = await browser.get(party.url(response_mode="form_post", **changes))
    while answer.status_code in {302, 303}:
        assert not answer.headers["location"].startswith(REDIRECT_URI), "by redirect"
        answer = await browser.get(answer.headers["location"])
    return answer


@pytest.fixture
async def closed(wecom_sandbox: Corner, tmp_path: Path) -> AsyncIterator[Gateway]:
    """Open a gateway whose one party is closed to Li Si."""
    party = replace(WIKI, policy=PartyPolicy(deny_userids=frozenset({"lisi"})))
    async with open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, parties={"wiki": party})) as gateway:
        yield gateway


async def test_a_code_comes_by_a_form_and_is_good(provider: Gateway) -> None:
    party = Party(provider)
    page = await ask(party, provider.browser())
    form = Form(page)
    assert (page.status_code, form.action) == (200, REDIRECT_URI)
    assert form.fields.keys() == {"code", "state", "iss"}
    assert (form.fields["state"], form.fields["iss"]) == (party.state, provider.config.public_url)
    assert (await party.redeem(form.fields["code"] or "")).status_code == 200


async def test_the_page_is_kept_by_nobody_and_leads_to_the_web_alone(provider: Gateway) -> None:
    page = await ask(Party(provider), provider.browser())
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    policy = dict(part.split(" ", 1) for part in page.headers["content-security-policy"].split("; "))
    assert policy["form-action"].split()[-2:] == ["https:", "http:"]
    (script,) = Form(page).scripts
    assert policy["script-src"] == f"'nonce-{script['nonce']}'"
    assert "csrf" not in page.text


async def test_no_state_gets_out_of_its_place(provider: Gateway) -> None:
    page = await ask(Party(provider, state=_HOSTILE), provider.browser())
    assert Form(page).fields["state"] == _HOSTILE
    assert "<script>alert" not in page.text


async def test_a_request_that_was_posted_or_pushed_is_answered_so_too(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    await browser.sign_in()
    posted = await browser.http.post(
        "/authorize",
        content=party.query(response_mode="form_post"),
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    page = await browser.get(posted.headers["location"])
    assert (await party.redeem(Form(page).fields["code"] or "")).status_code == 200
    # A reload, or the way back in the browser's history, brings no second answer.
    assert (await browser.get(posted.headers["location"])).status_code == 400
    pushed = (await party.call("/par", query_of(f"/?{party.query(response_mode='form_post')}"))).json()
    brought = urlencode({"client_id": "wiki", "request_uri": pushed["request_uri"]})
    page = await browser.get(f"/authorize?{brought}")
    assert (await party.redeem(Form(page).fields["code"] or "")).status_code == 200


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"prompt": "none"}, "login_required"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "profile"}, "invalid_scope"),
    ],
)
async def test_an_error_comes_by_a_form(provider: Gateway, changes: dict[str, str], error: str) -> None:
    party = Party(provider)
    form = Form(await ask(party, provider.browser(), **changes))
    assert form.action == REDIRECT_URI
    assert form.fields.keys() == {"error", "error_description", "state", "iss"}
    assert (form.fields["error"], form.fields["state"]) == (error, party.state)


async def test_what_a_person_refused_comes_by_a_form(provider: Gateway) -> None:
    party, browser = Party(provider, LUNCH, None), provider.browser()
    page = await ask(party, browser)
    answer = await browser.post(
        str(page.url), {"session": Form(page).fields["session"] or "", "answer": "refuse"}, page=page.text
    )
    form = Form(answer)
    assert (form.action, form.fields["error"]) == ("https://lunch.example.com/cb", "access_denied")


async def test_an_address_that_is_not_registered_gets_no_form(provider: Gateway) -> None:
    for redirect_uri in ("https://evil.example/cb", "javascript:alert(1)", f"{REDIRECT_URI}/more", None):
        page = await ask(Party(provider), provider.browser(), redirect_uri=redirect_uri)
        assert (page.status_code, Form(page).action) == (400, None)
        assert " https: " not in page.headers["content-security-policy"]


async def test_a_mode_that_came_twice_is_told_by_redirect(provider: Gateway) -> None:
    url = Party(provider).url(response_mode="form_post") + "&response_mode=form_post"
    told = query_of((await provider.browser().get(url)).headers["location"])
    assert told["error"] == "invalid_request"


async def test_the_other_language_leads_nowhere_that_asks_again(provider: Gateway) -> None:
    page = await ask(Party(provider), provider.browser())
    assert 'hreflang="zh" rel="nofollow" href="/language/zh?return_to=%2Fme"' in page.text


async def test_whoever_is_turned_away_goes_back_by_a_form(closed: Gateway) -> None:
    party = Party(closed)
    page = await ask(party, closed.browser())
    form = Form(page)
    assert (page.status_code, form.action, form.scripts) == (403, REDIRECT_URI, [])
    assert (form.fields["error"], form.fields["state"]) == ("access_denied", party.state)
    assert " https: http:;" in page.headers["content-security-policy"]


async def sent_back(party: Party, browser: Browser) -> tuple[str, str]:
    """Go to WeCom; return the callback to which it sends the browser, and where that leads."""
    answer = await browser.get(party.url(response_mode="form_post"))
    for _ in range(2):
        answer = await browser.get(answer.headers["location"])
    returned = answer.headers["location"]
    answer = await browser.get(returned)
    assert answer.headers["location"].startswith("/authorize/")
    return returned, answer.headers["location"]


async def test_a_callback_that_comes_twice_leads_to_one_form(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    returned, onward = await sent_back(party, browser)
    assert (await browser.get(returned)).headers["location"] == onward
    form = Form(await browser.get(onward))
    assert (await party.redeem(form.fields["code"] or "")).status_code == 200
    # The way back in the history, past the page that posted, ends on a page of ours that posts nothing.
    assert (await browser.get(returned)).headers["location"] == onward
    gone = await browser.get(onward)
    assert (gone.status_code, Form(gone).action) == (400, None)


async def test_of_two_tabs_that_go_on_at_once_one_gets_the_form(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    _, onward = await sent_back(party, browser)
    pages = await asyncio.gather(*(browser.get(onward) for _ in range(4)))
    assert sorted(page.status_code for page in pages) == [200, 400, 400, 400]
    (code,) = [form.fields["code"] for form in map(Form, pages) if form.action is not None]
    assert (await party.redeem(code or "")).status_code == 200


async def test_another_browser_gets_no_form_and_leaves_it_to_the_first(provider: Gateway) -> None:
    party, browser, thief = Party(provider), provider.browser(), provider.browser()
    _, onward = await sent_back(party, browser)
    await thief.sign_in()
    refused = await thief.get(onward)
    assert (refused.status_code, Form(refused).action) == (400, None)
    assert Form(await browser.get(onward)).action == REDIRECT_URI


async def test_a_session_that_ends_elsewhere_before_the_form_is_asked_for_again_and_the_request_waits(
    provider: Gateway,
) -> None:
    party, browser, other = Party(provider), provider.browser(), provider.browser()
    _, onward = await sent_back(party, browser)
    await other.sign_in()
    await other.post("/me/sessions/end/all", page=(await other.get("/me")).text)
    again = await browser.get(onward)
    assert (again.status_code, again.headers["location"].partition("?")[0]) == (303, "/signin")
    assert (await browser.sign_in(again.headers["location"])).headers["location"] == onward
    form = Form(await browser.get(onward))
    assert (await party.redeem(form.fields["code"] or "")).status_code == 200


async def test_after_a_sign_out_the_request_before_it_is_nobodys(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    returned, onward = await sent_back(party, browser)
    await browser.post("/signout", page=(await browser.get("/me")).text)
    for url in (onward, returned):
        page = await browser.get(url)
        assert (page.status_code, Form(page).action) == (400, None)


async def test_a_session_that_ends_after_the_form_leaves_a_code_that_opens_nothing(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    form = Form(await ask(party, browser, scope="openid offline_access"))
    await browser.post("/me/sessions/end/all", page=(await browser.get("/me")).text)
    answer = await party.redeem(form.fields["code"] or "")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


async def test_a_reload_where_nobody_had_to_sign_in_brings_a_code_of_its_own(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    await browser.sign_in()
    one, two = [Form(await ask(party, browser)).fields["code"] or "" for _ in range(2)]
    assert one != two
    tokens = [(await party.redeem(code)).json() for code in (one, two)]
    # A form that a browser posts twice ends what its own code gave, and nothing of the other.
    assert (await party.redeem(one)).json()["error"] == "invalid_grant"
    assert [(await party.userinfo(each["access_token"])).status_code for each in tokens] == [401, 200]


@pytest.mark.parametrize("answer", ["allow", "refuse"])
async def test_an_answer_that_is_pressed_twice_is_posted_once(provider: Gateway, answer: str) -> None:
    party, browser = Party(provider, LUNCH, None), provider.browser()
    page = await ask(party, browser)
    said = {"session": Form(page).fields["session"] or "", "answer": answer}
    pages = [await browser.post(str(page.url), said, page=page.text) for _ in range(2)]
    assert [each.status_code for each in pages] == [200, 400]
    assert [Form(each).action for each in pages] == ["https://lunch.example.com/cb", None]


async def test_a_session_that_ends_on_the_consent_page_allows_nothing(provider: Gateway) -> None:
    party, browser = Party(provider, LUNCH, None), provider.browser()
    page = await ask(party, browser)
    said = {"session": Form(page).fields["session"] or "", "answer": "allow"}
    await browser.post("/me/sessions/end/all", page=(await browser.get("/me")).text)
    answer = await browser.post(str(page.url), said, page=page.text)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/signin?")
