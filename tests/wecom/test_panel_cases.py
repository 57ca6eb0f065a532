"""The cases about the login panel: our parameters in the unmodified official SDK, in a real browser."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Frame, Page, Route

from browser import patient
from cases import CASES
from gongpai.wecom import App, panel_params
from npm_packages import require_npm_file

pytestmark = pytest.mark.browser

BY_ID = {case["id"]: case for case in CASES}
APP = App("wxCorpId", 1000000, "SECRET_A")
LOGIN = "https://login.work.weixin.qq.com"
SITE = "http://api.3dept.com/"
# The frame's side of WeCom's page, from which a test speaks; it keeps what it hears.
FRAME = """<!doctype html><script>window.heard = [];
addEventListener("message", (event) => heard.push(event.data));</script>"""
PAGE = """<!doctype html><body><div id=panel></div><script src=/sdk.js></script><script>
window.called = {};
window.senders = [];
addEventListener("message", (event) => senders.push(event.origin));
const keep = (name) => (value) => { called[name] = value; };
ww.createWWLoginPanel({
  el: "#panel",
  params: Object.fromEntries(new URLSearchParams(location.search)),
  onCheckWeComLogin: keep("onCheckWeComLogin"), onLoginSuccess: keep("onLoginSuccess"),
  onLoginFail: keep("onLoginFail"), onOpenInWecom: keep("onOpenInWecom"),
});
</script>"""


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    sdk = require_npm_file("@wecom/jssdk/dist/wecom.global.prod.js").read_text(encoding="utf-8")

    def answer(route: Route) -> None:
        asked = urlsplit(route.request.url)
        if asked.path == "/sdk.js":
            route.fulfill(content_type="text/javascript", body=sdk)
        else:
            is_site = f"{asked.scheme}://{asked.netloc}/" == SITE
            route.fulfill(content_type="text/html; charset=utf-8", body=PAGE if is_site else FRAME)

    context = chromium.new_context()
    context.route("**/*", answer)
    yield patient(context).new_page()
    context.close()


def show_panel(page: Page, case: dict[str, Any]) -> dict[str, Any]:
    """Embed the panel with what the library makes of the case's query; return how the SDK made the frame."""
    said = case["request"]["query"]
    choices = {name: said[name] for name in ("redirect_type", "panel_size") if name in said}
    params = panel_params(APP, said["redirect_uri"], said["state"], **choices)
    page.goto(f"{SITE}?{urlencode(params)}")
    frame: dict[str, Any] = page.evaluate(
        """() => {
            const frame = document.querySelector("iframe");
            const attributes = Object.fromEntries([...frame.attributes].map((each) => [each.name, each.value]));
            const { width, height } = getComputedStyle(frame);
            return { attributes, size: [width, height] };
        }"""
    )
    return frame


@pytest.mark.parametrize("case_id", ["panel-001", "panel-002", "panel-007"])
def test_the_sdk_makes_the_frame_that_the_case_says(page: Page, case_id: str) -> None:
    case = BY_ID[case_id]
    expected, frame = case["expect"], show_panel(page, case)
    source = urlsplit(frame["attributes"]["src"])
    query = dict(parse_qsl(source.query))
    assert f"{source.scheme}://{source.netloc}{source.path}" == f"{LOGIN}{case['request']['path']}"
    assert case["request"]["query"].items() <= query.items()
    assert expected.get("iframe_src_query_contains", {}).items() <= query.items()
    assert expected.get("iframe_attrs", {}).items() <= frame["attributes"].items()
    assert frame["size"] == expected.get("iframe_size", frame["size"])


def say(frame: Frame, message: dict[str, Any]) -> None:
    frame.evaluate("message => parent.postMessage(JSON.stringify(message), '*')", message)


def test_a_code_from_wecoms_frame_reaches_the_page_and_is_answered(page: Page) -> None:
    case = BY_ID["panel-003"]
    show_panel(page, BY_ID["panel-001"])
    frame = page.frames[1]
    say(frame, {"type": "ww-iframe-handle:ready", "supportChannel": False})
    say(frame, case["request"]["body"])
    frame.wait_for_function("heard.some((each) => String(each).includes('ww-iframe-handle:response'))")
    assert page.evaluate("called") == case["expect"]["parent_calls"]
    replies = [json.loads(each) for each in frame.evaluate("heard")]
    assert any(case["expect"]["parent_reply"].items() <= reply.items() for reply in replies)


def test_a_message_from_another_origin_calls_nothing(page: Page) -> None:
    case = BY_ID["panel-004"]
    show_panel(page, BY_ID["panel-001"])
    page.evaluate(
        """(host) => new Promise((done) => {
            const stranger = document.createElement("iframe");
            stranger.onload = done;
            stranger.src = `https://${host}/`;
            document.body.append(stranger);
        })""",
        case["request"]["host"],
    )
    stranger = next(frame for frame in page.frames if urlsplit(frame.url).hostname == case["request"]["host"])
    say(stranger, case["request"]["body"])
    page.wait_for_function("host => senders.includes(`https://${host}`)", arg=case["request"]["host"])
    # WeCom's own frame speaks after it and is heard: the SDK was listening.
    args = {"type": "call", "name": "onCheckWeComLogin", "payload": {"isWeComLogin": False}}
    say(page.frames[1], {"type": "ww-iframe-handle:call", "uid": "u", "args": args})
    page.wait_for_function("'onCheckWeComLogin' in called")
    assert page.evaluate("Object.keys(called)") == ["onCheckWeComLogin", *case["expect"]["parent_calls"]]
