"""The keys that sign for the provider: three generations of each algorithm, rotated by one of all nodes at a time.

The *next* key is published long before it signs, so that no party meets a kid it could not have fetched; the *active*
one signs; *retiring* ones only verify. Which is which follows from the clock, so all nodes change over at one moment.
Private halves lie in the store sealed under a key that follows from the operator's ``secret_key``, as the ring does.
"""

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from gongpai.gateway.keys import WrongSecretKeyError
from gongpai.gateway.oidc import jose
from gongpai.gateway.records_provider import SigningAlg, SigningKey
from gongpai.gateway.ring import SealError, open_under, seal_under
from gongpai.gateway.store import StoreError
from gongpai.gateway.store.ports import CLOCKS_DIFFER
from gongpai.gateway.store.ports_provider import SigningKeyStore

ROTATE_EVERY = timedelta(days=30)
# Twice as long as a party may keep our JWKS by its Cache-Control.
PUBLISH_AHEAD = timedelta(days=2)
# All workers must know of a change before the first of them signs by it; they look four times a second.
_ACTIVATION_DELAY = timedelta(seconds=5)
_MOST_ATTEMPTS = 5


class KeyState(StrEnum):
    """What a signing key is for at a moment."""

    NEXT = "next"
    ACTIVE = "active"
    RETIRING = "retiring"


@dataclass(frozen=True, slots=True)
class Plan:
    """What has to be written so that one key signs, the next one is published and older ones retire in time."""

    changed: tuple[SigningKey, ...]
    added: tuple[tuple[int, datetime, datetime | None], ...]
    """Of each key to make: its number, when it activates, when it retires."""


def find_states(keys: Iterable[SigningKey], now: datetime) -> dict[str, KeyState]:
    """Return the state of each key that has not retired, by kid (pure)."""
    states: dict[str, KeyState] = {}
    active: set[SigningAlg] = set()
    for key in sorted(keys, key=lambda key: key.number, reverse=True):
        if not _is_living(key, now):
            continue
        if key.activates_at > now:
            states[key.kid] = KeyState.NEXT
        else:
            states[key.kid] = KeyState.RETIRING if key.alg in active else KeyState.ACTIVE
            active.add(key.alg)
    return states


def plan(keys: Sequence[SigningKey], wanted: Sequence[SigningKey], now: datetime, oldest_token: timedelta) -> Plan:
    """Return what is to be written for the *keys* of one algorithm, some of them as they are *wanted* to be (pure)."""
    before = {key.kid: key for key in keys}
    after = sorted({**before, **{key.kid: key for key in wanted}}.values(), key=lambda key: key.number)
    living = [key for key in after if _is_living(key, now)]
    beginnings = [key.activates_at for key in living] or [now - CLOCKS_DIFFER]
    if beginnings[-1] <= now:
        beginnings.append(max(beginnings[-1] + ROTATE_EVERY, now + PUBLISH_AHEAD))
    ends = [*(begins + oldest_token for begins in beginnings[1:]), None]
    settled = [replace(key, retires_at=end) for key, end in zip(living, ends, strict=False)]
    all_of_it = {key.kid: key for key in (*wanted, *settled)}
    changed = [replace(key, version=key.version + 1) for kid, key in all_of_it.items() if key != before[kid]]
    number = max((key.number for key in keys), default=0)
    missing = list(zip(beginnings, ends, strict=True))[len(living) :]
    added = [(number + n, begins, end) for n, (begins, end) in enumerate(missing, 1)]
    return Plan(tuple(changed), tuple(added))


def _is_living(key: SigningKey, now: datetime) -> bool:
    return key.retires_at is None or key.retires_at > now


