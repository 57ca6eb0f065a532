"""Check a call in WeCom's order, run it, and put the answer into WeCom's words. Pure, but for the corner's state."""

import secrets
from dataclasses import dataclass
from datetime import datetime

import msgspec

from gongpai.sandbox.api import apps, contacts, identity, messages
from gongpai.sandbox.api.asked import Allowed, Asked, Call, CallRefusedError, Json
from gongpai.sandbox.errmsg import text_of
from gongpai.sandbox.limits import HOUR, MINUTE
from gongpai.sandbox.switches import Switches
from gongpai.sandbox.world import Principal

CALLS: dict[str, Call] = {
    "auth/getuserinfo": Call(identity.get_user_info, spends_code=True),
    "user/getuserinfo": Call(identity.get_user_info_legacy, spends_code=True),
    "auth/getuserdetail": Call(identity.get_user_detail),
    "user/get": Call(contacts.get_user, ("department", "order", "is_leader_in_dept", "direct_leader")),
    "user/list_id": Call(contacts.list_user_ids, ("dept_user",)),
    "user/getuserid": Call(contacts.get_userid_by_mobile),
    "user/convert_to_openid": Call(contacts.convert_to_openid),
    "department/get": Call(contacts.get_department),
    "department/simplelist": Call(contacts.list_departments, ("department_id",)),
    "agent/get": Call(apps.get_app),
    "getcallbackip": Call(apps.get_callback_ips, ("ip_list",)),
    "get_api_domain_ip": Call(apps.get_api_domain_ips, ("ip_list",)),
    "get_jsapi_ticket": Call(apps.get_jsapi_ticket, is_jsapi_ticket=True),
    "message/send": Call(messages.send),
    "ticket/get": Call(apps.get_ticket, is_jsapi_ticket=True),
}
GETTOKEN = "gettoken"
_HELP = "https://open.work.weixin.qq.com/devtool/query?e="
_NO_SUFFIX_UNLESS_SWITCHED = 40014


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes over the wire, and what the journal should know of it."""

    body: bytes
    errcode: int
    errmsg: str
    principal: Principal | None = None


def is_known(call: str) -> bool:
    """Whether there is such a call; all other paths are 404 with nothing in it."""
    return call == GETTOKEN or call in CALLS


def answer(asked: Asked) -> Answer:
    """Return WeCom's answer to a known call."""
    principal: Principal | None = None
    try:
        if asked.call == GETTOKEN:
            principal, result = apps.get_token(asked)
        else:
            call = CALLS[asked.call]
            principal = _require_token(asked)
            _require_rights(asked, call, principal)
            result = call.run(Allowed(asked, principal))
    except CallRefusedError as refused:
        return refuse(asked, refused.errcode, refused.text, principal)
    errmsg = "ok. Warning: wrong json format." if asked.is_wrong_json else "ok"
    if asked.text("debug") == "1":
        errmsg += f", debug: [call {asked.call}, from ip {asked.ip}, at {int(asked.now.timestamp())}]"
    said: Json = {"errcode": 0, "errmsg": errmsg} if asked.corner.switches.success_errcode else {}
    return Answer(_encode(said | result, asked.corner.switches), 0, "ok", principal)


def refuse(asked: Asked, errcode: int, text: str | None = None, principal: Principal | None = None) -> Answer:
    """Return an error with hint, caller's IP and help address, and the call's lists at their empty value."""
    switches, errmsg = asked.corner.switches, text or text_of(errcode)
    if errcode != _NO_SUFFIX_UNLESS_SWITCHED or switches.suffix_on_40014:
        errmsg += f", hint: [{_hint(asked.now, switches)}], from ip: {asked.ip}, more info at {_HELP}{errcode}"
    empty = CALLS[asked.call].empty_lists if asked.call in CALLS else ()
    said: Json = {"errcode": errcode, "errmsg": errmsg} | {name: [] for name in empty}
    return Answer(_encode(said, switches), errcode, text or text_of(errcode), principal)


def _require_token(asked: Asked) -> Principal:
    """Check what comes before everything else. Source: seen in the field, 2026-09."""
    value = asked.text("access_token")
    if not value:
        raise CallRefusedError(41001)
    token = asked.world.get_token(value)
    if token is None or token.is_revoked:
        raise CallRefusedError(40014)
    if token.expires_at <= asked.now:
        raise CallRefusedError(asked.corner.switches.expired_token_errcode)
    return token.principal


def _require_rights(asked: Asked, call: Call, principal: Principal) -> None:
    """Check what is neither the token nor the call's own; this order is our choice."""
    if principal.app is not None and not principal.app.enabled:
        raise CallRefusedError(50003)
    if principal.corp.is_dissolved:
        raise CallRefusedError(301007)
    if asked.corner.switches.rate_limits:
        _require_rate(asked, call, principal)
    app = principal.app
    if app is not None and not asked.world.is_ip_trusted(principal.corp, app, asked.ip):
        code = asked.world.get_code(asked.text("code")) if call.spends_code else None
        if code is not None and asked.corner.switches.burn_code_on_60020:
            code.is_used = True
        raise CallRefusedError(60020)


def _require_rate(asked: Asked, call: Call, principal: Principal) -> None:
    meter, corpid, now = asked.corner.meter, principal.corp.corpid, asked.now
    if call.spends_code:
        code = asked.world.get_code(asked.text("code"))
        # A call with a valid code does not count. Source: WeCom 90454, read 2026-11.
        if code is not None and not code.is_used and not asked.world.is_code_expired(code):
            return
    is_free = meter.allows_call(asked.call, corpid, asked.ip, now)
    if call.is_jsapi_ticket:
        of_app = f"jsapi {corpid} {principal.agentid}"
        is_free &= meter.counts(of_app, HOUR, meter.limits.jsapi_ticket_per_hour_and_app, now)
        is_free &= meter.counts(f"jsapi {corpid}", HOUR, meter.limits.jsapi_ticket_per_hour_and_corp, now)
    if asked.text("debug") == "1":
        is_free &= meter.counts(f"debug {corpid} {asked.call}", MINUTE, meter.limits.debug_per_minute, now)
    if not is_free:
        raise CallRefusedError(45009)


def _hint(now: datetime, switches: Switches) -> str:
    seconds = int(now.timestamp())
    if switches.hint_style == "old":
        return f"{seconds}_{secrets.randbelow(100)}_{secrets.token_hex(16)}"
    return f"{seconds}{secrets.randbelow(10**14):014d}"


def _encode(said: Json, switches: Switches) -> bytes:
    if switches.reverse_keys:
        said = dict(reversed(said.items()))
    return msgspec.json.encode(said)
