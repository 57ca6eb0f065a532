"""One trip of a browser to WeCom and back: begin it, remember it, and judge what comes back.

Nothing here is sent or stored. Time and chance come in as arguments, or are made in ``new_state``,
``new_browser_secret`` and ``_now`` alone.
"""

import hashlib
import hmac
import re
import secrets
import string
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, TypeAlias
from urllib.parse import parse_qsl

from gongpai.wecom.errors import Refusal, SignInRefusedError
from gongpai.wecom.hosts import WECOM, Hosts
from gongpai.wecom.links import Scope, in_app_url, qr_connect_url, web_login_url
from gongpai.wecom.models import App
from gongpai.wecom.user_agent import ClientKind, client_kind

# WeCom's in-app link passes state only if it is a-zA-Z0-9 and at most 128 bytes, so it cannot carry a signed token:
# it is a bare handle, and what it stands for stays with us. 32 characters of 62 are 190 bits.
_STATE_ALPHABET: Final = string.ascii_letters + string.digits
_STATE_LENGTH: Final = 32
_BROWSER_SECRET_BYTES: Final = 32
# A secret of ours has 43 characters; a cookie much longer is not one.
_BROWSER_SECRET_LIMIT: Final = 256
_QUERY_LIMIT: Final = 4096
_FIELD_LIMIT: Final = 32
# Source: WeCom 91023: a code has at most 512 bytes. Samples are base64url; any visible ASCII passes.
_CODE: Final = re.compile(r"[!-~]{1,512}")
# Longer than WeCom's QR code lives, so that a slow scan still counts.
ATTEMPT_LIFE: Final = timedelta(minutes=10)


class Way(StrEnum):
    """How a browser gets to WeCom."""

    IN_APP = "in_app"
    WEB = "web"
    QR = "qr"


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """What to remember of a trip until the browser is back; nothing in it opens anything."""

    state: str
    browser_hash: str
    way: Way
    corpid: str
    agentid: int
    begun_at: datetime
    expires_at: datetime
    restarts: int = 0


@dataclass(frozen=True, slots=True)
class Begun:
    """Send the browser to ``url``, give it ``browser_secret`` as a cookie, and keep ``attempt`` under its state."""

    url: str
    browser_secret: str = field(repr=False)
    attempt: SignInAttempt

    @property
    def state(self) -> str:
        """The handle that comes back with the code."""
        return self.attempt.state

    @property
    def browser_hash(self) -> str:
        """What to keep of the browser's secret."""
        return self.attempt.browser_hash

    @property
    def way(self) -> Way:
        """How the browser goes."""
        return self.attempt.way


@dataclass(frozen=True, slots=True)
class Callback:
    """What WeCom's redirect carried; ``code`` is None where the member refused, ``appid`` where WeCom left it out."""

    state: str
    code: str | None = field(default=None, repr=False)
    appid: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The browser that began came back: exchange the code, once."""

    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RestartOnce:
    """WeCom's desktop client opened the callback in another webview: begin anew with ``restarts=1``, silently."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Do not go on; the code, if any, must not be used."""

    reason: Refusal


Verdict: TypeAlias = Accepted | RestartOnce | Refused


def begin_in_app(
    app: App,
    callback_url: str,
    *,
    scope: Scope = Scope.BASE,
    state: str | None = None,
    browser_secret: str | None = None,
    restarts: int = 0,
    hosts: Hosts = WECOM,
    now: datetime | None = None,
) -> Begun:
    """Begin a sign-in inside WeCom's client.

    Args:
        app: the app that signs in.
        callback_url: where WeCom sends the browser back.
        scope: silent, or with the member's consent for a user_ticket.
        state: a handle of letters and digits; fresh if left out.
        browser_secret: what ties the trip to the browser; fresh if left out.
        restarts: 1 for the one silent restart that a ``RestartOnce`` asks for.
        hosts: where WeCom lives.
        now: the moment of beginning, aware; the present if left out.

    Raises:
        UsageError: the link could not work.
    """
    begun_state = new_state() if state is None else state
    url = in_app_url(
        app.corpid,
        callback_url,
        begun_state,
        scope=scope,
        agentid=app.agentid,
        trusted_domain=app.trusted_domain,
        hosts=hosts,
    )
    return _begin(app, Way.IN_APP, url, begun_state, browser_secret, now, restarts)


def begin_web_login(
    app: App,
    callback_url: str,
    *,
    lang: str | None = None,
    state: str | None = None,
    browser_secret: str | None = None,
    hosts: Hosts = WECOM,
    now: datetime | None = None,
) -> Begun:
    """Begin a sign-in in an ordinary browser; arguments and errors as for ``begin_in_app``."""
    begun_state = new_state() if state is None else state
    url = web_login_url(app, callback_url, begun_state, lang=lang, hosts=hosts)
    return _begin(app, Way.WEB, url, begun_state, browser_secret, now)


