"""Two nodes whose clocks differ: seconds change nothing, and even minutes let nothing happen twice."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from joserfc.jwt import JWTClaimsRegistry
from starlette.types import Receive, Scope, Send

from gateways import PUBLIC_URL, Browser, Gateway, callback, gateway_config, open_gateway, query_of
from gongpai.gateway.oidc import jose
from gongpai.gateway.records_provider import AuthMethod, GrantType, SigningAlg
from gongpai.gateway.store.open import open_stores
from gongpai.sandbox import Corner
from relying_party import LUNCH, WIKI, Party, follow

# The first node's clock is right; the second one's differs by so much.
_SECONDS = pytest.mark.parametrize("seconds", [2, -2])
_MINUTES = pytest.mark.parametrize("seconds", [90, -90])
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_OFFLINE = "openid offline_access"
# What the libraries of relying parties allow where nobody set anything else.
_USUAL_LEEWAY_SECONDS = 30
_ROBOT_JWK = jose.generate_key(SigningAlg.ES256)
_ROBOT = replace(
    WIKI,
    client_id="robot",
    auth_method=AuthMethod.PRIVATE_KEY_JWT,
    secret_hashes=(),
    jwks={"keys": [jose.public_jwk(_ROBOT_JWK)]},
)


@dataclass
class Site:
    """Two nodes at one address; *turn* says which one answers."""

    nodes: tuple[Gateway, Gateway]
    turn: int = 0
    browsers: list[Browser] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        await self.nodes[self.turn].app(scope, receive, send)

    @property
    def gateway(self) -> Gateway:
        """What people and parties take for one gateway."""
        first = self.nodes[0]
        return Gateway(self, first.corner, first.config, first.clock, self.browsers)

    async def sweep(self) -> None:
        """Let each node clean up, by its own clock."""
        async with open_stores(self.nodes[0].config.storage) as stores:
            for node in self.nodes:
                await stores.cleaner.sweep(node.clock(), 500)


@pytest.fixture
async def site(wecom_sandbox: Corner, tmp_path: Path, seconds: int) -> AsyncIterator[Site]:
    parties = {party.client_id: party for party in (WIKI, LUNCH, _ROBOT)}
    config = gateway_config(wecom_sandbox, tmp_path, parties=parties)
    async with open_gateway(wecom_sandbox, config) as right, open_gateway(wecom_sandbox, config) as wrong:
        wrong.clock.moment = right.clock.moment + timedelta(seconds=seconds)
        site = Site((right, wrong))
        yield site
        for browser in site.browsers:
            await browser.http.aclose()


@_SECONDS
@pytest.mark.parametrize("first", [0, 1])
async def test_with_seconds_between_them_any_node_goes_on_with_what_another_began(site: Site, first: int) -> None:
    browser, party, second = site.gateway.browser(), Party(site.gateway), 1 - first
    site.turn = first
    pushed = await party.call("/par", query_of(f"/?{party.query(scope=_OFFLINE)}"))
    begun = await browser.begin()
    site.turn = second
    code = site.gateway.mint("lisi")
    assert (await browser.get(callback(begun["state"], code))).headers["location"] == "/me"
    asked = f"/authorize?client_id=wiki&request_uri={pushed.json()['request_uri']}"
    brought = query_of(await follow(browser, await browser.get(asked)))
    site.turn = first
    answer = await party.redeem(brought["code"])
    assert answer.status_code == 200
    await _assert_accepted_on_true_time(party, answer.json()["id_token"])
    site.turn = second
    refreshed = await party.refresh(answer.json()["refresh_token"])
    await _assert_accepted_on_true_time(party, refreshed.json()["id_token"])
    site.turn = first
    # Whoever comes once more within the grace gets the same answer (T23).
    assert (await party.refresh(answer.json()["refresh_token"])).content == refreshed.content
    newest = await party.refresh(refreshed.json()["refresh_token"])
    for site.turn in (0, 1):
        assert (await party.userinfo(newest.json()["access_token"])).status_code == 200
        assert (await _robot_asks(site, _assertion(site.nodes[0].clock()))).json() == {"active": False}
        assert (await browser.get("/me")).status_code == 200


@_MINUTES
@pytest.mark.parametrize("first", [0, 1])
async def test_with_minutes_between_them_an_authorization_code_is_good_once_at_most(site: Site, first: int) -> None:
    browser, party, second = site.gateway.browser(), Party(site.gateway), 1 - first
    site.turn = first
    code = (await party.sign_in(browser))["code"]
    answers = []
    for site.turn in (second, first, second, first):
        await site.sweep()
        answers.append(await party.redeem(code))
    (won,) = [answer for answer in answers if answer.status_code == 200]
    assert {answer.json().get("error", "") for answer in answers} == {"", "invalid_grant"}
    # It came again, so what it was good for is worth nothing.
    for site.turn in (0, 1):
        assert (await party.userinfo(won.json()["access_token"])).status_code == 401


@_MINUTES
@pytest.mark.parametrize("first", [0, 1])
async def test_with_minutes_between_them_a_refresh_token_has_one_successor_at_most(site: Site, first: int) -> None:
    browser, party, second = site.gateway.browser(), Party(site.gateway), 1 - first
    site.turn = first
    tokens = await party.tokens(browser, scope=_OFFLINE)
    answers = []
    for site.turn in (first, second, first):
        await site.sweep()
        answers.append(await party.refresh(tokens["refresh_token"]))
    assert answers[0].status_code == 200
    others = {answer.content for answer in answers[1:]} - {answers[0].content}
    assert all(b"invalid_grant" in content for content in others)


@_MINUTES
@pytest.mark.parametrize("first", [0, 1])
async def test_with_minutes_between_them_an_assertion_is_accepted_once_at_most(site: Site, first: int) -> None:
    site.turn = first
    # The lag of a clock beyond a minute is not forgiven, or whoever finds an old assertion could play it.
    assertion = _assertion(site.nodes[first].clock())
    statuses = []
    for site.turn in (first, 1 - first, first):
        answer = await _robot_asks(site, assertion)
        statuses.append(answer.status_code)
        await site.sweep()
    assert statuses == [200, 401, 401]


@_MINUTES
@pytest.mark.parametrize("first", [0, 1])
async def test_with_minutes_between_them_a_way_back_from_wecom_makes_one_session_at_most(
    site: Site, first: int
) -> None:
    browser, thief = site.gateway.browser(), site.gateway.browser()
    site.turn = first
    state, stolen = (await browser.begin())["state"], (await thief.begin())["state"]
    code = site.gateway.mint("lisi")
    assert (await browser.get(callback(state, code))).headers["location"] == "/me"
    for site.turn in (1 - first, first):
        await site.sweep()
        again = await browser.get(callback(state, code))
        assert again.headers.get("location") == "/me" or again.status_code == 400
        assert "location" not in (await thief.get(callback(stolen, code))).headers
    assert site.gateway.corner.counts()["auth/getuserinfo"] == 1
    assert (await browser.get("/me")).text.count('name="handle"') <= 1


@_MINUTES
@pytest.mark.parametrize("first", [0, 1])
async def test_with_minutes_between_them_a_yes_and_a_device_code_count_once_at_most(site: Site, first: int) -> None:
    browser, party = site.gateway.browser(), Party(site.gateway)
    site.turn = first
    await browser.sign_in()
    codes = (await party.call("/device_authorization", {"scope": "openid"})).json()
    page = await browser.get("/device")
    page = await browser.post("/device", {"user_code": codes["user_code"]}, page=page.text)
    fields = {name: page.text.split(f'name="{name}" value="')[1].split('"')[0] for name in ("user_code", "session")}
    said = [await _say_yes(site, browser, page, fields, turn) for turn in (first, 1 - first)]
    assert [answer.status_code for answer in said] == [200, 400]
    polled = []
    for site.turn in (1 - first, first, 1 - first, first):
        await site.sweep()
        polled.append(await _poll(party, codes["device_code"]))
        for node in site.nodes:
            node.clock.advance(seconds=100)
    assert len([answer for answer in polled if answer.status_code == 200]) == 1


@_MINUTES
@pytest.mark.parametrize("first", [0, 1])
async def test_with_minutes_between_them_whoever_signed_out_is_out_everywhere(site: Site, first: int) -> None:
    browser, party = site.gateway.browser(), Party(site.gateway)
    site.turn = first
    tokens = await party.tokens(browser)
    kept = httpx2.Cookies(browser.http.cookies)
    await browser.post("/signout", page=(await browser.get("/signout")).text)
    for site.turn in (0, 1):
        await site.sweep()
        browser.http.cookies = kept
        assert (await browser.get("/me")).headers["location"].startswith("/signin")
        assert (await party.userinfo(tokens["access_token"])).status_code == 401


async def _assert_accepted_on_true_time(party: Party, id_token: str) -> None:
    true_time = int(party.gateway.clock().timestamp())
    JWTClaimsRegistry(true_time, leeway=_USUAL_LEEWAY_SECONDS).validate(await party.claims(id_token))


def _assertion(at: datetime) -> str:
    now = int(at.timestamp())
    claims = {"iss": "robot", "sub": "robot", "aud": PUBLIC_URL, "jti": secrets.token_hex(8), "iat": now}
    return jose.sign(jose.private_key(_ROBOT_JWK), "JWT", {**claims, "exp": now + 20})


async def _robot_asks(site: Site, assertion: str) -> httpx2.Response:
    fields = {"token": "none", "client_assertion_type": _ASSERTION, "client_assertion": assertion}
    return await Party(site.gateway, _ROBOT, None).call("/introspect", fields)


async def _say_yes(
    site: Site, browser: Browser, page: httpx2.Response, fields: dict[str, str], turn: int
) -> httpx2.Response:
    site.turn = turn
    return await browser.post("/device/confirm", {**fields, "answer": "allow"}, page=page.text)


async def _poll(party: Party, device_code: str) -> httpx2.Response:
    return await party.call("/token", {"grant_type": GrantType.DEVICE_CODE.value, "device_code": device_code})
