"""The ownership check against real web servers on loopback."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from gongpai.sandbox.verify import VerifyFile, check_ownership, verify_file
from programs import free_port

FILE = VerifyFile("WW_verify_7rG3kjVbXHngiald.txt", "7rG3kjVbXHngiald")
Answers = dict[str, tuple[int, bytes, dict[str, str]]]


@contextmanager
def _site(answers: Answers) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body, headers = answers.get(self.path, (404, b"", {}))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_file_is_named_as_wecom_names_it_and_is_the_same_in_every_run() -> None:
    file = verify_file("ww1", "a.example")
    assert re.fullmatch(r"WW_verify_[A-Za-z0-9]{16}\.txt", file.name)
    assert file.name == f"WW_verify_{file.body}.txt"
    assert verify_file("ww1", "A.example") == file
    assert verify_file("ww2", "a.example") != file


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ((200, b"7rG3kjVbXHngiald", {}), "ok"),
        ((200, b"7rG3kjVbXHngiald\n", {}), "body"),
        ((200, b"x" * 100_000, {}), "body"),
        ((404, b"", {}), "status"),
        ((302, b"", {"Location": "/elsewhere"}), "redirect"),
    ],
)
async def test_only_the_exact_body_at_the_root_with_200_counts(
    answer: tuple[int, bytes, dict[str, str]], verdict: str
) -> None:
    with _site({f"/{FILE.name}": answer, "/elsewhere": (200, FILE.body.encode(), {})}) as domain:
        assert (await check_ownership(domain, FILE, listed=[domain])).verdict == verdict


# Case verify-002.
async def test_a_file_in_a_sub_path_does_not_count() -> None:
    with _site({f"/sub/{FILE.name}": (200, FILE.body.encode(), {})}) as domain:
        assert (await check_ownership(domain, FILE, listed=[domain])).verdict == "status"


async def test_a_domain_that_the_world_does_not_name_is_never_fetched() -> None:
    with _site({f"/{FILE.name}": (200, FILE.body.encode(), {})}) as domain:
        assert (await check_ownership(domain, FILE, listed=["a.example"])).verdict == "not_listed"


async def test_nobody_there_is_unreachable() -> None:
    domain = f"127.0.0.1:{free_port()}"
    found = await check_ownership(domain, FILE, listed=[domain])
    assert (found.verdict, found.detail) == ("unreachable", "ConnectError")


async def test_a_switch_follows_one_redirect_but_only_to_a_domain_of_the_world() -> None:
    with _site({f"/{FILE.name}": (200, FILE.body.encode(), {})}) as target:
        away = (302, b"", {"Location": f"http://{target}/{FILE.name}"})
        with _site({f"/{FILE.name}": away}) as domain:
            known = await check_ownership(domain, FILE, listed=[domain, target], follow_redirects=True)
            unknown = await check_ownership(domain, FILE, listed=[domain], follow_redirects=True)
    assert (known.verdict, unknown.verdict) == ("ok", "redirect")
