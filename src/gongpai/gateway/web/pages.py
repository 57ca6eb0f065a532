"""Every page the gateway shows, as frozen values; its words are in the catalogue, its looks in its template."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from gongpai.gateway.web.pages_disclosure import AskAgain, ContinueInWeCom, HandoffMessage, HandoffPick
from gongpai.gateway.web.pages_form_post import FormPost, PartyForm
from gongpai.gateway.web.pages_notice import EndNotice, EndNoticeDone


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to sign in that a person may choose: an app by its *name*."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing known about a person, with its provenance, or the *reason* why it is not known."""

    field: str
    value: str | None = dataclasses.field(repr=False)
    source: str | None = None
    at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One place where the person is signed in. *handle* names the session in a form and opens nothing."""

    handle: str
    is_current: bool
    started_at: datetime
    seen_at: datetime
    way: str
    client: str
    platform: str | None
    address: str


@dataclass(frozen=True, slots=True)
class SigninChooser:
    """Which app to sign in with, where several are configured."""

    template: ClassVar[str] = "signin_chooser.html"
    status: ClassVar[int] = 200
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class SigninPanel:
    """WeCom's login panel in our page; *params* are ``createWWLoginPanel``'s, the code goes to *callback_url*."""

    template: ClassVar[str] = "signin_panel.html"
    status: ClassVar[int] = 200
    app_name: str
    params: Mapping[str, str] = dataclasses.field(repr=False)
    callback_url: str
    full_page_url: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A sign-in that ended in no; the *reason* has words of its own in the catalogue."""

    template: ClassVar[str] = "refused.html"
    status: ClassVar[int] = 403
    reason: str
    reference: str
    start_url: str


@dataclass(frozen=True, slots=True)
class StartAgain:
    """A sign-in that cannot go on in this browser but may begin anew, by a click."""

    template: ClassVar[str] = "start_again.html"
    status: ClassVar[int] = 400
    reason: str
    start_url: str


@dataclass(frozen=True, slots=True)
class RateLimited:
    """Too many sign-ins were begun from here."""

    template: ClassVar[str] = "rate_limited.html"
    status: ClassVar[int] = 429
    retry_after_seconds: int
    start_url: str


@dataclass(frozen=True, slots=True)
class Unavailable:
    """What the gateway itself leans on does not answer; *again_url* tries the same, None after a form."""

    template: ClassVar[str] = "unavailable.html"
    status: ClassVar[int] = 503
    reference: str
    again_url: str | None


