"""Clients that know only WeCom's real addresses sign in against the sandbox, unmodified, through the TLS mode."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from npm_packages import require_npm_file
from programs import require_program

HERE = Path(__file__).parent
TESTS = HERE.parent


def _in_own_network(scenario: str) -> Any:  # noqa: ANN401  JSON
    """Run *scenario* where there is no network but its own; without root, a user namespace gives the right to."""
    unshare = [require_program("unshare"), "--net", "--mount"]
    if os.geteuid() != 0:
        unshare += ["--user", "--map-root-user"]
    done = subprocess.run(
        [*unshare, sys.executable, str(HERE / "own_network.py"), scenario],
        capture_output=True,
        text=True,
        check=False,
        timeout=270,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def logto() -> Path:
    """The connector of Logto, an identity provider, as npm gives it."""
    require_program("node", "nodejs")
    source = require_npm_file("@logto/connector-wecom/lib/index.js")
    assert '"https://qyapi.weixin.qq.com/cgi-bin/gettoken"' in source.read_text(encoding="utf-8")
    return source


@pytest.mark.usefixtures("logto")
def test_logtos_connector_signs_a_member_in_by_qr_code() -> None:
    result = _in_own_network("qr")
    assert result["answer"]["link"].startswith("https://open.work.weixin.qq.com/wwopen/sso/qrConnect?")
    person = result["answer"]["person"]
    assert (person["id"], person["name"]) == ("lisi", "李四")
    assert ["qyapi.weixin.qq.com", "/cgi-bin/auth/getuserinfo"] in result["asked"]
    assert ["open.work.weixin.qq.com", "/wwopen/sso/qrConnect"] in result["asked"]


@pytest.mark.usefixtures("logto")
def test_logtos_connector_signs_a_member_in_inside_the_client() -> None:
    result = _in_own_network("in_app")
    assert result["answer"]["link"].startswith("https://open.weixin.qq.com/connect/oauth2/authorize?")
    assert result["answer"]["link"].endswith("#wechat_redirect")
    assert result["answer"]["person"]["id"] == "zhangsan"
    assert ["open.weixin.qq.com", "/connect/oauth2/authorize"] in result["asked"]


def test_wechatpy_identifies_a_member_at_its_built_in_address() -> None:
    result = _in_own_network("wechatpy")
    assert result["answer"]["UserId"] == "lisi"
    assert ["qyapi.weixin.qq.com", "/cgi-bin/gettoken"] in result["asked"]


def test_the_printed_curl_command_works_as_it_is_printed() -> None:
    require_program("curl")
    assert _in_own_network("curl")["answer"]["errcode"] == 0
