"""The provider's memory for tests: two nodes on one database, and values to put into it."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from gongpai.gateway.records_provider import (
    AccessToken,
    AuthorizationCode,
    AuthorizationRequest,
    DeviceRequest,
    Grant,
    Issued,
    RefreshToken,
    RelyingParty,
)
from gongpai.gateway.store.open import Stores, open_stores
from memory import NOW, SECRET_KEY, Backend, make_person, make_session

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Nodes:
    """Two nodes of one gateway, each with a driver of its own."""

    one: Stores
    two: Stores


@pytest.fixture
async def nodes(stores: Stores, backend: Backend) -> AsyncIterator[Nodes]:
    """Yield two nodes on one memory."""
    async with open_stores(backend.storage, backend.tickets, SECRET_KEY) as other:
        yield Nodes(stores, other)


def token_hash() -> str:
    """Return the hash of a new token."""
    return secrets.token_hex(32)


def make_party(client_id: str = "grafana", **changes: object) -> RelyingParty:
    """Return a new relying party."""
    party = {"client_id": client_id, "title": client_id.title(), "redirect_uris": ("https://rp.example/cb",)}
    return RelyingParty(**{**party, **changes})  # type: ignore[arg-type]  # checked where the record is made


def make_request(**changes: object) -> AuthorizationRequest:
    """Return a new authorization request that lives ten minutes."""
    request = {
        "handle_hash": token_hash(),
        "client_id": "grafana",
        "redirect_uri": "https://rp.example/cb",
        "scopes": frozenset({"openid"}),
        "created_at": NOW,
        "expires_at": NOW + 10 * MINUTE,
    }
    return AuthorizationRequest(**{**request, **changes})  # type: ignore[arg-type]  # checked where the record is made


def make_grant(session_ref: str = "ref", **changes: object) -> Grant:
    """Return a new grant that lives twelve hours."""
    grant = {
        "grant_id": secrets.token_hex(16),
        "client_id": "grafana",
        "subject": "subject",
        "session_ref": session_ref,
        "app": "main",
        "sid": f"sid of {session_ref}",
        "scopes": frozenset({"openid", "profile"}),
        "is_offline": False,
        "auth_time": NOW,
        "amr": ("wecom_scan",),
        "acr": None,
        "created_at": NOW,
        "expires_at": NOW + timedelta(hours=12),
    }
    return Grant(**{**grant, **changes})  # type: ignore[arg-type]  # checked where the record is made


def make_code(grant: Grant, **changes: object) -> AuthorizationCode:
    """Return a new authorization code of *grant* that lives a minute."""
    code = {
        "code_hash": token_hash(),
        "grant_id": grant.grant_id,
        "client_id": grant.client_id,
        "redirect_uri": "https://rp.example/cb",
        "code_challenge": "challenge",
        "expires_at": NOW + MINUTE,
    }
    return AuthorizationCode(**{**code, **changes})  # type: ignore[arg-type]  # checked where the record is made


def make_issued(grant: Grant, *, is_refreshable: bool = True) -> Issued:
    """Return new tokens of *grant*: an access token for ten minutes, a refresh token for an hour."""
    access = AccessToken(token_hash(), grant.grant_id, grant.scopes, ("grafana",), NOW, NOW + 10 * MINUTE)
    refresh = RefreshToken(token_hash(), grant.grant_id, NOW, NOW + 60 * MINUTE)
    return Issued(access, refresh if is_refreshable else None)


def make_device(**changes: object) -> DeviceRequest:
    """Return a new request of a device that lives ten minutes."""
    request = {
        "device_code_hash": token_hash(),
        "user_code_hash": token_hash(),
        "client_id": "cli",
        "scopes": frozenset({"openid"}),
        "ip": "203.0.113.7",
        "created_at": NOW,
        "expires_at": NOW + 10 * MINUTE,
    }
    return DeviceRequest(**{**request, **changes})  # type: ignore[arg-type]  # checked where the record is made


async def sign_in(stores: Stores, userid: str = "lisi") -> tuple[str, str]:
    """Start a session; return the person's subject and the session's ref."""
    person = await stores.people.mint(make_person(userid))
    session = make_session(person.subject)
    assert await stores.sessions.put(session)
    return person.subject, session.ref


async def begin(stores: Stores, **changes: object) -> tuple[Grant, AuthorizationCode]:
    """Begin a grant in a new session."""
    subject, ref = await sign_in(stores)
    grant = make_grant(**{"session_ref": ref, "subject": subject, **changes})  # type: ignore[arg-type]  # as above
    code = make_code(grant)
    assert await stores.grants.begin(grant, code)
    return grant, code
