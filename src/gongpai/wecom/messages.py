"""A message of the app to its members: what to send, and what the answer means. Source: WeCom 90236, read 2026-11."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

from gongpai.wecom.calls import Request, check
from gongpai.wecom.errors import UsageError
from gongpai.wecom.payload import Payload, rest, text

_MOST_USERIDS = 1_000
_TITLE_LIMIT = 128
_DESCRIPTION_LIMIT = 512
_URL_LIMIT = 2_048
_BUTTON_LIMIT = 4
_HALF_AN_HOUR = timedelta(minutes=30)
_LONGEST_CHECK = timedelta(hours=4)
_READ = frozenset({"errcode", "errmsg", "msgid", "invaliduser", "unlicenseduser"})


@dataclass(frozen=True, slots=True)
class TextCard:
    """A card with a title, a short text and one link (文本卡片); WeCom would cut off what is too long.

    Raises:
        UsageError: a part is missing, too long, or the link is not http(s).
    """

    title: str
    description: str = field(repr=False)
    url: str = field(repr=False)
    button: str | None = None
    """What the link is called, in at most four characters; WeCom says 详情 if this is left out."""

    def __post_init__(self) -> None:
        limits = ((self.title, _TITLE_LIMIT), (self.description, _DESCRIPTION_LIMIT), (self.url, _URL_LIMIT))
        if not all(0 < len(part) <= limit for part, limit in limits) or len(self.button or "") > _BUTTON_LIMIT:
            message = "a card needs a title, a description and a url, each within WeCom's limit"
            raise UsageError(message)
        if not self.url.startswith(("https://", "http://")):
            message = "a card's url begins with https:// or http://"
            raise UsageError(message)


@dataclass(frozen=True, slots=True)
class SentMessage:
    """What became of a message that WeCom took."""

    msgid: str | None
    invalid_userids: tuple[str, ...] = ()
    """Who does not exist or does not see the app; in lower case, as WeCom writes them."""
    unlicensed_userids: tuple[str, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class SendTextCard:
    """Send a card. Not repeated by WeCom: the same content to the same people within *check_for* arrives once.

    Raises:
        UsageError: nobody, or too many, are to get it, or the check is longer than WeCom's four hours.
    """

    name: ClassVar[str] = "message/send"
    spends_code: ClassVar[bool] = False
    agentid: int
    userids: tuple[str, ...]
    card: TextCard
    check_for: timedelta = _HALF_AN_HOUR

    def __post_init__(self) -> None:
        are_ids = all(userid and "|" not in userid and userid != "@all" for userid in self.userids)
        if not 0 < len(self.userids) <= _MOST_USERIDS or not are_ids:
            message = f"a message goes to 1 to {_MOST_USERIDS} userids"
            raise UsageError(message)
        if not timedelta(0) < self.check_for <= _LONGEST_CHECK:
            message = "WeCom looks for a repetition within at most four hours"
            raise UsageError(message)

    def request(self, app_token: str) -> Request:
        """Say what to send with this token."""
        card = {"title": self.card.title, "description": self.card.description, "url": self.card.url}
        body: dict[str, object] = {
            "touser": "|".join(self.userids),
            "msgtype": "textcard",
            "agentid": self.agentid,
            "textcard": card if self.card.button is None else {**card, "btntxt": self.card.button},
            "enable_duplicate_check": 1,
            "duplicate_check_interval": int(self.check_for.total_seconds()),
        }
        return Request("POST", f"/cgi-bin/{self.name}", {"access_token": app_token}, body)

    def parse(self, payload: Payload) -> SentMessage:
        """Read who did not get it; if nobody did, WeCom says 81013 instead."""
        check(payload)
        return SentMessage(
            msgid=text(payload, "msgid"),
            invalid_userids=_names(payload, "invaliduser"),
            unlicensed_userids=_names(payload, "unlicenseduser"),
            extra=rest(payload, _READ),
        )


def _names(payload: Payload, key: str) -> tuple[str, ...]:
    return tuple(name for name in (text(payload, key) or "").split("|") if name)
