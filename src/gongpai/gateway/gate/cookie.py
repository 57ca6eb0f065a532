"""The gate cookie: sealed for one audience, and checked without a store.

It is another cookie than the session's, with a key, a name and an audience of its own (T13, T15): it opens nothing but
the gate of one host, or of the hosts that share a domain. Sensitive fields never ride in it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from gongpai.gateway.records import KeyPurpose
from gongpai.gateway.ring import KeyRing, SealError

GATE_COOKIE_NAME = "__Host-gongpai_gate"
# One that hosts of a domain share cannot be bound to a host, and has another name for it.
DOMAIN_COOKIE_NAME = "__Secure-gongpai_gate"
COOKIE_LIMIT = 3500
# Past this age the store is read: a new cookie, last-seen and the idle limit come from there.
RENEW_AFTER_SECONDS = 300


class GateCookie(msgspec.Struct, frozen=True, array_like=True):
    """What the gate knows of a person without asking; moments are seconds since 1970.

    Who it is stands in it as headers carry it (`identity.py`), so that nothing is left to do for each request.
    """

    ref: str
    subject: bytes
    username: bytes
    email: bytes
    groups: bytes
    epoch: int
    issued_at: int
    expires_at: int
    name: bytes = b""
    admitted: tuple[str, ...] = ()
    """The stamps of the hosts that this person may enter: each names a host and the policy that admitted."""


class Heard(Protocol):
    """What a worker has heard of ended sessions and raised epochs."""

    ended: dict[str, datetime]
    epochs: dict[str, int]
    is_whole: bool

    def is_fresh(self, at: float) -> bool:
        """Whether it may be believed at the monotonic moment *at*."""
        ...


class Ask(StrEnum):
    """Why the store must be read before this request may pass."""

    OLD = "old"
    EPOCH = "epoch"
    POLICY = "policy"
    STALE = "stale"
    NOT_WHOLE = "not_whole"


class Refusal(StrEnum):
    """Why this request does not pass."""

    NO_COOKIE = "no_cookie"
    NOT_OURS = "not_ours"
    EXPIRED = "expired"
    ENDED = "ended"


class Pass(msgspec.Struct, frozen=True):
    """It may pass as this person."""

    cookie: GateCookie


@dataclass(frozen=True, slots=True)
class ReadStore:
    """The cookie is ours, but only the store can say."""

    cookie: GateCookie
    why: Ask


@dataclass(frozen=True, slots=True)
class Refuse:
    """It does not pass."""

    why: Refusal


Verdict = Pass | ReadStore | Refuse

_decode = msgspec.msgpack.Decoder(GateCookie).decode
_encode = msgspec.msgpack.Encoder().encode
_NO_COOKIE, _NOT_OURS = Refuse(Refusal.NO_COOKIE), Refuse(Refusal.NOT_OURS)
_EXPIRED, _ENDED = Refuse(Refusal.EXPIRED), Refuse(Refusal.ENDED)


def seal_gate(ring: KeyRing, cookie: GateCookie, audience: bytes) -> bytes | None:
    """Return *cookie* sealed for the host *audience*; None if it would be too long for browsers and proxies.

    The caller then leaves out groups.

    Raises:
        RingExhaustedError: no key may seal now.
    """
    sealed = ring.seal(KeyPurpose.GATE, _encode(cookie), _use(audience))
    return sealed if len(sealed) <= COOKIE_LIMIT else None


def check(sealed: bytes | None, audience: bytes, ring: KeyRing, heard: Heard, now: float, at: float) -> Verdict:
    """Say whether the bearer of a gate cookie may pass.

    Args:
        sealed: The cookie's value; None if there was none, or two of one name.
        audience: The host that is asked for.
        ring: The keys of this process.
        heard: What this process has heard.
        now: Seconds since 1970.
        at: The monotonic clock's seconds.
    """
    if not sealed:
        return _NO_COOKIE
    if len(sealed) > COOKIE_LIMIT:
        return _NOT_OURS
    try:
        cookie = _decode(ring.open(KeyPurpose.GATE, sealed, _use(audience)))
    except (SealError, msgspec.MsgspecError):
        return _NOT_OURS
    if now >= cookie.expires_at:
        return _EXPIRED
    if cookie.ref in heard.ended:
        return _ENDED
    why = _why_ask(cookie, heard, now, at)
    return Pass(cookie) if why is None else ReadStore(cookie, why)


def _why_ask(cookie: GateCookie, heard: Heard, now: float, at: float) -> Ask | None:
    if not heard.is_fresh(at):
        return Ask.STALE
    if not heard.is_whole:
        return Ask.NOT_WHOLE
    # One that a clock ran ahead with would otherwise not be looked at for as long.
    if abs(now - cookie.issued_at) >= RENEW_AFTER_SECONDS:
        return Ask.OLD
    if heard.epochs and heard.epochs.get(cookie.subject.decode(), 0) > cookie.epoch:
        return Ask.EPOCH
    return None


def _use(audience: bytes) -> bytes:
    return b"__Host-gongpai_gate\x00" + audience
