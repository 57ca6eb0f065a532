"""A Streamlit app with `st.login` against the provider as it is served, set up by the recipe."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from environments import require_environment
from gongpai.sandbox import Corner
from journeys.stage import Stage, heading
from provided import Provided, by_recipe

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def party(corner: Corner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provided]:
    streamlit = str(require_environment("streamlit") / "streamlit")
    environ = {
        "STREAMLIT_SERVER_HEADLESS": "true",
        "STREAMLIT_SERVER_FILE_WATCHER_TYPE": "none",
        "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
    }
    folder: Path = tmp_path_factory.mktemp("streamlit")

    def command(port: int) -> list[str]:
        return [streamlit, "run", "app.py", f"--server.port={port}", "--server.address=127.0.0.1"]

    with by_recipe(corner, folder, "streamlit", command, "/_stcore/health", **environ) as party:
        yield party


def sign_in(stage: Stage, app: Provided) -> Page:
    """Sign Li Si in at a desk, by QR code."""
    desk = stage.desk()
    desk.goto(app.party_url)
    desk.get_by_role("button", name="企业微信登录").click()
    stage.scan(desk, "Li Si").get_by_role("button", name="Confirm").click()
    expect(desk.get_by_text("你好，李四")).to_be_visible()
    return desk


def test_somebody_signs_in_by_qr_code_and_the_app_knows_their_name(stage: Stage, party: Provided) -> None:
    desk = sign_in(stage, party)
    expect(desk).to_have_url(f"{party.party_url}/")
    desk.reload()
    expect(desk.get_by_text("你好，李四")).to_be_visible()


def test_logging_out_of_the_app_signs_out_with_us_too(stage: Stage, party: Provided) -> None:
    desk = sign_in(stage, party)
    desk.get_by_role("button", name="退出").click()
    expect(desk.get_by_role("button", name="企业微信登录")).to_be_visible()
    expect(desk).to_have_url(f"{party.party_url}/")
    desk.get_by_role("button", name="企业微信登录").click()
    heading(desk, "You are signed out")


def test_somebody_who_is_signed_in_with_us_goes_on_with_a_click(stage: Stage, party: Provided) -> None:
    desk = sign_in(stage, party)
    desk.context.clear_cookies(name=re.compile("^_streamlit"))
    desk.goto(party.party_url)
    # Streamlit says prompt=select_account, so the person is asked whether it is to be them.
    desk.get_by_role("button", name="企业微信登录").click()
    heading(desk, "Who signs in to Streamlit?")
    desk.get_by_role("button", name="Go on as 李四").click()
    expect(desk.get_by_text("你好，李四")).to_be_visible()


def test_the_app_refreshes_nothing_and_trusts_its_own_cookie(stage: Stage, party: Provided) -> None:
    desk = sign_in(stage, party)
    desk.goto(stage.url("/signout"))
    desk.get_by_role("button", name="Sign out").click()
    heading(desk, "You are signed out")
    desk.goto(party.party_url)
    expect(desk.get_by_text("你好，李四")).to_be_visible()
