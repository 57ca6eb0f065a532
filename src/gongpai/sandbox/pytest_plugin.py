"""The `wecom_sandbox` fixture: a WeCom of your own for each test.

Found by entry point, so every pytest run imports this file: it imports nothing of ours until the fixture is used.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from gongpai.sandbox.server import Corner, Sandbox


@pytest.fixture(scope="session")
def wecom_sandbox_server() -> "Iterator[Sandbox]":
    """Run one sandbox on a free port of loopback for the whole session."""
    try:
        from gongpai.sandbox.server import Sandbox  # noqa: PLC0415  see the docstring of this file
    except ModuleNotFoundError as missing:
        pytest.fail(
            f"wecom_sandbox needs the sandbox's parts ({missing}): pip install 'gongpai[sandbox]'", pytrace=False
        )
    with Sandbox.start() as sandbox:
        yield sandbox


@pytest.fixture
def wecom_sandbox(wecom_sandbox_server: "Sandbox") -> "Iterator[Corner]":
    """Give a corner of the session's sandbox, which no other test sees."""
    corner = wecom_sandbox_server.corner()
    yield corner
    corner.close()
