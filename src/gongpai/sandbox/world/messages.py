"""What apps sent to members, newest last. Source: WeCom 90236, read 2026-11."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

_MOST = 1_000


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message as it lies in one member's WeCom.

    Attributes:
        to: key of the person, as everywhere in the control API.
        text: the description of a card, or the content of a text.
        button: what the link of a card is called.
    """

    msgid: str
    at: datetime
    corpid: str
    agentid: int
    to: str
    msgtype: str
    title: str = ""
    text: str = ""
    url: str = ""
    button: str = ""


class Messages:
    """Hold what was delivered, and remember for a while what must not be delivered twice."""

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._delivered: dict[str, datetime] = {}

    def deliver(self, people: Iterable[str], message: Message) -> None:
        """Put a copy of *message* into the WeCom of each of *people*."""
        self._messages += [msgspec.structs.replace(message, to=key) for key in people]
        del self._messages[:-_MOST]

    def is_repeated(self, content: bytes, within: timedelta, now: datetime) -> bool:
        """Whether the same *content* was sent less than *within* ago; if not, remember it."""
        self._delivered = {key: until for key, until in self._delivered.items() if until > now}
        key = hashlib.sha256(content).hexdigest()
        if key in self._delivered:
            return True
        self._delivered[key] = now + within
        return False

    def all(self) -> list[Message]:
        """Return everything that is kept."""
        return list(self._messages)

    def of(self, key: str) -> list[Message]:
        """Return what the person has, newest first."""
        return [message for message in reversed(self._messages) if message.to == key]


def new_msgid() -> str:
    """Return a message id."""
    return secrets.token_urlsafe(24)
