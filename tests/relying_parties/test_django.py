"""A relying party on Django and mozilla-django-oidc against the provider as it is served."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gongpai.sandbox import Sandbox
from provided import Provided, provided

PARTY = Path(__file__).parent / "django_party.py"


@pytest.fixture(scope="module")
def wiki(wecom_sandbox_server: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provided]:
    folder: Path = tmp_path_factory.mktemp("django")
    corner = wecom_sandbox_server.corner()
    # It knows its users by email, and WeCom tells one only to those who have agreed: a template gives every member one.
    email = {"email": "template", "email_template": "{userid}@corp.example"}
    command = [sys.executable, str(PARTY), str(folder)]
    with provided(corner, folder, command, "/oidc/callback/", "/bye", **email) as wiki:
        yield wiki
    corner.close()


def test_a_page_for_members_only_signs_them_in_and_opens(wiki: Provided) -> None:
    page = wiki.browse("/me")
    assert page.url == f"{wiki.party_url}/me"
    assert page.json()["email"] == "lisi@corp.example"


def test_a_member_who_comes_back_in_another_browser_is_the_same_user(wiki: Provided) -> None:
    first = wiki.browse("/me").json()
    assert Provided(wiki.issuer, wiki.party_url).browse("/me").json() == first


def test_signing_out_ends_both_sessions_and_the_next_sign_in_waits_for_a_click(wiki: Provided) -> None:
    wiki.browse("/me")
    left = wiki.browse("/oidc/logout/")
    assert (left.url, left.json()) == (f"{wiki.party_url}/bye", {"is_signed_in": False})
    assert wiki.browse("/me").url.startswith(f"{wiki.issuer}/")
