"""A gateway in this process on a store that was filled, and what is asked of it: requests, acts of the store."""

import base64
import hashlib
import itertools
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.types import ASGIApp

from benchmarks.asgi import Answer, ask
from benchmarks.filled_store import CORPID, PARTY, SCOPES, Filling
from gongpai.gateway.app import open_app
from gongpai.gateway.config import AppConfig, Config
from gongpai.gateway.grants.opaque import hash_token, new_grant_id, new_token
from gongpai.gateway.keys import KeyKeeper
from gongpai.gateway.records import EndReason, Person
from gongpai.gateway.records_provider import (
    AccessToken,
    AuthorizationCode,
    Grant,
    GrantType,
    Issued,
    RefreshToken,
    RelyingParty,
    Reservation,
    ReservedKind,
    Rotated,
    SecretHash,
    SigningAlg,
)
from gongpai.gateway.session import COOKIE_NAME, seal_session
from gongpai.gateway.store.open import Stores, open_stores
from gongpai.gateway.store.sql.tables_provider import access_tokens, refresh_tokens
from gongpai.wecom import App, Hosts
from gongpai.wecom.models import Member

# Prime to the sizes, and so large that what follows in time lies far apart in the store.
_STRIDE = 7_368_787
_FILLED_FOR = timedelta(hours=3)
_HOUR = timedelta(hours=1)
_SECRET = "the-secret-of-measurements-only"
_SECRET_KEY = b"0" * 32
_REDIRECT_URI = "https://wiki.example.com/cb"
_VERIFIER = "v" * 43
_CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(_VERIFIER.encode()).digest()).rstrip(b"=").decode()
_BASIC = "Basic " + base64.b64encode(f"{PARTY}:{_SECRET}".encode()).decode()


@dataclass(slots=True)
class Clock:
    """A clock that stands still until it is told to go on."""

    moment: datetime

    def __call__(self) -> datetime:
        return self.moment

    def wait(self) -> None:
        """Go on for longer than a session is thought to have been seen just now."""
        self.moment += timedelta(minutes=2)


