"""What the differential tests may ask for."""

from collections.abc import Iterator

import pytest

from gongpai.sandbox import Sandbox
from two_providers import Side, two_providers


@pytest.fixture(scope="module")
def sides(wecom_sandbox_server: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Side, Side]]:
    """Run the gateway, and npm oidc-provider beside it."""
    corner = wecom_sandbox_server.corner()
    with two_providers(corner, tmp_path_factory.mktemp("differential")) as sides:
        yield sides
    corner.close()
