"""T25: the sandbox keeps no secret, answers to its own names, and opens its controls to this run's token only."""

import ast
import logging
from pathlib import Path

import httpx2
import msgspec
import pytest
from starlette.testclient import TestClient

import gongpai.sandbox
from gongpai.sandbox import Sandbox
from gongpai.sandbox.app import Run, SandboxApp
from gongpai.sandbox.banner import banner
from gongpai.sandbox.corners import Corners
from gongpai.sandbox.errors import NotAllowedError
from gongpai.sandbox.world_file import load_world

TOKEN = "token-of-this-run"
ORIGIN = "http://127.0.0.1:8899"
GUARDED = ["/phone", "/phone/people", "/console"]


@pytest.fixture
def run() -> Run:
    return Run(TOKEN, Corners(load_world("base")), frozenset({"qyapi.weixin.qq.com"}))


@pytest.fixture
def browser(run: Run) -> TestClient:
    return TestClient(SandboxApp(run), base_url=ORIGIN, follow_redirects=False)


def test_the_journal_keeps_hashes_of_what_opens_doors(browser: TestClient, run: Run) -> None:
    secrets = {"access_token": "VALUE-TOKEN", "code": "VALUE-CODE", "corpsecret": "VALUE-SECRET"}
    browser.get("/cgi-bin/gettoken", params=secrets)
    browser.post("/cgi-bin/auth/getuserdetail", params=secrets, json={"user_ticket": "VALUE-TICKET"})
    browser.get("/connect/oauth2/authorize", params=secrets | {"state": "VALUE-STATE", "user_ticket": "VALUE-TICKET"})
    written = str(msgspec.to_builtins(run.corners.root.journal.entries()))
    assert "VALUE-" not in written
    assert written.count("'code': ") == 3


def test_a_secret_that_is_not_of_this_world_is_warned_about(
    browser: TestClient, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        browser.get("/cgi-bin/gettoken", params={"corpid": "wwReal", "corpsecret": "VALUE-REAL"})
        browser.get("/cgi-bin/gettoken", params={"corpid": "wxCorpId", "corpsecret": "SECRET_A"})
    warnings = [entry.warning for entry in run.corners.root.journal.entries()]
    assert "real secret" in (warnings[0] or "")
    assert warnings[1] is None
    assert "VALUE-REAL" not in caplog.text


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("127.0.0.1:1", 200),
        ("LOCALHOST:8080", 200),
        ("[::1]:8080", 200),
        ("tenant.localhost", 200),
        ("qyapi.weixin.qq.com", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost.evil.example", 421),
        ("open.weixin.qq.com", 421),
        ("[::2]", 421),
        ("", 421),
    ],
)
def test_only_loopback_and_configured_names_are_answered(browser: TestClient, host: str, status: int) -> None:
    for path in ("/cgi-bin/gettoken", "/", "/c/x/cgi-bin/gettoken"):
        answer = browser.get(path, headers={"Host": host})
        assert (answer.status_code == 421) == (status == 421)


@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN.upper()])
@pytest.mark.parametrize("path", GUARDED)
def test_phone_and_console_need_the_token(browser: TestClient, path: str, token: str | None) -> None:
    assert browser.get(path, params={} if token is None else {"token": token}).status_code == 403


@pytest.mark.parametrize("path", ["/", *GUARDED])
def test_the_token_is_exchanged_for_a_cookie_and_leaves_the_address(browser: TestClient, path: str) -> None:
    answer = browser.get(path, params={"next": "/phone?a=b", "token": TOKEN})
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{path}?next=%2Fphone%3Fa%3Db"
    cookie = answer.headers["set-cookie"]
    assert TOKEN not in cookie
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert browser.get(path).status_code != 403


