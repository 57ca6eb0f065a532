"""The library's face: WeComClient for callers that block, AsyncWeComClient for those that await; twins.

A client belongs to one app, keeps one pool of connections and is safe to share. Make it once and close it at the end.
"""

import asyncio
import threading
from datetime import datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Self, TypeVar

from gongpai.wecom import calls, models
from gongpai.wecom.app_token.memory import AsyncMemoryStore, MemoryStore
from gongpai.wecom.app_token.policy import AppToken, AppTokenKey
from gongpai.wecom.app_token.renewal import AppTokens, AsyncAppTokens
from gongpai.wecom.app_token.store import AppTokenStore, AsyncAppTokenStore
from gongpai.wecom.clock import Clock, SystemClock
from gongpai.wecom.errors import AppTokenRejectedError, UsageError, WeComError
from gongpai.wecom.hosts import WECOM, Hosts
from gongpai.wecom.jsapi import sign_page
from gongpai.wecom.messages import SendTextCard, SentMessage, TextCard
from gongpai.wecom.models import App, IssuedAppToken, JsapiSignature, JsapiTicket, UserTicket
from gongpai.wecom.retry import pause_before_retry
from gongpai.wecom.signin import begin_in_app, begin_qr_connect, begin_web_login
from gongpai.wecom.transport import AsyncTransport, Timeout, Transport, Verify

T = TypeVar("T")

_DEFAULT_TIMEOUT = Timeout()
_SYSTEM_CLOCK = SystemClock()
# Source: WeCom 91023: a code has at most 512 bytes.
_CODE_LIMIT = 512
_NOT_A_CODE = f"a code has 1 to {_CODE_LIMIT} characters"
# One renewal, or one token of another process and then one renewal.
_REPLACEMENTS = 2
# A ticket is fetched again this long before its end, or a page would be signed with one that dies under it.
_TICKET_MARGIN = timedelta(minutes=10)


