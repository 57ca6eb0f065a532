"""A SQLite installation that outgrew its machine goes on on PostgreSQL: nobody has to do anything again."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx2
import pytest

from fleet.doors import Door, open_doors
from fleet.nodes import LUNCH, TELLY, Fleet, Node, running_fleet
from fleet.visitor import Party, Visitor, claims_of
from gongpai.sandbox import Corner

pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]
_DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


async def test_what_was_granted_on_sqlite_goes_on_on_postgresql(
    corner: Corner, http: httpx2.AsyncClient, tmp_path: Path, postgres_url: str
) -> None:
    with running_fleet(corner, tmp_path, workers=1) as fleet:
        (node,) = fleet.nodes
        visitor, party, asker = Visitor(fleet, http), Party(fleet, http), Party(fleet, http, LUNCH)
        async with open_doors(fleet) as (door,):
            first = await party.tokens(visitor)
            tokens = (await party.refresh(first["refresh_token"])).json()
            assert (await visitor.browse(f"{fleet.app_url}/.gongpai/begin?return_to=/", door)).status_code
            assert (await visitor.ask_gate(door)).status_code == 200
            await _consent(asker, visitor)
            codes = await _approve_device(fleet, visitor, http)
            keys = (await http.get(f"{fleet.issuer}/jwks")).json()
            gone = await _signed_out(fleet, http, door)

        node.stop()
        file = node.config.parent / "gongpai.db"
        _name_storage(node, fleet.storage, postgres_url)
        copying = node.command("migrate", "copy", str(file))
        assert copying.communicate()[0].startswith("copied: ")
        assert copying.returncode == 0
        node.start()
        # Whatever is answered from here on, the file has no part in.
        with closing(sqlite3.connect(file)) as left:
            left.execute("DROP TABLE grants")

        async with open_doors(fleet) as (door,):
            published = (await http.get(f"{fleet.issuer}/jwks")).json()
            assert {key["kid"] for key in keys["keys"]} <= {key["kid"] for key in published["keys"]}
            assert (await claims_of(tokens["id_token"], door.public))["sub"] == await _sub(party, tokens)
            assert await party.is_active(tokens["access_token"])
            newest = (await party.refresh(tokens["refresh_token"])).json()
            assert await _sub(party, newest) == await _sub(party, tokens)
            assert (await visitor.get(f"{fleet.issuer}/me")).status_code == 200
            assert (await visitor.ask_gate(door)).status_code == 200
            assert "code" in (await asker.ask(visitor, prompt="none")).query
            assert (await _poll_device(fleet, http, codes)).status_code == 200
            assert (await gone.get(f"{fleet.issuer}/me")).headers["location"].startswith("/signin")
            assert (await gone.ask_gate(door)).status_code == 401
            # A token that was used there is one that was used: its family ends here.
            assert (await party.refresh(first["refresh_token"])).json()["error"] == "invalid_grant"
            assert (await party.refresh(newest["refresh_token"])).json()["error"] == "invalid_grant"


def _name_storage(node: Node, before: str, after: str) -> None:
    text = node.config.read_text()
    assert text.count(before) == 1
    node.config.write_text(text.replace(before, after))


async def _sub(party: Party, tokens: dict[str, str]) -> str:
    return str((await party.userinfo(tokens["access_token"])).json()["sub"])


async def _consent(party: Party, visitor: Visitor) -> None:
    url = party.question("openid").url(party.fleet.issuer)
    page = await visitor.browse(url)
    assert page.status_code == 200
    (action,) = re.findall(r'<form[^>]* action="(/authorize/[^"]+)"', page.text)
    answer = await visitor.post(f"{party.fleet.issuer}{action}", {**_hidden(page), "answer": "allow"})
    assert "code=" in answer.headers["location"]


async def _approve_device(fleet: Fleet, visitor: Visitor, http: httpx2.AsyncClient) -> dict[str, str]:
    asked = await http.post(f"{fleet.issuer}/device_authorization", data={"client_id": TELLY, "scope": "openid"})
    codes: dict[str, str] = asked.json()
    page = await visitor.get(f"{fleet.issuer}/device")
    page = await visitor.post(f"{fleet.issuer}/device", {**_hidden(page), "user_code": codes["user_code"]})
    told = {**_hidden(page), "answer": "allow"}
    assert (await visitor.post(f"{fleet.issuer}/device/confirm", told)).status_code == 200
    return codes


def _hidden(page: httpx2.Response) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))


async def _poll_device(fleet: Fleet, http: httpx2.AsyncClient, codes: dict[str, str]) -> httpx2.Response:
    fields = {"client_id": TELLY, "grant_type": _DEVICE_CODE, "device_code": codes["device_code"]}
    return await http.post(f"{fleet.issuer}/token", data=fields)


async def _signed_out(fleet: Fleet, http: httpx2.AsyncClient, door: Door) -> Visitor:
    """Return somebody who signed out, with the cookies from before."""
    visitor = Visitor(fleet, http)
    await visitor.browse(f"{fleet.app_url}/.gongpai/begin?return_to=/", door)
    kept = {host: dict(jar) for host, jar in visitor.jars.items()}
    await visitor.sign_out()
    visitor.jars = kept
    return visitor
