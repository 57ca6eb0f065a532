"""A relying party on openid-client, certified by the OpenID Foundation, against the provider as it is served."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gongpai.sandbox import Sandbox
from npm_packages import NPM_ROOT, require_npm_file
from programs import require_program
from provided import CLIENT_ID, Provided, provided


@pytest.fixture(scope="module")
def wiki(wecom_sandbox_server: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provided]:
    require_npm_file("openid-client/package.json")
    folder: Path = tmp_path_factory.mktemp("openid-client")
    corner = wecom_sandbox_server.corner()
    command = [require_program("node", "nodejs"), str(NPM_ROOT / "openid_client_party.mjs")]
    with provided(corner, folder, command) as wiki:
        yield wiki
    corner.close()


def test_it_discovers_every_endpoint_under_our_issuer(wiki: Provided) -> None:
    found = wiki.browse("/").json()
    endpoints = {name: url for name, url in found.items() if name.endswith("_endpoint") or name == "jwks_uri"}
    assert len(endpoints) == 9
    assert {url.startswith(f"{wiki.issuer}/") for url in endpoints.values()} == {True}
    assert "end_session_endpoint" in endpoints
    assert (found["backchannel_logout_supported"], found["backchannel_logout_session_supported"]) == (True, True)


@pytest.mark.parametrize("way", ["/login", "/login-pushed"])
def test_it_signs_a_member_in_with_pkce_and_a_verified_id_token(wiki: Provided, way: str) -> None:
    known = wiki.browse(way).json()
    assert (known["claims"]["iss"], known["claims"]["aud"]) == (wiki.issuer, CLIENT_ID)
    assert known["userinfo"]["sub"] == known["claims"]["sub"]
    assert known["userinfo"]["preferred_username"] == "lisi"
    assert known["userinfo"]["groups"] == ["dept:4", "dept:5"]


def test_its_refresh_token_is_exchanged_for_another_and_a_new_access_token(wiki: Provided) -> None:
    signed_in = wiki.browse("/login").json()
    refreshed = wiki.browse("/refresh").json()
    assert refreshed == {"is_rotated": True, "userinfo": signed_in["userinfo"]}


def test_an_access_token_that_it_revokes_is_dead(wiki: Provided) -> None:
    signed_in = wiki.browse("/login").json()
    introspected = wiki.browse("/revoke").json()
    assert introspected["before"]["active"] is True
    assert introspected["before"]["sub"] == signed_in["claims"]["sub"]
    assert introspected["after"] == {"active": False}


def test_it_signs_a_member_out_and_the_next_sign_in_waits_for_a_click(wiki: Provided) -> None:
    wiki.browse("/login")
    left = wiki.browse("/logout")
    assert left.url == f"{wiki.party_url}/bye?state=see-you"
    assert wiki.browse("/login").url.startswith(f"{wiki.issuer}/")