class AsyncWeComClient:
    """One app's way to WeCom, for callers that await (asyncio).

    Args:
        app: Whose calls these are.
        hosts: Where WeCom lives; ``Hosts.at(url)`` for the sandbox or a private WeCom.
        store: Where the app token lies; share one between processes. The memory of this client if absent.
        proxy: ``http://[user:password@]host:port`` of an outbound proxy; the environment is not asked.
        timeout: How long to wait for WeCom.
        verify: True for the public CAs, or the file of a private CA, or an SSL context.
        sandbox: True if a sandbox is meant to answer. Else its answers are refused, and with True all others.
        clock: Time, for tests.
    """

    def __init__(
        self,
        app: App,
        *,
        hosts: Hosts = WECOM,
        store: AsyncAppTokenStore | None = None,
        proxy: str | None = None,
        timeout: Timeout = _DEFAULT_TIMEOUT,
        verify: Verify = True,
        sandbox: bool = False,
        clock: Clock = _SYSTEM_CLOCK,
    ) -> None:
        self.app, self.hosts = app, hosts
        self.begin_in_app = partial(begin_in_app, app, hosts=hosts)
        self.begin_web_login = partial(begin_web_login, app, hosts=hosts)
        self.begin_qr_connect = partial(begin_qr_connect, app, hosts=hosts)
        self._clock = clock
        self._transport = AsyncTransport(hosts.api, proxy, timeout, verify, is_sandbox=sandbox)
        key = AppTokenKey(app.corpid, app.agentid)
        self._tokens = AsyncAppTokens(key, store or AsyncMemoryStore(), self._issue, clock, timeout.lease)
        self._tickets: dict[str, tuple[JsapiTicket, datetime]] = {}
        self._ticket_lock = asyncio.Lock()

    async def identify(self, code: str) -> models.Identity:
        """Exchange the code of a finished sign-in for an identity.

        A code is good once, for 300 s, so nothing is tried again after the code was sent: only an app token that
        WeCom refuses, before it looks at the code, is renewed once. Source: WeCom 91023 and 98177, read 2026-11.

        Raises:
            CodeRejectedError: Wrong, used or too old; begin a new sign-in.
            TransportError: WeCom could not be reached; the code may be spent.
            ApiError: As its branch says.
        """
        asked = calls.GetUserInfo(self.app, code) if 1 <= len(code) <= _CODE_LIMIT else None
        del code  # so that no traceback can show it
        if asked is None:
            raise UsageError(_NOT_A_CODE)
        return await self.call(asked)

    async def get_user_detail(self, user_ticket: UserTicket | str) -> models.UserDetail:
        """Redeem a user_ticket for what the member consented to show; it is good for 1,800 s.

        Raises:
            TicketRejectedError: Wrong or too old; the member must open the consent link again.
        """
        asked = calls.GetUserDetail(user_ticket)
        del user_ticket  # so that no traceback can show it
        return await self.call(asked)

    async def get_user(self, userid: str) -> models.UserProfile:
        """Read a member from the address book.

        Raises:
            DeniedError: Unknown, or outside the app's visible range.
        """
        return await self.call(calls.GetUser(userid))

    async def get_department(self, department_id: int) -> models.Department:
        """Read one department with its name."""
        return await self.call(calls.GetDepartment(department_id))

    async def list_departments(self, department_id: int | None = None) -> tuple[models.DepartmentNode, ...]:
        """List a department and all below it, or every one that the app sees."""
        return await self.call(calls.ListDepartments(department_id))

    async def get_app(self) -> models.AppDetail:
        """Read the app's own settings: trusted domain, visible range."""
        return await self.call(calls.GetApp(self.app.agentid))

    async def send_text_card(self, userid: str, card: TextCard) -> SentMessage:
        """Send a card from the app to one member; the same card twice within half an hour arrives once.

        Raises:
            InputError: 81013: the member does not exist or does not see the app.
            UsageError: more than a card can hold.
        """
        return await self.call(SendTextCard(self.app.agentid, (userid,), card))

    async def get_callback_ips(self) -> tuple[str, ...]:
        """List the addresses from which WeCom calls back."""
        return await self.call(calls.GetCallbackIps())

    async def get_api_domain_ips(self) -> tuple[str, ...]:
        """List the addresses at which WeCom's API answers."""
        return await self.call(calls.GetApiDomainIps())

    async def get_jsapi_ticket(self) -> JsapiTicket:
        """Return the corp's ticket for ``wx.config``, fetched when needed: WeCom gives 100 an hour and app."""
        return await self._ticket(calls.GetJsapiTicket())

    async def get_agent_ticket(self) -> JsapiTicket:
        """Return the app's ticket for ``wx.agentConfig``, fetched when needed."""
        return await self._ticket(calls.GetAgentTicket())

    async def sign_jsapi(self, url: str) -> JsapiSignature:
        """Sign the page at *url* for ``wx.config``."""
        return sign_page(await self.get_jsapi_ticket(), url, self._clock.now())

    async def sign_agent(self, url: str) -> JsapiSignature:
        """Sign the page at *url* for ``wx.agentConfig``."""
        return sign_page(await self.get_agent_ticket(), url, self._clock.now())

    async def call(self, call: calls.Call[T]) -> T:
        """Make any call: at most one renewal of the app token, at most two more tries when WeCom is busy.

        Raises:
            ApiError: WeCom said no; the branch says whose fault it is and what to do.
            TransportError: No usable answer came.
        """
        begun_at, token, replaced, tries = self._clock.now(), await self._tokens.current(), 0, 0
        while True:
            outcome = await self._try(call, token)
            if not isinstance(outcome, WeComError):
                return outcome
            if isinstance(outcome, AppTokenRejectedError) and replaced < _REPLACEMENTS:
                token = await self._tokens.replace(token)
                # An older token that another process left in the store may be dead too: then a renewal is still owed.
                replaced += 1 if token.fetched_at < begun_at else _REPLACEMENTS
                continue
            pause = None if call.spends_code else pause_before_retry(outcome, tries)
            if pause is None:
                raise outcome
            tries += 1
            await self._clock.asleep(pause)

    async def aclose(self) -> None:
        """End what is under way and close the connections; a store is closed by whoever opened it."""
        await self._tokens.aclose()
        await self._transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _issue(self) -> IssuedAppToken | WeComError:
        return await self._try(calls.GetToken(self.app), None)

    async def _try(self, call: calls.Call[T], token: AppToken | None) -> T | WeComError:
        answer = await self._transport.send(call.request(token.value if token else ""))
        return answer if isinstance(answer, WeComError) else _parse(call, answer)

    async def _ticket(self, call: calls.GetJsapiTicket | calls.GetAgentTicket) -> JsapiTicket:
        async with self._ticket_lock:
            ticket, good_until = self._tickets.get(call.name, (None, None))
            if ticket is None or good_until is None or self._clock.now() >= good_until:
                asked_at = self._clock.now()
                ticket = await self.call(call)
                self._tickets[call.name] = ticket, asked_at + ticket.expires_in - _TICKET_MARGIN
            return ticket


