"""A Django project with mozilla-django-oidc against the provider as it is served, set up by the recipe."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from gongpai.sandbox import Corner
from journeys.stage import Stage, heading
from provided import Provided, by_recipe
from relying_parties.members_page import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PROJECT = Path(__file__).parent / "django_project.py"


@pytest.fixture(scope="module")
def party(corner: Corner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provided]:
    folder: Path = tmp_path_factory.mktemp("django")
    command = [sys.executable, str(PROJECT)]
    with by_recipe(corner, folder, "django", lambda _port: command, SIGNOUT_PATH="/oidc/logout/") as party:
        yield party


def test_a_page_for_members_only_signs_them_in_by_qr_code_and_opens(stage: Stage, party: Provided) -> None:
    heading(sign_in(stage, party), "1: lisi@corp.example")


def test_inside_wecom_nobody_clicks_anything_and_is_the_same_user(party: Provided) -> None:
    page = party.browse("/members")
    assert page.url == f"{party.party_url}/members"
    assert "<h1>1: lisi@corp.example</h1>" in page.body


def test_signing_out_ends_both_sessions_and_comes_back(stage: Stage, party: Provided) -> None:
    desk = sign_in(stage, party)
    desk.get_by_role("button", name="Leave").click()
    heading(desk, "Nobody")
    expect(desk).to_have_url(f"{party.party_url}/")
    desk.goto(f"{party.party_url}/members")
    heading(desk, "You are signed out")


def test_the_project_asks_again_silently_and_ends_its_session_with_ours(stage: Stage, party: Provided) -> None:
    desk = sign_in(stage, party)
    asked: list[str] = []
    desk.on("request", lambda request: asked.append(request.url) if "prompt=none" in request.url else None)
    desk.goto(f"{party.party_url}/later")
    desk.goto(f"{party.party_url}/members")
    heading(desk, "1: lisi@corp.example")
    assert len(asked) == 1
    desk.goto(stage.url("/signout"))
    desk.get_by_role("button", name="Sign out").click()
    heading(desk, "You are signed out")
    desk.goto(f"{party.party_url}/later")
    desk.goto(f"{party.party_url}/members")
    heading(desk, "Nobody")
