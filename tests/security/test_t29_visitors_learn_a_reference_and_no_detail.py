"""T29: a page that reports a fault shows a reference number; what went wrong stands in the log under it.

The console, and the code that makes the first administrator, are not built yet.
"""

import pytest

from gateways import Gateway, callback


@pytest.mark.parametrize("errcode", [48002, 60020])
async def test_a_fault_of_wecoms_is_a_reference_to_the_visitor_and_a_cause_in_the_log(
    gateway: Gateway, capfd: pytest.CaptureFixture[str], errcode: int
) -> None:
    gateway.corner.plan_fault("auth/getuserinfo", errcode=errcode, times=1)
    browser = gateway.browser()
    state = (await browser.begin())["state"]
    code = gateway.mint("lisi")
    answer = await browser.get(callback(state, code))
    reference = answer.headers["x-request-id"]
    assert answer.status_code >= 400
    assert reference in answer.text
    for detail in (str(errcode), "getuserinfo", "ApiError", code, "Traceback"):
        assert detail not in answer.text
    told = [line for line in "".join(capfd.readouterr()).splitlines() if reference in line]
    assert any(str(errcode) in line for line in told)
