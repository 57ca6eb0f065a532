"""What can go wrong with WeCom, as one tree by whose fault it is and what the caller should do.

WeComError                      never raised itself
├── ApiError                    WeCom answered and said no; raised itself only for a code that nobody knows
│   ├── ConfigurationError      the operator must act in the admin console or the settings; retrying is useless
│   ├── AppTokenRejectedError   the app token is dead: renew it once, repeat the call once
│   ├── CodeRejectedError       the code is wrong, used or too old: begin a new sign-in
│   ├── TicketRejectedError     the user_ticket or jsapi_ticket is wrong or too old: get a new one
│   ├── DeniedError             this person may not, or cannot be seen by the app: tell them so
│   ├── RateLimitedError        too many calls: come back after `retry_after`
│   ├── SystemBusyError         WeCom is busy: the same call may succeed in a moment
│   └── InputError              the call itself was wrong: a bug in the caller
├── TransportError              no usable answer: unreachable, not JSON, or of the wrong shape
│   └── WrongWorldError         the sandbox answered a real client, or the reverse
├── SignInRefusedError          a browser came back from WeCom and may not go on: `reason` says why
└── UsageError                  a bad argument to this library; also a ValueError

No message here carries a secret, and no error keeps a client, a request or an answer.
"""

import ipaddress
import re
from datetime import timedelta
from enum import StrEnum
from typing import Final

from gongpai.wecom.errcodes import ErrorClass, ErrorEntry, describe

_ERRMSG_LIMIT = 200
# Source: WeCom 90313 and field reports of 60020; the address is the one that WeCom sees, behind any NAT.
_CALLER_IP = re.compile(r"from ip: ([0-9a-fA-F.:]{2,45})")
# Source: WeCom 90454: a limit per minute blocks for 60 seconds.
MINUTE_BLOCK: Final = timedelta(seconds=60)
# 45033 counts calls at the same moment, so a moment later is soon enough.
_CONCURRENCY_PAUSE = timedelta(seconds=1)
_CONCURRENCY_LIMIT = 45033


class WeComError(Exception):
    """Anything that this library raises on purpose."""


class ApiError(WeComError):
    """WeCom answered with an ``errcode`` other than 0.

    Attributes:
        errcode: WeCom's number; look it up with ``gongpai errcode N``.
        errmsg: the first 200 characters of WeCom's text, its hint included.
        caller_ip: the address that WeCom saw, where the text names one (60020 does).
    """

    def __init__(self, errcode: int, errmsg: str = "") -> None:
        super().__init__(errcode, errmsg[:_ERRMSG_LIMIT])
        self.errcode = errcode
        self.errmsg = errmsg[:_ERRMSG_LIMIT]
        self.caller_ip = _find_caller_ip(errmsg)

    @property
    def entry(self) -> ErrorEntry | None:
        """The catalogue's page on this code: meaning, cause and remedy, or None for a code it does not have."""
        return describe(self.errcode)

    def __str__(self) -> str:
        name = self.entry.name if self.entry else "unknown errcode"
        return f"{self.errcode} ({name}): {self.errmsg}"


class ConfigurationError(ApiError):
    """The operator must act; ``entry.remedy`` says what to do and ``caller_ip`` which address WeCom saw."""


class AppTokenRejectedError(ApiError):
    """The app token is expired, revoked or of another kind."""


class CodeRejectedError(ApiError):
    """The code is wrong, used, too old or another app's; begin a new sign-in."""


class TicketRejectedError(ApiError):
    """The user_ticket or jsapi_ticket is wrong, too old or another app's; get a new one."""


class DeniedError(ApiError):
    """This person is not visible to the app, unknown, or not allowed."""


class RateLimitedError(ApiError):
    """Too many calls.

    Attributes:
        retry_after: the earliest moment, from now, at which a call can succeed again. A block of an hour is told
            apart from one of a minute only where the call has just one of them.
    """

    def __init__(self, errcode: int, errmsg: str = "", retry_after: timedelta = MINUTE_BLOCK) -> None:
        super().__init__(errcode, errmsg)
        self.args = (errcode, self.errmsg, retry_after)
        self.retry_after = retry_after


class SystemBusyError(ApiError):
    """WeCom is busy; at most two more tries with a delay, and none for a call that spends a code."""


class InputError(ApiError):
    """The call was wrong; a fault of the program that made it."""


class TransportError(WeComError):
    """WeCom could not be reached, or what came back is not an answer of WeCom's."""


class WrongWorldError(TransportError):
    """A sandbox answered where WeCom was expected, or WeCom where a sandbox was."""


class Refusal(StrEnum):
    """Why a browser that came back from WeCom may not go on."""

    MALFORMED = "malformed"
    STATE_MISMATCH = "state_mismatch"
    BROWSER_MISMATCH = "browser_mismatch"
    APP_MISMATCH = "app_mismatch"
    EXPIRED = "expired"
    NO_CODE = "no_code"


class SignInRefusedError(WeComError):
    """A browser came back from WeCom and may not go on; begin again, or show the member that they refused."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"sign-in refused: {self.reason.value}"


class UsageError(WeComError, ValueError):
    """An argument that can never work, refused before anything is sent."""


_BY_CLASS: dict[ErrorClass, type[ApiError]] = {
    ErrorClass.RETRY: SystemBusyError,
    ErrorClass.CONFIG: ConfigurationError,
    ErrorClass.TOKEN: AppTokenRejectedError,
    ErrorClass.CODE: CodeRejectedError,
    ErrorClass.DENIED: DeniedError,
    ErrorClass.LIMIT: RateLimitedError,
    ErrorClass.INPUT: InputError,
}
# The catalogue's class says whose fault it is; for these few what to do next is not what the class suggests.
_BY_CODE: dict[int, type[ApiError]] = {
    41008: CodeRejectedError,
    42012: TicketRejectedError,
    84014: TicketRejectedError,
    84015: TicketRejectedError,
    84090: TicketRejectedError,
}


def error_for(errcode: int, errmsg: str, retry_after: timedelta = MINUTE_BLOCK) -> ApiError:
    """Make the error of the tree that stands for *errcode*; a plain ApiError for a code that nobody knows.

    Args:
        errcode: WeCom's number, not 0.
        errmsg: WeCom's text; only its first 200 characters are kept.
        retry_after: how long the frequency limit of this call blocks.
    """
    entry = describe(errcode)
    kind = _BY_CODE.get(errcode) or (_BY_CLASS.get(entry.klass, ApiError) if entry else ApiError)
    if kind is RateLimitedError:
        pause = _CONCURRENCY_PAUSE if errcode == _CONCURRENCY_LIMIT else retry_after
        return RateLimitedError(errcode, errmsg, pause)
    return kind(errcode, errmsg)


def _find_caller_ip(errmsg: str) -> str | None:
    found = _CALLER_IP.search(errmsg[:2048])
    if found is None:
        return None
    try:
        return str(ipaddress.ip_address(found[1].rstrip(".:")))
    except ValueError:
        return None
