"""A session that ends in the very moment of a grant takes with it what must not outlive it, whichever comes first."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import httpx2
import pytest

from gateways import Browser, Gateway, gateway_config, open_gateway
from gongpai.gateway.app import GatewayApp
from gongpai.gateway.endpoints.token import Token
from gongpai.gateway.flow.authorize import Authorize
from gongpai.gateway.flow.device import Device
from gongpai.gateway.records import EndReason
from gongpai.gateway.records_provider import GrantType
from gongpai.gateway.store.open import Stores, open_stores
from gongpai.sandbox import Corner
from memory import Backend
from relying_party import WIKI, Party

pytestmark = [pytest.mark.services, pytest.mark.parametrize("backend", ["sqlite", "postgres"], indirect=True)]

# By the name of an act: when, and what happens on another node then.
Plan: TypeAlias = dict[str, tuple[str, Callable[[], Awaitable[None]]]]

WHEN = pytest.mark.parametrize("when", ["before", "after"])
# Who merely signs out of a browser leaves what they allowed to go on without them.
ENDS = pytest.mark.parametrize(
    ("reason", "scope"),
    [
        (EndReason.SIGN_OUT, "openid"),
        (EndReason.DENIED, "openid offline_access"),
        (EndReason.RETIRED, "openid offline_access"),
    ],
)


class Watched:
    """A store of which one act has something happen on another node right before it or right after, once."""

    def __init__(self, store: object, plan: Plan) -> None:
        self._store, self._plan = store, plan

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # any act of any store
        act = getattr(self._store, name)
        if name not in self._plan:
            return act
        when, happen = self._plan.pop(name)

        async def watched(*arguments: object) -> object:
            if when == "before":
                await happen()
            result = await act(*arguments)
            if when == "after":
                await happen()
            return result

        return watched


def watched(app: GatewayApp, plan: Plan) -> GatewayApp:
    """Return *app* with what begins and prolongs grants watched."""
    pages, endpoints = app.public.pages, app.public.endpoints
    token: Any = endpoints["/token"].handler
    assert isinstance(token, Token)
    stores: dict[str, Any] = {
        name: Watched(getattr(token.redeemer, name), plan) for name in ("codes", "tokens", "devices")
    }
    token = replace(token, redeemer=replace(token.redeemer, **stores))
    authorize: Any = getattr(pages.handlers["GET", "/authorize"], "__self__", None)
    device: Any = getattr(pages.handlers["POST", "/device/confirm"], "__self__", None)
    assert isinstance(authorize, Authorize)
    assert isinstance(device, Device)
    issuer: Any = replace(authorize.issuer, grants=Watched(authorize.issuer.grants, plan))
    handlers = {
        **pages.handlers,
        ("GET", "/authorize"): replace(authorize, issuer=issuer).begin,
        ("POST", "/device/confirm"): replace(device, store=Watched(device.store, plan)).decide,
    }
    public = replace(
        app.public,
        endpoints={**endpoints, "/token": replace(endpoints["/token"], handler=token)},
        pages=replace(pages, handlers=handlers),
    )
    return replace(app, public=public)


@dataclass
class Fleet:
    """A gateway, another node on the same memory, and Li Si, who is signed in at the first."""

    gateway: Gateway
    other: Stores
    plan: Plan
    party: Party
    browser: Browser
    subject: str

    def plan_end(self, act: str, when: str, reason: EndReason) -> None:
        """End all of Li Si's sessions on the other node, right before the *act* or right after."""

        async def end() -> None:
            now = self.gateway.clock()
            if reason is EndReason.RETIRED:
                await self.other.people.retire(self.subject, now)
            for session in await self.other.sessions.find(self.subject, now):
                await self.other.sessions.end(session.ref, reason, now)

        self.plan[act] = (when, end)

    async def require_nothing_left(self, answer: httpx2.Response | None = None) -> None:
        """Require that no grant lives, and that what the *answer* of a token endpoint brought opens nothing."""
        assert self.plan == {}
        assert await self.other.grants.find(self.subject, self.gateway.clock()) == []
        if answer is None or answer.status_code != httpx2.codes.OK:
            return
        tokens = answer.json()
        assert (await self.party.userinfo(tokens["access_token"])).status_code == 401
        if "refresh_token" in tokens:
            assert (await self.party.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"


@pytest.fixture
async def fleet(wecom_sandbox: Corner, tmp_path: Path, backend: Backend) -> AsyncIterator[Fleet]:
    config = replace(gateway_config(wecom_sandbox, tmp_path, parties={"wiki": WIKI}), storage=backend.storage)
    async with (
        open_gateway(wecom_sandbox, config) as gateway,
        open_stores(backend.storage, None, config.secret_key) as other,
    ):
        assert isinstance(gateway.app, GatewayApp)
        plan: Plan = {}
        gateway.app = watched(gateway.app, plan)
        party, browser = Party(gateway), gateway.browser()
        subject = (await party.claims((await party.tokens(browser))["id_token"]))["sub"]
        yield Fleet(gateway, other, plan, party, browser, subject)


@WHEN
@ENDS
async def test_an_end_at_the_authorization_endpoint_leaves_no_grant(
    fleet: Fleet, when: str, reason: EndReason, scope: str
) -> None:
    fleet.plan_end("begin", when, reason)
    back = await fleet.party.sign_in(fleet.browser, scope=scope)
    if when == "before":
        assert (back["error"], "code" in back) == ("login_required", False)
    else:
        assert (await fleet.party.redeem(back["code"])).json()["error"] == "invalid_grant"
    await fleet.require_nothing_left()


@WHEN
@ENDS
async def test_an_end_while_a_code_is_redeemed_leaves_no_grant(
    fleet: Fleet, when: str, reason: EndReason, scope: str
) -> None:
    back = await fleet.party.sign_in(fleet.browser, scope=scope)
    fleet.plan_end("take", when, reason)
    answer = await fleet.party.redeem(back["code"])
    assert answer.status_code == (400 if when == "before" else 200)
    await fleet.require_nothing_left(answer)


@WHEN
@pytest.mark.parametrize("reason", [EndReason.DENIED, EndReason.RETIRED])
async def test_an_end_while_a_refresh_token_is_used_leaves_no_grant(fleet: Fleet, when: str, reason: EndReason) -> None:
    tokens = await fleet.party.tokens(fleet.browser, scope="openid offline_access")
    fleet.plan_end("rotate", when, reason)
    answer = await fleet.party.refresh(tokens["refresh_token"])
    assert answer.status_code == (400 if when == "before" else 200)
    await fleet.require_nothing_left(answer)
    # Nor is the answer told again (T23).
    assert (await fleet.party.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"


@WHEN
@pytest.mark.parametrize("act", ["decide", "take"])
async def test_an_end_while_a_device_is_approved_or_comes_for_its_tokens_leaves_no_grant(
    fleet: Fleet, act: str, when: str
) -> None:
    asked = (await fleet.party.call("/device_authorization", {"scope": "openid offline_access"})).json()
    page = await fleet.browser.get("/device")
    page = await fleet.browser.post("/device", {"user_code": asked["user_code"]}, page=page.text)
    fields = {name: page.text.split(f'name="{name}" value="')[1].split('"')[0] for name in ("user_code", "session")}
    fleet.plan_end(act, when, EndReason.DENIED)
    await fleet.browser.post("/device/confirm", {**fields, "answer": "allow"}, page=page.text)
    answer = await fleet.party.call(
        "/token", {"grant_type": GrantType.DEVICE_CODE.value, "device_code": asked["device_code"]}
    )
    assert answer.status_code == (200 if (act, when) == ("take", "after") else 400)
    await fleet.require_nothing_left(answer)
