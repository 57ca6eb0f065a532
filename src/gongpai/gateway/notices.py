"""Tells people in WeCom that they signed in at a desk, with a link that ends it (T18).

Nobody waits for it: the wish is written beside the sign-in, and sent by one runner at a time. Whether it arrives
changes nothing about the sign-in.
"""

import asyncio
import hashlib
import re
import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from gongpai.gateway import metrics
from gongpai.gateway.config import Config
from gongpai.gateway.logs import logger
from gongpai.gateway.messages import Language, text
from gongpai.gateway.records import KeyPurpose, Notice, Session
from gongpai.gateway.records_provider import RelyingParty, WebLoginRule
from gongpai.gateway.ring import KeyRing, RingExhaustedError, SealError
from gongpai.gateway.rounds import rounds
from gongpai.gateway.store import StoreError
from gongpai.gateway.store.ports import SessionStore
from gongpai.gateway.store.ports_provider import NoticeStore
from gongpai.wecom.client import AsyncWeComClient
from gongpai.wecom.errors import RateLimitedError, SystemBusyError, TransportError, WeComError
from gongpai.wecom.messages import TextCard
from gongpai.wecom.signin import Way
from gongpai.wecom.user_agent import client_kind

PATH = "/notice"

_HANDLE_BYTES = 24
_BATCH = 20
# Longer than a batch can take, each message with its timeouts and tries.
_HIDDEN_FOR = timedelta(minutes=10)
# 10 s, 20 s, ... 80 s: who hears of it a quarter of an hour later hears of it too late.
_FIRST_PAUSE = timedelta(seconds=10)
MOST_ATTEMPTS = 5
_WORTH_ANOTHER_TRY = (TransportError, SystemBusyError, RateLimitedError)
# WeCom's people live by China's one time; the message says which it is.
_CHINA = timezone(timedelta(hours=8))
_BROWSERS = re.compile(r"(Edg|OPR|Firefox|Chrome|Version)/(\d+)")
_NAMES = {"Edg": "Edge", "OPR": "Opera", "Version": "Safari"}
_PLACE_LIMIT = 64

_log = logger("notices")


@dataclass(frozen=True, slots=True)
class Notices:
    """Writes down what is to be told, and tells it."""

    config: Config
    store: NoticeStore
    sessions: SessionStore
    clients: Mapping[str, AsyncWeComClient]
    ring: KeyRing
    clock: Callable[[], datetime]
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    async def announce(self, session: Session, place: str, language: Language) -> None:
        """Let the person of *session* be told that it opened *place*, unless they came in WeCom or were told before.

        Nothing that goes wrong here hinders the sign-in.
        """
        if session.way == Way.IN_APP.value:
            return
        handle = secrets.token_urlsafe(_HANDLE_BYTES)
        try:
            sealed = self.ring.seal(KeyPurpose.KEPT, handle.encode(), _use(session.ref))
            notice = Notice(
                session_ref=session.ref,
                handle_hash=handle_hash(handle),
                sealed=sealed,
                place=place[:_PLACE_LIMIT],
                language=language,
                expires_at=session.expires_at,
                next_at=self.clock(),
            )
            if await self.store.put(notice):
                self._wake.set()
        except (StoreError, RingExhaustedError) as error:
            metrics.notices.labels(session.app, "lost").inc()
            _log.error("notice.lost", error=str(error), session=session.ref)

    async def announce_to(self, party: RelyingParty, session: Session, language: Language) -> None:
        """Let the person be told that the session opened *party*, if its `web_login` is `notify`."""
        if party.policy.web_login is WebLoginRule.NOTIFY:
            await self.announce(session, party.title, language)

    async def deliver(self) -> int:
        """Send what is due; return how many messages WeCom took."""
        now = self.clock()
        due = await self.store.take(now + _HIDDEN_FOR, _BATCH, now)
        return sum([await self._send(notice, now) for notice in due])

    def delivering(self) -> AbstractAsyncContextManager[None]:
        """Go on sending until the block ends."""
        return rounds(self.deliver, self._wake, "notices")

    async def _send(self, notice: Notice, now: datetime) -> bool:
        session = await self.sessions.get(notice.session_ref)
        settings = None if session is None else self.config.app_of(session.app, session.corpid)
        client = None if settings is None else self.clients.get(settings.name)
        handle = self._open(notice)
        # One that has ended is told as well: what was granted in it may go on.
        if session is None or client is None or handle is None:
            await self.store.settle(notice.session_ref, None)
            return False
        try:
            await client.send_text_card(session.userid, self._card(notice, session, handle))
        except WeComError as error:
            await self._try_later(notice, session, error, now)
            return False
        await self.store.settle(notice.session_ref, None)
        metrics.notices.labels(session.app, "sent").inc()
        return True

    async def _try_later(self, notice: Notice, session: Session, error: WeComError, now: datetime) -> None:
        metrics.notices.labels(session.app, "failed").inc()
        facts = {
            "session": session.ref,
            "attempts": notice.attempts,
            "error": type(error).__name__,
            "cause": str(error),
        }
        if notice.attempts >= MOST_ATTEMPTS or not isinstance(error, _WORTH_ANOTHER_TRY):
            _log.error("notice.given_up", **facts)
            await self.store.settle(notice.session_ref, None)
            return
        _log.warning("notice.not_sent", **facts)
        await self.store.settle(notice.session_ref, now + _FIRST_PAUSE * 2 ** (notice.attempts - 1))

    def _card(self, notice: Notice, session: Session, handle: str) -> TextCard:
        language: Language = "zh" if notice.language == "zh" else "en"
        facts = {
            "place": notice.place,
            "at": session.created_at.astimezone(_CHINA).strftime("%Y-%m-%d %H:%M"),
            "ip": session.ip,
            "browser": browser_of(session.user_agent, language),
        }
        return TextCard(
            title=text(language, "notice.title"),
            description=text(language, "notice.message", **facts),
            url=f"{self.config.public_url}{PATH}/{handle}",
            button=text(language, "notice.button"),
        )

    def _open(self, notice: Notice) -> str | None:
        if notice.sealed is None:
            return None
        try:
            return self.ring.open(KeyPurpose.KEPT, notice.sealed, _use(notice.session_ref)).decode()
        except SealError:
            return None


def handle_hash(handle: str) -> str:
    """Return what is kept of the handle in a link."""
    return hashlib.sha256(handle.encode()).hexdigest()


def browser_of(user_agent: str, language: Language) -> str:
    """Return how a person calls the browser of *user_agent*, as far as it says."""
    client = client_kind(user_agent)
    found = dict(_BROWSERS.findall(user_agent))
    # Chrome stands in the name of all that are made of it, and Safari says its version apart.
    name = next((each for each in ("Edg", "OPR", "Firefox", "Chrome", "Version") if each in found), None)
    kind = text(language, f"client.{client.kind.value}")
    browser = kind if name is None else f"{_NAMES.get(name, name)} {found[name]}"
    return browser if client.platform is None else f"{browser} · {text(language, f'platform.{client.platform.value}')}"


def _use(session_ref: str) -> bytes:
    return f"notice\x00{session_ref}".encode()