class WeComClient:
    """One app's way to WeCom, for callers that block; its methods are those of `AsyncWeComClient`."""

    def __init__(
        self,
        app: App,
        *,
        hosts: Hosts = WECOM,
        store: AppTokenStore | None = None,
        proxy: str | None = None,
        timeout: Timeout = _DEFAULT_TIMEOUT,
        verify: Verify = True,
        sandbox: bool = False,
        clock: Clock = _SYSTEM_CLOCK,
    ) -> None:
        self.app, self.hosts = app, hosts
        self.begin_in_app = partial(begin_in_app, app, hosts=hosts)
        self.begin_web_login = partial(begin_web_login, app, hosts=hosts)
        self.begin_qr_connect = partial(begin_qr_connect, app, hosts=hosts)
        self._clock = clock
        self._transport = Transport(hosts.api, proxy, timeout, verify, is_sandbox=sandbox)
        key = AppTokenKey(app.corpid, app.agentid)
        self._tokens = AppTokens(key, store or MemoryStore(), self._issue, clock, timeout.lease)
        self._tickets: dict[str, tuple[JsapiTicket, datetime]] = {}
        self._ticket_lock = threading.Lock()

    def identify(self, code: str) -> models.Identity:
        """Do as `AsyncWeComClient` does, blocking."""
        asked = calls.GetUserInfo(self.app, code) if 1 <= len(code) <= _CODE_LIMIT else None
        del code  # so that no traceback can show it
        if asked is None:
            raise UsageError(_NOT_A_CODE)
        return self.call(asked)

    def get_user_detail(self, user_ticket: UserTicket | str) -> models.UserDetail:
        """Do as `AsyncWeComClient` does, blocking."""
        asked = calls.GetUserDetail(user_ticket)
        del user_ticket  # so that no traceback can show it
        return self.call(asked)

    def get_user(self, userid: str) -> models.UserProfile:
        """Do as `AsyncWeComClient` does, blocking."""
        return self.call(calls.GetUser(userid))

    def get_department(self, department_id: int) -> models.Department:
        """Read one department with its name."""
        return self.call(calls.GetDepartment(department_id))

    def list_departments(self, department_id: int | None = None) -> tuple[models.DepartmentNode, ...]:
        """List a department and all below it, or every one that the app sees."""
        return self.call(calls.ListDepartments(department_id))

    def get_app(self) -> models.AppDetail:
        """Read the app's own settings: trusted domain, visible range."""
        return self.call(calls.GetApp(self.app.agentid))

    def send_text_card(self, userid: str, card: TextCard) -> SentMessage:
        """Do as `AsyncWeComClient` does, blocking."""
        return self.call(SendTextCard(self.app.agentid, (userid,), card))

    def get_callback_ips(self) -> tuple[str, ...]:
        """List the addresses from which WeCom calls back."""
        return self.call(calls.GetCallbackIps())

    def get_api_domain_ips(self) -> tuple[str, ...]:
        """List the addresses at which WeCom's API answers."""
        return self.call(calls.GetApiDomainIps())

    def get_jsapi_ticket(self) -> JsapiTicket:
        """Return the corp's ticket for ``wx.config``, fetched when needed: WeCom gives 100 an hour and app."""
        return self._ticket(calls.GetJsapiTicket())

    def get_agent_ticket(self) -> JsapiTicket:
        """Return the app's ticket for ``wx.agentConfig``, fetched when needed."""
        return self._ticket(calls.GetAgentTicket())

    def sign_jsapi(self, url: str) -> JsapiSignature:
        """Sign the page at *url* for ``wx.config``."""
        return sign_page(self.get_jsapi_ticket(), url, self._clock.now())

    def sign_agent(self, url: str) -> JsapiSignature:
        """Sign the page at *url* for ``wx.agentConfig``."""
        return sign_page(self.get_agent_ticket(), url, self._clock.now())

    def call(self, call: calls.Call[T]) -> T:
        """Do as `AsyncWeComClient` does, blocking."""
        begun_at, token, replaced, tries = self._clock.now(), self._tokens.current(), 0, 0
        while True:
            outcome = self._try(call, token)
            if not isinstance(outcome, WeComError):
                return outcome
            if isinstance(outcome, AppTokenRejectedError) and replaced < _REPLACEMENTS:
                token = self._tokens.replace(token)
                # An older token that another process left in the store may be dead too: then a renewal is still owed.
                replaced += 1 if token.fetched_at < begun_at else _REPLACEMENTS
                continue
            pause = None if call.spends_code else pause_before_retry(outcome, tries)
            if pause is None:
                raise outcome
            tries += 1
            self._clock.sleep(pause)

    def close(self) -> None:
        """End what is under way and close the connections; a store is closed by whoever opened it."""
        self._tokens.close()
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _issue(self) -> IssuedAppToken | WeComError:
        return self._try(calls.GetToken(self.app), None)

    def _try(self, call: calls.Call[T], token: AppToken | None) -> T | WeComError:
        answer = self._transport.send(call.request(token.value if token else ""))
        return answer if isinstance(answer, WeComError) else _parse(call, answer)

    def _ticket(self, call: calls.GetJsapiTicket | calls.GetAgentTicket) -> JsapiTicket:
        with self._ticket_lock:
            ticket, good_until = self._tickets.get(call.name, (None, None))
            if ticket is None or good_until is None or self._clock.now() >= good_until:
                asked_at = self._clock.now()
                ticket = self.call(call)
                self._tickets[call.name] = ticket, asked_at + ticket.expires_in - _TICKET_MARGIN
            return ticket


def _parse(call: calls.Call[T], answer: dict[str, object]) -> T | WeComError:
    try:
        return call.parse(answer)
    except WeComError as error:
        # Without the frames that hold the answer: in it may be an app token or a user_ticket.
        return error.with_traceback(None)
