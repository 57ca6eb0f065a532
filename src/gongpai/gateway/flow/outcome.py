"""What came of a trip to WeCom, so that a second hit of its callback gets the same answer (T5)."""

from dataclasses import dataclass
from enum import StrEnum

import msgspec

from gongpai.gateway.web import pages
from gongpai.gateway.web.pages import Page


class Kind(StrEnum):
    """The ways a trip can end."""

    SIGNED_IN = "signed_in"
    ANSWERED = "answered"
    REFUSED = "refused"
    START_AGAIN = "start_again"
    WECOM_DOWN = "wecom_down"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a trip ended: with a session, with an answer, or on a page under a reference."""

    kind: Kind
    reason: str = ""
    reference: str = ""


_decoder = msgspec.json.Decoder(Outcome)


def encode(outcome: Outcome) -> bytes:
    """Return *outcome* as the store keeps it."""
    return msgspec.json.encode(outcome)


def decode(kept: bytes) -> Outcome:
    """Return the outcome that the store kept."""
    return _decoder.decode(kept)


def outcome_of(page: Page, reference: str) -> Outcome:
    """Return the outcome of a trip that ended on *page*."""
    match page:
        case pages.Refused():
            return Outcome(Kind.REFUSED, reason=page.reason, reference=reference)
        case pages.StartAgain():
            return Outcome(Kind.START_AGAIN, reason=page.reason)
        case pages.WeComDown():
            return Outcome(Kind.WECOM_DOWN, reference=reference)
        case _:
            return Outcome(Kind.FAILURE, reference=reference)


def page_again(outcome: Outcome, start_url: str) -> Page:
    """Return the page on which a trip ended, with the reference it had."""
    match outcome.kind:
        case Kind.REFUSED:
            return pages.Refused(outcome.reason, outcome.reference, start_url)
        case Kind.START_AGAIN:
            return pages.StartAgain(outcome.reason, start_url)
        case Kind.WECOM_DOWN:
            return pages.WeComDown(outcome.reference, start_url)
        case _:
            return pages.Failure(outcome.reference)
