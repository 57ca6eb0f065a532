"""A store that was filled, opened in this process, and the acts of its records."""

import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from benchmarks.filled_store import CORPID, PARTY, REDIRECT_URI, SCOPES, STRIDE, Filling
from gongpai.gateway.grants.opaque import hash_token, new_grant_id, new_token
from gongpai.gateway.records import EndReason, Person
from gongpai.gateway.records_provider import (
    AccessToken,
    AuthorizationCode,
    Grant,
    Issued,
    RefreshToken,
    Reservation,
    ReservedKind,
    Rotated,
)
from gongpai.gateway.store.open import Stores, open_stores
from gongpai.gateway.store.sql.tables_provider import refresh_tokens
from gongpai.wecom.models import Member

# Later than all that was filled in, and than any request to a gateway on it.
_FILLED_FOR = timedelta(hours=5)
_HOUR = timedelta(hours=1)


@dataclass(slots=True)
class Grown:
    """A store of *size*. Each act is about another person than the one before."""

    size: int
    filling: Filling
    stores: Stores
    refreshed: dict[int, str]
    """The last refresh token of each family that was refreshed since it was filled in."""
    _turns: Iterator[int] = field(default_factory=itertools.count)

    @property
    def now(self) -> datetime:
        """The present, in which all that was filled in and asked lies in the past."""
        return self.filling.start + _FILLED_FOR

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
        code = AuthorizationCode(code_hash, grant_id, PARTY, REDIRECT_URI, "c" * 43, now + _HOUR)
        _require("begin", await self.stores.grants.begin(grant, code))
        _require("get", await self.stores.authorization_codes.get(code_hash))
        _require("take", await self.stores.authorization_codes.take(code_hash, self._issued(grant_id)[1], now))

    async def rotate(self) -> None:
        """Read a refresh token, put its successor in its place."""
        number = self._turn()
        token = self.refreshed.get(number) or self.filling.token(refresh_tokens, number)
        found = await self.stores.tokens.get_refresh(hash_token(token))
        _require("get_refresh", found)
        if found is not None:
            self.refreshed[number], issued = self._issued(found[1].grant_id)
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
        return next(self._turns) * STRIDE % self.size

    def _issued(self, grant_id: str) -> tuple[str, Issued]:
        now, token = self.now, new_token(self.now)
        access = AccessToken(hash_token(new_token(now)), grant_id, SCOPES, (PARTY,), now, now + _HOUR)
        return token, Issued(access, RefreshToken(hash_token(token), grant_id, now, now + 720 * _HOUR))


@asynccontextmanager
async def grown(storage: str, size: int, filling: Filling, refreshed: dict[int, str]) -> AsyncIterator[Grown]:
    """Open the filled *storage*."""
    async with open_stores(storage) as stores:
        yield Grown(size, filling, stores, refreshed)


def _require(what: str, truth: object) -> None:
    if not truth:
        message = f"answered wrongly: {what}"
        raise RuntimeError(message)
