"""A JupyterHub with GenericOAuthenticator against the provider as it is served, set up by the recipe."""

import base64
import json
import secrets
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from environments import require_environment
from gongpai.sandbox import Corner
from journeys.stage import Stage, heading
from npm_packages import require_npm_file
from programs import dies_with_us, free_port, require_program
from provided import CLIENT_ID, SECRET, Provided, by_recipe
from served import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

CONFIG = Path(__file__).parent / "jupyterhub_party.py"
HUB_TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def party(corner: Corner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provided]:
    proxy = require_npm_file("configurable-http-proxy/bin/configurable-http-proxy")
    environ = {
        "HUB_PORT": str(free_port()),
        "HUB_TOKEN": HUB_TOKEN,
        "JUPYTERHUB_CRYPT_KEY": secrets.token_hex(32),
        "PROXY_API_PORT": str(free_port()),
        "PROXY_COMMAND": "\n".join(dies_with_us([require_program("node", "nodejs"), str(proxy)])),
    }
    command = [str(require_environment("jupyterhub") / "jupyterhub"), "-f", str(CONFIG)]
    folder: Path = tmp_path_factory.mktemp("jupyterhub")
    with by_recipe(corner, folder, "jupyterhub", lambda _port: command, "/hub/health", **environ) as party:
        yield party


def known_to(hub: Provided, name: str) -> Any:  # noqa: ANN401  JSON
    """Return what the hub keeps of the person called *name*."""
    url = f"{hub.party_url}/hub/api/users/{name}"
    request = urllib.request.Request(url, headers={"Authorization": f"token {HUB_TOKEN}"})  # noqa: S310  loopback
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  loopback
        return json.load(answer)


def sign_in(stage: Stage, hub: Provided) -> Page:
    """Sign Li Si in at a desk, by QR code, which opens the notebook."""
    desk = stage.desk()
    desk.goto(hub.party_url)
    desk.get_by_role("button", name="Sign in with WeCom").click()
    stage.scan(desk, "Li Si").get_by_role("button", name="Confirm").click()
    heading(desk, "The notebook of lisi")
    return desk


def revoke(hub: Provided, token: str) -> None:
    """Let a token end before its time; a refresh token takes its grant along."""
    credentials = base64.b64encode(f"{CLIENT_ID}:{SECRET}".encode()).decode()
    body = urlencode({"token": token}).encode()
    request = urllib.request.Request(  # noqa: S310  loopback
        f"{hub.issuer}/revoke", body, headers={"Authorization": f"Basic {credentials}"}
    )
    urllib.request.urlopen(request, timeout=30).close()  # noqa: S310  loopback


def test_somebody_signs_in_by_qr_code_and_their_notebook_opens(stage: Stage, party: Provided) -> None:
    desk = sign_in(stage, party)
    expect(desk).to_have_url(f"{party.party_url}/user/lisi/")
    person = known_to(party, "lisi")
    assert set(person["groups"]) == {"dept:4", "dept:5"}
    assert person["auth_state"]["oauth_user"]["name"] == "李四"


def test_the_hub_refreshes_when_its_access_token_has_ended(stage: Stage, party: Provided) -> None:
    desk = sign_in(stage, party)
    before = known_to(party, "lisi")["auth_state"]
    revoke(party, before["access_token"])

    def is_refreshed() -> bool:
        desk.goto(f"{party.party_url}/hub/home")
        return bool(known_to(party, "lisi")["auth_state"]["refresh_token"] != before["refresh_token"])

    until(is_refreshed)
    expect(desk.get_by_text("lisi").first).to_be_visible()
    after = known_to(party, "lisi")["auth_state"]
    assert after["access_token"] != before["access_token"]
    assert after["oauth_user"]["sub"] == before["oauth_user"]["sub"]


def test_signing_out_of_the_hub_asks_whether_to_sign_out_with_us_too(stage: Stage, party: Provided) -> None:
    desk = sign_in(stage, party)
    desk.goto(f"{party.party_url}/hub/home")
    desk.get_by_role("button", name="Logout").click()
    # The hub sends no id_token_hint, so whoever sends a browser there must not sign anybody out unasked.
    heading(desk, "Sign out?")
    desk.get_by_role("button", name="Sign out").click()
    heading(desk, "You are signed out")
    desk.goto(party.party_url)
    desk.get_by_role("button", name="Sign in with WeCom").click()
    heading(desk, "You are signed out")
    desk.get_by_role("button", name="Sign in again").click()
    stage.scan(desk, "Li Si").get_by_role("button", name="Confirm").click()
    heading(desk, "The notebook of lisi")


def test_signing_out_with_us_alone_leaves_the_hub_open_until_its_grant_ends(stage: Stage, party: Provided) -> None:
    desk = sign_in(stage, party)
    desk.goto(stage.url("/signout"))
    desk.get_by_role("button", name="Sign out").click()
    heading(desk, "You are signed out")
    # It goes on by its refresh token: that of a grant with offline_access outlives the session.
    desk.goto(f"{party.party_url}/hub/home")
    expect(desk.get_by_role("button", name="Logout")).to_be_visible()
    revoke(party, known_to(party, "lisi")["auth_state"]["refresh_token"])

    def is_out() -> bool:
        desk.goto(f"{party.party_url}/hub/home")
        return desk.get_by_role("button", name="Sign in with WeCom").is_visible()

    until(is_out)
