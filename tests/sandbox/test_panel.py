"""The login panel with the unmodified official SDK in Chromium, over the TLS mode: WeCom's own names, our answers."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from browser import launch_chromium, patient
from gongpai.sandbox import Sandbox
from gongpai.sandbox.tls import resolver_rules
from local_site import Answer, local_site
from npm_packages import require_npm_file
from panel_site import USUAL, Site, frame, hear, renew, scan, status

_MIDDLE, _SMALL = (480, 416), (320, 380)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    sdk = require_npm_file("@wecom/jssdk/dist/wecom.global.prod.js").read_bytes()

    html = {"Content-Type": "text/html"}
    pages = {
        "/": Answer(Path(__file__).with_name("panel_site.html").read_bytes(), headers=html),
        "/sdk.js": Answer(sdk, headers={"Content-Type": "text/javascript"}),
        "/cb": Answer(b"<!doctype html><title>Signed in</title>", headers=html),
    }
    with local_site(pages) as domain:
        yield Site(domain)


@pytest.fixture(scope="module")
def running_sandbox() -> Iterator[Sandbox]:
    with Sandbox.start(world="base", tls=True) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: Sandbox, site: Site) -> Sandbox:
    running_sandbox.root.reset()
    running_sandbox.root.update_app(1000000, callback_domain=site.domain, oauth_domain=site.domain)
    return running_sandbox


@pytest.fixture(scope="module")
def wecom_chromium(running_sandbox: Sandbox) -> Iterator[Browser]:
    assert running_sandbox.throwaway is not None
    assert running_sandbox.tls_port is not None
    yield from launch_chromium(
        f"--host-resolver-rules={resolver_rules('127.0.0.1', running_sandbox.tls_port)}",
        f"--ignore-certificate-errors-spki-list={running_sandbox.throwaway.spki_sha256}",
    )


@pytest.fixture
def page(wecom_chromium: Browser) -> Iterator[Page]:
    context = wecom_chromium.new_context(viewport={"width": 1000, "height": 700}, locale="zh-CN")
    yield patient(context).new_page()
    context.close()


def _identify(sandbox: Sandbox, code: object) -> object:
    with httpx2.Client(base_url=sandbox.url) as client:
        secret = {"corpid": "wxCorpId", "corpsecret": "SECRET_A"}
        token = client.get("/cgi-bin/gettoken", params=secret).json()["access_token"]
        answer = client.get("/cgi-bin/auth/getuserinfo", params={"access_token": token, "code": str(code)}).json()
    return answer.get("userid")


def test_with_callback_the_site_itself_gets_the_code(page: Page, site: Site, sandbox: Sandbox) -> None:
    page.goto(site.page(redirect_type="callback"))
    assert hear(page, "onCheckWeComLogin") == {"isWeComLogin": False}
    qr = scan(page)
    sandbox.root.scan(qr, "lisi")
    expect(status(page)).to_have_text("扫描成功，请在手机上确认登录")
    sandbox.root.confirm(qr)
    code = hear(page, "onLoginSuccess")["code"]
    assert page.url == site.page(redirect_type="callback")
    assert _identify(sandbox, code) == "lisi"


@pytest.mark.parametrize("params", [{}, {"redirect_type": "top"}])
def test_by_default_the_whole_page_goes_to_the_callback(
    page: Page, site: Site, sandbox: Sandbox, params: dict[str, str]
) -> None:
    page.goto(site.page(**params))
    qr = scan(page)
    sandbox.root.scan(qr, "lisi")
    sandbox.root.confirm(qr)
    page.wait_for_url(f"{site.callback}?**")
    query = parse_qs(urlsplit(page.url).query)
    assert (query["state"], query["appid"]) == (["S"], ["wxCorpId"])
    assert _identify(sandbox, query["code"][0]) == "lisi"


def test_top_reaches_out_of_the_sdks_own_frame_sandbox(page: Page, site: Site, sandbox: Sandbox) -> None:
    elsewhere = site.domain.replace("127.0.0.1", "localhost")
    sandbox.root.update_app(1000000, callback_domain=elsewhere)
    page.goto(site.page(redirect_type="top", redirect_uri=f"http://{elsewhere}/cb"))
    sandboxed = page.locator("iframe").get_attribute("sandbox")
    assert sandboxed == "allow-top-navigation allow-scripts allow-same-origin"
    qr = scan(page)
    sandbox.root.scan(qr, "lisi")
    sandbox.root.confirm(qr)
    page.wait_for_url(f"http://{elsewhere}/cb?code=**")


def test_with_self_only_the_frame_goes_on(page: Page, site: Site, sandbox: Sandbox) -> None:
    page.goto(site.page(redirect_type="self"))
    qr = scan(page)
    sandbox.root.scan(qr, "lisi")
    sandbox.root.confirm(qr)
    page.wait_for_function("name => window.frames.length === 1 && document.title === 'A site'")
    frame(page).wait_for_url(f"{site.callback}?code=**")
    assert page.url == site.page(redirect_type="self")


def test_a_refusal_goes_back_with_the_state_alone(page: Page, site: Site, sandbox: Sandbox) -> None:
    page.goto(site.page())
    qr = scan(page)
    sandbox.root.scan(qr, "lisi")
    sandbox.root.refuse(qr)
    page.wait_for_url(f"{site.callback}?**")
    assert parse_qs(urlsplit(page.url).query) == {"state": ["S"]}


def test_a_refusal_stays_in_a_panel_with_callback_where_a_new_code_can_be_had(
    page: Page, site: Site, sandbox: Sandbox
) -> None:
    page.goto(site.page(redirect_type="callback", lang="en"))
    first = scan(page)
    sandbox.root.scan(first, "lisi")
    sandbox.root.refuse(first)
    second = renew(page, "New QR code", first)
    expect(status(page)).to_have_text("Scan with the sandbox phone")
    sandbox.root.scan(second, "zhangsan")
    sandbox.root.confirm(second)
    assert _identify(sandbox, hear(page, "onLoginSuccess")["code"]) == "zhangsan"


def test_an_expired_code_is_replaced_by_a_click(page: Page, site: Site, sandbox: Sandbox) -> None:
    page.goto(site.page(redirect_type="callback"))
    first = scan(page)
    sandbox.root.advance(301)
    renew(page, "刷新二维码", first)
    expect(status(page)).to_have_text("请用沙箱手机扫描")


@pytest.mark.parametrize(
    ("params", "errcode"),
    [
        ({"agentid": "99"}, -31028),
        ({"appid": "bad"}, -31027),
        ({"redirect_uri": "http://elsewhere.example/cb"}, -31020),
        ({"redirect_uri": ""}, -31035),
        ({"login_type": "Nope"}, -31040),
        ({"login_type": "ServiceApp"}, -31037),
    ],
)
def test_each_failure_reaches_the_site(
    page: Page, site: Site, sandbox: Sandbox, params: dict[str, str], errcode: int
) -> None:
    del sandbox
    page.goto(site.page(**params))
    failure = hear(page, "onLoginFail")
    assert failure["errCode"] == errcode
    assert failure["errMsg"]


def test_callback_at_another_site_than_redirect_uri_is_refused(page: Page, site: Site, sandbox: Sandbox) -> None:
    sandbox.root.update_app(1000000, callback_domain="sso.example")
    page.goto(site.page(redirect_type="callback", redirect_uri="https://sso.example/cb"))
    assert hear(page, "onLoginFail")["errCode"] == -31033


@pytest.mark.parametrize(
    ("params", "size", "sandboxed"),
    [
        pytest.param({"redirect_type": "callback"}, _MIDDLE, None, id="panel-001"),
        pytest.param({"panel_size": "small"}, _SMALL, None, id="panel-002"),
        pytest.param(
            {"redirect_type": "top", "redirect_uri": "https://other.example/cb"},
            _MIDDLE,
            "allow-top-navigation allow-scripts allow-same-origin",
            id="panel-007",
        ),
    ],
)
def test_the_sdk_frames_us_as_the_sheet_says(
    page: Page, site: Site, sandbox: Sandbox, params: dict[str, str], size: tuple[int, int], sandboxed: str | None
) -> None:
    del sandbox
    page.goto(site.page(**params))
    panel = page.locator("iframe")
    address = urlsplit(panel.get_attribute("src") or "")
    asked = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert f"{address.scheme}://{address.netloc}{address.path}" == "https://login.work.weixin.qq.com/wwlogin/sso/login"
    assert asked == {**USUAL, "redirect_uri": site.callback, **params, "version": "2.4.4"}
    assert panel.get_attribute("referrerpolicy") == "origin"
    assert panel.get_attribute("allow") == "local-network-access"
    assert panel.get_attribute("sandbox") == sandboxed
    box = panel.bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == size


@pytest.mark.parametrize("case", ["panel-003"])
def test_the_site_answers_each_call_of_the_frame(page: Page, site: Site, sandbox: Sandbox, case: str) -> None:
    page.add_init_script(
        """const start = MessagePort.prototype.start;
        window.answers = [];
        MessagePort.prototype.start = function () {
            this.addEventListener("message", (event) => answers.push(JSON.parse(event.data)));
            return start.call(this);
        };"""
    )
    page.goto(site.page(redirect_type="callback"))
    qr = scan(page)
    sandbox.root.scan(qr, "lisi")
    sandbox.root.confirm(qr)
    assert hear(page, "onLoginSuccess")["code"], case
    panel = frame(page)
    panel.wait_for_function("answers.length === 2")
    answers = panel.evaluate("answers")
    assert [(each["type"], each["kind"]) for each in answers] == [("ww-iframe-handle:response", "resolve")] * 2
    assert len({each["uid"] for each in answers}) == 2


@pytest.mark.parametrize("case", ["panel-004"])
def test_the_site_believes_nobody_but_the_frame(page: Page, site: Site, sandbox: Sandbox, case: str) -> None:
    page.goto(site.page(redirect_type="callback"))
    page.evaluate(
        """() => window.postMessage(JSON.stringify({
            type: "ww-iframe-handle:call",
            args: { type: "call", name: "onLoginSuccess", payload: { code: "STOLEN" } },
        }), "*")"""
    )
    qr = scan(page)
    sandbox.root.scan(qr, "lisi")
    sandbox.root.confirm(qr)
    hear(page, "onLoginSuccess")
    assert page.evaluate("heard.filter(([name, value]) => value.code === 'STOLEN')") == [], case


@pytest.mark.parametrize(("size", "pixels"), [("middle", _MIDDLE), ("small", _SMALL)])
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_panel_fits_its_size_in_both_languages_and_schemes(
    page: Page, site: Site, sandbox: Sandbox, size: str, pixels: tuple[int, int], lang: str, scheme: str
) -> None:
    del sandbox
    page.goto(site.page(panel_size=size, lang=lang, color_scheme=scheme))
    box = page.locator("iframe").bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == pixels
    scan(page)
    needs = frame(page).evaluate(
        "() => [document.body.scrollWidth, document.querySelector('#to-phone').getBoundingClientRect().bottom]"
    )
    assert needs[0] <= pixels[0]
    assert needs[1] <= pixels[1]
    background = frame(page).evaluate("() => getComputedStyle(document.documentElement).colorScheme")
    assert background == scheme


def test_opening_the_phone_from_the_panel_is_told_to_the_site(page: Page, site: Site, sandbox: Sandbox) -> None:
    page.goto(site.page(redirect_type="callback"))
    qr = scan(page)
    with page.context.expect_page() as opened:
        frame(page).locator("#to-phone").click()
    hear(page, "onOpenInWecom")
    key = parse_qs(urlsplit(qr).query)["k"][0]
    opened.value.wait_for_url(lambda url: urlsplit(url).path.endswith(key))
    del sandbox


def test_the_code_goes_to_the_page_around_it_and_to_nobody_else(page: Page, site: Site, sandbox: Sandbox) -> None:
    page.goto(site.page(redirect_type="callback"))
    hear(page, "onCheckWeComLogin")
    page.evaluate(
        """() => {
            const stranger = document.body.appendChild(document.createElement("iframe"));
            const channel = new MessageChannel();
            window.stolen = [];
            channel.port1.onmessage = (event) => stolen.push(event.data);
            const send = stranger.contentWindow.Function("target", "port",
                `target.postMessage({ type: "ww-iframe-handle:set-port", port }, "*", [port])`);
            send(document.querySelector("iframe").contentWindow, channel.port2);
        }"""
    )
    qr = scan(page)
    sandbox.root.scan(qr, "lisi")
    sandbox.root.confirm(qr)
    assert hear(page, "onLoginSuccess")["code"]
    assert page.evaluate("stolen") == []
