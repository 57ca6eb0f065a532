"""Device authorization: the codes, and what a device hears when it asks. Source: RFC 8628; T20."""

import secrets
from datetime import datetime, timedelta

from gongpai.gateway.oidc.errors import ErrorCode, RequestError
from gongpai.gateway.records_provider import DeviceRequest, DeviceStatus

LIFETIME = timedelta(minutes=10)
INTERVAL = timedelta(seconds=5)
# Consonants that are not mixed up and spell nothing: 20 of them, eight times, are 34 bits. Source: RFC 8628 6.1.
ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
_LENGTH = 8
_HALF = 4
# What people put between the letters; nothing else is forgiven.
_TYPED_LIMIT = 32
_IGNORED = frozenset(" -–—\t")  # dashes that a phone's keyboard makes of a hyphen


def new_user_code() -> str:
    """Return a fresh code to type, in its plain form."""
    return "".join(secrets.choice(ALPHABET) for _ in range(_LENGTH))


def show_user_code(user_code: str) -> str:
    """Return *user_code* as a person reads it best: BCDF-GHJK."""
    return f"{user_code[:_HALF]}-{user_code[_HALF:]}"


def read_user_code(typed: str) -> str | None:
    """Return the plain form of what a person typed; None if it cannot be a code."""
    if len(typed) > _TYPED_LIMIT:
        return None
    plain = "".join(mark for mark in typed if mark not in _IGNORED).upper()
    is_code = len(plain) == _LENGTH and all(mark in ALPHABET for mark in plain)
    return plain if is_code else None


def check_poll(request: DeviceRequest | None, client_id: str, now: datetime) -> DeviceRequest:
    """Return *request* if the person has approved it and its tokens may be fetched now.

    Raises:
        RequestError: authorization_pending or slow_down: ask again later; all else ends it (RFC 8628 3.5).
    """
    if request is None or request.client_id != client_id or request.status is DeviceStatus.SPENT:
        raise RequestError(ErrorCode.INVALID_GRANT, "device_code is unknown or was used")
    if now >= request.expires_at:
        raise RequestError(ErrorCode.EXPIRED_TOKEN, "device_code has expired")
    if request.status is DeviceStatus.REFUSED:
        raise RequestError(ErrorCode.ACCESS_DENIED, "the person refused")
    # A little early is the network's doing, not the device's.
    if request.polled_at is not None and now - request.polled_at < INTERVAL * 0.8:
        raise RequestError(ErrorCode.SLOW_DOWN, "asked again too soon")
    if request.status is DeviceStatus.PENDING:
        raise RequestError(ErrorCode.AUTHORIZATION_PENDING, "the person has not answered yet")
    return request
