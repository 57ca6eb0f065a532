"""Calls about the app itself: its token, its settings, its tickets for JS-SDK, WeCom's addresses."""

from datetime import timedelta

from gongpai.sandbox.api.asked import Allowed, Asked, CallRefusedError, Json
from gongpai.sandbox.limits import HOUR
from gongpai.sandbox.world import Principal
from gongpai.sandbox.world.live import TOKEN_LIFE

_TOKEN_SECONDS = TOKEN_LIFE // timedelta(seconds=1)


def get_token(asked: Asked) -> tuple[Principal, Json]:
    """gettoken. Source: WeCom 91039, read 2026-11; the order of its checks was seen in the field."""  # noqa: D403
    corpid, secret, world = asked.text("corpid"), asked.text("corpsecret"), asked.world
    if not secret:
        raise CallRefusedError(41004)
    if not corpid:
        raise CallRefusedError(41002)
    meter, who = asked.corner.meter, f"wrong secrets {asked.ip}"
    if asked.corner.switches.rate_limits:
        if meter.is_over(who, HOUR, meter.limits.wrong_secrets_per_hour, asked.now):
            raise CallRefusedError(45009)
        if not meter.allows_call(asked.call, corpid.lower(), asked.ip, asked.now):
            raise CallRefusedError(45009)
    corp = world.get_corp(corpid)
    if corp is None:
        raise CallRefusedError(40013)
    principal = world.get_principal(corp, secret)
    if principal is None:
        meter.counts(who, HOUR, meter.limits.wrong_secrets_per_hour, asked.now)
        is_anothers = any(world.get_principal(other, secret) for other in world.corps)
        raise CallRefusedError(40091 if is_anothers else 40001)
    _require_usable(asked, principal)
    token = world.issue_token(principal)
    left = int((token.expires_at - asked.now).total_seconds())
    is_full = asked.corner.switches.repeated_expires_in == "full"
    return principal, {"access_token": token.value, "expires_in": _TOKEN_SECONDS if is_full else left}


def _require_usable(asked: Asked, principal: Principal) -> None:
    switches, app = asked.corner.switches, principal.app
    if principal.corp.is_dissolved:
        raise CallRefusedError(301007)
    if app is None:
        return
    if not app.enabled:
        raise CallRefusedError(switches.disabled_app_errcode)
    if switches.ip_check_on_gettoken and not asked.world.is_ip_trusted(principal.corp, app, asked.ip):
        raise CallRefusedError(60020)


def get_app(allowed: Allowed) -> Json:
    """agent/get. Source: WeCom 96448, read 2026-11."""
    app, wanted = allowed.app(otherwise=48002), allowed.asked.text("agentid")
    if not wanted:
        raise CallRefusedError(41011)
    if not (wanted.isascii() and wanted.isdecimal()):
        raise CallRefusedError(40056)
    if wanted.lstrip("0") != str(app.agentid):
        raise CallRefusedError(301002)
    return {
        "agentid": app.agentid,
        "name": app.name,
        "square_logo_url": "",
        "description": "",
        "allow_userinfos": {"user": [{"userid": userid} for userid in app.visible_userids]},
        "allow_partys": {"partyid": app.visible_departments},
        "allow_tags": {"tagid": app.visible_tags},
        "close": int(not app.enabled),
        "redirect_domain": app.oauth_domain,
        "report_location_flag": 0,
        "isreportenter": 0,
        "home_url": app.home_url,
        "customized_publish_status": 1,
    }


def get_callback_ips(allowed: Allowed) -> Json:
    """getcallbackip. Source: WeCom 90238, read 2026-11."""  # noqa: D403  the call's own name
    return {"ip_list": allowed.asked.world.file.callback_ips}


def get_api_domain_ips(allowed: Allowed) -> Json:
    """get_api_domain_ip. Source: WeCom 92520, read 2026-11."""
    return {"ip_list": allowed.asked.world.file.api_domain_ips}


def get_jsapi_ticket(allowed: Allowed) -> Json:
    """get_jsapi_ticket: the corp's ticket. Source: WeCom 96909, read 2026-11."""
    ticket = allowed.asked.world.issue_jsapi_ticket(allowed.corp, None)
    return {"ticket": ticket.value, "expires_in": _TOKEN_SECONDS}


def get_ticket(allowed: Allowed) -> Json:
    """ticket/get: the app's ticket. Source: WeCom 96909, read 2026-11."""
    if allowed.asked.text("type") != "agent_config":
        raise CallRefusedError(91040)
    ticket = allowed.asked.world.issue_jsapi_ticket(allowed.corp, allowed.app(otherwise=48002))
    return {"ticket": ticket.value, "expires_in": _TOKEN_SECONDS}