@dataclass(slots=True)
class Grown:
    """A gateway on a store of *size*. Each act is about another person than the one before."""

    size: int
    filling: Filling
    clock: Clock
    app: ASGIApp
    stores: Stores
    _turns: Iterator[int] = field(default_factory=itertools.count)
    _refreshed: dict[int, str] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        """The present, in which all that was filled in lies in the past."""
        return self.clock()

    async def userinfo(self) -> None:
        """Ask who holds an access token."""
        number = self._turn()
        token = self.filling.token(access_tokens, number)
        answer = await ask(self.app, "GET", "/userinfo", authorization=f"Bearer {token}")
        _require(answer, json.loads(answer.body).get("sub") == self.filling.subject(number))

    async def introspect(self) -> None:
        """Ask whether an access token is alive."""
        fields = {"token": self.filling.token(access_tokens, self._turn())}
        answer = await ask(self.app, "POST", "/introspect", fields, authorization=_BASIC)
        _require(answer, json.loads(answer.body)["active"])

    async def sign_in_silently(self) -> None:
        """Fetch a code with a session, and redeem it."""
        query = {
            "client_id": PARTY,
            "redirect_uri": _REDIRECT_URI,
            "response_type": "code",
            "scope": " ".join(sorted(SCOPES)),
            "nonce": "n" * 22,
            "prompt": "none",
            "code_challenge": _CHALLENGE,
            "code_challenge_method": "S256",
        }
        answer = await ask(self.app, "GET", f"/authorize?{urlencode(query)}", cookie=self._cookie(self._turn()))
        code = parse_qs(urlsplit(answer.headers.get("location", "")).query).get("code")
        _require(answer, code)
        fields = {"code": code[0] if code else "", "redirect_uri": _REDIRECT_URI, "code_verifier": _VERIFIER}
        await self._redeem("authorization_code", fields)

    async def refresh(self) -> None:
        """Refresh a family that was issued long ago, or refreshed here before."""
        number = self._turn()
        token = self._refreshed.get(number) or self.filling.token(refresh_tokens, number)
        self._refreshed[number] = await self._redeem("refresh_token", {"refresh_token": token})

    async def open_own_page(self) -> None:
        """Open /me: the session is read, and written when it was not seen for a minute."""
        answer = await ask(self.app, "GET", "/me", cookie=self._cookie(self._turn()))
        _require(answer, answer.status == HTTPStatus.OK)

    async def begin_and_take(self) -> None:
        """Keep a grant with its code, read the code, take it for tokens."""
        number, now = self._turn(), self.now
        grant_id, code_hash = new_grant_id(now), hash_token(new_token(now))
        grant = Grant(
            grant_id=grant_id,
            client_id=PARTY,
            subject=self.filling.subject(number),
            session_ref=self.filling.session_ref(number),
            app="main",
            sid="s" * 24,
            scopes=SCOPES,
            is_offline=True,
            auth_time=now,
            amr=("wecom_in_app",),
            acr=None,
            created_at=now,
            expires_at=now + 720 * _HOUR,
        )
        code = AuthorizationCode(code_hash, grant_id, PARTY, _REDIRECT_URI, _CHALLENGE, now + _HOUR)
        _require("begin", await self.stores.grants.begin(grant, code))
        _require("get", await self.stores.authorization_codes.get(code_hash))
        _require("take", await self.stores.authorization_codes.take(code_hash, self._issued(grant_id)[1], now))

    async def rotate(self) -> None:
        """Read a refresh token, put its successor in its place."""
        number = self._turn()
        token = self._refreshed.get(number) or self.filling.token(refresh_tokens, number)
        found = await self.stores.tokens.get_refresh(hash_token(token))
        _require("get_refresh", found)
        if found is not None:
            self._refreshed[number], issued = self._issued(found[1].grant_id)
            answer = b"x" * 1_500
            rotated = await self.stores.tokens.rotate(hash_token(token), issued, answer, _HOUR, self.now)
            _require("rotate", rotated == Rotated())

    async def see_session(self) -> None:
        """Read a session and write that it was seen."""
        ref = self.filling.session_ref(self._turn())
        _require("get", await self.stores.sessions.get(ref))
        seen_at = self.now + timedelta(milliseconds=next(self._turns))
        _require("touch", await self.stores.sessions.touch(ref, seen_at, seen_at + _HOUR))

    async def find_person(self) -> None:
        """Find the person of an account key."""
        number = self._turn()
        person = Person("nobody", Member(CORPID, self.filling.userid(number)).key, 0, self.now)
        _require("mint", (await self.stores.people.mint(person)).subject == self.filling.subject(number))

    async def hold_name(self) -> None:
        """Find who holds a name."""
        number = self._turn()
        subject = self.filling.subject(number)
        reservation = Reservation(PARTY, ReservedKind.USERNAME, self.filling.userid(number), subject)
        _require("reserve", await self.stores.reservations.reserve(reservation) == subject)

    async def sign_out(self) -> None:
        """End a session: its grants are taken back, and its parties are to be told."""
        ref = self.filling.session_ref(self._turn())
        _require("end", await self.stores.sessions.end(ref, EndReason.DENIED, self.now))

    def _turn(self) -> int:
        return next(self._turns) * _STRIDE % self.size

    def _cookie(self, number: int) -> str:
        expires_at = self.filling.start + 12 * _HOUR
        return f"{COOKIE_NAME}={seal_session(self.stores.ring, self.filling.session_id(number), expires_at)}"

    def _issued(self, grant_id: str) -> tuple[str, Issued]:
        now, token = self.now, new_token(self.now)
        access = AccessToken(hash_token(new_token(now)), grant_id, SCOPES, (PARTY,), now, now + _HOUR)
        return token, Issued(access, RefreshToken(hash_token(token), grant_id, now, now + 720 * _HOUR))

    async def _redeem(self, grant_type: str, fields: Mapping[str, str]) -> str:
        answer = await ask(self.app, "POST", "/token", {"grant_type": grant_type, **fields}, authorization=_BASIC)
        token = json.loads(answer.body).get("refresh_token")
        _require(answer, token)
        return str(token)


@asynccontextmanager
async def grown(storage: str, size: int, filling: Filling) -> AsyncIterator[Grown]:
    """Open the gateway on the filled *storage*; WeCom is out of its reach, and nothing asks for it."""
    async with AsyncExitStack() as stack:
        clock = Clock(filling.start + _FILLED_FOR)
        app = await stack.enter_async_context(open_app(_config(storage), clock))
        stores = await stack.enter_async_context(open_stores(storage))
        await KeyKeeper(stores.keys, stores.ring, _SECRET_KEY, 12 * _HOUR).load(datetime.now(UTC))
        yield Grown(size, filling, clock, app, stores)


def _config(storage: str) -> Config:
    party = RelyingParty(
        client_id=PARTY,
        title="The Wiki",
        secret_hashes=(SecretHash(hashlib.sha256(_SECRET.encode()).hexdigest(), datetime(2026, 1, 1, tzinfo=UTC)),),
        redirect_uris=(_REDIRECT_URI,),
        scopes=SCOPES,
        grant_types=frozenset({GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN}),
        is_trusted=True,
        # The cheapest signature hides the least.
        id_token_alg=SigningAlg.ES256,
        is_configured=True,
    )
    app = AppConfig("main", "Main", App(CORPID, 1000002, "a secret that nobody is shown"))
    return Config(
        public_url="https://sso.example.com",
        storage=storage,
        secret_key=_SECRET_KEY,
        apps={"main": app},
        parties={PARTY: party},
        sandbox=True,
        hosts=Hosts.at("http://127.0.0.1:1"),
        starts_per_minute=0,
    )


def _require(what: Answer | str, truth: object) -> None:
    if not truth:
        message = f"answered wrongly: {what}"
        raise RuntimeError(message)
