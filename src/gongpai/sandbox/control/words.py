"""The JSON bodies of the control API."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from gongpai.sandbox.journal import JournalEntry
from gongpai.sandbox.world.live import QrStatus, Scope, Way
from gongpai.sandbox.world.messages import Message
from gongpai.sandbox.world.records import App, CorpId, Domain, IpAddress, Member, SensitiveField, WorldFile

PersonKey = Annotated[
    str, Meta(min_length=1, max_length=130, description="a userid, CorpId/userid, an external_userid or an openid")
]
AgentId = Annotated[int, Meta(ge=1, le=2_147_483_647)]
Seconds = Annotated[float, Meta(ge=0, le=315_360_000)]


class Word(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Refuse unknown keys, so that a slip in a test is found."""


class Done(Word):
    """It is done."""

    done: bool = True


class Problem(Word, kw_only=True):
    """Why it was not done."""

    error: str
    faults: list[str] = []


class Count(Word, kw_only=True):
    """How many there were."""

    count: int


class ClockMove(Word, kw_only=True):
    """How far the clock goes forward."""

    seconds: Seconds


class Moment(Word, kw_only=True):
    """The moment of this world."""

    now: datetime


class MessagePage(Word, kw_only=True):
    """What members got from apps, newest last."""

    messages: list[Message]


class CodeOrder(Word, kw_only=True):
    """Whose code, for which app. With snsapi_privateinfo the person consents to *fields* (all, if left out)."""

    agentid: AgentId
    corpid: CorpId | None = None
    person: PersonKey
    scope: Scope = "snsapi_base"
    way: Way = "in_app"
    redirect_host: Annotated[Domain, Meta(description="left out: the app's own domain")] = ""
    fields: list[SensitiveField] | None = None


class TicketOrder(Word, kw_only=True):
    """Whose user_ticket, for which app; the person consents to *fields* (all, if left out)."""

    agentid: AgentId
    corpid: CorpId | None = None
    person: PersonKey
    fields: list[SensitiveField] | None = None


class Minted(Word, kw_only=True):
    """A code or ticket."""

    value: str
    expires_in: int


class TokensChosen(Word, kw_only=True):
    """Which tokens to revoke: of an app, of a corp, or all."""

    agentid: AgentId | None = None
    corpid: CorpId | None = None


class ConsentOrder(Word, kw_only=True):
    """What a person lets an app see; null: forget that the person was ever asked."""

    agentid: AgentId
    corpid: CorpId | None = None
    person: PersonKey
    fields: list[SensitiveField] | None


class QrScan(Word, kw_only=True):
    """Who scans which QR code."""

    qr: Annotated[str, Meta(min_length=1, max_length=2048, description="the key, or what the QR code says")]
    person: PersonKey


class QrChosen(Word, kw_only=True):
    """Which QR code."""

    qr: Annotated[str, Meta(min_length=1, max_length=2048, description="the key, or what the QR code says")]


class QrState(Word, kw_only=True):
    """Where a QR sign-in stands."""

    key: str
    status: QrStatus


class CallerIp(Word, kw_only=True):
    """The IP that WeCom sees callers at; null: their real one."""

    ip: IpAddress | None


class PhoneHolder(Word, kw_only=True):
    """Who holds the phone; null: nobody was chosen."""

    person: PersonKey | None


class WorldChosen(Word, kw_only=True):
    """Which world to begin again with: a shipped one by name, else the one given last."""

    world: Literal["default", "base"] | None = None


class CornerOrder(Word, kw_only=True):
    """The world of a new corner: a shipped one by name, a whole world, or the server's own."""

    world: Literal["default", "base"] | WorldFile | None = None


class CornerInfo(Word, kw_only=True):
    """A corner: its address is the server's followed by *path*."""

    id: str
    path: str


class JournalPage(Word, kw_only=True):
    """The newest entries, oldest first, and how often each call was asked in all."""

    entries: list[JournalEntry]
    counts: dict[str, int]


def _change_of(record: type[msgspec.Struct], name: str, without: set[str]) -> type[msgspec.Struct]:
    """Return a record like *record* whose fields may all be left out."""
    fields = [
        (field.name, field.type | UnsetType, UNSET)
        for field in msgspec.structs.fields(record)
        if field.name not in without
    ]
    return msgspec.defstruct(name, fields, forbid_unknown_fields=True, kw_only=True)


AppChange = _change_of(App, "AppChange", {"agentid"})
MemberChange = _change_of(Member, "MemberChange", {"userid"})
