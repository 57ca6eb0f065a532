"""A callback that WeCom never sent is turned away before any database is asked what it cannot be asked."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateways import Gateway, callback, gateway_config, open_gateway
from gongpai.sandbox import Corner


@pytest.fixture
async def on_postgres(wecom_sandbox: Corner, tmp_path: Path, postgres_url: str) -> AsyncIterator[Gateway]:
    config = replace(gateway_config(wecom_sandbox, tmp_path), storage=postgres_url)
    async with open_gateway(wecom_sandbox, config) as gateway:
        yield gateway


@pytest.mark.services
async def test_a_state_that_postgresql_cannot_take_is_no_state(on_postgres: Gateway) -> None:
    browser = on_postgres.browser()
    for url in (callback("\0", "code"), callback("\0", None), callback("state with blanks", "code")):
        assert (await browser.get(url)).status_code == 400


@pytest.mark.services
async def test_a_code_with_such_a_state_is_remembered_all_the_same(on_postgres: Gateway) -> None:
    code = on_postgres.mint("lisi")
    assert (await on_postgres.browser().get(f"/nowhere?code={code}&state=%00")).status_code == 404
    attacker = on_postgres.browser()
    state = (await attacker.begin())["state"]
    assert (await attacker.get(callback(state, code))).status_code == 403