def test_the_cookie_of_another_run_opens_nothing(browser: TestClient, run: Run) -> None:
    name, value = Run("another-run", run.corners).pass_cookie
    assert name != run.pass_cookie[0]
    browser.cookies.set(run.pass_cookie[0], value)
    assert browser.get("/phone").status_code == 403


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}, {"Authorization": TOKEN}],
)
def test_control_needs_the_token(browser: TestClient, headers: dict[str, str]) -> None:
    for path in ("/_sandbox/world", "/_sandbox/openapi.json", "/_sandbox/nope"):
        assert browser.get(path, headers=headers).status_code == 401


def test_the_cookie_does_not_open_control(browser: TestClient) -> None:
    browser.get("/", params={"token": TOKEN})
    assert browser.get("/_sandbox/world").status_code == 401


FOREIGN: list[dict[str, str]] = [
    {"Origin": "http://evil.example"},
    {"Origin": "http://127.0.0.1:9999"},
    {"Origin": "https://127.0.0.1:8899"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": ORIGIN},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_pages_of_other_origins_can_do_nothing(browser: TestClient, headers: dict[str, str]) -> None:
    browser.get("/", params={"token": TOKEN})
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    assert browser.get("/_sandbox/world", headers=headers | bearer).status_code == 403
    for path in ("/phone/people", "/connect/oauth2/authorize", "/console"):
        assert browser.post(path, headers=headers).status_code == 403


@pytest.mark.parametrize("headers", [{"Origin": ORIGIN}, {"Sec-Fetch-Site": "same-origin", "Origin": "null"}, {}])
def test_our_own_pages_and_programs_may(browser: TestClient, headers: dict[str, str]) -> None:
    bearer = {"Authorization": f"bearer {TOKEN}"}
    assert browser.get("/_sandbox/world", headers=headers | bearer).status_code == 200
    assert browser.post("/connect/oauth2/authorize", headers=headers).status_code != 403


def test_no_answer_lets_another_origin_read_it(browser: TestClient) -> None:
    for method in ("GET", "OPTIONS"):
        for path in ("/cgi-bin/gettoken", "/_sandbox/world", "/", "/phone"):
            headers = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
            answer = browser.request(method, path, headers=headers)
            assert not [name for name in answer.headers if name.startswith("access-control")]


EVERYWHERE = "0.0.0.0"  # noqa: S104  only to be refused, or reached by loopback


@pytest.mark.parametrize("host", [EVERYWHERE, "::", "192.0.2.1", "sandbox.example"])
def test_other_machines_reach_it_only_if_somebody_says_so(host: str) -> None:
    with pytest.raises(NotAllowedError, match="not loopback"):
        Sandbox.start(host=host)


def test_exposed_names_are_answered_and_the_banner_says_so() -> None:
    with Sandbox.start("base", host=EVERYWHERE, expose=["Sandbox.Example"]) as sandbox:
        port = sandbox.url.rpartition(":")[2]
        for host, status in (("sandbox.example", 200), ("192.0.2.9", 421)):
            answer = httpx2.get(f"http://127.0.0.1:{port}/cgi-bin/gettoken", headers={"Host": host})
            assert answer.status_code == status
        said = banner(sandbox.url, sandbox.home_url, sandbox.control_token, is_exposed=True)
    assert "EXPOSED" in said


def test_the_banner_says_that_it_is_not_wecom() -> None:
    said = banner("http://127.0.0.1:1", "http://127.0.0.1:1/?token=t", "t", is_exposed=False)
    assert "PRETEND WeCom" in said
    assert "不是企业微信" in said
    assert "EXPOSED" not in said


def test_each_run_has_a_token_of_its_own() -> None:
    with Sandbox.start("base") as first, Sandbox.start("base") as second:
        assert first.control_token != second.control_token
        assert len(first.control_token) >= 43
        assert first.control_token not in repr(first) + repr(Run(first.control_token, Corners(load_world("base"))))


def test_nothing_of_a_world_is_written_anywhere() -> None:
    folder = Path(gongpai.sandbox.__file__).parent
    writers = {"write_text", "write_bytes", "mkstemp", "NamedTemporaryFile"}
    named = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in writers
    }
    # The TLS mode writes the public certificate and a hosts file for other processes to read.
    assert named == {"tls.py"}
