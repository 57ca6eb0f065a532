"""What comes next for a browser: the one place where the order of a journey is written (pure)."""

from dataclasses import dataclass
from enum import StrEnum

from gongpai.gateway.records import Session
from gongpai.wecom.signin import Way


class Via(StrEnum):
    """The ways into WeCom that a person may choose; ``page`` is the web's without the panel."""

    IN_APP = "in_app"
    WEB = "web"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class Journey:
    """What a browser came for, as far as it is known."""

    return_to: str
    apps: tuple[str, ...]
    """The apps it may choose from."""
    app: str | None = None
    via: Via | None = None
    """The way into WeCom that the person chose; it decides before any User-Agent."""
    wants_disclosure: bool = False
    is_answered: bool = False
    """WeCom's answer to what the journey wanted is in, whatever it was."""
    has_signed_out: bool = False
    has_clicked: bool = False
    is_fresh: bool = False
    """The person is to confirm who they are, whatever session there is."""


@dataclass(frozen=True, slots=True)
class Choose:
    """Ask which app to sign in with."""


@dataclass(frozen=True, slots=True)
class AskClick:
    """Ask for a click: this browser has signed out, so nothing signs it in silently (T17)."""


@dataclass(frozen=True, slots=True)
class LogIn:
    """Send the browser to WeCom to learn who it is."""

    app: str


@dataclass(frozen=True, slots=True)
class AskConsent:
    """Send the browser to WeCom's consent page."""

    app: str


@dataclass(frozen=True, slots=True)
class ContinueInWeCom:
    """Say that consent is given in WeCom only, and how to get there."""


@dataclass(frozen=True, slots=True)
class Respond:
    """Send the browser to where it wanted to be."""

    path: str


Step = Choose | AskClick | LogIn | AskConsent | ContinueInWeCom | Respond


def next_step(journey: Journey, session: Session | None) -> Step:
    """Decide the next step of *journey* from what is already settled: who it is, then what they agree to, then back."""
    if session is None or journey.is_fresh or not _is_as_chosen(session, journey):
        return _identify(journey)
    if journey.wants_disclosure and not journey.is_answered:
        # WeCom gives the sensitive fields to its own client only (WeCom 98177: no user_ticket from web login). The way
        # this session came in decides, before any User-Agent does.
        return AskConsent(session.app) if session.way == Way.IN_APP.value else ContinueInWeCom()
    return Respond(journey.return_to)


def _is_as_chosen(session: Session, journey: Journey) -> bool:
    is_in_app = session.way == Way.IN_APP.value
    has_way = journey.via is None or is_in_app == (journey.via is Via.IN_APP)
    return has_way and journey.app in {None, session.app}


def _identify(journey: Journey) -> Step:
    if journey.has_signed_out and not journey.has_clicked:
        return AskClick()
    if journey.app is not None:
        return LogIn(journey.app)
    if len(journey.apps) == 1:
        return LogIn(journey.apps[0])
    return Choose()
