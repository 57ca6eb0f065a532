"""The page that explains the demo, and the server's routes: the lunch list is served beside it."""

import hmac
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gongpai.cli.demo_app import lunch
from gongpai.cli.demo_app.page import page
from gongpai.gateway.web import static
from gongpai.wecom import App, AsyncWeComClient, Hosts


@dataclass(frozen=True, slots=True)
class Links:
    """Where the page's buttons lead. The phone's and the console's addresses carry this run's token."""

    phone: str = field(repr=False)
    console: str = field(repr=False)
    gateway: str
    in_app: str
    lunch: str


def make_app(
    links: Links, key: str, lunch_app: App, origin: str, sandbox_url: str, announce: Callable[[], None]
) -> Starlette:
    """Return the demo's own server. The page needs *key*, since it hands out the token of the phone.

    *announce* is called once it serves, with the signals that end it in place.
    """
    client = AsyncWeComClient(lunch_app, hosts=Hosts.at(sandbox_url), sandbox=True)

    async def start(request: Request) -> Response:
        if not hmac.compare_digest(request.path_params["key"].encode(), key.encode()):
            return page(request, "lost.html", status=404)
        return page(request, "start.html", links=links, lunch_source=lunch.__file__)

    async def lost(request: Request, _error: Exception) -> Response:
        return page(request, "lost.html", status=404)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with client:
            announce()
            yield

    return Starlette(
        routes=[*lunch.Lunch(client, origin).routes(), *static.routes(), Route("/start/{key}", start, methods=["GET"])],
        # A page elsewhere must not reach this server under a name of its own (DNS rebinding).
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
        exception_handlers={404: lost},
        lifespan=lifespan,
    )
