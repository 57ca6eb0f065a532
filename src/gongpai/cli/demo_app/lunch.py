"""The sample app: today's lunch list, which only colleagues may see, protected by ``gongpai.wecom`` alone.

Read it as the shortest honest way from nothing to "who is this?": begin, remember, finish, identify.
"""

from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from gongpai import wecom
from gongpai.cli.demo_app.page import page

BROWSER = "lunch_browser"
SESSION = "lunch_session"
PATH = "/lunch"
_MOST_ATTEMPTS = 1_000


@dataclass(slots=True)
class Lunch:
    """The app. It keeps what it must in memory: begun sign-ins, who is signed in, who wants lunch."""

    client: wecom.AsyncWeComClient
    origin: str
    attempts: dict[str, wecom.SignInAttempt] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict, repr=False)
    orders: list[str] = field(default_factory=list)

    def routes(self) -> list[BaseRoute]:
        """Return the app's four routes."""
        return [
            Route(PATH, self.show, methods=["GET"]),
            Route(f"{PATH}/signed-in", self.come_back, methods=["GET"]),
            Route(f"{PATH}/order", self.order, methods=["POST"]),
            Route(f"{PATH}/leave", self.leave, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """Show the list to a colleague; send anyone else to WeCom."""
        name = self._name_of(request)
        if name is None:
            return self._send_to_wecom(request)
        return page(request, "lunch.html", name=name, orders=self.orders)

    async def come_back(self, request: Request) -> Response:
        """Take the code that WeCom sent back, and ask WeCom whose it is."""
        try:
            name = await self._identify(request)
        except wecom.WeComError:  # a real app would tell the kinds apart
            name = None
        if name is None:
            return page(request, "lunch_refused.html", status=403)
        session = wecom.new_browser_secret()
        self.names[wecom.hash_browser_secret(session)] = name
        response = RedirectResponse(PATH, status_code=303)
        response.set_cookie(SESSION, session, httponly=True, samesite="lax", path=PATH)
        return response

    async def order(self, request: Request) -> Response:
        """Put a colleague on the list."""
        name = self._name_of(request)
        if name is not None and name not in self.orders:
            self.orders.append(name)
        return RedirectResponse(PATH, status_code=303)

    async def leave(self, request: Request) -> Response:
        """Forget who this is."""
        self.names.pop(wecom.hash_browser_secret(request.cookies.get(SESSION, "")), None)
        return page(request, "lunch_left.html")

    def _name_of(self, request: Request) -> str | None:
        return self.names.get(wecom.hash_browser_secret(request.cookies.get(SESSION, "")))

    def _send_to_wecom(self, request: Request) -> Response:
        # The User-Agent is a hint for the route only. The pretend phone is an ordinary browser's tab: its links say so.
        client = wecom.client_kind(request.headers.get("user-agent", ""))
        in_app = client.opens_in_app_link or request.query_params.get("via") == "in_app"
        begin = self.client.begin_in_app if in_app else self.client.begin_web_login
        begun = begin(f"{self.origin}{PATH}/signed-in", browser_secret=request.cookies.get(BROWSER))
        if len(self.attempts) >= _MOST_ATTEMPTS:
            self.attempts.pop(next(iter(self.attempts)))
        self.attempts[begun.state] = begun.attempt
        response = RedirectResponse(begun.url, status_code=303)
        response.set_cookie(BROWSER, begun.browser_secret, httponly=True, samesite="lax", path=PATH)
        return response

    async def _identify(self, request: Request) -> str | None:
        callback = wecom.parse_callback(request.url.query)
        attempt = self.attempts.pop(callback.state, None)
        if attempt is None:
            return None
        verdict = wecom.finish(attempt, callback, browser_secret=request.cookies.get(BROWSER))
        identity = await self.client.identify(wecom.require_code(verdict))
        if not isinstance(identity, wecom.Member):
            return None
        # Outside the app's visible range, or disabled: this raises, or says so.
        profile = await self.client.get_user(identity.userid)
        return profile.name if profile.status is wecom.Status.ACTIVE else None
