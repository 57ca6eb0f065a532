"""Attacks 1 to 20: who asks, and where the answer would go."""

import asyncio

import pytest

from gateways import Gateway, query_of
from operated import register
from over_http import Wire
from relying_party import LUNCH, REDIRECT_URI, Party

HOST = "wiki.example.com"


async def page_of(provider: Gateway, **changes: str | None) -> None:
    """Hold that a request ends on a page of ours with 400, and leads nowhere."""
    answer = await provider.browser().get(Party(provider).url(**changes))
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert "text/html" in answer.headers["content-type"]


async def test_attack_001_an_unknown_client_id(provider: Gateway) -> None:
    await page_of(provider, client_id="nobody")


async def test_attack_002_no_client_id(provider: Gateway) -> None:
    await page_of(provider, client_id=None)


async def test_attack_005_a_registered_uri_with_more_path(provider: Gateway) -> None:
    await page_of(provider, redirect_uri=f"{REDIRECT_URI}/extra")


async def test_attack_006_a_registered_uri_with_a_query(provider: Gateway) -> None:
    await page_of(provider, redirect_uri=f"{REDIRECT_URI}?x=1")


@pytest.mark.parametrize(
    "redirect_uri",
    [f"https://{HOST}/CB", f"{REDIRECT_URI}/", f"https://{HOST}./cb", f"HTTPS://{HOST}/cb", f"https://{HOST}:443/cb"],
)
async def test_attack_009_another_spelling(provider: Gateway, redirect_uri: str) -> None:
    await page_of(provider, redirect_uri=redirect_uri)


@pytest.mark.parametrize(
    "redirect_uri", [f"https://{HOST}@evil.com/cb", f"https://{HOST}.evil.com/cb", f"https://evil.com#{HOST}/cb"]
)
async def test_attack_010_a_host_that_looks_alike(provider: Gateway, redirect_uri: str) -> None:
    await page_of(provider, redirect_uri=redirect_uri)


@pytest.mark.parametrize("path", ["/../../evil", "%2e%2e%2f", "%252e", "..;/", "\\evil", "/..\\"])
async def test_attack_011_a_path_that_some_readers_would_normalise(provider: Gateway, path: str) -> None:
    await page_of(provider, redirect_uri=f"{REDIRECT_URI}{path}")


@pytest.mark.parametrize("odd", ["\x00", "\r\nX-Evil: 1", "\t", " ", "ü", "wіki"])
async def test_attack_012_characters_that_no_uri_has(provider: Gateway, odd: str) -> None:
    answer = await provider.browser().get(Party(provider).url(redirect_uri=f"{REDIRECT_URI}{odd}"))
    assert answer.status_code == 400
    assert "x-evil" not in answer.headers


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "http://shop.example.com/cb",
        "http://10.0.0.1/cb",
        "http://localhost.evil.com/cb",
        "http://127.0.0.1.evil.com/cb",
    ],
)
async def test_attack_014_no_party_can_be_registered_with_an_address_that_is_not_encrypted(
    provider: Gateway, redirect_uri: str
) -> None:
    status, said = await register(provider, "shop", redirect_uri)
    assert (status, "cannot be registered" in said) == (2, True)
    await page_of(provider, client_id="shop", redirect_uri=redirect_uri)


async def test_attack_014_a_party_with_a_safe_address_can_be_registered_and_is_known(provider: Gateway) -> None:
    status, _said = await register(provider, "safe", "https://shop.example.com/cb")
    assert status == 0
    url = Party(provider).url(client_id="safe", redirect_uri="https://shop.example.com/cb")
    assert (await provider.browser().get(url)).status_code == 303


@pytest.mark.parametrize(
    ("redirect_uri", "is_allowed"),
    [
        ("http://127.0.0.1:49152/cb", True),
        ("http://127.0.0.1/cb", True),
        ("http://127.0.0.1:0/cb", False),
        ("http://localhost:49152/cb", False),
        ("http://127.0.0.1.evil.com/cb", False),
        ("http://127.0.0.1:49152@evil.com/cb", False),
        ("http://127.0.0.1:49152/other", False),
        ("https://127.0.0.1:49152/cb", False),
    ],
)
async def test_attack_015_a_native_app_may_choose_its_port_only(
    provider: Gateway, redirect_uri: str, *, is_allowed: bool
) -> None:
    answer = await provider.browser().get(Party(provider, LUNCH, None).url(redirect_uri=redirect_uri))
    assert answer.status_code == (303 if is_allowed else 400)


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
async def test_attack_017_who_and_where_come_once(provider: Gateway, name: str) -> None:
    value = {"client_id": "wiki", "redirect_uri": REDIRECT_URI}[name]
    answer = await provider.browser().get(f"{Party(provider).url()}&{name}={value}")
    assert (answer.status_code, "location" in answer.headers) == (400, False)


@pytest.mark.parametrize("name", ["state", "response_type", "scope", "nonce", "prompt", "code_challenge"])
async def test_attack_017_all_else_that_counts_comes_once(provider: Gateway, name: str) -> None:
    answer = await provider.browser().get(f"{Party(provider).url()}&{name}=x")
    assert query_of(answer.headers["location"])["error"] in {"invalid_request", "invalid_scope"}


async def test_attack_018_prompt_none_redirects_to_nothing_unregistered(provider: Gateway) -> None:
    await page_of(provider, redirect_uri="https://evil.example/", prompt="none")


async def test_attack_019_wildcards_are_letters_like_others(provider: Gateway) -> None:
    await page_of(provider, redirect_uri=f"https://{HOST}/*")


async def test_attack_020_a_uri_of_kilobytes(provider: Gateway) -> None:
    await page_of(provider, redirect_uri=f"{REDIRECT_URI}?{'x' * 3000}")
    await page_of(provider, redirect_uri=f"{REDIRECT_URI}?{'x' * 60_000}")


async def test_attack_020_a_head_without_end_is_refused_before_it_is_read(provider: Gateway) -> None:
    assert isinstance(provider.app, Wire)
    async with asyncio.timeout(90):
        reader, writer = await asyncio.open_connection("127.0.0.1", provider.app.port)
        writer.write(f"GET {Party(provider).url(redirect_uri='x' * 70_000)} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
    assert answer.startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 414 "))
