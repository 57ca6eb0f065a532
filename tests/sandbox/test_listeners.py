import logging

import httpx2
import pytest

from gongpai.sandbox import Sandbox


def test_no_url_is_logged_even_where_somebody_listens_to_uvicorn(caplog: pytest.LogCaptureFixture) -> None:
    access = logging.getLogger("uvicorn.access")
    with Sandbox.start("base") as sandbox:
        access.addHandler(caplog.handler)
        try:
            with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "uvicorn.access"):
                answer = httpx2.get(f"{sandbox.url}/cgi-bin/gettoken?corpid=wxCorpId&corpsecret=SECRET_A")
        finally:
            access.removeHandler(caplog.handler)
    assert answer.json()["errcode"] == 0
    logged = [record.getMessage() for record in caplog.records if record.name.startswith("uvicorn")]
    assert not [line for line in logged if "SECRET_A" in line]