def begin_qr_connect(
    app: App,
    callback_url: str,
    *,
    lang: str | None = None,
    state: str | None = None,
    browser_secret: str | None = None,
    hosts: Hosts = WECOM,
    now: datetime | None = None,
) -> Begun:
    """Begin a sign-in on the QR page of before 2022; arguments and errors as for ``begin_in_app``."""
    begun_state = new_state() if state is None else state
    url = qr_connect_url(app, callback_url, begun_state, lang=lang, hosts=hosts)
    return _begin(app, Way.QR, url, begun_state, browser_secret, now)


def parse_callback(query: str) -> Callback:
    """Read the raw query string with which WeCom sent the browser back; keys that nobody knows are ignored.

    Raises:
        SignInRefusedError: MALFORMED: too long, not UTF-8, a key twice, no state, or a code that cannot be.
    """
    pairs = _split_query(query)
    if pairs is None:
        raise SignInRefusedError(Refusal.MALFORMED)
    fields = dict(pairs)
    ours = [key for key, _ in pairs if key in {"code", "state", "appid"}]
    state, code = fields.get("state", ""), fields.get("code")
    if len(ours) != len(set(ours)) or not state or (code and not _CODE.fullmatch(code)):
        raise SignInRefusedError(Refusal.MALFORMED)
    return Callback(state, code or None, fields.get("appid") or None)


def finish(
    attempt: SignInAttempt,
    callback: Callback,
    *,
    browser_secret: str | None,
    user_agent: str = "",
    now: datetime | None = None,
) -> Verdict:
    """Judge what came back against what was remembered under its state.

    Call it once an attempt: take the attempt out of its store first, so that a state counts once.
    """
    if not hmac.compare_digest(callback.state.encode("utf-8", "surrogatepass"), attempt.state.encode()):
        return Refused(Refusal.STATE_MISMATCH)
    # WeCom echoes the corpid in the field, without promise. Plain corpids compare without case.
    if callback.appid is not None and callback.appid.lower() != attempt.corpid.lower():
        return Refused(Refusal.APP_MISMATCH)
    if (now or _now()) >= attempt.expires_at:
        return Refused(Refusal.EXPIRED)
    if not is_same_browser(attempt.browser_hash, browser_secret):
        return _judge_other_browser(attempt, browser_secret, user_agent)
    return Refused(Refusal.NO_CODE) if callback.code is None else Accepted(callback.code)


def require_code(verdict: Verdict) -> str:
    """Return the code, for callers that treat everything else alike.

    Raises:
        SignInRefusedError: not accepted; a restart counts as another browser.
    """
    if isinstance(verdict, Accepted):
        return verdict.code
    raise SignInRefusedError(verdict.reason if isinstance(verdict, Refused) else Refusal.BROWSER_MISMATCH)


def is_same_browser(browser_hash: str, browser_secret: str | None) -> bool:
    """Tell whether the secret is the one whose hash was kept."""
    if not browser_secret or len(browser_secret) > _BROWSER_SECRET_LIMIT:
        return False
    return hmac.compare_digest(hash_browser_secret(browser_secret).encode(), browser_hash.encode())


def require_same_browser(browser_hash: str, browser_secret: str | None) -> None:
    """Let only the browser that began go on.

    Raises:
        SignInRefusedError: BROWSER_MISMATCH; begin again.
    """
    if not is_same_browser(browser_hash, browser_secret):
        raise SignInRefusedError(Refusal.BROWSER_MISMATCH)


def hash_browser_secret(browser_secret: str) -> str:
    """Return what to keep: 256 random bits need no slow hash."""
    return hashlib.sha256(browser_secret.encode("utf-8", "surrogatepass")).hexdigest()


def new_state() -> str:
    """Make a fresh handle that WeCom passes through unharmed."""
    return "".join(secrets.choice(_STATE_ALPHABET) for _ in range(_STATE_LENGTH))


def new_browser_secret() -> str:
    """Make what ties a trip to one browser, for a ``__Host-`` cookie."""
    return secrets.token_urlsafe(_BROWSER_SECRET_BYTES)


def _split_query(query: str) -> list[tuple[str, str]] | None:
    """Return None for what is no query, so that no exception's context keeps the code that was in it."""
    if len(query) > _QUERY_LIMIT:
        return None
    try:
        return parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=_FIELD_LIMIT)
    except ValueError:
        return None


def _begin(
    app: App, way: Way, url: str, state: str, browser_secret: str | None, now: datetime | None, restarts: int = 0
) -> Begun:
    begun_at = now or _now()
    secret = new_browser_secret() if browser_secret is None else browser_secret
    attempt = SignInAttempt(
        state=state,
        browser_hash=hash_browser_secret(secret),
        way=way,
        corpid=app.corpid,
        agentid=app.agentid,
        begun_at=begun_at,
        expires_at=begun_at + ATTEMPT_LIFE,
        restarts=restarts,
    )
    return Begun(url, secret, attempt)


def _judge_other_browser(attempt: SignInAttempt, browser_secret: str | None, user_agent: str) -> Verdict:
    lost_in_client = attempt.way is Way.IN_APP and client_kind(user_agent).kind is ClientKind.WECOM
    if lost_in_client and browser_secret is None and attempt.restarts == 0:
        return RestartOnce()
    return Refused(Refusal.BROWSER_MISMATCH)


def _now() -> datetime:
    return datetime.now(UTC)
