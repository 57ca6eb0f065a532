"""What the provider asks of its memory: one port a record, at most five methods each.

Every backend answers the same conformance suites, each with callers that come at once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from gongpai.gateway.records import AuditRecord, Notice, Session
from gongpai.gateway.records_provider import (
    AccessToken,
    AuthorizationCode,
    AuthorizationRequest,
    Consent,
    DeviceRequest,
    Grant,
    Issued,
    OutboxItem,
    RefreshToken,
    RelyingParty,
    Reservation,
    ReservedKind,
    RevokeReason,
    Rotation,
    SigningKey,
)


class PartyStore(Protocol):
    """Relying parties that were added by command. Each change is told in the news."""

    async def add(self, party: RelyingParty) -> bool:
        """Keep a new party; False if there is one of this client_id."""
        ...

    async def get(self, client_id: str) -> RelyingParty | None:
        """Return the party, disabled or not."""
        ...

    async def find(self) -> list[RelyingParty]:
        """Return all parties by client_id. For commands and start-up, not for a request."""
        ...

    async def replace(self, before: RelyingParty, after: RelyingParty) -> bool:
        """Put *after* in the place of *before*; False if it is no longer as it was before."""
        ...

    async def remove(self, client_id: str, now: datetime) -> bool:
        """Forget the party and all consents to it, and revoke its grants, in one act; False if there is none."""
        ...


class RequestStore(Protocol):
    """Authorization requests on their way through sign-in and consent, and pushed ones (RFC 9126)."""

    async def put(self, request: AuthorizationRequest) -> None:
        """Keep *request*."""
        ...

    async def get(self, handle_hash: str, now: datetime) -> AuthorizationRequest | None:
        """Return the request, spent or not; None if it is unknown or has expired."""
        ...

    async def take(self, handle_hash: str, now: datetime) -> AuthorizationRequest | None:
        """Spend the request in one atomic act; None if it is unknown, expired or already spent."""
        ...


class GrantStore(Protocol):
    """Grants. A revoked one takes all its tokens with it."""

    async def begin(self, grant: Grant, code: AuthorizationCode, records: Sequence[AuditRecord] = ()) -> bool:
        """Keep a new grant with its authorization code; False if its session has ended meanwhile.

        The audit log's *records* are kept in the same transaction, in either case.
        """
        ...

    async def get(self, grant_id: str) -> Grant | None:
        """Return the grant, revoked or not."""
        ...

    async def find(self, subject: str, now: datetime) -> list[Grant]:
        """Return the living grants of a person, the newest first."""
        ...

    async def revoke(self, grant_id: str, reason: RevokeReason, now: datetime) -> bool:
        """Revoke the grant; False if there is no such grant that lives."""
        ...


class AuthorizationCodeStore(Protocol):
    """Authorization codes that we issued. A spent one stays for an hour."""

    async def get(self, code_hash: str) -> tuple[AuthorizationCode, Grant] | None:
        """Return the code, spent or not, with its grant."""
        ...

    async def open(self, code_hash: str) -> tuple[AuthorizationCode, Grant, Session | None] | None:
        """As ``get``, and in the same reading the session in which it was granted, ended or not."""
        ...

    async def take(self, code_hash: str, issued: Issued | None, now: datetime) -> bool:
        """Spend the code and keep the tokens *issued* for it in one atomic act.

        False, and nothing is kept, if it is unknown, expired or already spent, or its grant was revoked. Without tokens
        the code is burnt.
        """
        ...


class TokenStore(Protocol):
    """Access and refresh tokens that we issued, by their hashes."""

    async def get_access(self, token_hash: str) -> tuple[AccessToken, Grant] | None:
        """Return the access token, expired or not, with its grant, revoked or not."""
        ...

    async def open_access(self, token_hash: str) -> tuple[AccessToken, Grant, Session | None] | None:
        """As ``get_access``, and in the same reading the session in which it was granted, ended or not."""
        ...

    async def drop_access(self, token_hash: str) -> None:
        """Forget the access token."""
        ...

    async def get_refresh(self, token_hash: str) -> tuple[RefreshToken, Grant] | None:
        """Return the refresh token, used or not, with its grant, revoked or not."""
        ...

    async def rotate(
        self, token_hash: str, issued: Issued, sealed_answer: bytes, grace: timedelta, now: datetime
    ) -> Rotation:
        """Use the refresh token for *issued* in one atomic act, or say what became of it before (T23).

        The first to come is ``Rotated``. Within *grace* of that, and until the successor is used itself, all others are
        ``Repeated``; after that the use is ``Reused`` and the grant is revoked.
        """
        ...


class ConsentStore(Protocol):
    """What people allowed parties to see, remembered."""

    async def get(self, subject: str, client_id: str) -> Consent | None:
        """Return what the person allowed the party."""
        ...

    async def find(self, subject: str) -> list[Consent]:
        """Return all that the person allowed, by client_id."""
        ...

    async def give(self, consent: Consent) -> None:
        """Remember *consent* in place of an earlier one to the same party."""
        ...

    async def withdraw(self, subject: str, client_id: str, now: datetime) -> bool:
        """Forget the consent and revoke the person's grants to the party in one act; False if there was neither."""
        ...


