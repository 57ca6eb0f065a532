"""One request as the gateway sees it: bounded, read once, believed only as far as it deserves."""

import random
import secrets
from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import parse_qsl, quote

from starlette.types import Receive, Scope

from gongpai.gateway.errors import BadRequestError
from gongpai.gateway.messages import Language, choose_language, first_language
from gongpai.gateway.records import SeenCode
from gongpai.gateway.web import cookies
from gongpai.gateway.web.forms import FORM_TYPE, MAX_BODY_BYTES, parse_form, require_own_form
from gongpai.gateway.web.return_to import HOME, START
from gongpai.wecom.user_agent import Client, client_kind

SCOPE_KEY = "gongpai.visit"

_MAX_QUERY_BYTES = 4_096
_MAX_PARAMETERS = 32
# A party's request may come by POST, with a state and a nonce of kilobytes.
_MAX_FOREIGN_BYTES = 65_536
_MAX_USER_AGENT = 512
_MAX_SECRET = 128
_BROWSER_SECRET_AGE = timedelta(days=30)
# As long as a party's request may take.
_UI_LOCALE_AGE = timedelta(minutes=30)


class Visit:
    """One request, and the cookies that its answer will set.

    *start_url* is where its person may begin anew; a step that knows what they came for keeps it there. *shown_at*
    is where its page can be seen again, if that is not where it was asked for.
    """

    __slots__ = (
        "_client",
        "_cookies",
        "_headers",
        "_nonce",
        "_parameters",
        "_receive",
        "address",
        "method",
        "path",
        "query",
        "reference",
        "request_id",
        "seen_codes",
        "set_cookies",
        "shown_at",
        "start_url",
    )

    def __init__(self, scope: Scope, receive: Receive, address: str) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query: bytes = scope["query_string"]
        self.address = address
        # It names a line of the log and opens nothing.
        self.request_id = self.reference = random.randbytes(6).hex()  # noqa: S311
        self.seen_codes: list[SeenCode] = []
        self.set_cookies: dict[str, str] = {}
        self.start_url = START
        self.shown_at: str | None = None
        self._headers: list[tuple[bytes, bytes]] = scope["headers"]
        self._receive = receive
        self._cookies: dict[str, str] | None = None
        self._parameters: list[tuple[str, str]] | None = None
        self._client: Client | None = None
        self._nonce: str | None = None

    @property
    def is_fetched_ahead(self) -> bool:
        """Whether nobody is looking yet: HEAD, or a browser's prefetch. Such a hit never takes anything (T5)."""
        purpose = f"{self.header(b'sec-purpose') or ''} {self.header(b'purpose') or ''}"
        return self.method == "HEAD" or "prefetch" in purpose or "prerender" in purpose

    @property
    def way_back(self) -> str:
        """Where the language switch leads back to: what a GET shows again, and of a sign-in its beginning."""
        if self.shown_at is not None:
            return self.shown_at
        if self.path == START or self.path.startswith(f"{START}/"):
            return self.start_url
        return self.path if self.method == "GET" else HOME

    @property
    def way_again(self) -> str | None:
        """Where trying again leads: to a GET as it was asked, to a sign-in's beginning, and from a form nowhere."""
        if self.path == START or self.path.startswith(f"{START}/"):
            return self.start_url
        # Two slashes would begin the name of another host.
        if self.method != "GET" or self.path.startswith("//"):
            return None
        query = self.query.decode("latin-1")
        return quote(self.path) + (f"?{query}" if query else "")

    @property
    def user_agent(self) -> str:
        """The User-Agent, cut to a length that may be kept."""
        return (self.header(b"user-agent") or "")[:_MAX_USER_AGENT]

    @property
    def client(self) -> Client:
        """What the User-Agent says it is: a hint for the route, never for trust."""
        if self._client is None:
            self._client = client_kind(self.user_agent)
        return self._client

    @property
    def language(self) -> Language:
        """The language the person chose, else the one a party wished for their sign-in, else their browser's."""
        wished = self.cookie(cookies.UI_LOCALE)
        return choose_language(self.header(b"accept-language"), self.cookie(cookies.LANGUAGE), wished)

    @property
    def nonce(self) -> str:
        """The nonce of this answer's page."""
        if self._nonce is None:
            self._nonce = secrets.token_urlsafe(16)
        return self._nonce

    @property
    def browser_secret(self) -> str | None:
        """The secret that binds what this browser began to this browser."""
        secret = self.cookie(cookies.BROWSER)
        return secret if secret and len(secret) <= _MAX_SECRET else None

    def header(self, name: bytes) -> str | None:
        """Return the first header of this lower-case *name*."""
        for header, value in self._headers:
            if header == name:
                return value.decode("latin-1")
        return None

    def cookie(self, name: str) -> str | None:
        """Return the cookie, None if it is absent or came twice."""
        if self._cookies is None:
            self._cookies = cookies.read_cookies(self._headers)
        return self._cookies.get(name)

    def parameter(self, name: str, max_length: int) -> str | None:
        """Return a query parameter.

        Raises:
            BadRequestError: it came twice, or is longer than *max_length*, or the query cannot be read.
        """
        values = [value for key, value in self.parameters() if key == name]
        if not values:
            return None
        if len(values) > 1 or len(values[0]) > max_length:
            raise BadRequestError(f"the parameter {name} came twice or is too long")
        return values[0]

    def parameters(self) -> list[tuple[str, str]]:
        """Return all query parameters.

        Raises:
            BadRequestError: the query is too long, has too many parameters, or is not UTF-8.
        """
        if self._parameters is None:
            if len(self.query) > _MAX_QUERY_BYTES:
                raise BadRequestError("the query is too long")
            try:
                text = self.query.decode("ascii")
                self._parameters = parse_qsl(
                    text, keep_blank_values=True, max_num_fields=_MAX_PARAMETERS, errors="strict"
                )
            except ValueError:
                raise BadRequestError("the query cannot be read") from None
        return self._parameters

    def keep_browser_secret(self, secret: str) -> None:
        """Bind this browser by *secret* from the answer on."""
        self._keep(cookies.BROWSER, secret, _BROWSER_SECRET_AGE)

    def wish_language(self, locales: Iterable[str]) -> None:
        """Speak, from this answer on, the first of a party's *locales* that we know; the person's own choice wins."""
        wished = first_language(locales)
        if wished is not None and wished != self.cookie(cookies.UI_LOCALE):
            self._keep(cookies.UI_LOCALE, wished, _UI_LOCALE_AGE)

    async def foreign_form(self) -> bytes:
        """Return the raw body of a form that anybody may send: it proves nothing.

        Raises:
            BadRequestError: no form, or too long.
        """
        if (self.header(b"content-type") or "").partition(";")[0].strip().lower() != FORM_TYPE:
            raise BadRequestError("the body is not a form")
        return await self._body(_MAX_FOREIGN_BYTES)

    async def form(self) -> dict[str, str]:
        """Return the fields of a form that a page of ours sent.

        Raises:
            BadRequestError: not a form of ours.
            ForgedRequestError: without this browser's token.
        """
        fields = parse_form(self.header(b"content-type") or "", await self._body(MAX_BODY_BYTES))
        require_own_form(fields, self.browser_secret, self.header(b"sec-fetch-site"))
        return fields

    def _keep(self, name: str, value: str, age: timedelta) -> None:
        self.set_cookies[name] = cookies.set_cookie(name, value, age)
        if self._cookies is None:
            self._cookies = cookies.read_cookies(self._headers)
        self._cookies[name] = value

    async def _body(self, limit: int) -> bytes:
        chunks = bytearray()
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise BadRequestError("the browser went away")
            chunks += message.get("body", b"")
            if len(chunks) > limit:
                raise BadRequestError("the form is too long")
            if not message.get("more_body", False):
                return bytes(chunks)
