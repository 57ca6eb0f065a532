"""The pages around what a person gives in WeCom only: at the desk, in WeCom, and on the phone (T19)."""

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class WantedFields:
    """Who asks for which fields; *party* is None if the person does, for their own page."""

    party: str | None
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Skipping:
    """How the person says that they go on without: a form to *action* in the name of *session*."""

    action: str
    session: str
    form_source: str


@dataclass(frozen=True, slots=True)
class ContinueInWeCom:
    """Consent is given in WeCom, on the phone: the QR code holds *ticket_url*, the phone asks for *number*.

    The page watches *watch_url* and goes on to *done_url* by itself; *again_url* shows a new code. Where there is
    nothing to skip, a button leads to *done_url*.
    """

    template: ClassVar[str] = "continue_in_wecom.html"
    status: ClassVar[int] = 200
    wanted: WantedFields
    ticket_url: str = dataclasses.field(repr=False)
    number: int = dataclasses.field(repr=False)
    watch_url: str
    done_url: str
    again_url: str
    skipping: Skipping | None = None


@dataclass(frozen=True, slots=True)
class AskAgain:
    """In WeCom, somebody came back from its consent page without an answer: once more, or go on without."""

    template: ClassVar[str] = "ask_again.html"
    status: ClassVar[int] = 200
    wanted: WantedFields
    skipping: Skipping


@dataclass(frozen=True, slots=True)
class HandoffPick:
    """On the phone, before WeCom's page: who asks for what, from which address, and which number is shown there."""

    template: ClassVar[str] = "handoff_pick.html"
    status: ClassVar[int] = 200
    wanted: WantedFields
    ip: str
    asked_at: datetime
    numbers: tuple[int, ...]
    action: str = dataclasses.field(repr=False)


@dataclass(frozen=True, slots=True)
class HandoffMessage:
    """On the phone, where a hand-off ends; *outcome* has words of its own in the catalogue."""

    template: ClassVar[str] = "handoff_message.html"
    status: int
    outcome: str
