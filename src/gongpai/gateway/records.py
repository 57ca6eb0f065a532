"""What the gateway remembers, as frozen values. Where it is kept is the business of ``store/``."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum

from gongpai.wecom.models import AccountKey


class World(Enum):
    """Which WeCom a database belongs to; stamped at creation and never changed (T24)."""

    WECOM = "wecom"
    SANDBOX = "sandbox"


class Purpose(Enum):
    """Why a browser is sent to WeCom."""

    SIGN_IN = "sign_in"
    DISCLOSURE = "disclosure"
    HANDOFF = "handoff"
    """A disclosure for somebody's session in another browser."""


class EndReason(Enum):
    """Why a session ended."""

    SIGN_OUT = "sign_out"
    ENDED_BY_MEMBER = "ended_by_member"
    DISOWNED = "disowned"
    """Its person says that somebody else signed in."""
    REPLACED = "replaced"
    RETIRED = "retired"
    DENIED = "denied"


class HandoffOutcome(Enum):
    """What came of a hand-off; only ``answered`` changed anything."""

    ANSWERED = "answered"
    WRONG_NUMBER = "wrong_number"
    OTHER_PERSON = "other_person"
    FAILED = "failed"


class NewsKind(Enum):
    """What every worker must hear of."""

    SESSION_ENDED = "session_ended"
    EPOCH_RAISED = "epoch_raised"
    KEYS_CHANGED = "keys_changed"
    SIGNING_KEYS_CHANGED = "signing_keys_changed"
    PARTIES_CHANGED = "parties_changed"


class KeyPurpose(StrEnum):
    """What a key of the ring seals; no key serves two purposes (T15)."""

    SESSION = "session"
    GATE = "gate"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Person:
    """Someone WeCom has vouched for, under the random name that relying parties know.

    A retired person keeps the subject for good; whoever holds the userid next is a new person (T8).
    """

    subject: str
    key: AccountKey
    epoch: int
    minted_at: datetime
    retired_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing about a person with its provenance; without a value, ``missing`` says why there is none."""

    source: str
    at: datetime
    value: str | tuple[str, ...] | None = None
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """What WeCom said of a person, each fact with its source and time."""

    facts: dict[str, Fact] = field(default_factory=dict)
    department_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Disclosure:
    """The sensitive fields that a member let WeCom show our app."""

    granted_at: datetime
    facts: dict[str, Fact] = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """One trip to WeCom, bound to the browser that began it."""

    state: str
    app: str
    way: str
    purpose: Purpose
    browser_hash: str
    return_to: str
    created_at: datetime
    expires_at: datetime
    restarts: int = 0
    ip: str = ""
    session_ref: str | None = None
    """For a disclosure: the session that asked. Only the same subject may answer."""
    handoff: str | None = None
    """For a disclosure from another browser: the hand-off that it is for."""
    spent_at: datetime | None = None
    code_hash: str | None = None
    outcome: bytes | None = field(default=None, repr=False)
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Handoff:
    """A wish of a desktop's session that its person consents in WeCom, on a phone (T19); ``ref`` opens nothing."""

    ref: str
    """The hash of the ticket, which only the QR code holds."""
    session_ref: str
    subject: str
    app: str
    party: str | None
    """Who asks, as people know it; None if the person does, for their own page."""
    fields: tuple[str, ...]
    numbers: tuple[int, ...]
    """What the phone offers; the desktop shows ``number``, which is one of them."""
    number: int
    ip: str
    created_at: datetime
    expires_at: datetime
    """Of the ticket; once it was taken, of the answer."""
    taken_at: datetime | None = None
    outcome: HandoffOutcome | None = None


@dataclass(frozen=True, slots=True)
class SeenCode:
    """The tombstone of a WeCom code: a keyed hash, and one of the state and browser it first came with (T1)."""

    code_hash: str
    first_bearer: str
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """Signed in, in one browser.

    ``ref`` is the hash of the session's id: it names the session in the store, the news and the log, and opens nothing.
    """

    ref: str
    subject: str
    app: str
    corpid: str
    userid: str
    kind: str
    way: str
    amr: str
    auth_time: datetime
    created_at: datetime
    seen_at: datetime
    idle_expires_at: datetime
    expires_at: datetime
    checked_at: datetime
    epoch: int = 0
    ip: str = ""
    user_agent: str = ""
    profile: Profile = field(default_factory=Profile)
    policy: str = ""
    """The fingerprint of the rules by which the person was admitted."""
    disclosure: bytes | None = field(default=None, repr=False)
    ended_at: datetime | None = None
    end_reason: EndReason | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A message that tells a person of their sign-in at a desk, with a link that ends it (T18); one a session."""

    session_ref: str
    handle_hash: str
    """Of the handle in the link, which is good once."""
    sealed: bytes | None = field(repr=False)
    """The handle itself, for as long as the message is still to be sent."""
    place: str
    """What was opened with the sign-in, as people know it."""
    language: str
    expires_at: datetime
    next_at: datetime | None
    """When it is to be tried next; None once it was sent or given up."""
    attempts: int = 0
    spent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class News:
    """One thing every worker must hear; sequences grow in the order of commits."""

    sequence: int
    kind: NewsKind
    ref: str
    number: int
    until: datetime


@dataclass(frozen=True, slots=True)
class SealedKey:
    """A key of the ring as the store keeps it: sealed under the operator's secret_key."""

    key_id: str
    purpose: KeyPurpose
    sealed: bytes = field(repr=False)
    created_at: datetime
    activates_at: datetime
    retires_at: datetime | None = None
    revoked_at: datetime | None = None
    seals: int = 0


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One event of the audit log in its node's chain: ``mac`` covers the event and the mac before it."""

    node: str
    number: int
    at: datetime
    event: str
    mac: str


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """Something read from WeCom's directory and kept for a while."""

    key: str
    body: bytes = field(repr=False)
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class HeldName:
    """A department's name, empty if the app may not read it, and when it was read."""

    name: str
    fetched_at: datetime
