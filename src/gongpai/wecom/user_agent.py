"""Which client is asking, by its User-Agent: a hint for the way to sign in, never a reason to trust."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

# A User-Agent is a few hundred characters; more is not read.
_LENGTH_READ: Final = 2048
# Source: @wecom/jssdk 2.4.4. The Mac client writes no blank before its token, so there is no word boundary.
_WECOM: Final = re.compile(r"wxwork/([\d.]+)", re.IGNORECASE)
_WECHAT: Final = re.compile(r"micromessenger(?:/([\d.]+))?", re.IGNORECASE)


class ClientKind(StrEnum):
    """WeCom, WeChat, or anything else; the first two open the in-app link."""

    WECOM = "wecom"
    WECHAT = "wechat"
    BROWSER = "browser"


class Platform(StrEnum):
    """The system below the client."""

    IOS = "ios"
    ANDROID = "android"
    WINDOWS = "windows"
    MAC = "mac"
    LINUX = "linux"


# First match wins: Android names Linux too, and iOS names "Mac OS X".
_PLATFORMS: Final = (
    (re.compile(r"iPhone|iPad|iPod"), Platform.IOS),
    (re.compile(r"Android"), Platform.ANDROID),
    (re.compile(r"Windows"), Platform.WINDOWS),
    (re.compile(r"Macintosh"), Platform.MAC),
    (re.compile(r"Linux"), Platform.LINUX),
)


@dataclass(frozen=True, slots=True)
class Client:
    """A client; ``version`` is WeCom's or WeChat's own."""

    kind: ClientKind
    version: str | None = None
    platform: Platform | None = None

    @property
    def opens_in_app_link(self) -> bool:
        """True where WeCom's in-app link works."""
        return self.kind is not ClientKind.BROWSER


def client_kind(user_agent: str) -> Client:
    """Tell the client by WeCom's own rule: ``wxwork`` first, then ``MicroMessenger``, else a browser."""
    return _tell(user_agent[:_LENGTH_READ])


# A company's people have a few dozen clients among them.
@lru_cache(maxsize=256)
def _tell(seen: str) -> Client:
    platform = next((platform for pattern, platform in _PLATFORMS if pattern.search(seen)), None)
    if wecom := _WECOM.search(seen):
        return Client(ClientKind.WECOM, _version(wecom[1]), platform)
    if wechat := _WECHAT.search(seen):
        return Client(ClientKind.WECHAT, _version(wechat[1]), platform)
    return Client(ClientKind.BROWSER, None, platform)


def _version(found: str | None) -> str | None:
    return (found or "").strip(".") or None
