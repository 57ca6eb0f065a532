"""What can go wrong in the gateway, sorted by whose fault it is and whether trying again helps.

    GatewayError                 never raised itself
    ├─ VisitError                what a browser brought: told in a page, and no better the second time
    │  ├─ BadRequestError        what the browser sent cannot be meant; a page, never a redirect
    │  ├─ ForgedRequestError     a form without the token that only our own page holds
    │  ├─ RefusedError           the person or the sign-in is turned away; ``reason`` picks page and audit event
    │  │  └─ HostRefusedError    by the policy of one host behind forward-auth
    │  ├─ StartAgainError        nobody's fault: this sign-in is over, a button begins another
    │  ├─ ToldByRedirectError    the relying party asked wrongly and learns of it (``flow/asking.py``)
    │  └─ TooManyStartsError     come back after ``retry_after``
    ├─ SetUpError                what the operator set: told by the command, mend it and start again
    │  ├─ ConfigError            the configuration has faults, all of them named (``config/faults.py``)
    │  ├─ CannotListenError      an address that is not to be had (``listeners.py``)
    │  └─ WrongSecretKeyError    not the key that this database was made with (``keys.py``)
    ├─ UnavailableError          what we lean on is not there just now: try again
    │  ├─ StoreError             the database, or Redis, does not answer (``store/sql/driver.py``)
    │  │  └─ WrongWorldStampError   it is the other world's (``store/migrate.py``)
    │  ├─ RingExhaustedError     no key may seal at this moment (``ring.py``)
    │  └─ OutboundError          a relying party's server does not answer (``outbound.py``)
    └─ SealError                 not sealed by us, or not for this: as good as absent (``ring.py``)

A class stands where it is raised, if a word of its own belongs to that place. WeCom's own errors keep their tree
(``gongpai.wecom.errors``), those of OAuth theirs (``oidc/errors.py``). Only ``web/http.py`` turns any of them into a
page.
"""

from datetime import timedelta
from enum import StrEnum


class Reason(StrEnum):
    """Why a person is turned away: the name of the page's text and of the audit event's reason."""

    MEMBER_REFUSED = "member_refused"
    LINKED_MEMBER = "linked_member"
    EXTERNAL_CONTACT = "external_contact"
    STRANGER = "stranger"
    NOT_VISIBLE = "not_visible"
    DISABLED = "disabled"
    NOT_ACTIVE = "not_active"
    UNKNOWN_MEMBER = "unknown_member"
    NOT_ALLOWED = "not_allowed"
    DENIED = "denied"
    WAY_NOT_ALLOWED = "way_not_allowed"
    SCAN_NEEDED = "scan_needed"
    PROFILE_UNREADABLE = "profile_unreadable"
    STATE_UNKNOWN = "state_unknown"
    STATE_EXPIRED = "state_expired"
    BROWSER_MISMATCH = "browser_mismatch"
    CODE_SEEN = "code_seen"
    APP_MISMATCH = "app_mismatch"
    CODE_REJECTED = "code_rejected"
    OTHER_PERSON = "other_person"
    COOKIE_LOST = "cookie_lost"
    INTERRUPTED = "interrupted"


class GatewayError(Exception):
    """Base of the tree."""


class VisitError(GatewayError):
    """A browser brought what leads nowhere."""


class SetUpError(GatewayError):
    """The operator's settings do not serve: mend them and start again."""


class UnavailableError(GatewayError):
    """Something that the gateway leans on does not answer: try again."""


class BadRequestError(VisitError):
    """The request cannot be meant; the text is for the log and names no value that was sent."""


class ForgedRequestError(VisitError):
    """A form came without the token of our own page; nothing was done."""


class RefusedError(VisitError):
    """The sign-in ends here."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class HostRefusedError(RefusedError):
    """The policy of one host behind forward-auth keeps the person out; *contact* is whom its operator names."""

    def __init__(self, reason: Reason, host: str, contact: str | None) -> None:
        super().__init__(reason)
        self.host = host
        self.contact = contact


class StartAgainError(VisitError):
    """The sign-in is over; another begins by a button."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class TooManyStartsError(VisitError):
    """This address begins sign-ins faster than the limit."""

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__("too many sign-ins begun")
        self.retry_after = retry_after
