"""Calls that say who somebody is: code to identity, ticket to sensitive fields."""

from datetime import timedelta

from gongpai.sandbox.api.asked import Allowed, CallRefusedError, Json
from gongpai.sandbox.domains import explain_domain
from gongpai.sandbox.world import App, Code, Member, SensitiveField, Standing, Ticket
from gongpai.sandbox.world.live import TICKET_LIFE

DEFAULT_AVATAR = "https://wework.qpic.cn/wwpic/default_avatar/0"
_TICKET_SECONDS = TICKET_LIFE // timedelta(seconds=1)
_LEGACY_TICKET_SECONDS = 7200
_MASKABLE: tuple[SensitiveField, ...] = ("qr_code", "mobile", "email", "biz_mail", "address")


def get_user_info(allowed: Allowed) -> Json:
    """auth/getuserinfo. Source: WeCom 91023 and 98177, read 2026-11."""
    app, code, standing, ticket = _spend_code(allowed)
    switches = allowed.asked.corner.switches
    result = _who(allowed, app, standing, "userid", "openid")
    if ticket:
        result["user_ticket"] = ticket.value
        if switches.user_ticket_expires_in:
            result["expires_in"] = _TICKET_SECONDS
    if switches.user_doc_ticket and code.scope == "snsapi_privateinfo" and standing.member:
        result["user_doc_ticket"] = f"doc{code.value[::-1]}"
    return result


def get_user_info_legacy(allowed: Allowed) -> Json:
    """user/getuserinfo, the old path with its capital letters. Source: WeCom 91023, older text."""
    app, code, standing, ticket = _spend_code(allowed)
    result = _who(allowed, app, standing, "UserId", "OpenId")
    if code.way == "in_app" and allowed.asked.corner.switches.legacy_device_id:
        result["DeviceId"] = f"sandbox-device-of-{code.person.handle}"
    if ticket:
        result |= {"user_ticket": ticket.value, "expires_in": _LEGACY_TICKET_SECONDS}
    return result


def get_user_detail(allowed: Allowed) -> Json:
    """auth/getuserdetail. Source: WeCom 95833, read 2026-11."""
    asked, app = allowed.asked, allowed.app(otherwise=48002)
    value = asked.body.get("user_ticket")
    if value in (None, ""):
        raise CallRefusedError(84090)
    ticket = asked.world.get_ticket(value) if isinstance(value, str) else None
    if ticket is None or (ticket.corpid, ticket.agentid) != (allowed.corp.corpid, app.agentid):
        raise CallRefusedError(84015)
    if asked.world.is_ticket_expired(ticket):
        raise CallRefusedError(84014)
    if ticket.is_used and asked.corner.switches.ticket_single_use:
        raise CallRefusedError(84015)
    member = allowed.index.standing(ticket.person).member
    if member is None or not allowed.index.is_visible(app, member):
        raise CallRefusedError(50002)
    ticket.is_used = True
    return _details(allowed, app, member, ticket)


def _who(allowed: Allowed, app: App, standing: Standing, userid_key: str, openid_key: str) -> Json:
    if standing.userid is not None:
        return {userid_key: standing.userid}
    if standing.external and allowed.index.is_external_visible(app, standing.external):
        return {openid_key: standing.openid, "external_userid": standing.external.external_userid}
    return {openid_key: standing.openid}


def _spend_code(allowed: Allowed) -> tuple[App, Code, Standing, Ticket | None]:
    asked, app = allowed.asked, allowed.app(otherwise=50001)
    code = _require_code(allowed, app)
    code.is_used = True
    standing = allowed.index.standing(code.person)
    may_have_ticket = (
        code.scope == "snsapi_privateinfo"
        and standing.member is not None
        and allowed.index.is_visible(app, standing.member)
    )
    ticket = asked.world.issue_ticket(allowed.corp, app, code.person) if may_have_ticket else None
    return app, code, standing, ticket


def _require_code(allowed: Allowed, app: App) -> Code:
    asked, switches = allowed.asked, allowed.asked.corner.switches
    value = asked.text("code")
    if not value:
        raise CallRefusedError(41008)
    code = asked.world.get_code(value)
    if code is None or code.corpid != allowed.corp.corpid:
        raise CallRefusedError(40029)
    if code.agentid != app.agentid:
        raise CallRefusedError(switches.other_app_code_errcode)
    if code.is_used:
        raise CallRefusedError(switches.used_code_errcode)
    if asked.world.is_code_expired(code):
        raise CallRefusedError(switches.expired_code_errcode)
    if not _is_domain_still_trusted(app, code):
        code.is_used = switches.burn_code_on_50001
        raise CallRefusedError(50001)
    return code


def _is_domain_still_trusted(app: App, code: Code) -> bool:
    domains = [app.oauth_domain] if code.way == "in_app" else [app.oauth_domain, app.callback_domain]
    return any(explain_domain(f"https://{code.redirect_host}", domain) is None for domain in domains)


def _details(allowed: Allowed, app: App, member: Member, ticket: Ticket) -> Json:
    switches = allowed.asked.corner.switches
    consent = allowed.asked.world.get_consent(allowed.corp, app, ticket.person)
    granted = set(app.sensitive_fields) & (consent.fields if consent else frozenset())
    result: Json = {"userid": member.userid, "gender": member.gender if "gender" in granted else "0"}
    if "avatar" in granted and member.avatar:
        result["avatar"] = member.avatar
    elif switches.default_avatar:
        result["avatar"] = DEFAULT_AVATAR
    elif switches.masked_fields == "empty":
        result["avatar"] = ""
    for name in _MASKABLE:
        if name in granted:
            result[name] = getattr(member, name)
        elif switches.masked_fields == "empty":
            result[name] = ""
    return result
