"""T18: a QR code can be relayed, so a party or host may be closed to sign-ins by one, or its person is told of each."""

import sqlite3
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gateways import DESKTOP_UA, Browser, Gateway, callback, gateway_config, open_gateway, query_of
from gongpai.gateway.config import GateHost
from gongpai.gateway.records_provider import PartyPolicy, WebLoginRule
from gongpai.sandbox import Corner
from guarded import APP, OTHER, gate_config, guarded_host, open_guarded
from memory import until
from relying_party import WIKI, Party


async def by_scan(gateway: Gateway) -> Browser:
    """Open a browser at a desk where lisi signed in by scanning."""
    browser = gateway.browser(DESKTOP_UA)
    state = (await browser.begin())["state"]
    await browser.get(callback(state, gateway.mint("lisi", way="web")))
    return browser


def closed(host: GateHost, rule: WebLoginRule) -> GateHost:
    return replace(host, web_login=rule)


async def test_a_session_that_a_scan_opened_does_not_open_the_party(wecom_sandbox: Corner, tmp_path: Path) -> None:
    own = replace(WIKI, policy=PartyPolicy(web_login=WebLoginRule.DENY))
    async with open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, parties={"wiki": own})) as gateway:
        party, browser = Party(gateway, own), await by_scan(gateway)
        page = await browser.get(party.url())
        assert (page.status_code, page.headers["x-frame-options"]) == (403, "DENY")
        told = query_of((await browser.get(party.url(prompt="none"))).headers["location"])
        assert told["error"] == "access_denied"
        assert "code" in await party.sign_in(gateway.browser())


async def test_a_session_that_a_scan_opened_does_not_open_the_host(wecom_sandbox: Corner, tmp_path: Path) -> None:
    gate = gate_config(closed(guarded_host(), WebLoginRule.DENY), guarded_host("other", OTHER))
    async with open_guarded(wecom_sandbox, tmp_path, gate) as guarded:
        desk = await by_scan(guarded.gateway)
        begun = await guarded.visit(f"{APP}/.gongpai/begin?return_to=/", {})
        assert (await desk.get(begun.headers["location"])).status_code == 403
        await guarded.enter(desk, OTHER)
        phone = guarded.gateway.browser()
        await phone.sign_in()
        await guarded.enter(phone)


async def test_a_host_that_tells_does_so_once_a_session(wecom_sandbox: Corner, tmp_path: Path) -> None:
    gate = gate_config(closed(guarded_host(), WebLoginRule.NOTIFY), guarded_host("other", OTHER))
    async with open_guarded(wecom_sandbox, tmp_path, gate) as guarded:
        phone = guarded.gateway.browser()
        await phone.sign_in()
        await guarded.enter(phone)
        desk = await by_scan(guarded.gateway)
        await guarded.enter(desk, OTHER)
        assert wecom_sandbox.messages() == []
        for _ in range(2):
            await guarded.enter(desk)
        await until(lambda: len(wecom_sandbox.messages()) == 1)
        (message,) = wecom_sandbox.messages()
        assert urlsplit(APP).netloc in message.text
        assert wecom_sandbox.counts()["message/send"] == 1


async def test_who_signs_out_at_once_is_told_of_all_the_same_and_keeps_nothing(
    wecom_sandbox: Corner, tmp_path: Path
) -> None:
    own = replace(WIKI, policy=PartyPolicy(web_login=WebLoginRule.NOTIFY))
    async with open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, parties={"wiki": own})) as gateway:
        wecom_sandbox.plan_fault("message/send", http_status=502, times=1)
        thief, party = await by_scan(gateway), Party(gateway, own)
        own_tokens = await party.tokens(gateway.browser(), scope="openid offline_access")
        tokens = await party.tokens(thief, scope="openid offline_access")
        await thief.post("/signout", page=(await thief.get("/signout")).text)
        refreshed = (await party.refresh(tokens["refresh_token"])).json()
        gateway.clock.advance(seconds=11)
        await party.sign_in(await by_scan(gateway))
        await until(lambda: len(wecom_sandbox.messages()) == 2)
        phone = gateway.browser()
        for message in wecom_sandbox.messages():
            link = urlsplit(message.url).path
            page = await phone.get(link)
            assert page.status_code == 200
            assert (await phone.post(link, page=page.text)).status_code == 200
        assert (await party.refresh(refreshed["refresh_token"])).status_code == 400
        assert (await party.userinfo(refreshed["access_token"])).status_code == 401
        assert (await party.refresh(own_tokens["refresh_token"])).status_code == 200


@pytest.mark.parametrize("kept", ["hash", "sealed"])
async def test_the_link_that_ends_a_session_is_kept_as_a_hash(wecom_sandbox: Corner, tmp_path: Path, kept: str) -> None:
    own = replace(WIKI, policy=PartyPolicy(web_login=WebLoginRule.NOTIFY))
    async with open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, parties={"wiki": own})) as gateway:
        desk = await by_scan(gateway)
        if kept == "sealed":
            wecom_sandbox.plan_fault("message/send", http_status=502, times=1_000)
        await desk.get(Party(gateway, own).url())
        await until(lambda: wecom_sandbox.counts().get("message/send", 0) > 0)
        if kept == "hash":
            await until(lambda: len(wecom_sandbox.messages()) == 1)
            handle = urlsplit(wecom_sandbox.messages()[0].url).path.rpartition("/")[2]
            assert not any(handle.encode() in file.read_bytes() for file in _files(gateway))
        (row,) = _rows(gateway)
        assert len(row[0]) == 64
        assert kept == "hash" or b"/notice" not in row[1]


def _files(gateway: Gateway) -> list[Path]:
    return list(gateway.storage.glob("gongpai.db*"))


def _rows(gateway: Gateway) -> list[tuple[str, bytes]]:
    with sqlite3.connect(gateway.storage / "gongpai.db") as database:
        return database.execute("SELECT handle_hash, sealed FROM notices").fetchall()