class SigningKeyStore(Protocol):
    """The provider's signing keys."""

    async def find(self) -> list[SigningKey]:
        """Return all keys, by algorithm and number, the newest first."""
        ...

    async def change(self, changed: Sequence[SigningKey], added: Sequence[SigningKey]) -> bool:
        """Write *changed*, each one version above what is there, and keep *added*: all of it, or nothing and False.

        False means that somebody else was faster: a version differs, or a number of an algorithm is taken. Told in the
        news.
        """
        ...


class OutboxStore(Protocol):
    """What parties must still be told, at least once. It is filled by the act that ends a session."""

    async def take(self, until: datetime, limit: int, now: datetime) -> list[OutboxItem]:
        """Return items that are due, each counted as one more attempt, and hide them from all others *until* then."""
        ...

    async def done(self, item_id: str) -> None:
        """Forget an item: it was delivered, or given up."""
        ...

    async def delay(self, item_id: str, next_at: datetime) -> None:
        """Try the item again at *next_at*."""
        ...

    async def hold(self, client_id: str, until: datetime) -> None:
        """Try nothing of this party before *until*."""
        ...


class DeviceStore(Protocol):
    """Devices that ask to be signed in."""

    async def put(self, request: DeviceRequest) -> bool:
        """Keep a new request; False if its user code is taken, and another must be drawn."""
        ...

    async def get(self, user_code_hash: str, now: datetime) -> DeviceRequest | None:
        """Return the pending request of a user code; None if it is unknown, expired or decided."""
        ...

    async def decide(self, user_code_hash: str, grant: Grant | None, now: datetime) -> bool:
        """Approve the pending request with *grant*, or refuse it with None, in one atomic act; False if too late."""
        ...

    async def poll(self, device_code_hash: str, now: datetime) -> DeviceRequest | None:
        """Return the request as it was, and write that it was polled; None if it is unknown."""
        ...

    async def take(self, device_code_hash: str, issued: Issued, now: datetime) -> bool:
        """Spend the approved request and keep the tokens *issued* for it in one atomic act; False if it is too late."""
        ...


class ReplayStore(Protocol):
    """Identifiers that may be seen once."""

    async def see(self, client_id: str, jti_hash: str, expires_at: datetime) -> bool:
        """Return whether the party's assertion is seen for the first time."""
        ...


class ReservationStore(Protocol):
    """Usernames and emails that belong to one subject within a party."""

    async def reserve(self, reservation: Reservation) -> str:
        """Return the subject that holds the name: the one that reserved it first, which may be this one."""
        ...

    async def holder(self, client_id: str, kind: ReservedKind, folded: str) -> str | None:
        """Return the subject that holds the name, and reserve nothing; None while it is nobody's."""
        ...


class NoticeStore(Protocol):
    """Messages about sign-ins: on their way, and the links in them (T18)."""

    async def put(self, notice: Notice) -> bool:
        """Keep *notice*; False if its session has one already."""
        ...

    async def take(self, until: datetime, limit: int, now: datetime) -> list[Notice]:
        """Return what is due, and hide it *until* then from others, counted as tried once more."""
        ...

    async def settle(self, session_ref: str, next_at: datetime | None) -> None:
        """Try again then; None forgets the handle itself, as the message was sent or given up."""
        ...

    async def get(self, handle_hash: str, now: datetime) -> Notice | None:
        """Return the notice of a link that was not used and has not expired."""
        ...

    async def spend(self, handle_hash: str, now: datetime) -> bool:
        """Use the link, in one atomic act; False if it cannot be used."""
        ...
