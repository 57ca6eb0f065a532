"""T31: only configured WW_verify names answer, with the exact body; nothing is derived from a name."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateways import Gateway, gateway_config, open_gateway
from gongpai.sandbox import Corner

_FILES = {"WW_verify_7rG3kjVbXHngiald.txt": "7rG3kjVbXHngiald", "WW_verify_abcdefgh12345678.txt": "another\n"}


@pytest.fixture
async def verifying(wecom_sandbox: Corner, tmp_path: Path) -> AsyncIterator[Gateway]:
    config = gateway_config(wecom_sandbox, tmp_path, verify_files=_FILES)
    async with open_gateway(wecom_sandbox, config) as gateway:
        yield gateway


# Case verify-001.
async def test_a_configured_file_is_served_with_its_exact_body(verifying: Gateway) -> None:
    for name, body in _FILES.items():
        answer = await verifying.browser().get(f"/{name}")
        assert (answer.status_code, answer.content) == (200, body.encode())
        assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    "path",
    [
        "/WW_verify_0000000000000000.txt",
        "/WW_verify_short.txt",  # case verify-003
        "/ww_verify_7rG3kjVbXHngiald.txt",
        "/WW_verify_7rG3kjVbXHngiald.txt/",
        "/WW_verify_7rG3kjVbXHngiald.txt.bak",
        "/sub/WW_verify_7rG3kjVbXHngiald.txt",
        "/WW_verify_%2e%2e%2fetc.txt",
    ],
)
async def test_no_other_name_answers(verifying: Gateway, path: str) -> None:
    answer = await verifying.browser().get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
