"""The page of the Django project that only members see."""

from playwright.sync_api import Page, expect

from journeys.stage import Stage
from provided import Provided


def sign_in(stage: Stage, project: Provided) -> Page:
    """Open a page for members only, and sign Li Si in at a desk, by QR code."""
    desk = stage.desk()
    desk.goto(f"{project.party_url}/members")
    stage.scan(desk, "Li Si").get_by_role("button", name="Confirm").click()
    expect(desk).to_have_url(f"{project.party_url}/members")
    return desk
