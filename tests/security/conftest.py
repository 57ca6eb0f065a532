"""What the tests of the threat review's rules may ask for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateways import Gateway, gateway_config, open_gateway
from gongpai.sandbox import Corner


@pytest.fixture
async def gateway(wecom_sandbox: Corner, tmp_path: Path) -> AsyncIterator[Gateway]:
    """Open a gateway with one app, on an empty database."""
    async with open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path)) as gateway:
        yield gateway
