"""Is this process alive, and can it serve?"""

from starlette.requests import Request

from gateways import Gateway
from gongpai.gateway.endpoints.health import Health


async def test_a_gateway_that_hears_the_news_is_alive_and_ready(gateway: Gateway) -> None:
    browser = gateway.browser()
    assert (await browser.get("/healthz")).text == "ok\n"
    ready = await browser.get("/readyz")
    assert (ready.status_code, ready.text) == (200, "ready\n")


async def test_a_gateway_that_hears_nothing_is_alive_and_not_ready() -> None:
    health = Health(lambda: False)
    assert (await health.alive(Request({"type": "http"}))).status_code == 200
    assert (await health.ready(Request({"type": "http"}))).status_code == 503
