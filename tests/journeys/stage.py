"""Where journeys are played: a gateway on two workers, the pretend WeCom, and browsers at desks and in hands."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from browser import patient, read_qr
from gateways import PORTAL
from gongpai.gateway.app import now, open_app
from gongpai.gateway.config import Config
from gongpai.gateway.records import World
from gongpai.gateway.store.migrate import migrate
from gongpai.sandbox import Corner, Sandbox
from programs import free_port
from served import Served, served, write_config

# Collected in the field; the shapes are those of wxwork 4.1 and 3.1.
WECOM_IOS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 "
    "wxwork/4.1.30 MicroMessenger/7.0.1 Language/zh ColorScheme/Light wwmver/3.26.13.714"
)
WECOM_ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; 23049RAD8C Build/UKQ1.230804.001; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Version/4.0 Chrome/130.0.6723.86 Mobile Safari/537.36 wxwork/4.1.36 MicroMessenger/7.0.1 NetType/4G Language/zh "
    "Lang/zh ColorScheme/Dark wwmver/3.26.36.632"
)
WECOM_WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/107.0.5304.110 Safari/537.36 "
    "Language/zh wxwork/4.1.10 (MicroMessenger/6.2) WindowsWechat  MailPlugin_Electron WeMail embeddisk"
)
WECOM_MAC = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)wxwork/3.1.8 "
    "(MicroMessenger/6.2) WeChat/2.0.4"
)
WECHAT_IOS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 "
    "MicroMessenger/8.0.50(0x18003231) NetType/WIFI Language/zh_CN"
)
WECOM_CLIENTS = {"ios": WECOM_IOS, "android": WECOM_ANDROID, "windows": WECOM_WINDOWS, "mac": WECOM_MAC}

BROWSER_COOKIE = "__Host-gongpai_browser"
CALLBACK = "**/signin/callback/**"


@dataclass(slots=True)
class Stage:
    """One corner, one gateway, and the browsers of a test; all of them close with it."""

    chromium: Browser
    corner: Corner
    gateway_url: str
    contexts: list[BrowserContext] = field(default_factory=list)

    def desk(self, locale: str = "en-US", width: int = 1280) -> Page:
        """Open an ordinary browser at a desk, with nothing remembered."""
        return self._open(self.chromium.new_context(locale=locale, viewport={"width": width, "height": 860}))

    def wecom(self, person: str, user_agent: str = WECOM_IOS, locale: str = "en-US") -> Page:
        """Open WeCom's own browser in the hands of *person*."""
        self.corner.hold_phone(person)
        context = self.chromium.new_context(
            user_agent=user_agent, locale=locale, viewport={"width": 390, "height": 844}, has_touch=True
        )
        return self._open(context)

    def scan(self, desk: Page, name: str) -> Page:
        """Let the phone of the person called *name* read the QR code on the screen of *desk*; return the phone."""
        phone = self._open(self.chromium.new_context(locale="en-US", viewport={"width": 390, "height": 844}))
        phone.goto(self.corner.phone_url)
        phone.get_by_role("button", name=name).click()
        phone.get_by_label("Paste what a QR code says").fill(read_qr(desk))
        phone.get_by_role("button", name="Continue").click()
        return phone

    def url(self, path: str) -> str:
        """Return the address of a page of the gateway."""
        return self.gateway_url + path

    def _open(self, context: BrowserContext) -> Page:
        self.contexts.append(context)
        return patient(context).new_page()


@contextmanager
def two_workers(folder: Path, **settings: object) -> Iterator[tuple[Sandbox, Served]]:
    """Run a sandbox, and a gateway on two workers whose WeCom it is."""
    url = f"http://127.0.0.1:{free_port()}"
    with Sandbox.start() as sandbox:
        host = urlsplit(url).netloc
        config = write_config(folder, sandbox.root, public_url=url, listen=host, **settings)
        sandbox.root.update_app(PORTAL, oauth_domain=host, callback_domain=host)
        with served(config, workers=2) as gateway:
            yield sandbox, gateway


@contextmanager
def in_process(
    config: Config, *, port: int = 0, clock: Callable[[], datetime] = now, certificate: Path | None = None
) -> Iterator[int]:
    """Run the gateway in a thread of this process, with a clock of its own or behind HTTPS; yield its port."""
    migrate(config.storage, World.SANDBOX)
    with socket.create_server(("127.0.0.1", port)) as listener:
        servers: list[uvicorn.Server] = []

        async def serve() -> None:
            async with open_app(config, clock) as app:
                settings = uvicorn.Config(
                    app, lifespan="off", log_config=None, ssl_certfile=certificate, ssl_keyfile=certificate
                )
                servers.append(uvicorn.Server(settings))
                await servers[0].serve(sockets=[listener])

        thread = threading.Thread(target=asyncio.run, args=(serve(),))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            for server in servers:
                server.should_exit = True
            thread.join()


@contextmanager
def staged(chromium: Browser, sandbox: Sandbox, gateway: Served) -> Iterator[Stage]:
    """Set the stage: nothing fails, nothing was asked, nobody has consented to anything."""
    corner = sandbox.root
    corner.clear_faults()
    corner.clear_journal()
    for member in corner.read_world().corps[0].members:
        corner.set_consent(PORTAL, member.userid, None)
    stage = Stage(chromium, corner, gateway.url)
    try:
        yield stage
    finally:
        for context in stage.contexts:
            context.close()


def before_callback(page: Page, act: Callable[[], object]) -> None:
    """Do *act* once, when *page* is on its way back from WeCom to the gateway."""

    def intercept(route: Route) -> None:
        act()
        route.continue_()

    page.route(CALLBACK, intercept, times=1)


def callback_of(page: Page) -> list[str]:
    """Return a list to which each callback address that *page* visits will be added."""
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url) if "/signin/callback/" in request.url else None)
    return seen


def heading(page: Page, text: str) -> None:
    """Require that the page's one first-level heading says *text*."""
    expect(page.get_by_role("heading", level=1)).to_have_text(text)
