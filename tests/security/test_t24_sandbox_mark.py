"""T24, the sandbox's side: every answer says that it is not WeCom's, the server's own errors included."""

import socket
from collections.abc import Iterator

import httpx2
import pytest

from gongpai.sandbox import Sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox.start("base") as sandbox:
        yield sandbox


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/cgi-bin/gettoken", 200),
        ("POST", "/cgi-bin/auth/getuserdetail", 200),
        ("HEAD", "/cgi-bin/gettoken", 200),
        ("GET", "/cgi-bin/nope", 404),
        ("GET", "/nope", 404),
        ("GET", "/c/nope/", 404),
        ("GET", "/c//", 404),
        ("GET", "/phone", 403),
        ("POST", "/connect/oauth2/authorize", 200),
        ("PUT", "/wwlogin/sso/login", 405),
        ("GET", "/_sandbox/world", 401),
        ("GET", "/_static/sandbox.css", 200),
        ("GET", "/_static/nope.css", 404),
        ("GET", "/devtool/query?e=40029", 200),
        ("GET", "/wwopen/sso/qrImg?key=x", 404),
    ],
)
def test_every_answer_is_marked(sandbox: Sandbox, method: str, path: str, status: int) -> None:
    answer = httpx2.request(method, f"{sandbox.url}{path}")
    assert (answer.status_code, answer.headers.get_list("gongpai-sandbox")) == (status, ["1"])


def test_planned_faults_are_marked_too(sandbox: Sandbox) -> None:
    with sandbox.corner() as corner:
        corner.plan_fault("gettoken", http_status=502)
        corner.plan_fault("gettoken", errcode=-1)
        corner.plan_fault("gettoken", garble=True)
        for _ in range(3):
            assert httpx2.get(f"{corner.url}/cgi-bin/gettoken").headers["gongpai-sandbox"] == "1"


def test_an_answer_to_a_broken_request_is_marked(sandbox: Sandbox) -> None:
    port = int(sandbox.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(b"NONSENSE\r\n\r\n")
        said = connection.recv(4096).lower()
    assert said.startswith(b"http/1.1 400")
    assert b"gongpai-sandbox: 1" in said


def test_a_foreign_host_name_is_refused_with_the_mark(sandbox: Sandbox) -> None:
    answer = httpx2.get(f"{sandbox.url}/cgi-bin/gettoken", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.headers["gongpai-sandbox"]) == (421, "1")
