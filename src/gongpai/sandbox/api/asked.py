"""One call as it was asked, and how a call says no."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from gongpai.sandbox.corners import CornerState
from gongpai.sandbox.world import App, Corp, CorpIndex, Principal, World

Json = dict[str, object]


class CallRefusedError(Exception):
    """A "no" of WeCom's: the call is answered with *errcode* in place of a result."""

    def __init__(self, errcode: int, text: str | None = None) -> None:
        super().__init__(errcode)
        self.errcode = errcode
        self.text = text


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to /cgi-bin/CALL.

    Attributes:
        body: the JSON object that was sent; empty if there was none, or if it was not one.
        is_wrong_json: a body came that is no JSON object.
    """

    call: str
    query: Mapping[str, str]
    body: Mapping[str, object]
    ip: str
    corner: CornerState
    now: datetime
    is_wrong_json: bool = False

    @property
    def world(self) -> World:
        """The world that is asked."""
        return self.corner.world

    def text(self, name: str) -> str:
        """Return a parameter of the query, or "" if it is missing."""
        return self.query.get(name, "")


@dataclass(frozen=True, slots=True)
class Allowed:
    """A request whose token was good: who asks, with what rights."""

    asked: Asked
    principal: Principal

    @property
    def corp(self) -> Corp:
        """The corp of the token."""
        return self.principal.corp

    @property
    def index(self) -> CorpIndex:
        """The index of that corp."""
        return self.asked.world.index(self.principal.corp)

    def app(self, otherwise: int) -> App:
        """Return the app that asks.

        Raises:
            CallRefusedError: it is the contact-sync assistant, which gets the code *otherwise*.
        """
        if self.principal.app is None:
            raise CallRefusedError(otherwise)
        return self.principal.app


@dataclass(frozen=True, slots=True)
class Call:
    """One API call: what it does, and the fields that it leaves empty when it fails."""

    run: Callable[[Allowed], Json]
    empty_lists: tuple[str, ...] = ()
    spends_code: bool = False
    is_jsapi_ticket: bool = False
