"""What the tests of the list of attacks may ask for."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from gateways import Gateway, gateway_config
from gongpai.gateway.records_provider import RelyingParty
from gongpai.sandbox import Corner, Sandbox
from over_http import open_over_http
from relying_party import LUNCH, WIKI

Open = Callable[..., AbstractAsyncContextManager[Gateway]]


@pytest.fixture(scope="module")
async def provider(wecom_sandbox_server: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    """Open a gateway for the tests of a file, that two relying parties know: a trusted one, and one without a secret.

    Its clock may be moved on by minutes; who needs more, or changes what others rely on, opens one of their own.
    """
    corner = wecom_sandbox_server.corner()
    parties = {party.client_id: party for party in (WIKI, LUNCH)}
    config = gateway_config(corner, tmp_path_factory.mktemp("provider"), parties=parties, starts_per_minute=0)
    async with open_over_http(corner, config) as gateway:
        yield gateway
    corner.close()


@pytest.fixture
def opened(wecom_sandbox: Corner, tmp_path: Path) -> Open:
    """Return what opens a gateway of a test's own, for the parties and with the settings that it names."""

    def open_with(*parties: RelyingParty, **settings: object) -> AbstractAsyncContextManager[Gateway]:
        known = {party.client_id: party for party in parties or (WIKI, LUNCH)}
        config = gateway_config(wecom_sandbox, tmp_path, parties=known, starts_per_minute=0, **settings)
        return open_over_http(wecom_sandbox, config)

    return open_with
