"""wechatpy, which knows nothing of us, signs in against the sandbox with its base address replaced."""

from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from wechatpy.enterprise import WeChatClient
from wechatpy.exceptions import WeChatClientException

from gongpai.sandbox import Corner

CORPID = "wwgongpaidemo"
AGENTID = 1000002
CALLBACK = "http://127.0.0.1:8000/signin/callback/main"
WECOM_UA = "Mozilla/5.0 (Linux) Mobile Safari/537.36 wxwork/4.1.36 MicroMessenger/7.0.1 Language/zh"


class Elsewhere(WeChatClient):  # type: ignore[misc]  # it has no types
    """wechatpy with the sandbox's address in place of WeCom's; it writes that of gettoken out, so twice."""

    def __init__(self, corner: Corner) -> None:
        self.API_BASE_URL = f"{corner.url}/cgi-bin/"
        super().__init__(CORPID, corner.app(AGENTID).secret)

    def fetch_access_token(self) -> object:
        return self._fetch_access_token(
            url=f"{self.API_BASE_URL}gettoken", params={"corpid": self.corp_id, "corpsecret": self.secret}
        )


@pytest.fixture
def wechatpy(wecom_sandbox: Corner) -> Elsewhere:
    client = Elsewhere(wecom_sandbox)
    client.oauth.OAUTH_BASE_URL = f"{wecom_sandbox.url}/connect/oauth2/authorize"
    return client


def test_wechatpy_signs_a_colleague_in_from_link_to_detail(wechatpy: Elsewhere, wecom_sandbox: Corner) -> None:
    wecom_sandbox.hold_phone("linwei")
    link = wechatpy.oauth.authorize_url(CALLBACK, state="handle")
    answer = httpx2.get(link, headers={"User-Agent": WECOM_UA}, trust_env=False)
    came_back = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert came_back["state"] == ["handle"]
    who = wechatpy.oauth.get_user_info(came_back["code"][0])
    assert who["UserId"] == "linwei"
    profile = wechatpy.user.get(who["UserId"])
    assert (profile["name"], profile["department"]) == ("林伟", [2])
    assert wecom_sandbox.counts()["gettoken"] == 1


def test_wechatpy_gets_the_sensitive_details_of_who_consented(wechatpy: Elsewhere, wecom_sandbox: Corner) -> None:
    code = wecom_sandbox.mint_code(AGENTID, "linwei", scope="snsapi_privateinfo", fields=["mobile"])
    who = wechatpy.oauth.get_user_info(code)
    detail = wechatpy.post("auth/getuserdetail", data={"user_ticket": who["user_ticket"]})
    assert (detail["userid"], detail["mobile"], detail["email"]) == ("linwei", "13800138001", "")


def test_wechatpy_understands_that_a_code_is_good_once(wechatpy: Elsewhere, wecom_sandbox: Corner) -> None:
    code = wecom_sandbox.mint_code(AGENTID, "linwei")
    wechatpy.oauth.get_user_info(code)
    with pytest.raises(WeChatClientException) as caught:
        wechatpy.oauth.get_user_info(code)
    assert caught.value.errcode == 40029


def test_wechatpy_fetches_another_token_when_it_is_revoked(wechatpy: Elsewhere, wecom_sandbox: Corner) -> None:
    wechatpy.user.get("linwei")
    wecom_sandbox.revoke_tokens()
    assert wechatpy.user.get("linwei")["userid"] == "linwei"
    assert wecom_sandbox.counts()["gettoken"] == 2
