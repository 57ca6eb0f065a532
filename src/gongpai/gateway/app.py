"""The composition root: the only file that knows every room."""

import os
import secrets
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, Router
from starlette.types import Receive, Scope, Send

from gongpai.gateway.account.consents import Consents
from gongpai.gateway.account.me import Account
from gongpai.gateway.admission import Admission
from gongpai.gateway.audit import Audit
from gongpai.gateway.codes import SeenCodes
from gongpai.gateway.config import Config, GateConfig
from gongpai.gateway.directory import Directory
from gongpai.gateway.endpoints.forward_auth import ForwardAuth
from gongpai.gateway.endpoints.health import Health
from gongpai.gateway.endpoints.metadata import Document
from gongpai.gateway.endpoints.verify_file import VerifyFiles
from gongpai.gateway.entry import Entry
from gongpai.gateway.flow.arrival import Arrive
from gongpai.gateway.flow.attempts import Attempts
from gongpai.gateway.flow.callback import Callback, Settle
from gongpai.gateway.flow.disclosure import Asker, Disclose, DiscloseElsewhere
from gongpai.gateway.flow.dispatcher import Dispatcher
from gongpai.gateway.flow.handoff import HandoffStep
from gongpai.gateway.flow.handover import CROSS_PATH, FINISH_PATH, Handover
from gongpai.gateway.flow.notice import NoticeStep
from gongpai.gateway.flow.signout import SignOut
from gongpai.gateway.gate import BEGIN_PATH, Gate
from gongpai.gateway.gate.assertion import TYP as ASSERTION_TYP
from gongpai.gateway.jobs import Upkeep, keep_up
from gongpai.gateway.keys import derive
from gongpai.gateway.messages import LANGUAGES
from gongpai.gateway.notices import PATH as NOTICE
from gongpai.gateway.notices import Notices
from gongpai.gateway.oidc.subjects import subject_for
from gongpai.gateway.outbound import Outbound
from gongpai.gateway.outbox import Outbox
from gongpai.gateway.parties import Parties
from gongpai.gateway.party_file import PartyFile
from gongpai.gateway.provider import Rooms, provide
from gongpai.gateway.records import NewsKind, Purpose
from gongpai.gateway.records_provider import SigningAlg
from gongpai.gateway.reservations import ReservedNames
from gongpai.gateway.session import Sessions
from gongpai.gateway.store.open import Stores, open_stores
from gongpai.gateway.web import cookies, pages, static
from gongpai.gateway.web.headers import PagePolicy
from gongpai.gateway.web.http import Answering, Pages, see_other
from gongpai.gateway.web.machines import Endpoint, Machines
from gongpai.gateway.web.return_to import DISCLOSURE, HANDOFF, HOME, own_page
from gongpai.gateway.web.shell import Handler, Shell
from gongpai.gateway.web.visit import SCOPE_KEY, Visit
from gongpai.wecom.client import AsyncWeComClient


@dataclass(frozen=True, slots=True)
class GatewayApp:
    """The gateway as an ASGI application, and beside it what its second listener serves, if forward-auth is on."""

    public: Machines
    documents: Mapping[str, Document]
    """What the public listener answers with prepared bytes, by path."""
    gate: ForwardAuth | None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer on the public listener."""
        await self.public(scope, receive, send)


_LANGUAGE_AGE = timedelta(days=400)
_MAX_RETURN_TO = 4_096


def now() -> datetime:
    """Return the present moment: the gateway's one clock."""
    return datetime.now(UTC)


@asynccontextmanager
async def open_app(
    config: Config, clock: Callable[[], datetime] = now, file: Path | None = None
) -> AsyncIterator[GatewayApp]:
    """Open what *config* names, on a database that is up to date, and offer the gateway as an ASGI application.

    *file* is where *config* stands: its relying parties are followed there.

    Raises:
        StoreError: the database does not answer.
        WrongSecretKeyError: the database was made with another ``secret_key``.
    """
    async with AsyncExitStack() as stack:
        stores = await stack.enter_async_context(open_stores(config.storage, config.tickets, config.secret_key))
        upkeep = await stack.enter_async_context(keep_up(stores, config))
        verify = trust(config.ca_file)
        clients = {
            name: await stack.enter_async_context(
                AsyncWeComClient(
                    settings.app,
                    hosts=config.hosts,
                    store=stores.app_tokens,
                    proxy=config.proxy,
                    verify=verify,
                    sandbox=config.sandbox,
                )
            )
            for name, settings in config.apps.items()
        }
        parties = Parties(config.parties, stores.parties, stores.replays)
        upkeep.feed.listen(NewsKind.PARTIES_CHANGED, parties.forget)
        if file is not None:
            await stack.enter_async_context(PartyFile(file, os.environ, config, parties).following())
        await stack.enter_async_context(_outbox(config, stores, upkeep, parties, clock).delivering())
        notices = Notices(config, stores.notices, stores.sessions, clients, stores.ring, clock)
        await stack.enter_async_context(notices.delivering())
        yield _compose(config, stores, upkeep, clients, parties, notices, clock)


