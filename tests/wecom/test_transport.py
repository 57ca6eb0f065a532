"""Both twins run every case; the blocking one in a thread."""

import asyncio
import logging
import os
import signal
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from gongpai.wecom.calls import Request
from gongpai.wecom.errors import TransportError, UsageError, WrongWorldError
from gongpai.wecom.transport import Answer, AsyncTransport, Timeout, Transport, Verify
from programs import free_port
from wecom.loopback import answering, hang_up, say, send, stay_silent
from wecom.secrecy import reveal

GET = Request("GET", "/cgi-bin/user/get", {"access_token": "TOKEN/+&=", "userid": "张三"})
POST = Request("POST", "/cgi-bin/auth/getuserdetail", {"access_token": "TOKEN"}, {"user_ticket": "TICKET"})
OK = {"errcode": 0, "errmsg": "ok"}
PATIENT = Timeout(connect=60, read=60)
QUICK = Timeout(connect=60, read=0.2)


class Sender:
    """Sends by one of the twins."""

    def __init__(self, *, is_async: bool) -> None:
        self.is_async = is_async

    async def send(
        self,
        url: str,
        *requests: Request,
        proxy: str | None = None,
        patience: Timeout = PATIENT,
        verify: Verify = True,
        is_sandbox: bool = True,
    ) -> list[Answer]:
        if not self.is_async:
            blocking = Transport(url, proxy, patience, verify, is_sandbox=is_sandbox)
            try:
                return [await asyncio.to_thread(blocking.send, request) for request in requests]
            finally:
                blocking.close()
        awaiting = AsyncTransport(url, proxy, patience, verify, is_sandbox=is_sandbox)
        try:
            return [await awaiting.send(request) for request in requests]
        finally:
            await awaiting.aclose()


@pytest.fixture(params=[True, False], ids=["async", "sync"])
def sender(request: pytest.FixtureRequest) -> Sender:
    return Sender(is_async=request.param)


async def test_a_get_carries_its_query_encoded_once_and_no_body(sender: Sender) -> None:
    with answering(say(OK)) as server:
        assert await sender.send(server.url, GET) == [OK]
    [request] = server.requests
    assert request.startswith(
        b"GET /cgi-bin/user/get?access_token=TOKEN%2F%2B%26%3D&userid=%E5%BC%A0%E4%B8%89 HTTP/1.1\r\n"
    )
    assert b"\r\nAccept-Encoding: identity\r\n" in request
    assert request.endswith(b"\r\n\r\n")


async def test_a_post_carries_json(sender: Sender) -> None:
    with answering(say(OK)) as server:
        assert await sender.send(server.url, POST) == [OK]
    [request] = server.requests
    assert b"content-type: application/json" in request.lower()
    assert request.endswith(b'\r\n\r\n{"user_ticket":"TICKET"}')


async def test_a_prefix_of_the_api_host_stays_in_front(sender: Sender) -> None:
    with answering(say(OK)) as server:
        await sender.send(f"{server.url}/c/corner", GET)
    assert server.targets[0].startswith("/c/corner/cgi-bin/user/get?")


async def test_one_connection_serves_many_calls(sender: Sender) -> None:
    ports: set[int] = set()

    def note(connection: socket.socket) -> None:
        ports.add(connection.getpeername()[1])
        say(OK)(connection)

    with answering(note) as server:
        assert await sender.send(server.url, GET, GET, POST, GET) == [OK] * 4
    assert len(ports) == 1


@pytest.mark.parametrize(
    "act",
    [
        say([1, 2]),
        say("text"),
        say(None),
        say(b""),
        say(b"<html>captive portal</html>"),
        say(b"\xff\xfe{}"),
        say(b'{"errcode": 0'),
        say(b"[" * 100_000),
        say(b'{"errcode": ' + b"9" * 5000 + b"}"),
    ],
)
async def test_what_is_not_a_json_object_is_no_answer(sender: Sender, act: Callable[[socket.socket], None]) -> None:
    with answering(act) as server:
        [answer] = await sender.send(server.url, GET)
    assert isinstance(answer, TransportError)
    assert str(answer) == "the answer is not a JSON object"


@pytest.mark.parametrize("status", ["301 Moved Permanently", "404 Not Found", "502 Bad Gateway", "204 No Content"])
async def test_any_status_but_200_is_no_answer_and_no_redirect_is_followed(sender: Sender, status: str) -> None:
    location = "Gongpai-Sandbox: 1\r\nLocation: /elsewhere\r\n"
    with answering(say(b"", status, location)) as server:
        [answer] = await sender.send(server.url, GET)
    assert isinstance(answer, TransportError)
    assert str(answer) == f"HTTP {status[:3]}"
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "act",
    [hang_up, send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}"), send(b"garbage\r\n\r\n"), stay_silent],
    ids=["hang up", "cut off", "garbage", "silence"],
)
async def test_a_broken_answer_is_no_answer_and_is_not_asked_for_again(
    sender: Sender, act: Callable[[socket.socket], None]
) -> None:
    def once(connection: socket.socket) -> None:
        act(connection)
        connection.close()

    with answering(once) as server:
        [answer] = await sender.send(server.url, GET, patience=QUICK if act is stay_silent else PATIENT)
        await _until(lambda: bool(server.requests))  # who gave up quickly was perhaps not even read yet
    assert isinstance(answer, TransportError)
    assert str(answer).startswith("no answer from WeCom: ")
    assert len(server.requests) == 1


