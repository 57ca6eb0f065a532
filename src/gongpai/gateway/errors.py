"""What can go wrong between a browser and the gateway, sorted by whose fault it is.

    GatewayError                 never raised itself
    ├─ BadRequestError           what the browser sent cannot be meant; a page, never a redirect
    ├─ ForgedRequestError        a form without the token that only our own page holds
    ├─ RefusedError              the person or the sign-in is turned away; ``reason`` picks page and audit event
    ├─ StartAgainError           nobody's fault: this sign-in is over, a button begins another
    └─ TooManyStartsError        come back after ``retry_after``

WeCom's own errors keep their tree (``gongpai.wecom.errors``). Only ``web/http.py`` turns any of them into a page.
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


class BadRequestError(GatewayError):
    """The request cannot be meant; the text is for the log and names no value that was sent."""


class ForgedRequestError(GatewayError):
    """A form came without the token of our own page; nothing was done."""


class RefusedError(GatewayError):
    """The sign-in ends here."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class StartAgainError(GatewayError):
    """The sign-in is over; another begins by a button."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class TooManyStartsError(GatewayError):
    """This address begins sign-ins faster than the limit."""

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__("too many sign-ins begun")
        self.retry_after = retry_after
