"""The FastAPI program of the recipe, as it is printed, against the provider as it is served."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from gongpai.sandbox import Corner
from journeys.stage import Stage, heading
from provided import Provided, by_recipe

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def party(corner: Corner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provided]:
    def command(port: int) -> list[str]:
        return [sys.executable, "-m", "uvicorn", "main:app", f"--port={port}"]

    folder: Path = tmp_path_factory.mktemp("fastapi")
    with by_recipe(corner, folder, "fastapi", command, SESSION_SECRET="of tests only") as party:
        yield party


def test_somebody_signs_in_by_qr_code_and_out_again(stage: Stage, party: Provided) -> None:
    desk = stage.desk()
    desk.goto(f"{party.party_url}/login")
    stage.scan(desk, "Li Si").get_by_role("button", name="Confirm").click()
    expect(desk).to_have_url(f"{party.party_url}/")
    expect(desk.get_by_text('"preferred_username":"lisi"')).to_be_visible()
    expect(desk.get_by_text('"groups":["dept:4","dept:5"]')).to_be_visible()
    desk.goto(f"{party.party_url}/logout")
    expect(desk).to_have_url(f"{party.party_url}/")
    expect(desk.get_by_text("null")).to_be_visible()
    desk.goto(f"{party.party_url}/login")
    heading(desk, "You are signed out")


def test_inside_wecom_nobody_clicks_anything(party: Provided) -> None:
    page = party.browse("/login")
    assert page.url == f"{party.party_url}/"
    assert page.json()["name"] == "李四"