class SigningKeys:
    """This process's signing keys, in step with the store."""

    def __init__(self, store: SigningKeyStore, secret_key: bytes, oldest_token: timedelta) -> None:
        """Keep the keys of *store*; *oldest_token* is how long something signed may still come back."""
        self._store = store
        self._secret_key = secret_key
        self._oldest_token = oldest_token
        self._known: list[SigningKey] = []
        self._opened: dict[str, jose.PrivateKey] = {}
        self._active: dict[SigningAlg, jose.PrivateKey] = {}
        self._changes_at: datetime | None = None
        self.public: tuple[jose.PublicKey, ...] = ()
        """What our own signatures are verified with."""
        self.jwks = b""
        """The JWK Set, ready to send; another object after each change."""

    async def load(self, now: datetime) -> None:
        """Fetch the keys, and make the first ones where there are none.

        Raises:
            WrongSecretKeyError: the keys were made under another ``secret_key``.
            StoreError: the store does not answer.
        """
        await self.rotate_due(now)
        await self.refresh(now)

    async def refresh(self, now: datetime) -> None:
        """Fetch the keys again; call it at each news of them."""
        self._known = await self._store.find()
        self._settle(now)

    def tend(self, now: datetime) -> None:
        """Let keys begin and retire by the clock."""
        if self._changes_at is not None and now >= self._changes_at:
            self._settle(now)

    def sign(self, alg: SigningAlg, typ: str, claims: Mapping[str, object]) -> str:
        """Return *claims* as a JWT of the kind *typ*, signed with the active key of *alg*."""
        return jose.sign(self._active[alg], typ, claims)

    async def find(self) -> list[SigningKey]:
        """Return the keys of the store, by algorithm, the newest first."""
        return await self._store.find()

    async def rotate_due(self, now: datetime) -> list[str]:
        """Publish the next key of each algorithm that has none; return the new kids."""
        return [kid for alg in SigningAlg for kid in await self._write(await self._of(alg), [], alg, now) or []]

    async def rotate(self, alg: SigningAlg, now: datetime) -> datetime:
        """Let the next key sign as soon as every party can know it; return when that is.

        Of two who rotate at once one does, and both are told the same.
        """
        await self._write(await self._of(alg), [], alg, now)
        keys = await self._of(alg)
        newest = max(keys, key=lambda key: key.number)
        earliest = max(now + _ACTIVATION_DELAY, newest.published_at + PUBLISH_AHEAD)
        if earliest >= newest.activates_at:
            return newest.activates_at
        await self._write(keys, [replace(newest, activates_at=earliest)], alg, now)
        return max(key.activates_at for key in await self._of(alg))

    async def revoke(self, kid: str, now: datetime) -> SigningAlg | None:
        """Drop the key everywhere within a second, with all it signed; the next one takes its place at once.

        Returns:
            Its algorithm, or None if there is no such key.

        Raises:
            StoreError: others changed the keys each time; the key is still there.
        """
        for _ in range(_MOST_ATTEMPTS):
            keys = await self._store.find()
            states = find_states(keys, now)
            if kid not in states:
                return None
            (alg,) = (key.alg for key in keys if key.kid == kid)
            keys = [key for key in keys if key.alg is alg]
            at_once = now - CLOCKS_DIFFER  # by any clock of the fleet
            wanted = [replace(key, retires_at=at_once) for key in keys if key.kid == kid]
            if states[kid] is KeyState.ACTIVE:
                wanted += [replace(key, activates_at=at_once) for key in keys if states.get(key.kid) is KeyState.NEXT]
            if await self._write(keys, wanted, alg, now) is not None:
                return alg
        raise StoreError("the signing keys are being changed by others")

    async def _of(self, alg: SigningAlg) -> list[SigningKey]:
        return [key for key in await self._store.find() if key.alg is alg]

    async def _write(
        self, keys: Sequence[SigningKey], wanted: Sequence[SigningKey], alg: SigningAlg, now: datetime
    ) -> list[str] | None:
        """Carry out the plan; return the kids of new keys, or None if somebody else was faster."""
        todo = plan(keys, wanted, now, self._oldest_token)
        if not todo.changed and not todo.added:
            return []
        added = []
        for number, activates_at, retires_at in todo.added:
            # An RSA key takes up to a second of the processor.
            jwk = await asyncio.to_thread(jose.generate_key, alg)
            added.append(self._new_key(alg, number, jwk, now, activates_at, retires_at))
        return [key.kid for key in added] if await self._store.change(todo.changed, added) else None

    def _new_key(
        self,
        alg: SigningAlg,
        number: int,
        jwk: jose.Claims,
        now: datetime,
        activates_at: datetime,
        retires_at: datetime | None,
    ) -> SigningKey:
        kid = str(jwk["kid"])
        sealed = seal_under(self._secret_key, json.dumps(jwk).encode(), _use(alg, kid))
        public = json.dumps(jose.public_jwk(jwk), separators=(",", ":"))
        return SigningKey(kid, alg, number, sealed, public, now, activates_at, retires_at)

    def _settle(self, now: datetime) -> None:
        states = find_states(self._known, now)
        living = [key for key in self._known if key.kid in states]
        self._opened = {key.kid: self._opened.get(key.kid) or self._open(key) for key in living}
        self._active = {key.alg: self._opened[key.kid] for key in living if states[key.kid] is KeyState.ACTIVE}
        # The next ones too: the clock of another worker may be a little ahead of ours.
        self.jwks = b'{"keys":[' + b",".join(key.public_jwk.encode() for key in living) + b"]}"
        self.public = jose.public_keys(json.loads(self.jwks))
        moments = [moment for key in living for moment in (key.activates_at, key.retires_at)]
        self._changes_at = min((moment for moment in moments if moment is not None and moment > now), default=None)

    def _open(self, key: SigningKey) -> jose.PrivateKey:
        try:
            opened = open_under(self._secret_key, key.sealed_private, _use(key.alg, key.kid))
        except SealError:
            raise WrongSecretKeyError from None
        return jose.private_key(json.loads(opened))


def _use(alg: SigningAlg, kid: str) -> bytes:
    return f"signing key\x00{alg.value}\x00{kid}".encode()