def _outbox(config: Config, stores: Stores, upkeep: Upkeep, parties: Parties, clock: Callable[[], datetime]) -> Outbox:
    verify = ssl.create_default_context()
    if config.ca_file is not None:
        verify.load_verify_locations(config.ca_file)
    outbound = Outbound(config.private_hosts, trust(config.ca_file))
    subject = partial(subject_for, key=_pairwise_key(config))
    outbox = Outbox(config.public_url, stores.outbox, parties, upkeep.signing_keys, outbound, subject, clock)
    upkeep.feed.listen(NewsKind.SESSION_ENDED, outbox.wake)
    return outbox


def _pairwise_key(config: Config) -> bytes:
    return derive(config.secret_key, b"pairwise")


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """Return whom outbound calls trust: the system's authorities, and that of *ca_file*."""
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


def _compose(
    config: Config,
    stores: Stores,
    upkeep: Upkeep,
    clients: Mapping[str, AsyncWeComClient],
    parties: Parties,
    notices: Notices,
    clock: Callable[[], datetime],
) -> GatewayApp:
    audit = Audit(stores.audit, config.secret_key)
    sessions = Sessions(stores.sessions, stores.session_facts, stores.ring, config.session, audit.record)
    codes = SeenCodes(stores.codes, derive(config.secret_key, b"codes"), clock)
    directory = Directory(stores.directory, config.session.profile_age)
    admission = Admission(config, clients, directory, stores.people, sessions, audit, _new_subject, clock)
    attempts = Attempts(config, stores.attempts, stores.counters, clock)
    settle = _settle(config, stores, clients, admission, sessions, audit, clock)
    callback = Callback(attempts, stores.attempts, codes, sessions, settle, clock)
    rendered = Pages(_page_policy(config), config.sandbox)
    signout = SignOut(sessions, clock)
    handoff = HandoffStep(
        config.public_url, stores.handoffs, stores.counters, sessions, attempts, rendered, audit, clock
    )
    dispatcher = Dispatcher(config, sessions, admission, attempts, callback, signout, handoff, rendered, clock)
    keys, pairwise = upkeep.signing_keys, _pairwise_key(config)
    rooms = Rooms(
        config, stores, sessions, admission, parties, keys, pairwise, attempts, handoff, notices, rendered, audit, clock
    )
    provider = provide(rooms)
    consents = Consents(stores.consents, parties, audit, clock)
    account = Account(config, sessions, admission, consents, rendered, audit, clock)
    health = Health(upkeep.is_ready)
    notice = NoticeStep(stores.notices, stores.sessions, sessions, stores.grants, rendered, audit, clock)
    routes = [*provider.routes, *_routes(dispatcher, account, health), *_phone_routes(handoff, notice)]
    gate = None
    if config.gate is not None:
        gate, handover = _forward_auth(config.gate, rooms, upkeep)
        routes.append(_handover_route(handover))
    routes += [*VerifyFiles(config.verify_files).routes(), *static.routes()]
    return GatewayApp(_answer_by(routes, provider.endpoints, rendered, config, codes), provider.documents, gate)


def _settle(
    config: Config,
    stores: Stores,
    clients: Mapping[str, AsyncWeComClient],
    admission: Admission,
    sessions: Sessions,
    audit: Audit,
    clock: Callable[[], datetime],
) -> dict[Purpose, Settle]:
    asker = Asker(clients, clock)
    return {
        Purpose.SIGN_IN: Arrive(config, clients, admission, sessions, audit, clock),
        Purpose.DISCLOSURE: Disclose(asker, sessions, audit, clock),
        Purpose.HANDOFF: DiscloseElsewhere(asker, stores.handoffs, sessions, audit, clock),
    }


def _forward_auth(settings: GateConfig, rooms: Rooms, upkeep: Upkeep) -> tuple[ForwardAuth, Handover]:
    config, stores, clock = rooms.config, rooms.stores, rooms.clock
    sign = partial(upkeep.signing_keys.sign, SigningAlg.ES256, ASSERTION_TYP)
    guard = Gate(settings, config.public_url, stores.ring, upkeep.feed.heard, sign)
    names = ReservedNames(stores.reservations, rooms.audit.record, clock)
    entry = Entry(config, guard.hosts, rooms.sessions, rooms.admission, stores.people, names, stores.ring, clock)
    handover = Handover(config, entry, rooms.sessions, stores.replays, rooms.notices, rooms.audit, stores.ring, clock)
    steps = {BEGIN_PATH: handover.begin, FINISH_PATH: handover.finish}
    is_on_socket = isinstance(settings.listen, Path)
    gate = ForwardAuth(
        guard, entry, rooms.sessions, config.trusted_proxies, is_on_socket, steps, clock, _seconds(clock)
    )
    return gate, handover


