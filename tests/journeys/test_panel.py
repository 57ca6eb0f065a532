"""WeCom's login panel in our page: HTTPS, WeCom's real names and its official script, with the sandbox behind them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
import trustme
from playwright.sync_api import Browser, Page, expect

from browser import launch_chromium, patient
from gateways import HOST, PUBLIC_URL, app_config, gateway_config
from gongpai.gateway.config.settings import WebLogin
from gongpai.sandbox import Sandbox
from gongpai.wecom import Hosts
from journeys.stage import Stage, heading, in_process

pytestmark = pytest.mark.browser

_WECOM = ("login.work.weixin.qq.com", "open.work.weixin.qq.com", "open.weixin.qq.com")


@dataclass(frozen=True, slots=True)
class Scene:
    """A gateway behind HTTPS, and the sandbox behind WeCom's names."""

    sandbox: Sandbox
    port: int


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("panel")
    certificate = folder / "sso.pem"
    trustme.CA().issue_cert(HOST).private_key_and_cert_chain_pem.write_to_path(certificate)
    with Sandbox.start(tls=True) as sandbox:
        app = replace(app_config(sandbox.root), web_login=WebLogin.PANEL)
        config = gateway_config(sandbox.root, folder, app, hosts=Hosts(api=sandbox.url))
        with in_process(config, certificate=certificate) as port:
            yield Scene(sandbox, port)


@pytest.fixture(scope="module")
def chromium(scene: Scene) -> Iterator[Browser]:
    """Start a Chromium for which WeCom's names lead to the sandbox, and ours to the gateway."""
    rules = [f"MAP {name} 127.0.0.1:{scene.sandbox.tls_port}" for name in _WECOM]
    rules += [f"MAP {HOST} 127.0.0.1:{scene.port}", "MAP * ~NOTFOUND", "EXCLUDE 127.0.0.1"]
    yield from launch_chromium(f"--host-resolver-rules={', '.join(rules)}")


@pytest.fixture
def stage(scene: Scene, chromium: Browser) -> Iterator[Stage]:
    stage = Stage(chromium, scene.sandbox.root, PUBLIC_URL)
    yield stage
    for context in stage.contexts:
        context.close()


def open_page(stage: Stage, width: int = 1280) -> Page:
    context = stage.chromium.new_context(
        locale="en-US", viewport={"width": width, "height": 860}, ignore_https_errors=True
    )
    stage.contexts.append(context)
    page = patient(context).new_page()
    page.goto(stage.url("/me"))
    heading(page, "Sign in to App main")
    return page


@pytest.mark.parametrize("width", [1280, 390], ids=["desktop", "phone-width"])
def test_somebody_scans_the_code_in_the_panel(stage: Stage, width: int) -> None:
    complaints: list[str] = []
    page = open_page(stage, width)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    stage.scan(page, "Zhang San").get_by_role("button", name="Confirm").click()
    heading(page, "张三")
    expect(page).to_have_url(f"{PUBLIC_URL}/me")
    assert complaints == []


def test_the_page_of_wecom_itself_is_one_click_away(stage: Stage) -> None:
    page = open_page(stage)
    page.get_by_role("link", name="Open WeCom’s sign-in page").click()
    assert page.url.startswith("https://login.work.weixin.qq.com/wwlogin/sso/login?")
    stage.scan(page, "Zhang San").get_by_role("button", name="Confirm").click()
    heading(page, "张三")


def test_a_fault_that_the_panel_reports_is_told_with_the_way_out(stage: Stage, scene: Scene) -> None:
    scene.sandbox.root.update_app(1000002, oauth_domain="elsewhere.example", callback_domain="elsewhere.example")
    page = open_page(stage)
    expect(page.get_by_role("status")).to_contain_text("WeCom’s panel reported a fault (-310")
    scene.sandbox.root.update_app(1000002, oauth_domain=HOST, callback_domain=HOST)
