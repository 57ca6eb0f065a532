"""A Django project with django-allauth against the provider as it is served, set up by the recipe."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gongpai.sandbox import Corner
from journeys.stage import Stage, heading
from provided import Provided, by_recipe
from relying_parties.members_page import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PROJECT = Path(__file__).parent / "django_project.py"


@pytest.fixture(scope="module")
def party(corner: Corner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provided]:
    folder: Path = tmp_path_factory.mktemp("allauth")
    command = [sys.executable, str(PROJECT)]
    with by_recipe(corner, folder, "django-allauth", lambda _port: command, SIGNOUT_PATH="/accounts/logout/") as party:
        yield party


def test_a_page_for_members_only_signs_them_in_by_qr_code_and_opens(stage: Stage, party: Provided) -> None:
    heading(sign_in(stage, party), "1: lisi@corp.example")


def test_a_member_who_comes_back_in_another_browser_is_the_same_user(stage: Stage, party: Provided) -> None:
    first, second = sign_in(stage, party), sign_in(stage, party)
    assert first.text_content("h1") == second.text_content("h1")


def test_signing_out_of_the_project_asks_whether_to_sign_out_with_us_too(stage: Stage, party: Provided) -> None:
    desk = sign_in(stage, party)
    desk.get_by_role("button", name="Leave").click()
    heading(desk, "Sign out?")
    desk.get_by_role("button", name="Sign out").click()
    heading(desk, "You are signed out")
    desk.goto(f"{party.party_url}/members")
    heading(desk, "You are signed out")


def test_the_project_refreshes_nothing_and_trusts_its_own_session(stage: Stage, party: Provided) -> None:
    desk = sign_in(stage, party)
    desk.goto(stage.url("/signout"))
    desk.get_by_role("button", name="Sign out").click()
    heading(desk, "You are signed out")
    desk.goto(f"{party.party_url}/members")
    heading(desk, "1: lisi@corp.example")
