"""What the tests named after the OpenID Foundation's modules may ask for."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from conformance_suite.robot import ROBOT
from gateways import PORTAL, Gateway, gateway_config
from gongpai.sandbox import Sandbox
from over_http import open_over_http
from relying_party import LUNCH, WIKI

# The suite's second client, and one whose callback has a query.
SECOND = replace(WIKI, client_id="second", title="Second", redirect_uris=("https://second.example.com/cb",))
WITH_QUERY = replace(WIKI, client_id="query", title="Query", redirect_uris=("https://query.example.com/cb?foo=bar",))


@pytest.fixture(scope="module")
async def provider(wecom_sandbox_server: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    """Open a gateway for the tests of a file, whose member has told WeCom's app everything that scopes may ask for."""
    corner = wecom_sandbox_server.corner()
    corner.set_consent(PORTAL, "lisi", ("mobile", "email", "biz_mail", "address"))
    corner.update_member("lisi", address="1 Renmin Road")
    parties = {party.client_id: party for party in (WIKI, SECOND, WITH_QUERY, LUNCH, ROBOT)}
    config = gateway_config(corner, tmp_path_factory.mktemp("provider"), parties=parties, starts_per_minute=0)
    async with open_over_http(corner, config) as gateway:
        yield gateway
    corner.close()