@dataclass(frozen=True, slots=True)
class WeComDown:
    """WeCom could not be reached, or is busy."""

    template: ClassVar[str] = "wecom_down.html"
    status: ClassVar[int] = 503
    reference: str
    start_url: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Something is wrong that the visitor cannot mend: the cause is in the log under *reference*."""

    template: ClassVar[str] = "failure.html"
    status: ClassVar[int] = 500
    reference: str


@dataclass(frozen=True, slots=True)
class BadRequest:
    """What the browser sent makes no sense to us."""

    template: ClassVar[str] = "bad_request.html"
    status: ClassVar[int] = 400
    reference: str


@dataclass(frozen=True, slots=True)
class GateMessage:
    """What forward-auth says on a host that is not ours; *retry_url* leads on from there."""

    template: ClassVar[str] = "gate_message.html"
    status: int
    reason: str
    retry_url: str | None = None


@dataclass(frozen=True, slots=True)
class NotFound:
    """There is no such page."""

    template: ClassVar[str] = "not_found.html"
    status: ClassVar[int] = 404


@dataclass(frozen=True, slots=True)
class Signout:
    """Ask whether to sign out: a button, since a link could be followed by a prefetch."""

    template: ClassVar[str] = "signout.html"
    status: ClassVar[int] = 200


@dataclass(frozen=True, slots=True)
class SignedOut:
    """Signed out; signing in again takes a click, which posts *fields* to ``/signin``."""

    template: ClassVar[str] = "signed_out.html"
    status: ClassVar[int] = 200
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BadPartyRequest:
    """What a relying party sent cannot be answered, and is not sent back; *problem* is for its developer."""

    template: ClassVar[str] = "bad_party_request.html"
    status: ClassVar[int] = 400
    problem: str
    reference: str


@dataclass(frozen=True, slots=True)
class RequestGone:
    """What the party asked was answered already, is too old or was begun in another browser: back to the party."""

    template: ClassVar[str] = "request_gone.html"
    status: ClassVar[int] = 400


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """A person whom a party, or a host behind forward-auth, keeps out: it names which, and whom to ask."""

    template: ClassVar[str] = "turned_away.html"
    status: ClassVar[int] = 403
    party: str
    reason: str
    contact: str | None
    back_url: str | None
    """None from a device, which hears of it by itself, and from a host, which there is no way back to."""
    reference: str
    back_form: PartyForm | None = None
    """In place of ``back_url``, where the party asked to be answered so."""


@dataclass(frozen=True, slots=True)
class Consent:
    """May this party see that? The form goes to *action*; *session* is who is asked, so that nobody else answers."""

    template: ClassVar[str] = "consent.html"
    status: ClassVar[int] = 200
    party: str
    host: str
    person: str
    scopes: tuple[str, ...]
    action: str
    session: str
    form_source: str | None


@dataclass(frozen=True, slots=True)
class ChooseAccount:
    """Go on as this person, or sign in as somebody else? *session* is who is asked."""

    template: ClassVar[str] = "choose_account.html"
    status: ClassVar[int] = 200
    party: str
    host: str
    person: str
    userid: str
    action: str
    session: str
    form_source: str | None


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """Ask for the code that a device shows."""

    template: ClassVar[str] = "device_code.html"
    status: ClassVar[int] = 200
    is_wrong: bool


@dataclass(frozen=True, slots=True)
class DeviceConfirm:
    """Who asks with this code, from where and how long ago: yes or no (T20)."""

    template: ClassVar[str] = "device_confirm.html"
    status: ClassVar[int] = 200
    party: str
    scopes: tuple[str, ...]
    ip: str
    minutes_ago: int
    user_code: str
    session: str


@dataclass(frozen=True, slots=True)
class DeviceDone:
    """The device has its answer: *outcome* is ``approved`` or ``refused``."""

    template: ClassVar[str] = "device_done.html"
    status: ClassVar[int] = 200
    party: str
    outcome: str


@dataclass(frozen=True, slots=True)
class EndSession:
    """A party asks to sign somebody out, and it is not certain that they want it."""

    template: ClassVar[str] = "end_session.html"
    status: ClassVar[int] = 200
    party: str | None
    fields: Mapping[str, str] = dataclasses.field(repr=False)
    form_source: str | None = None


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """Signed out at a party's wish; there is no way on from here."""

    template: ClassVar[str] = "session_ended.html"
    status: ClassVar[int] = 200


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """What the person allowed a party, as /me shows it."""

    client_id: str
    party: str
    scopes: tuple[str, ...]
    given_at: datetime


@dataclass(frozen=True, slots=True)
class Me:
    """Who am I, where does it come from, what is missing and why, and where am I signed in."""

    template: ClassVar[str] = "me.html"
    status: ClassVar[int] = 200
    name: str | None
    userid: str
    corp_name: str
    app_name: str
    facts: tuple[Fact, ...]
    sensitive: tuple[Fact, ...]
    has_disclosure: bool
    is_in_wecom: bool
    sessions: tuple[SessionLine, ...]
    consents: tuple[ConsentLine, ...] = ()


Page = (
    SigninChooser
    | SigninPanel
    | Refused
    | StartAgain
    | RateLimited
    | Unavailable
    | WeComDown
    | Failure
    | BadRequest
    | GateMessage
    | NotFound
    | BadPartyRequest
    | RequestGone
    | TurnedAway
    | FormPost
    | Consent
    | ChooseAccount
    | DeviceCode
    | DeviceConfirm
    | DeviceDone
    | EndSession
    | SessionEnded
    | Signout
    | SignedOut
    | Me
    | ContinueInWeCom
    | AskAgain
    | HandoffPick
    | HandoffMessage
    | EndNotice
    | EndNoticeDone
)
