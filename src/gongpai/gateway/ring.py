"""The key ring in memory: seals and opens with AES-256-GCM. Pure but for the nonce, which is made here."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pybase64
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gongpai.gateway.errors import GatewayError, UnavailableError
from gongpai.gateway.records import KeyPurpose

KEY_BYTES = 32
KEY_ID_BYTES = 4
_NONCE_BYTES = 12
_TAG_BYTES = 16
_FORMAT = b"\x01"
_PREFIX_BYTES = len(_FORMAT) + KEY_ID_BYTES
_BODY_AT = _PREFIX_BYTES + _NONCE_BYTES
_SHORTEST = _BODY_AT + _TAG_BYTES
# The other alphabet is made invalid: one value would otherwise have several spellings.
_FROM_URLSAFE = bytes.maketrans(b"-_+/", b"+/!!")
_SCOPES = {purpose: b"gongpai\x00" + purpose.value.encode() + b"\x00" for purpose in KeyPurpose}


class SealError(GatewayError):
    """Not sealed by us for this use, altered, or sealed under a key that is gone; treat it as absent."""


class RingExhaustedError(UnavailableError):
    """No key of this purpose may seal now: wait a moment, the ring's keeper fetches or makes one."""


def derive(secret_key: bytes, use: bytes) -> bytes:
    """Return the key for one *use* that follows from the operator's ``secret_key``."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"gongpai\x00" + use).derive(secret_key)


def seal_under(secret: bytes, plaintext: bytes, use: bytes) -> bytes:
    """Return *plaintext* sealed under the key that follows from *secret* for this *use*, and for no other."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(derive(secret, use)).encrypt(nonce, plaintext, None)


def open_under(secret: bytes, sealed: bytes, use: bytes) -> bytes:
    """Return what was sealed under *secret* for this *use*.

    Raises:
        SealError: anything else.
    """
    try:
        return AESGCM(derive(secret, use)).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None)
    except (InvalidTag, ValueError):
        raise SealError from None


@dataclass(frozen=True, slots=True)
class RingKey:
    """An opened key of the ring."""

    key_id: bytes
    purpose: KeyPurpose
    secret: bytes = field(repr=False)


class KeyRing:
    """The keys of this process: one of each purpose seals, all of them open.

    A sealed value is base64url of: a format byte, the key's id, a random nonce, ciphertext and tag. Random nonces of 96
    bits bound a key to 2^32 seals (NIST SP 800-38D, 8.3): each is paid from an allowance that the keeper reserves.
    """

    def __init__(self) -> None:
        self._openers: dict[KeyPurpose, dict[bytes, AESGCM]] = {purpose: {} for purpose in KeyPurpose}
        self._sealers: dict[KeyPurpose, tuple[bytes, AESGCM]] = {}
        self._allowances: dict[bytes, int] = {}

    def replace(self, keys: Iterable[RingKey], sealing: Mapping[KeyPurpose, bytes]) -> None:
        """Hold exactly *keys*, and seal with the ones named by *sealing*; what is not among them opens no more."""
        openers: dict[KeyPurpose, dict[bytes, AESGCM]] = {purpose: {} for purpose in KeyPurpose}
        for key in keys:
            prefix = _FORMAT + key.key_id
            openers[key.purpose][prefix] = self._openers[key.purpose].get(prefix) or AESGCM(key.secret)
        self._openers = openers
        self._sealers = {
            purpose: (_FORMAT + key_id, openers[purpose][_FORMAT + key_id]) for purpose, key_id in sealing.items()
        }

    def allowance(self, key_id: bytes) -> int:
        """Return how many seals this process may still make with the key."""
        return self._allowances.get(_FORMAT + key_id, 0)

    def allow(self, key_id: bytes, seals: int) -> None:
        """Add reserved *seals* to what this process may make with the key."""
        prefix = _FORMAT + key_id
        self._allowances[prefix] = self._allowances.get(prefix, 0) + seals

    def seal(self, purpose: KeyPurpose, plaintext: bytes, use: bytes) -> bytes:
        """Return *plaintext* sealed for exactly this *use*, as ASCII.

        Raises:
            RingExhaustedError: no key, or its allowance is used up.
        """
        sealer = self._sealers.get(purpose)
        if sealer is None:
            raise RingExhaustedError(purpose.value)
        prefix, aead = sealer
        left = self._allowances.get(prefix, 0)
        if left < 1:
            raise RingExhaustedError(purpose.value)
        self._allowances[prefix] = left - 1
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = prefix + nonce + aead.encrypt(nonce, plaintext, _SCOPES[purpose] + use)
        return pybase64.urlsafe_b64encode(sealed).rstrip(b"=")

    def open(self, purpose: KeyPurpose, sealed: bytes, use: bytes) -> bytes:
        """Return what was sealed for this *use*.

        Raises:
            SealError: anything else.
        """
        try:
            raw = pybase64.b64decode(sealed.translate(_FROM_URLSAFE) + b"=" * (-len(sealed) % 4), None, True)  # noqa: FBT003  # validated; by name it costs twice
        except ValueError:
            raise SealError from None
        aead = self._openers[purpose].get(raw[:_PREFIX_BYTES])
        if aead is None or len(raw) < _SHORTEST:
            raise SealError
        try:
            return aead.decrypt(raw[_PREFIX_BYTES:_BODY_AT], raw[_BODY_AT:], _SCOPES[purpose] + use)
        except InvalidTag:
            raise SealError from None
