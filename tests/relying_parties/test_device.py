"""A program without a browser, on openid-client, is signed in by somebody who types its code at a desk."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from gongpai.sandbox import Corner
from journeys.stage import Stage, heading
from npm_packages import NPM_ROOT, require_npm_file
from programs import dies_with_us, require_program
from provided import CLIENT_ID, Provided, free_address, gateway_for

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def party(corner: Corner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provided]:
    settings = {
        "name": "The Tool",
        "auth_method": "none",
        "scopes": ["openid", "profile", "offline_access"],
        "grant_types": ["device_code", "refresh_token"],
    }
    issuer = free_address()
    with gateway_for(corner, tmp_path_factory.mktemp("device"), issuer, settings):
        yield Provided(issuer, party_url="")


@contextmanager
def tool(party: Provided) -> Iterator[Callable[[], Any]]:
    """Run the program; yield what returns the next thing it says."""
    require_npm_file("openid-client/package.json")
    command = [require_program("node", "nodejs"), str(NPM_ROOT / "openid_client_device.mjs")]
    environ = {**os.environ, "NO_PROXY": "127.0.0.1", "ISSUER": party.issuer, "CLIENT_ID": CLIENT_ID}
    with subprocess.Popen(dies_with_us(command), stdout=subprocess.PIPE, text=True, env=environ) as process:
        assert process.stdout is not None
        said = process.stdout
        try:
            yield lambda: json.loads(said.readline())
        finally:
            process.kill()


def test_somebody_signs_in_by_qr_code_and_types_the_code_that_the_tool_shows(stage: Stage, party: Provided) -> None:
    with tool(party) as hear:
        codes = hear()
        desk = stage.desk()
        desk.goto(codes["verification_uri"])
        stage.scan(desk, "Li Si").get_by_role("button", name="Confirm").click()
        heading(desk, "Sign a device in")
        desk.get_by_label("Code").fill(codes["user_code"].lower())
        desk.get_by_role("button", name="Go on").click()
        heading(desk, "Sign in to The Tool on a device?")
        desk.get_by_role("button", name="Yes, it is mine").click()
        heading(desk, "The device is signed in")
        signed_in, refreshed, after = hear(), hear(), hear()
    assert signed_in["claims"]["aud"] == CLIENT_ID
    assert signed_in["claims"]["amr"] == ["web"]
    assert signed_in["userinfo"]["preferred_username"] == "lisi"
    assert refreshed == {"is_rotated": True, "userinfo": signed_in["userinfo"]}
    assert after == {"refused": 401}


def test_a_tool_that_somebody_refuses_is_told_so(stage: Stage, party: Provided) -> None:
    with tool(party) as hear:
        codes = hear()
        desk = stage.desk()
        desk.goto(codes["verification_uri"])
        stage.scan(desk, "Li Si").get_by_role("button", name="Confirm").click()
        desk.get_by_label("Code").fill(codes["user_code"])
        desk.get_by_role("button", name="Go on").click()
        desk.get_by_role("button", name="No").click()
        heading(desk, "The device was refused")
        assert hear() == {"error": "access_denied"}
