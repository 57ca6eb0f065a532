"""What comes into being while a world runs: tokens, codes, tickets, consents and QR sign-ins."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from gongpai.sandbox.world.records import App, Corp, Member, SensitiveField

PersonKind = Literal["member", "linked", "external", "stranger"]
Way = Literal["in_app", "web"]
Scope = Literal["snsapi_base", "snsapi_privateinfo"]
QrStatus = Literal["QRCODE_SCAN_NEVER", "QRCODE_SCAN_ING", "QRCODE_SCAN_SUCC", "QRCODE_SCAN_FAIL", "QRCODE_SCAN_ERR"]

# Source: WeCom 91039, 91022, 91023, 95833 and 91335, read 2026-11. The life of a QR code is a guess.
TOKEN_LIFE = timedelta(seconds=7200)
CODE_LIFE = timedelta(minutes=5)
TICKET_LIFE = timedelta(seconds=1800)
CONSENT_MEMORY = timedelta(days=30)
QR_LIFE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can hold the phone.

    Attributes:
        key: unique in the world: ``CorpId/userid`` of members, else the external_userid or openid.
        handle: what their own corp calls them.
    """

    key: str
    kind: PersonKind
    corpid: str
    handle: str
    name: str
    name_en: str
    member: Member | None = None


@dataclass(frozen=True, slots=True)
class Principal:
    """Whom a secret belongs to: an app, or (no app) the contact-sync assistant."""

    corp: Corp
    app: App | None

    @property
    def agentid(self) -> int | None:
        """The agentid; the contact-sync assistant has none."""
        return self.app.agentid if self.app else None


@dataclass(slots=True)
class AppToken:
    """The answer to gettoken."""

    value: str = field(repr=False)
    principal: Principal
    expires_at: datetime
    is_revoked: bool = False


@dataclass(slots=True)
class Code:
    """The proof of one sign-in, good once."""

    value: str = field(repr=False)
    corpid: str
    agentid: int
    person: Person
    scope: Scope
    way: Way
    redirect_host: str
    issued_at: datetime
    is_used: bool = False


@dataclass(slots=True)
class Ticket:
    """A user_ticket: opens the sensitive fields of one member to one app."""

    value: str = field(repr=False)
    corpid: str
    agentid: int
    person: Person
    issued_at: datetime
    is_used: bool = False


@dataclass(slots=True)
class JsapiTicket:
    """A ticket for JS-SDK signatures, of a corp or of one app."""

    value: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Consent:
    """What a member lets one app see, and since when."""

    fields: frozenset[SensitiveField]
    granted_at: datetime

    @property
    def expires_at(self) -> datetime:
        """Until when the consent page is not shown again; the fields stay granted after it."""
        return self.granted_at + CONSENT_MEMORY


@dataclass(slots=True)
class QrLogin:
    """One QR code on a login page, from the first look to the redirect."""

    key: str
    corpid: str
    agentid: int
    redirect_uri: str
    expires_at: datetime
    status: QrStatus = "QRCODE_SCAN_NEVER"
    person_key: str | None = None
    code: str = field(default="", repr=False)
