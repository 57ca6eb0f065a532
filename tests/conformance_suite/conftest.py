"""What the tests named after the OpenID Foundation's modules may ask for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateways import Gateway, gateway_config, open_gateway
from gongpai.sandbox import Corner
from relying_party import WIKI


@pytest.fixture
async def provider(wecom_sandbox: Corner, tmp_path: Path) -> AsyncIterator[Gateway]:
    """Open a gateway that one trusted relying party knows."""
    config = gateway_config(wecom_sandbox, tmp_path, parties={WIKI.client_id: WIKI})
    async with open_gateway(wecom_sandbox, config) as gateway:
        yield gateway
