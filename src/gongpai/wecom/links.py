"""The addresses that send a browser to WeCom; every value is encoded exactly once."""

import re
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from gongpai.wecom.domains import explain_domain, require_trusted
from gongpai.wecom.errors import UsageError
from gongpai.wecom.hosts import WECOM, Hosts, build_url
from gongpai.wecom.models import App, fold_id

# Source: WeCom 91022 and errcode 84025. The web pages name no rule; one rule for every way is simpler and holds there.
_STATE: Final = re.compile(r"[a-zA-Z0-9]{1,128}")
# Source: WeCom errcode 40039.
_URL_LIMIT: Final = 1024
# WeCom adds these to the redirect_uri; a callback_url that already has them would carry them twice.
_RESERVED: Final = frozenset({"code", "state", "appid"})


class Scope(StrEnum):
    """How much WeCom shows: silently who it is, or with the member's consent also a user_ticket."""

    BASE = "snsapi_base"
    PRIVATE_INFO = "snsapi_privateinfo"


def in_app_url(
    corpid: str,
    callback_url: str,
    state: str,
    *,
    scope: Scope = Scope.BASE,
    agentid: int | None = None,
    trusted_domain: str | None = None,
    hosts: Hosts = WECOM,
) -> str:
    """Link to WeCom's authorization page, which works inside the client only. Source: WeCom 91022.

    Raises:
        UsageError: a bad callback_url or state, or the private scope without an agentid: WeCom would then show an
            error page or silently give no user_ticket.
    """
    if scope is Scope.PRIVATE_INFO and agentid is None:
        message = "snsapi_privateinfo needs an agentid"
        raise UsageError(message)
    query = {
        "appid": _require_corpid(corpid),
        "redirect_uri": check_callback_url(callback_url, trusted_domain),
        "response_type": "code",
        "scope": scope.value,
        "state": check_state(state),
    }
    if agentid is not None:
        query["agentid"] = str(agentid)
    # The client looks for this fragment, and it must come last.
    return build_url(hosts.oauth, "/connect/oauth2/authorize", query, "wechat_redirect")


def web_login_url(app: App, callback_url: str, state: str, *, lang: str | None = None, hosts: Hosts = WECOM) -> str:
    """Link to the web login page for ordinary browsers. Source: WeCom 98152.

    Raises:
        UsageError: a bad callback_url, state or language.
    """
    query = {"login_type": "CorpApp", **_web_query(app, check_web_callback_url(app, callback_url), state, lang)}
    return build_url(hosts.login, "/wwlogin/sso/login", query)


def qr_connect_url(app: App, callback_url: str, state: str, *, lang: str | None = None, hosts: Hosts = WECOM) -> str:
    """Link to the QR page of before 2022, superseded and still answering. Source: WeCom 91019.

    Raises:
        UsageError: a bad callback_url, state or language.
    """
    query = _web_query(app, check_callback_url(callback_url, app.callback_domain), state, lang)
    return build_url(hosts.qr, "/wwopen/sso/qrConnect", query)


def panel_params(
    app: App,
    callback_url: str,
    state: str,
    *,
    redirect_type: str = "callback",
    panel_size: str = "middle",
    lang: str | None = None,
    color_scheme: str | None = None,
) -> dict[str, str]:
    """Give the ``params`` of ``createWWLoginPanel``; the SDK encodes them. Source: WeCom 98152 and @wecom/jssdk 2.4.4.

    Args:
        app: the app that signs in.
        callback_url: where WeCom sends the browser back; for ``callback`` on the page's own domain.
        state: what comes back with the code.
        redirect_type: ``callback`` hands the code to the page's script, ``top`` and ``self`` navigate.
        panel_size: ``middle`` (480 x 416) or ``small`` (320 x 380).
        lang: ``zh`` or ``en``; else WeCom chooses.
        color_scheme: ``light``, ``dark`` or ``auto``; else WeCom chooses.

    Raises:
        UsageError: a bad callback_url, state or choice.
    """
    _require_choice("redirect_type", redirect_type, {"callback", "top", "self"})
    _require_choice("panel_size", panel_size, {"middle", "small"})
    params = {
        "login_type": "CorpApp",
        **_web_query(app, check_web_callback_url(app, callback_url), state, lang),
        "redirect_type": redirect_type,
        "panel_size": panel_size,
    }
    if color_scheme is not None:
        _require_choice("color_scheme", color_scheme, {"light", "dark", "auto"})
        params["color_scheme"] = color_scheme
    return params


def check_state(state: str) -> str:
    """Return *state* if WeCom lets it through unharmed.

    Raises:
        UsageError: not 1 to 128 letters and digits of ASCII.
    """
    if not _STATE.fullmatch(state):
        message = "state must be 1 to 128 letters and digits"
        raise UsageError(message)
    return state


def check_callback_url(callback_url: str, domain: str | None = None) -> str:
    """Return *callback_url* if WeCom can send a browser back to it.

    Args:
        callback_url: an absolute address; its own query and fragment survive the trip.
        domain: the app's trusted or callback domain, where known.

    Raises:
        UsageError: not an absolute http(s) address, too long, already encoded, outside *domain*, or with a query
            that holds ``code``, ``state`` or ``appid``, which WeCom adds.
    """
    if len(callback_url.encode("utf-8", "surrogatepass")) > _URL_LIMIT:
        message = f"callback_url is longer than {_URL_LIMIT} bytes"
        raise UsageError(message)
    require_trusted(callback_url, domain)
    taken = _RESERVED & {key for key, _ in parse_qsl(urlsplit(callback_url).query, keep_blank_values=True)}
    if taken:
        message = f"callback_url's own query holds {sorted(taken)}, which WeCom adds"
        raise UsageError(message)
    return callback_url


def check_web_callback_url(app: App, callback_url: str) -> str:
    """Return *callback_url* if the web login page can send a browser back to it.

    The page takes the app's trusted domain or its callback domain, whichever fits. Source: WeCom 98173.

    Raises:
        UsageError: as ``check_callback_url``; with two domains, the reason is the callback domain's.
    """
    fits = [
        each for each in (app.trusted_domain, app.callback_domain) if each and explain_domain(callback_url, each).ok
    ]
    return check_callback_url(callback_url, fits[0] if fits else app.callback_domain or app.trusted_domain)


def _web_query(app: App, callback_url: str, state: str, lang: str | None) -> dict[str, str]:
    query = {
        "appid": app.corpid,
        "agentid": str(app.agentid),
        "redirect_uri": callback_url,
        "state": check_state(state),
    }
    if lang is not None:
        _require_choice("lang", lang, {"zh", "en"})
        query["lang"] = lang
    return query


def _require_corpid(corpid: str) -> str:
    fold_id(corpid)
    return corpid


def _require_choice(name: str, value: str, choices: set[str]) -> None:
    if value not in choices:
        message = f"{name} must be one of {sorted(choices)}"
        raise UsageError(message)
