"""What the tests of the list of attacks may ask for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateways import Gateway, gateway_config, open_gateway
from gongpai.sandbox import Corner
from relying_party import LUNCH, WIKI


@pytest.fixture
async def provider(wecom_sandbox: Corner, tmp_path: Path) -> AsyncIterator[Gateway]:
    """Open a gateway that two relying parties know: a trusted one, and one without a secret."""
    parties = {party.client_id: party for party in (WIKI, LUNCH)}
    async with open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, parties=parties)) as gateway:
        yield gateway
