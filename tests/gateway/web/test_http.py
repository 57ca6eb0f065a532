"""From what went wrong to a page: neutral words, a reference, and the cause in the log under it."""

import sqlite3
from pathlib import Path

import httpx2
import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from gateways import Gateway, callback, gateway_config, open_gateway
from gongpai.gateway.store import StoreError
from gongpai.gateway.web import pages
from gongpai.gateway.web.http import page_of
from gongpai.sandbox import Corner
from gongpai.wecom import ApiError, CodeRejectedError, RateLimitedError, SystemBusyError, TransportError


async def _come_back(gateway: Gateway) -> httpx2.Response:
    browser = gateway.browser()
    return await browser.get(callback((await browser.begin())["state"], gateway.mint("lisi")))


async def test_an_untrusted_ip_is_a_neutral_page_and_the_remedy_is_in_the_log(gateway: Gateway) -> None:
    gateway.corner.set_caller_ip("198.51.100.77")
    with capture_logs([merge_contextvars]) as events:
        answer = await _come_back(gateway)
    reference = answer.headers["x-request-id"]
    assert answer.status_code == 500
    assert reference in answer.text
    for telltale in ("60020", "198.51.100.77", "wwgongpaidemo"):
        assert telltale not in answer.text
    (failure,) = [event for event in events if event["event"] == "wecom_failure"]
    assert failure["request_id"] == reference
    assert failure["errcode"] == 60020
    assert failure["caller_ip"] == "198.51.100.77"
    assert failure["remedy"]
    assert "企业可信IP" in failure["console_path"]


@pytest.mark.parametrize("fault", [{"http_status": 502}, {"errcode": -1}, {"errcode": 45009}])
async def test_an_unreachable_or_busy_wecom_has_a_page_of_its_own(gateway: Gateway, fault: dict[str, int]) -> None:
    gateway.corner.plan_fault(
        "auth/getuserinfo", errcode=fault.get("errcode"), http_status=fault.get("http_status"), share=1.0
    )
    answer = await _come_back(gateway)
    assert answer.status_code == 503
    assert answer.headers["x-request-id"] in answer.text
    assert gateway.corner.counts()["auth/getuserinfo"] == 1


@pytest.mark.parametrize("fault", [{"cut": True}, {"garble": True}])
async def test_a_spoilt_answer_is_not_asked_for_again(gateway: Gateway, fault: dict[str, bool]) -> None:
    gateway.corner.plan_fault(
        "auth/getuserinfo", cut=fault.get("cut", False), garble=fault.get("garble", False), share=1.0
    )
    assert (await _come_back(gateway)).status_code == 503
    assert gateway.corner.counts()["auth/getuserinfo"] == 1


async def test_a_code_that_wecom_rejects_starts_again(gateway: Gateway) -> None:
    browser = gateway.browser()
    answer = await browser.get(callback((await browser.begin())["state"], "neverissued"))
    assert answer.status_code == 400
    assert 'href="/signin?app=main&amp;return_to=%2Fme"' in answer.text


@pytest.mark.parametrize(
    ("error", "page"),
    [
        (RateLimitedError(45009), pages.WeComDown),
        (SystemBusyError(-1), pages.WeComDown),
        (TransportError("x"), pages.WeComDown),
        (ApiError(1), pages.Failure),
        (StoreError("x"), pages.Unavailable),
        (RuntimeError("x"), pages.Failure),
        (CodeRejectedError(40029), pages.StartAgain),
    ],
)
def test_each_error_has_its_page(error: Exception, page: type) -> None:
    assert isinstance(page_of(error, "r", "/signin"), page)


async def test_a_dead_database_is_a_page_with_a_reference_and_no_trace(gateway: Gateway) -> None:
    database = sqlite3.connect(gateway.storage / "gongpai.db")
    database.execute("DROP TABLE attempts")
    database.close()
    with capture_logs([merge_contextvars]) as events:
        answer = await gateway.browser().get("/signin")
    assert answer.status_code == 503
    assert answer.headers["x-request-id"] in answer.text
    assert "attempts" not in answer.text
    (failure,) = [event for event in events if event["event"] == "failure"]
    assert failure["request_id"] == answer.headers["x-request-id"]


async def test_the_sandbox_never_passes_for_wecom(wecom_sandbox: Corner, tmp_path: Path) -> None:
    config = gateway_config(wecom_sandbox, tmp_path, sandbox=False)
    async with open_gateway(wecom_sandbox, config) as gateway:
        answer = await _come_back(gateway)
        assert answer.status_code == 503
        assert "location" not in answer.headers
