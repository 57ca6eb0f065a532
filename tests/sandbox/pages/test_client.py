"""The phone's cookie: bound to port and corner, and good at all of WeCom's names in the TLS mode."""

from urllib.parse import parse_qs, urlsplit

from starlette.testclient import TestClient

from gongpai.sandbox.app import Run, SandboxApp
from gongpai.sandbox.corners import Corners
from gongpai.sandbox.tls import WECOM_HOSTS
from gongpai.sandbox.world_file import load_world

TOKEN = "token-of-this-run"
LINK = {
    "appid": "wxCorpId",
    "redirect_uri": "http://api.3dept.com/cb",
    "response_type": "code",
    "scope": "snsapi_base",
    "agentid": "1000000",
}


def _pick_up(browser: TestClient, origin: str, root: str = "") -> str:
    browser.get(f"{origin}{root}/phone", params={"token": TOKEN})
    form = {"person": "wxCorpId/lisi"}
    answer = browser.post(f"{origin}{root}/phone/people", data=form, headers={"Origin": origin})
    assert answer.status_code == 303
    (cookie,) = [each for each in answer.headers.get_list("set-cookie") if each.startswith("gongpai_phone_")]
    return cookie


def test_in_the_tls_mode_the_phone_is_inside_at_every_name_of_wecom() -> None:
    run = Run(TOKEN, Corners(load_world("base")), frozenset(WECOM_HOSTS))
    browser = TestClient(SandboxApp(run), base_url="https://open.work.weixin.qq.com", follow_redirects=False)
    assert "Domain=weixin.qq.com" in _pick_up(browser, "https://open.work.weixin.qq.com")
    answer = browser.get("https://open.weixin.qq.com/connect/oauth2/authorize", params=LINK)
    code = run.corners.root.world.get_code(parse_qs(urlsplit(answer.headers["location"]).query)["code"][0])
    assert code is not None
    assert code.person.handle == "lisi"


def test_at_home_the_cookie_stays_with_its_host_port_and_corner() -> None:
    run = Run(TOKEN, Corners(load_world("base")))
    corner = run.corners.open()
    browser = TestClient(SandboxApp(run), base_url="http://127.0.0.1:8899", follow_redirects=False)
    cookie = _pick_up(browser, "http://127.0.0.1:8899", f"/c/{corner.id}")
    assert cookie.startswith(f"gongpai_phone_8899_c_{corner.id}=")
    assert f"Path=/c/{corner.id}" in cookie
    assert "Domain" not in cookie
    assert "HttpOnly" in cookie
    assert "请在企业微信客户端打开链接" in browser.get("/connect/oauth2/authorize", params=LINK).text
    assert browser.get(f"/c/{corner.id}/connect/oauth2/authorize", params=LINK).status_code == 302
