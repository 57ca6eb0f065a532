"""The composition of the OpenID provider: its endpoints for machines, its routes for browsers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gongpai.gateway.admission import Admission
from gongpai.gateway.audit import Audit
from gongpai.gateway.config import Config
from gongpai.gateway.endpoints.calling_party import CallingParty
from gongpai.gateway.endpoints.device import DeviceAuthorization
from gongpai.gateway.endpoints.introspection import Introspection
from gongpai.gateway.endpoints.metadata import Document
from gongpai.gateway.endpoints.par import PushedRequest
from gongpai.gateway.endpoints.revocation import Revocation
from gongpai.gateway.endpoints.token import Token
from gongpai.gateway.endpoints.userinfo import UserInfo
from gongpai.gateway.flow.asking import PUSHED_AGE, PUSHED_PREFIX, Asking
from gongpai.gateway.flow.attempts import Attempts
from gongpai.gateway.flow.authorize import Authorize
from gongpai.gateway.flow.consent import ConsentStep
from gongpai.gateway.flow.device import Device
from gongpai.gateway.flow.end_session import EndSession
from gongpai.gateway.flow.handoff import HandoffStep
from gongpai.gateway.flow.signout import SignOut
from gongpai.gateway.flow.wecom_consent import WeComConsent
from gongpai.gateway.grants.issue import Issuer
from gongpai.gateway.grants.lookup import Lookup
from gongpai.gateway.grants.redeem import Redeemer
from gongpai.gateway.notices import Notices
from gongpai.gateway.oidc.acr import ACR_VALUES
from gongpai.gateway.oidc.discovery import Endpoints, metadata, render
from gongpai.gateway.parties import Parties
from gongpai.gateway.portraits import Portraits
from gongpai.gateway.reservations import ReservedNames
from gongpai.gateway.session import Sessions
from gongpai.gateway.signing_keys import SigningKeys
from gongpai.gateway.store.open import Stores
from gongpai.gateway.web.http import Answering, Pages
from gongpai.gateway.web.machines import Endpoint
from gongpai.gateway.web.visit import SCOPE_KEY

_READ = ("GET", "HEAD")
_PATHS = Endpoints()
_DISCOVERY = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")
_JWKS = "/jwks"
DOCUMENT_PATHS = (*_DISCOVERY, _JWKS)


@dataclass(frozen=True, slots=True)
class Rooms:
    """The rooms of the sign-in that the provider stands on."""

    config: Config
    stores: Stores
    sessions: Sessions
    admission: Admission
    parties: Parties
    keys: SigningKeys
    pairwise_key: bytes = field(repr=False)
    attempts: Attempts
    handoff: HandoffStep
    notices: Notices
    pages: Pages
    audit: Audit
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Provider:
    """What the provider answers at, by path."""

    endpoints: Mapping[str, Endpoint]
    documents: Mapping[str, Document]
    routes: list[BaseRoute]


def provide(rooms: Rooms) -> Provider:
    """Put the provider together."""
    config, stores = rooms.config, rooms.stores
    portraits = Portraits(
        config,
        rooms.sessions,
        stores.sessions,
        stores.people,
        ReservedNames(stores.reservations, rooms.audit.record, rooms.clock),
        rooms.admission,
        rooms.pairwise_key,
    )
    issuer = Issuer(config.public_url, config.tokens, stores.grants, rooms.keys, portraits)
    asking = Asking(
        issuer.issuer,
        rooms.parties,
        stores.requests,
        stores.counters,
        config.starts_per_minute,
        rooms.keys,
        rooms.clock,
    )
    metadata_bytes = render(metadata(issuer.issuer, _PATHS, ACR_VALUES))
    discovery, keys = Document(lambda: metadata_bytes), Document(lambda: rooms.keys.jwks)
    documents = {**dict.fromkeys(_DISCOVERY, discovery), _JWKS: keys}
    endpoints = {path: Endpoint(document, _READ) for path, document in documents.items()}
    endpoints |= _endpoints(rooms, issuer, portraits, asking)
    return Provider(endpoints, documents, _routes(rooms, issuer, portraits, asking))


def _endpoints(rooms: Rooms, issuer: Issuer, portraits: Portraits, asking: Asking) -> dict[str, Endpoint]:
    stores, audit, clock, parties = rooms.stores, rooms.audit, rooms.clock, rooms.parties
    caller = CallingParty(issuer.issuer, parties, clock)
    lookup = Lookup(issuer.issuer, stores.tokens, stores.grants, portraits, audit, clock)
    redeemer = Redeemer(
        issuer, portraits, stores.authorization_codes, stores.tokens, stores.grants, stores.devices, audit, clock
    )
    userinfo = UserInfo(lookup, issuer, portraits, parties, clock)
    pushed = PushedRequest(
        caller,
        asking.read_pushed,
        PUSHED_PREFIX,
        PUSHED_AGE,
        stores.counters,
        rooms.config.starts_per_minute,
        clock,
    )
    device = DeviceAuthorization(caller, stores.devices, stores.counters, clock)
    return {
        "/token": Endpoint(Token(caller, redeemer), ("POST",), is_cross_origin=True),
        "/userinfo": Endpoint(userinfo, ("GET", "POST"), is_cross_origin=True),
        "/introspect": Endpoint(Introspection(caller, lookup), ("POST",)),
        "/revoke": Endpoint(Revocation(caller, lookup), ("POST",), is_cross_origin=True),
        "/par": Endpoint(pushed, ("POST",)),
        "/device_authorization": Endpoint(device, ("POST",)),
    }


def _routes(rooms: Rooms, issuer: Issuer, portraits: Portraits, asking: Asking) -> list[BaseRoute]:
    stores, audit, clock = rooms.stores, rooms.audit, rooms.clock
    ending = EndSession(
        issuer.issuer,
        rooms.parties,
        rooms.keys,
        portraits,
        rooms.sessions,
        SignOut(rooms.sessions, clock),
        rooms.pages,
        clock,
    )
    device = Device(
        rooms.parties,
        stores.devices,
        stores.counters,
        rooms.sessions,
        rooms.admission,
        portraits,
        issuer,
        rooms.notices,
        rooms.pages,
        audit,
        clock,
    )
    return [
        # Routes are tried in turn, and this is what most browsers come for.
        *_authorize_routes(rooms, issuer, portraits, asking),
        Route("/end_session", Answering(ending.begin), methods=["GET", "POST"]),
        Route("/signout/confirm", Answering(ending.confirm), methods=["POST"]),
        Route("/device", Answering(device.ask), methods=["GET"]),
        Route("/device", Answering(device.show), methods=["POST"]),
        Route("/device/confirm", Answering(device.decide), methods=["POST"]),
    ]


def _authorize_routes(rooms: Rooms, issuer: Issuer, portraits: Portraits, asking: Asking) -> list[BaseRoute]:
    stores, audit, clock = rooms.stores, rooms.audit, rooms.clock
    consent = ConsentStep(stores.consents, audit, clock)
    wecom_consent = WeComConsent(asking, rooms.sessions, rooms.attempts, rooms.handoff, rooms.pages, audit, clock)
    authorize = Authorize(
        asking,
        rooms.sessions,
        rooms.admission,
        portraits,
        consent,
        wecom_consent,
        issuer,
        rooms.notices,
        rooms.pages,
        audit,
        clock,
    )

    async def go_on(request: Request) -> Response:
        visit, handle = request.scope[SCOPE_KEY], request.path_params["handle"]
        return await (authorize.answer(visit, handle) if request.method == "POST" else authorize.go_on(visit, handle))

    return [
        Route("/authorize", Answering(authorize.begin), methods=["GET", "POST"]),
        Route("/authorize/{handle}", go_on, methods=["GET", "POST"]),
    ]
