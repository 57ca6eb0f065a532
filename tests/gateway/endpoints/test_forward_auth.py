"""What an operator reads in the log where a proxy is set up wrongly; people see only that the site is not set up."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gongpai.sandbox import Corner
from guarded import Guarded, open_guarded


@pytest.fixture
async def guarded(wecom_sandbox: Corner, tmp_path: Path) -> AsyncIterator[Guarded]:
    async with open_guarded(wecom_sandbox, tmp_path) as guarded:
        yield guarded


async def test_a_proxy_that_is_not_trusted_is_named_with_what_to_do(guarded: Guarded) -> None:
    with capture_logs() as events:
        assert (await guarded.ask(peer=("203.0.113.5", 1))).status_code == 403
    (told,) = events
    assert (told["event"], told["log_level"], told["peer"]) == ("untrusted_peer", "warning", "203.0.113.5")
    assert "trusted_proxies" in told["remedy"]


@pytest.mark.parametrize(
    ("asked", "lacks"),
    [
        ({"origin": "https://nobody.example"}, []),
        ({"path": ""}, ["x-forwarded-uri"]),
        ({"headers": {"x-forwarded-host": "", "x-forwarded-method": ""}}, ["x-forwarded-host", "x-forwarded-method"]),
    ],
)
async def test_a_question_about_no_host_of_ours_says_which_host_and_what_the_proxy_left_out(
    guarded: Guarded, asked: dict[str, object], lacks: list[str]
) -> None:
    with capture_logs() as events:
        assert (await guarded.ask(**asked)).status_code == 403  # type: ignore[arg-type]  # its arguments, by name
    (told,) = events
    assert (told["event"], told["log_level"], told["lacks"]) == ("unknown_host", "warning", lacks)
    assert told["host"] == {"origin": "nobody.example", "path": "app.corp.example"}.get(next(iter(asked)), "")
    assert "[gate.hosts]" in told["remedy"]


async def test_a_header_of_the_proxys_that_came_twice_is_told(guarded: Guarded) -> None:
    twice = [("x-forwarded-host", "app.corp.example"), ("x-forwarded-uri", "/"), ("x-forwarded-uri", "/x")]
    with capture_logs() as events:
        async with guarded.http() as http:
            assert (await http.get("http://gate/auth/nginx", headers=twice)).status_code == 403
    (told,) = events
    assert (told["event"], told["cause"]) == ("unknown_host", "a header of the proxy's came twice")