def _answer_by(
    routes: list[BaseRoute], endpoints: Mapping[str, Endpoint], rendered: Pages, config: Config, codes: SeenCodes
) -> Machines:
    async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
        answer = rendered.answer(scope[SCOPE_KEY], pages.NotFound())
        await answer(scope, receive, send)

    # A path with one slash too many is not found: Starlette's redirect would carry the query on, and to any Host (T2).
    router = Router(routes, redirect_slashes=False, default=not_found)
    shell = Shell(_handlers(routes), router, rendered, config.trusted_proxies, codes.see)
    return Machines(endpoints, shell, config.trusted_proxies, codes.see)


def _handlers(routes: list[BaseRoute]) -> dict[tuple[str, str], Handler]:
    """Return what answers at a whole path, which is then not searched for among the patterns."""
    return {
        (method, route.path): route.app.handler
        for route in routes
        if isinstance(route, Route) and isinstance(route.app, Answering)
        for method in {"GET", "POST"} & (route.methods or set())
    }


def _routes(dispatcher: Dispatcher, account: Account, health: Health) -> list[BaseRoute]:
    async def come_back(request: Request) -> Response:
        return await dispatcher.come_back(request.scope[SCOPE_KEY], request.path_params["app"])

    async def home(_visit: Visit) -> Response:
        return see_other(HOME)

    return [
        Route("/signin", Answering(dispatcher.sign_in), methods=["GET", "POST"]),
        Route("/signin/callback/{app}", come_back, methods=["GET"]),
        Route("/me", Answering(account.me), methods=["GET"]),
        Route("/healthz", health.alive, methods=["GET"]),
        Route("/readyz", health.ready, methods=["GET"]),
        Route("/signout", Answering(dispatcher.sign_out), methods=["GET", "POST"]),
        Route(DISCLOSURE, Answering(dispatcher.disclose), methods=["GET", "POST"]),
        Route("/me/disclosure/erase", Answering(account.erase_disclosure), methods=["POST"]),
        Route("/me/consents/withdraw", Answering(account.withdraw_consent), methods=["POST"]),
        Route("/me/sessions/end", Answering(account.end_session), methods=["POST"]),
        Route("/me/sessions/end/all", Answering(account.end_sessions), methods=["POST"]),
        Route("/language/{language}", _choose_language, methods=["GET"]),
        Route("/", Answering(home), methods=["GET"]),
    ]


def _phone_routes(handoff: HandoffStep, notice: NoticeStep) -> list[BaseRoute]:
    async def ticket(request: Request) -> Response:
        visit, shown = request.scope[SCOPE_KEY], request.path_params["ticket"]
        return await (handoff.pick(visit, shown) if request.method == "POST" else handoff.open(visit, shown))

    async def state(request: Request) -> Response:
        return await handoff.watch(request.scope[SCOPE_KEY], request.path_params["ref"])

    async def told(request: Request) -> Response:
        visit, handle = request.scope[SCOPE_KEY], request.path_params["handle"]
        return await (notice.end(visit, handle) if request.method == "POST" else notice.show(visit, handle))

    return [
        Route(f"{NOTICE}/{{handle}}", told, methods=["GET", "POST"]),
        Route(HANDOFF, Answering(handoff.lost), methods=["GET"]),
        Route(f"{HANDOFF}/{{ticket}}", ticket, methods=["GET", "POST"]),
        Route(f"{HANDOFF}/{{ref}}/state", state, methods=["GET"]),
    ]


def _handover_route(handover: Handover) -> BaseRoute:
    async def cross(request: Request) -> Response:
        return await handover.cross(request.scope[SCOPE_KEY], request.path_params["wish"])

    return Route(f"{CROSS_PATH}/{{wish}}", cross, methods=["GET"])


async def _choose_language(request: Request) -> Response:
    visit: Visit = request.scope[SCOPE_KEY]
    language = request.path_params["language"]
    if language in LANGUAGES:
        visit.set_cookies[cookies.LANGUAGE] = cookies.set_cookie(cookies.LANGUAGE, language, _LANGUAGE_AGE)
    return see_other(own_page(visit.parameter("return_to", _MAX_RETURN_TO)))


def _page_policy(config: Config) -> PagePolicy:
    origins = [_origin(url) for url in (config.hosts.oauth, config.hosts.login, config.hosts.qr)]
    return PagePolicy(tuple(dict.fromkeys(origins)), _origin(config.hosts.login))


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _seconds(clock: Callable[[], datetime]) -> Callable[[], float]:
    # Forward-auth tells the time for each request, and a datetime would cost it as much as a whole header.
    return time.time if clock is now else lambda: clock().timestamp()


def _new_subject() -> str:
    return secrets.token_urlsafe(16)
