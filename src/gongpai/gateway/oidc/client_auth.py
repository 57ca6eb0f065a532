"""Which relying party calls, and its proof: exactly one. Source: RFC 6749 2.3, RFC 7521 4.2, RFC 9700 2.5."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias
from urllib.parse import unquote_plus

from gongpai.gateway.oidc.client_assertion import ASSERTION_TYPE, Assertion, check_assertion, claimed_client_id
from gongpai.gateway.oidc.errors import ErrorCode, InvalidClientError, RequestError
from gongpai.gateway.oidc.parameters import Parameters
from gongpai.gateway.oidc.requests import CLIENT_ID_LIMIT
from gongpai.gateway.records_provider import AuthMethod, RelyingParty

_SECRET_LIMIT = 512
_HEADER_LIMIT = 4096
_BASIC = "basic "
# Compared with when there is no party, so that an unknown client_id takes as long as a known one.
_NOBODY = ("0" * 64,)


@dataclass(frozen=True, slots=True)
class SecretPresented:
    """A client secret, by Basic or in the body."""

    client_id: str
    secret: str = field(repr=False)
    verbatim: str | None = field(default=None, repr=False, compare=False)
    """As Basic had it, where that is another word: clients of note (Authlib, JupyterHub) leave the encoding out."""


@dataclass(frozen=True, slots=True)
class AssertionPresented:
    """A JWT that the party signed; ``client_id`` is what it claims."""

    client_id: str
    assertion: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NothingPresented:
    """A name without a proof: a public party."""

    client_id: str


Presented: TypeAlias = SecretPresented | AssertionPresented | NothingPresented


def read_credentials(authorization: Sequence[str], parameters: Parameters) -> Presented:
    """Return who calls and with what proof; *authorization* holds the values of all headers of that name.

    Raises:
        RequestError: invalid_request: more than one proof, or proofs that do not belong together.
        InvalidClientError: no client_id, or one that cannot be read.
    """
    if len(authorization) > 1 or parameters.repeated & {"client_id", "client_secret", "client_assertion"}:
        raise _ambiguous("credentials came more than once")
    client_id, secret = parameters.get("client_id"), parameters.get("client_secret")
    assertion, kind = parameters.get("client_assertion"), parameters.get("client_assertion_type")
    if bool(authorization) + (secret is not None) + (assertion is not None or kind is not None) > 1:
        raise _ambiguous("credentials came in more than one way")
    if authorization:
        basic = _read_basic(authorization[0])
        if client_id not in {None, basic.client_id}:
            raise _ambiguous("two different client_ids came")
        return basic
    if assertion is not None or kind is not None:
        return _read_assertion(assertion, kind, client_id)
    if client_id is None:
        raise InvalidClientError("no client_id came")
    _require_length(client_id, CLIENT_ID_LIMIT)
    if secret is None:
        return NothingPresented(client_id)
    _require_length(secret, _SECRET_LIMIT)
    return SecretPresented(client_id, secret)


def check_credentials(
    presented: Presented, party: RelyingParty | None, audiences: frozenset[str], now: datetime
) -> Assertion | None:
    """Return if *presented* proves that *party* calls; for an assertion, what the caller must see only once.

    Every failure takes about as long and looks the same. *audiences* are the names under which we accept an assertion:
    the issuer and the endpoint's own URL.

    Raises:
        InvalidClientError: it proves nothing.
    """
    if isinstance(presented, AssertionPresented):
        return check_assertion(presented.assertion, _require(party, AuthMethod.PRIVATE_KEY_JWT), audiences, now)
    if isinstance(presented, SecretPresented):
        _check_secret(presented, party)
    else:
        _require(party, AuthMethod.NONE)
    return None


def hash_secret(secret: str) -> str:
    """Return what is kept of a client secret. It is random, so a slow hash would only slow us."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _check_secret(presented: SecretPresented, party: RelyingParty | None) -> None:
    hashes = _NOBODY if party is None else tuple(each.hash for each in party.secret_hashes)
    words = (presented.secret,) if presented.verbatim is None else (presented.secret, presented.verbatim)
    # All are compared, so that time does not tell which of two living secrets it was.
    matches = [hmac.compare_digest(hash_secret(word), each) for word in words for each in hashes]
    _require(party, AuthMethod.SECRET)
    if not any(matches):
        raise InvalidClientError("wrong secret")


def _require(party: RelyingParty | None, method: AuthMethod) -> RelyingParty:
    if party is None:
        raise InvalidClientError("unknown client_id")
    if party.disabled_at is not None:
        raise InvalidClientError("the party is disabled")
    if party.auth_method is not method:
        raise InvalidClientError("the party is registered for another proof")
    return party


def _read_basic(header: str) -> SecretPresented:
    if len(header) > _HEADER_LIMIT or header[: len(_BASIC)].lower() != _BASIC:
        raise InvalidClientError("the Authorization header is not Basic")
    try:
        plain = base64.b64decode(header[len(_BASIC) :].strip(), validate=True).decode("ascii")
        name, colon, written = plain.partition(":")
        # Both are form-encoded before they are joined. Source: RFC 6749 2.3.1.
        client_id, secret = (unquote_plus(part, errors="strict") for part in (name, written))
    except (binascii.Error, ValueError):
        raise InvalidClientError("Basic cannot be read") from None
    if not colon or not client_id or not secret:
        raise InvalidClientError("Basic lacks a client_id or a secret")
    _require_length(client_id, CLIENT_ID_LIMIT)
    _require_length(secret, _SECRET_LIMIT)
    return SecretPresented(client_id, secret, None if written == secret else written)


def _read_assertion(assertion: str | None, kind: str | None, client_id: str | None) -> AssertionPresented:
    if assertion is None or kind != ASSERTION_TYPE:
        raise InvalidClientError("client_assertion and client_assertion_type do not belong together")
    claimed = claimed_client_id(assertion)
    if client_id not in {None, claimed}:
        raise InvalidClientError("client_assertion is another party's")
    _require_length(claimed, CLIENT_ID_LIMIT)
    return AssertionPresented(claimed, assertion)


def _require_length(value: str, limit: int) -> None:
    if len(value) > limit or "\x00" in value:
        raise InvalidClientError("a credential that cannot be one")


def _ambiguous(description: str) -> RequestError:
    return RequestError(ErrorCode.INVALID_REQUEST, description)