async def test_nobody_there_is_no_answer_and_names_the_fault(sender: Sender) -> None:
    [answer] = await sender.send(f"http://127.0.0.1:{free_port()}", GET)
    assert isinstance(answer, TransportError)
    assert "ConnectError" in str(answer)


async def test_an_endless_answer_is_cut_off(sender: Sender) -> None:
    def flood(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nGongpai-Sandbox: 1\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"100000\r\n" + b" " * 0x100000 + b"\r\n")

    with answering(flood) as server:
        [answer] = await sender.send(server.url, GET)
    assert isinstance(answer, TransportError)
    assert str(answer) == "the answer is longer than 16777216 bytes"


async def test_a_trickling_answer_is_given_up_after_the_read_timeout(sender: Sender) -> None:
    stop = threading.Event()

    def trickle(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nGongpai-Sandbox: 1\r\nContent-Length: 1000\r\n\r\n")
        while not stop.wait(0.05):
            connection.sendall(b" ")

    with answering(trickle) as server:
        [answer] = await sender.send(server.url, GET, patience=QUICK)
        stop.set()
    assert isinstance(answer, TransportError)
    # On a busy machine even the trickle may pause longer than that.
    assert str(answer) in {"the answer came too slowly", "no answer from WeCom: ReadTimeout"}


@pytest.mark.parametrize("mark", ["Gongpai-Sandbox: 1", "gongpai-sandbox: 1\r\nGongpai-Sandbox: 1", "Gongpai-Sandbox:"])
async def test_a_real_client_refuses_a_sandbox(sender: Sender, mark: str) -> None:
    with answering(say(OK, headers=f"{mark}\r\n")) as server:
        [answer] = await sender.send(server.url, GET, is_sandbox=False)
    assert isinstance(answer, WrongWorldError)


@pytest.mark.parametrize("headers", ["", "Gongpai-Sandbox: 0\r\n"])
async def test_a_sandbox_client_refuses_whatever_is_no_sandbox(sender: Sender, headers: str) -> None:
    with answering(say(OK, headers=headers)) as server:
        [answer] = await sender.send(server.url, GET)
    assert isinstance(answer, WrongWorldError)


async def test_a_real_client_takes_wecoms_answer(sender: Sender) -> None:
    with answering(say(OK, headers="")) as server:
        assert await sender.send(server.url, GET, is_sandbox=False) == [OK]


async def test_an_outbound_proxy_is_asked_for_the_whole_address(sender: Sender) -> None:
    with answering(say(OK)) as proxy:
        assert await sender.send("http://qyapi.example", GET, proxy=proxy.url.replace("//", "//user:pass@")) == [OK]
    [request] = proxy.requests
    assert request.startswith(b"GET http://qyapi.example/cgi-bin/user/get?")
    assert b"\r\nProxy-Authorization: Basic dXNlcjpwYXNz\r\n" in request


async def test_the_environments_proxy_is_not_asked(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with answering(say(OK)) as server:
        assert await sender.send(server.url, GET) == [OK]


async def test_a_private_ca_is_trusted_by_file_and_by_context_and_else_not(sender: Sender, tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    with answering(say(OK), context=context, host="localhost") as server:
        assert await sender.send(server.url, GET, verify=file) == [OK]
        assert await sender.send(server.url, GET, verify=ssl.create_default_context(cafile=file)) == [OK]
        [answer] = await sender.send(server.url, GET)
    assert isinstance(answer, TransportError)
    assert "CERTIFICATE_VERIFY_FAILED" in str(answer)


async def test_verification_cannot_be_switched_off(sender: Sender) -> None:
    with pytest.raises(UsageError):
        await sender.send("https://127.0.0.1:1", GET, verify=False)


async def test_a_cancelled_call_leaves_no_trace_of_what_it_sent() -> None:
    with answering(stay_silent) as server:
        transport = AsyncTransport(server.url, None, PATIENT, verify=True, is_sandbox=True)
        task = asyncio.create_task(transport.send(GET))
        await _until(lambda: bool(server.requests))
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        await transport.aclose()
    assert "TOKEN" not in reveal(caught.value)
    assert "access_token" not in reveal(caught.value)


class InterruptError(BaseException):
    """What Ctrl-C does, without ending pytest."""


def test_an_interrupted_call_leaves_no_trace_of_what_it_sent() -> None:
    def interrupt(signum: int, frame: object) -> None:
        raise InterruptError(f"{signum}, {type(frame)}")

    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        with answering(lambda _connection: os.kill(os.getpid(), signal.SIGUSR1)) as server:
            transport = Transport(server.url, None, PATIENT, verify=True, is_sandbox=True)
            with pytest.raises(InterruptError) as caught:
                transport.send(GET)
            transport.close()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert "TOKEN" not in reveal(caught.value)
    assert "access_token" not in reveal(caught.value)


async def test_the_http_library_says_nothing_about_our_requests_and_still_speaks_of_others(
    sender: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with answering(send(b"illegal TOKEN status\r\n\r\n")) as server:
        await sender.send(server.url, GET)
    assert not [record for record in caplog.records if "request" in record.getMessage()]
    assert "TOKEN" not in caplog.text
    logging.getLogger("httpcore2.http11").debug("about somebody else's request")
    assert "somebody else" in caplog.text


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(90):
        while not holds():  # noqa: ASYNC110 - it watches a thread
            await asyncio.sleep(0.005)
