"""WeCom's proof that a domain is ours, by the cases of the sheet."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateways import Gateway, gateway_config, open_gateway
from gongpai.sandbox import Corner


@pytest.fixture
async def gateway(wecom_sandbox: Corner, tmp_path: Path) -> AsyncIterator[Gateway]:
    files = {"WW_verify_7rG3kjVbXHngiald.txt": "7rG3kjVbXHngiald"}
    async with open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, verify_files=files)) as gateway:
        yield gateway


async def test_the_file_is_served_at_the_root(gateway: Gateway) -> None:  # verify-001
    answer = await gateway.browser().get("/WW_verify_7rG3kjVbXHngiald.txt")
    assert (answer.status_code, answer.text) == (200, "7rG3kjVbXHngiald")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


async def test_a_name_of_another_length_is_not_found(gateway: Gateway) -> None:  # verify-003
    assert (await gateway.browser().get("/WW_verify_short.txt")).status_code == 404


async def test_wecoms_own_check_finds_it_with_head_too(gateway: Gateway) -> None:
    answer = await gateway.browser().http.head("/WW_verify_7rG3kjVbXHngiald.txt")
    assert (answer.status_code, answer.headers["content-length"]) == (200, "16")


async def test_nobody_may_post_to_it(gateway: Gateway) -> None:
    assert (await gateway.browser().http.post("/WW_verify_7rG3kjVbXHngiald.txt")).status_code == 405
