import httpx2
import pytest
from foreign_app import make_app
from starlette.testclient import TestClient

from gongpai.sandbox import Corner


@pytest.mark.parametrize(
    ("person", "answer"), [("linwei", {"hello": "林伟"}), ("oSandboxStranger", {"error": "colleagues only"})]
)
def test_colleagues_get_in(wecom_sandbox: Corner, person: str, answer: dict[str, str]) -> None:
    wecom_sandbox.hold_phone(person)
    app = wecom_sandbox.update_app(1000002, oauth_domain="testserver")
    browser = TestClient(make_app(wecom_sandbox.url, "wwgongpaidemo", app.agentid, app.secret))
    link = browser.get("/login", follow_redirects=False).headers["location"]
    back = httpx2.get(link, headers={"User-Agent": "wxwork/4.1.30"}).headers["location"]
    assert browser.get(back).json() == answer
