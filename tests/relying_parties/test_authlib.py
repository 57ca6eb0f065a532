"""A relying party on Authlib's client for Starlette and FastAPI against the provider as it is served."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gongpai.sandbox import Sandbox
from provided import CLIENT_ID, Provided, provided

PARTY = Path(__file__).parent / "authlib_party.py"


@pytest.fixture(scope="module")
def wiki(wecom_sandbox_server: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provided]:
    folder: Path = tmp_path_factory.mktemp("authlib")
    corner = wecom_sandbox_server.corner()
    with provided(corner, folder, [sys.executable, str(PARTY)]) as wiki:
        yield wiki
    corner.close()


def test_it_signs_a_member_in_with_pkce_and_a_verified_id_token(wiki: Provided) -> None:
    known = wiki.browse("/login").json()
    assert (known["claims"]["iss"], known["claims"]["aud"]) == (wiki.issuer, CLIENT_ID)
    assert known["userinfo"]["sub"] == known["claims"]["sub"]
    assert known["userinfo"]["preferred_username"] == "lisi"
    assert known["userinfo"]["groups"] == ["dept:4", "dept:5"]


def test_its_refresh_token_is_exchanged_for_another_and_a_new_access_token(wiki: Provided) -> None:
    signed_in = wiki.browse("/login").json()
    assert wiki.browse("/refresh").json() == {"is_rotated": True, "userinfo": signed_in["userinfo"]}


def test_it_signs_a_member_out_and_the_next_sign_in_waits_for_a_click(wiki: Provided) -> None:
    wiki.browse("/login")
    assert wiki.browse("/logout").url == f"{wiki.party_url}/bye"
    assert wiki.browse("/login").url.startswith(f"{wiki.issuer}/")
