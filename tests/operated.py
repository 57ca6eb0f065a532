"""What the operator of a running gateway does to it with ``gongpai``."""

import base64
from functools import partial

import anyio.to_thread
from typer.testing import CliRunner

from gateways import Gateway
from gongpai.cli.program import program
from settings_of_tests import RIGHT


async def operate(gateway: Gateway, *command: str) -> tuple[int, str]:
    """Run a command on the storage of *gateway*; return how it ended, and what was said."""
    environ = {
        **RIGHT,
        "GONGPAI_STORAGE": gateway.config.storage,
        "GONGPAI_SECRET_KEY": base64.urlsafe_b64encode(gateway.config.secret_key).decode().rstrip("="),
        "GONGPAI_SANDBOX": "true",
        "GONGPAI_PUBLIC_URL": "http://127.0.0.1:8000",
        "GONGPAI_HOSTS__ALL": gateway.corner.url,
        "LANG": "C",
    }
    run = partial(CliRunner().invoke, program, list(command), env=environ)
    result = await anyio.to_thread.run_sync(run)
    return result.exit_code, result.output


async def register(gateway: Gateway, client_id: str, redirect_uri: str) -> tuple[int, str]:
    """Register a relying party; return how that ended, and what was said."""
    return await operate(gateway, "parties", "add", client_id, "--name", "Shop", "--redirect-uri", redirect_uri)
