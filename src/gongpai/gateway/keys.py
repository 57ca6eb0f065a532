"""The keeper of the key ring: fetches, makes, rotates and revokes keys, and pays for every seal in advance.

The ring lies in the store, each key sealed under a key derived from the operator's ``secret_key``.
"""

import os
import secrets
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gongpai.gateway.errors import SetUpError
from gongpai.gateway.records import KeyPurpose, SealedKey
from gongpai.gateway.ring import KEY_BYTES, KEY_ID_BYTES, KeyRing, RingKey, derive
from gongpai.gateway.store.ports import CLOCKS_DIFFER, KeyStore

# A key may make 2^32 seals (T15). It is replaced at half of that; a fleet's reservations are counted whole.
MOST_SEALS = 2**32
ROTATE_AT_SEALS = 2**31
ROTATE_AFTER = timedelta(days=30)
# What a process takes at once, and when it takes more: at four looks a second this is 100,000 seals a second.
_ALLOWANCE = 2**16
_LOW_ALLOWANCE = 2**15
# All workers must know a key before the first of them seals with it; they look four times a second.
_ACTIVATION_DELAY = timedelta(seconds=5)
_NONCE_BYTES = 12


__all__ = ["KeyKeeper", "WrongSecretKeyError", "derive"]


class WrongSecretKeyError(SetUpError):
    """The secret_key is not the one that this database's key ring was made with; put the right one back."""


class KeyKeeper:
    """Keeps this process's ring in step with the store."""

    def __init__(self, store: KeyStore, ring: KeyRing, secret_key: bytes, oldest_seal: timedelta) -> None:
        """Keep *ring*; *oldest_seal* is the longest time after which something sealed must still open."""
        self._store = store
        self._ring = ring
        self._master = AESGCM(derive(secret_key, b"key ring"))
        self._oldest_seal = oldest_seal
        self._known: list[SealedKey] = []

    async def load(self, now: datetime) -> None:
        """Fetch the ring, make the first key of each purpose where there is none, and reserve seals.

        Raises:
            WrongSecretKeyError: the ring was made under another ``secret_key``.
            StoreError: the store does not answer.
        """
        for purpose in KeyPurpose:
            await self._store.add(self._new_key_at_once(purpose, now), retire_others_at=None, only_if_none=True)
        await self.refresh(now)

    async def refresh(self, now: datetime) -> None:
        """Fetch the ring again; call it at each news of keys."""
        self._known = await self._store.find()
        await self.tend(now)

    async def look(self, now: datetime) -> None:
        """Fetch the ring to open with, and write nothing: this process will seal nothing.

        Raises:
            WrongSecretKeyError: the ring was made under another ``secret_key``.
            StoreError: the store does not answer.
        """
        self._known = await self._store.find()
        self._ring.replace([self._open(key) for key in self._living(now)], {})

    async def tend(self, now: datetime) -> None:
        """Let keys begin and retire by the clock, and reserve more seals where few are left."""
        living = self._living(now)
        sealing: dict[KeyPurpose, bytes] = {}
        for key in living:  # the newest first
            if key.activates_at <= now and key.seals < MOST_SEALS:
                sealing.setdefault(key.purpose, bytes.fromhex(key.key_id))
        opened = [self._open(key) for key in living]
        try:
            for key_id in sealing.values():
                await self._reserve(key_id)
        finally:
            # Whatever became of the reservations: a revoked key opens nothing from here on.
            self._ring.replace(opened, sealing)

    async def rotate(self, purpose: KeyPurpose, now: datetime) -> str:
        """Add a key that seals from soon on; the older ones go on opening as long as anything they sealed may live."""
        starts = now + _ACTIVATION_DELAY
        key = self._new_key(purpose, now, starts)
        await self._store.add(key, retire_others_at=starts + self._oldest_seal, only_if_none=False)
        return key.key_id

    async def rotate_due(self, now: datetime) -> list[str]:
        """Rotate where the sealing key is old or much used; return the new ids. For one runner at a time."""
        newest: dict[KeyPurpose, SealedKey] = {}
        for key in await self._store.find():
            newest.setdefault(key.purpose, key)
        return [
            await self.rotate(key.purpose, now)
            for key in newest.values()
            if now - key.created_at >= ROTATE_AFTER or key.seals >= ROTATE_AT_SEALS
        ]

    async def revoke(self, key_id: str, now: datetime) -> KeyPurpose | None:
        """Drop the key everywhere within a second, with all it sealed; a new one takes its place at once."""
        for key in await self._store.find():
            if key.key_id == key_id:
                # The successor comes first, so that at no moment there is none to seal with.
                successor = self._new_key_at_once(key.purpose, now)
                await self._store.add(successor, retire_others_at=None, only_if_none=False)
                return await self._store.revoke(key_id, now)
        return None

    async def find(self) -> list[SealedKey]:
        """Return the keys of the store, the newest first."""
        return await self._store.find()

    def _living(self, now: datetime) -> list[SealedKey]:
        return [key for key in self._known if key.retires_at is None or key.retires_at > now]

    async def _reserve(self, key_id: bytes) -> None:
        if self._ring.allowance(key_id) < _LOW_ALLOWANCE:
            reserved = await self._store.reserve(key_id.hex(), _ALLOWANCE)
            if reserved is not None and reserved <= MOST_SEALS:
                self._ring.allow(key_id, _ALLOWANCE)

    def _new_key_at_once(self, purpose: KeyPurpose, now: datetime) -> SealedKey:
        # By any clock of the fleet: one that is behind ours must not be left without a key.
        return self._new_key(purpose, now, now - CLOCKS_DIFFER)

    def _new_key(self, purpose: KeyPurpose, now: datetime, activates_at: datetime) -> SealedKey:
        key_id = secrets.token_hex(KEY_ID_BYTES)
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + self._master.encrypt(nonce, os.urandom(KEY_BYTES), _use(key_id, purpose))
        return SealedKey(key_id, purpose, sealed, created_at=now, activates_at=activates_at)

    def _open(self, key: SealedKey) -> RingKey:
        nonce, sealed = key.sealed[:_NONCE_BYTES], key.sealed[_NONCE_BYTES:]
        try:
            secret = self._master.decrypt(nonce, sealed, _use(key.key_id, key.purpose))
        except InvalidTag:
            raise WrongSecretKeyError from None
        return RingKey(bytes.fromhex(key.key_id), key.purpose, secret)


def _use(key_id: str, purpose: KeyPurpose) -> bytes:
    return f"{key_id}\x00{purpose.value}".encode()
