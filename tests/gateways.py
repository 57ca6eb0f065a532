"""A gateway in this process, the sandbox that is its WeCom, and browsers that go back and forth between them."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, urlencode, urlsplit

import anyio.to_thread
import httpx2
from starlette.types import ASGIApp

from gongpai.gateway.app import open_app
from gongpai.gateway.config import AppConfig, Config, Policy
from gongpai.gateway.records import World
from gongpai.gateway.store.migrate import migrate
from gongpai.sandbox import Corner
from gongpai.wecom import App, Hosts

HOST = "sso.gongpai.test"
PUBLIC_URL = f"https://{HOST}"
PORTAL = 1000002
ATTENDANCE = 1000003
WECOM_UA = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 wxwork/4.1.20 MicroMessenger/7.0.1"
)
DESKTOP_UA = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.moment = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **by: float) -> None:
        """Move it on."""
        self.moment += timedelta(**by)


class Browser:
    """One browser: its cookies, its User-Agent, and no redirect followed unasked."""

    def __init__(self, app: ASGIApp, user_agent: str, language: str, public_url: str) -> None:
        gateway = httpx2.ASGITransport(app=app, raise_app_exceptions=False, client=("203.0.113.77", 50000))
        self.http = httpx2.AsyncClient(
            base_url=public_url,
            mounts={public_url: gateway},
            headers={"user-agent": user_agent, "accept-language": language},
            timeout=120,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.http.aclose()

    async def get(self, url: str, **headers: str) -> httpx2.Response:
        """Ask for one page."""
        return await self.http.get(url, headers=headers)

    async def post(self, url: str, fields: Mapping[str, str] | None = None, *, page: str) -> httpx2.Response:
        """Send a form as a person would who reads *page*: with its token."""
        return await self.http.post(url, data={"csrf_token": csrf_token(page), **(fields or {})})

    async def begin(self, url: str = "/signin") -> dict[str, str]:
        """Begin a sign-in; return the query of the page of WeCom's to which the browser is sent."""
        answer = await self.get(url)
        assert answer.status_code == 303, answer.text
        return query_of(answer.headers["location"])

    async def sign_in(self, url: str = "/signin") -> httpx2.Response:
        """Go to WeCom by the in-app link and back; return the gateway's answer to the callback."""
        answer = await self.get(url)
        assert answer.status_code == 303, answer.text
        back = await self.get(answer.headers["location"])
        assert back.status_code == 302, back.text
        return await self.get(back.headers["location"])

    def cookie(self, name: str) -> str | None:
        """Return a cookie that this browser keeps."""
        return self.http.cookies.get(name)


@dataclass
class Gateway:
    """A running gateway and its WeCom."""

    app: ASGIApp
    corner: Corner
    config: Config
    clock: Clock
    browsers: list[Browser] = field(default_factory=list)

    @property
    def storage(self) -> Path:
        """The folder of its database."""
        return Path(self.config.storage.removeprefix("sqlite://")).parent

    def browser(self, user_agent: str = WECOM_UA, language: str = "en") -> Browser:
        """Open a browser with no cookies."""
        browser = Browser(self.app, user_agent, language, self.config.public_url)
        self.browsers.append(browser)
        return browser

    def mint(self, userid: str, app: int = PORTAL, **options: str) -> str:
        """Return a code as WeCom would give it for our host."""
        return self.corner.mint_code(app, userid, redirect_host=HOST, **options)  # type: ignore[arg-type]  # options are literals


def callback(state: str, code: str | None, app: str = "main") -> str:
    """Return the address to which WeCom sends a browser."""
    query = {"state": state} if code is None else {"code": code, "state": state}
    return f"/signin/callback/{app}?{urlencode(query)}"


def query_of(url: str) -> dict[str, str]:
    """Return the parameters of a URL."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def csrf_token(page: str) -> str:
    """Return the token of a page's forms."""
    found = re.search(r'name="csrf_token" value="([0-9a-f]{64})"', page)
    assert found is not None, page
    return found[1]


def app_config(corner: Corner, agentid: int = PORTAL, name: str = "main", policy: Policy | None = None) -> AppConfig:
    """Return the settings of an app of the sandbox's world, whose domain becomes ours."""
    corner.update_app(agentid, oauth_domain=HOST, callback_domain=HOST)
    app = App("wwgongpaidemo", agentid, corner.app(agentid).secret)
    return AppConfig(name, f"App {name}", app, policy=policy or Policy())


def gateway_config(corner: Corner, storage: Path, *apps: AppConfig, **settings: object) -> Config:
    """Return a configuration on a SQLite file in *storage*."""
    chosen = apps or (app_config(corner),)
    config = Config(
        public_url=PUBLIC_URL,
        storage=f"sqlite://{storage / 'gongpai.db'}",
        secret_key=b"0" * 32,
        apps={app.name: app for app in chosen},
        sandbox=True,
        hosts=Hosts.at(corner.url),
    )
    return replace(config, **settings)  # type: ignore[arg-type]  # the settings of Config, by name


@asynccontextmanager
async def open_gateway(corner: Corner, config: Config) -> AsyncIterator[Gateway]:
    """Open a gateway on an empty database."""
    await anyio.to_thread.run_sync(migrate, config.storage, World.SANDBOX)
    corner.hold_phone("lisi")
    clock = Clock()
    async with open_app(config, clock) as app:
        gateway = Gateway(app, corner, config, clock)
        yield gateway
        for browser in gateway.browsers:
            await browser.http.aclose()
