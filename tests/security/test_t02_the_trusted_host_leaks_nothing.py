"""T2: the host that WeCom trusts serves us alone: HSTS, no referrer, nobody else's resources, no query carried on."""

import re

import pytest

from gateways import Gateway

_PATHS = [
    "/",
    "/me",
    "/signin?via=web",
    "/signout",
    "/healthz",
    "/readyz",
    "/nowhere",
    "/static/none.css",
    "/me/disclosure",
]


@pytest.mark.parametrize("path", _PATHS)
async def test_every_answer_carries_the_headers_that_keep_codes_in(gateway: Gateway, path: str) -> None:
    answer = await gateway.browser().get(path)
    headers = answer.headers
    assert headers["strict-transport-security"].startswith("max-age=63072000")
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/nowhere", "/signout", "/signin?app=unknown"])
async def test_no_page_names_a_resource_of_anybody_else(gateway: Gateway, path: str) -> None:
    page = (await gateway.browser().get(path)).text
    assert re.findall(r'(?:src|href|action)="(?!/|data:|#)[^"]*"', page) == []


@pytest.mark.parametrize("path", ["/?code=SECRET&x=1", "/me?code=SECRET&x=1", "/language/zh?code=SECRET&return_to=/me"])
async def test_no_redirect_carries_an_incoming_query_on(gateway: Gateway, path: str) -> None:
    answer = await gateway.browser().get(path)
    assert answer.status_code == 303
    assert "SECRET" not in answer.headers["location"]
    assert "x=1" not in answer.headers["location"]


async def test_a_slash_too_many_is_not_redirected(gateway: Gateway) -> None:
    answer = await gateway.browser().get("/signin/callback/main/?code=SECRET", host="evil.example")
    assert answer.status_code == 404
    assert "location" not in answer.headers


async def test_the_log_has_no_query(gateway: Gateway, capfd: pytest.CaptureFixture[str]) -> None:
    answer = await gateway.browser().sign_in()
    state_and_code = str(answer.request.url).partition("?")[2]
    written = "".join(capfd.readouterr())
    assert "/signin/callback/main" in written
    for pair in state_and_code.split("&"):
        assert pair.partition("=")[2] not in written
