"""What was asked of the provider, what it granted and issued, and what it still has to send."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from gongpai.gateway.records_provider.parties import SigningAlg


class RevokeReason(StrEnum):
    """Why a grant was revoked before its time."""

    CODE_REUSED = "code_reused"
    REFRESH_REUSED = "refresh_reused"
    REVOKED_BY_PARTY = "revoked_by_party"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    SESSION_ENDED = "session_ended"
    RETIRED = "retired"
    DENIED = "denied"
    PARTY_REMOVED = "party_removed"


class ResponseMode(StrEnum):
    """How the answer to an authorization request goes through the browser to the party."""

    QUERY = "query"
    FORM_POST = "form_post"


class DeviceStatus(StrEnum):
    """How far a device's request has come; ``spent`` is an approved one whose tokens were fetched."""

    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"
    SPENT = "spent"


class ReservedKind(StrEnum):
    """What of a person is unique within a party (T12)."""

    USERNAME = "username"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """What a relying party asked, checked; bound to the browser that brought it (T3), or pushed (RFC 9126)."""

    handle_hash: str
    client_id: str
    redirect_uri: str
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime
    state: str | None = None
    nonce: str | None = None
    code_challenge: str | None = None
    prompt: frozenset[str] = frozenset()
    max_age: timedelta | None = None
    acr_values: tuple[str, ...] = ()
    login_hint: str | None = None
    hinted_subject: str | None = None
    """From a verified ``id_token_hint``, as the party knows it."""
    ui_locales: tuple[str, ...] = ()
    claims: str | None = None
    """The ``claims`` parameter, parsed and written anew."""
    browser_hash: str | None = None
    """None only for a pushed request that no browser has brought yet."""
    spent_at: datetime | None = None
    agreed_by: str | None = None
    """The subject of who answered the pages of ours that ``prompt`` asks for; whoever comes in their place has not."""
    response_mode: ResponseMode = ResponseMode.QUERY


@dataclass(frozen=True, slots=True)
class Grant:
    """What a person allowed a party at one time: the family of tokens from one authorization code or device."""

    grant_id: str
    client_id: str
    subject: str
    session_ref: str
    app: str
    """The WeCom application that the person signed in through."""
    sid: str
    """What this party knows the session by."""
    scopes: frozenset[str]
    is_offline: bool
    """``offline_access`` was granted: it outlives the session's ordinary end."""
    auth_time: datetime
    amr: tuple[str, ...]
    acr: str | None
    created_at: datetime
    expires_at: datetime
    """Not before the session's own end, so that the party can be told of it."""
    nonce: str | None = None
    claims: str | None = None
    """The ``claims`` parameter of the request, as there."""
    username: str | None = None
    """The username that was reserved for the person at this party, if the scopes tell one (T12)."""
    revoked_at: datetime | None = None
    revoke_reason: RevokeReason | None = None


@dataclass(frozen=True, slots=True)
class AuthorizationCode:
    """An authorization code that we issued. It stays for a while when spent, so that a reuse names its grant."""

    code_hash: str
    grant_id: str
    client_id: str
    redirect_uri: str
    code_challenge: str | None
    expires_at: datetime
    spent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccessToken:
    """An access token that we issued, by its hash, whichever of the two forms it has."""

    token_hash: str
    grant_id: str
    scopes: frozenset[str]
    audience: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token, by its hash. It is used once, and says when, so that whoever comes again is known (T23)."""

    token_hash: str
    grant_id: str
    issued_at: datetime
    expires_at: datetime
    first_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """The tokens of one answer, kept in the act that spends what they were asked with."""

    access: AccessToken
    refresh: RefreshToken | None = None


@dataclass(frozen=True, slots=True)
class Rotated:
    """The refresh token was used for the first time; its successor is kept."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """It was used a moment ago: this is the answer of then, to be opened with the token and given again."""

    sealed_answer: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reused:
    """It was used before, and somebody holds a copy: its whole family was revoked."""


@dataclass(frozen=True, slots=True)
class Lapsed:
    """It is unknown or has run out, or its grant is over."""


Rotation = Rotated | Repeated | Reused | Lapsed


@dataclass(frozen=True, slots=True)
class Consent:
    """This party may see that, until the person withdraws it at /me."""

    subject: str
    client_id: str
    scopes: frozenset[str]
    given_at: datetime


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key pair that signs for the provider, its private half sealed under a key derived from ``secret_key``.

    It is published at once, signs from ``activates_at`` until its successor does, and can be verified with until
    ``retires_at``. Generations of an algorithm are numbered from 1.
    """

    kid: str
    alg: SigningAlg
    number: int
    sealed_private: bytes = field(repr=False)
    public_jwk: str
    published_at: datetime
    activates_at: datetime
    retires_at: datetime | None = None
    version: int = 1
    """Grows with each change, for compare-and-swap."""


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """A party to be told by back-channel logout that a session ended; the logout token is signed when it is sent."""

    item_id: str
    client_id: str
    subject: str
    sid: str
    created_at: datetime
    next_at: datetime
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class DeviceRequest:
    """A device that asks to be signed in; the person types the user code elsewhere (RFC 8628, T20)."""

    device_code_hash: str
    user_code_hash: str
    client_id: str
    scopes: frozenset[str]
    ip: str
    created_at: datetime
    expires_at: datetime
    status: DeviceStatus = DeviceStatus.PENDING
    grant_id: str | None = None
    polled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reservation:
    """A username or an email that belongs to one subject within a party, for good; compared folded (T12)."""

    client_id: str
    kind: ReservedKind
    folded: str
    subject: str
