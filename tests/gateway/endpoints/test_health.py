"""Is this process alive, and can it serve?"""

import asyncio

from starlette.requests import Request

from gateways import Gateway
from gongpai.gateway.endpoints.health import Health


async def test_a_gateway_that_hears_the_news_is_alive_and_ready(gateway: Gateway) -> None:
    browser = gateway.browser()
    assert (await browser.get("/healthz")).text == "ok\n"
    async with asyncio.timeout(90):
        # It says no while it has heard nothing for a moment, as on a busy machine.
        while (ready := await browser.get("/readyz")).status_code != 200:  # noqa: ASYNC110  nothing to wait on
            await asyncio.sleep(0.05)
    assert ready.text == "ready\n"


async def test_a_gateway_that_hears_nothing_is_alive_and_not_ready() -> None:
    health = Health(lambda: False)
    assert (await health.alive(Request({"type": "http"}))).status_code == 200
    assert (await health.ready(Request({"type": "http"}))).status_code == 503
