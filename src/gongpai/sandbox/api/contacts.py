"""Calls that read the address book. Source: WeCom 90196, 95407, 96067, read 2026-11."""

from gongpai.sandbox.api.asked import Allowed, CallRefusedError, Json
from gongpai.sandbox.world import App, Department, Member

_LONGEST_USERID = 64
_LARGEST_PAGE = 10_000


def get_user(allowed: Allowed) -> Json:
    """user/get, by GET and by POST."""
    asked, app = allowed.asked, allowed.app(otherwise=48009)
    userid = asked.text("userid") or asked.body.get("userid") or ""
    if not isinstance(userid, str) or len(userid) > _LONGEST_USERID:
        raise CallRefusedError(40003)
    if not userid:
        raise CallRefusedError(41009)
    member = allowed.index.members.get(userid.lower())
    if member is None or member.has_left:
        raise CallRefusedError(60111)
    if not allowed.index.is_visible(app, member):
        raise CallRefusedError(asked.corner.switches.invisible_member_errcode)
    return _profile(member) | ({} if app.is_new else _sensitive(member))


def get_department(allowed: Allowed) -> Json:
    """department/get."""
    app = allowed.app(otherwise=48009)
    department = _require_department(allowed, app, allowed.asked.text("id"))
    return {
        "department": {
            "id": department.id,
            "name": department.name,
            "name_en": department.name_en,
            "department_leader": department.leaders,
            "parentid": department.parent_id,
            "order": department.order,
        }
    }


def list_departments(allowed: Allowed) -> Json:
    """department/simplelist: the department named with all below it, or all that the app may see."""
    index, wanted = allowed.index, allowed.asked.text("id")
    app = allowed.principal.app
    chosen = set(index.departments)
    if wanted:
        chosen = index.subtree(_require_department(allowed, app, wanted).id)
    if app is not None:
        chosen = {department for department in chosen if index.is_department_visible(app, department)}
    nodes = [index.departments[department] for department in sorted(chosen)]
    return {"department_id": [{"id": node.id, "parentid": node.parent_id, "order": node.order} for node in nodes]}


def list_user_ids(allowed: Allowed) -> Json:
    """user/list_id: one row per member and department, for contact sync only."""
    if allowed.principal.app is not None:
        raise CallRefusedError(48002)
    limit = allowed.asked.body.get("limit", _LARGEST_PAGE)
    cursor = allowed.asked.body.get("cursor", "") or "0"
    if (
        type(limit) is not int
        or not 1 <= limit <= _LARGEST_PAGE
        or not isinstance(cursor, str)
        or not cursor.isdecimal()
    ):
        raise CallRefusedError(40058)
    members = (member for member in allowed.corp.members if not member.has_left)
    rows = [{"userid": member.userid, "department": each} for member in members for each in member.departments]
    start = int(cursor[:9])
    end = start + limit
    return {"next_cursor": str(end) if end < len(rows) else "", "dept_user": rows[start:end]}


def get_userid_by_mobile(allowed: Allowed) -> Json:
    """user/getuserid."""
    app, mobile = allowed.app(otherwise=48002), allowed.asked.body.get("mobile")
    for member in allowed.corp.members:
        if mobile and member.mobile == mobile and not member.has_left and allowed.index.is_visible(app, member):
            return {"userid": member.userid}
    raise CallRefusedError(46004)


def convert_to_openid(allowed: Allowed) -> Json:
    """user/convert_to_openid: no member of this world has bound a WeChat."""
    userid = allowed.asked.body.get("userid")
    if not isinstance(userid, str) or userid.lower() not in allowed.index.members:
        raise CallRefusedError(60111)
    raise CallRefusedError(43004)


def _require_department(allowed: Allowed, app: App | None, wanted: str) -> Department:
    if not wanted.isdecimal() or not wanted.isascii() or len(wanted) > len("4294967295"):
        raise CallRefusedError(60123)
    department = allowed.index.departments.get(int(wanted))
    if department is None:
        raise CallRefusedError(60003)
    if app is not None and not allowed.index.is_department_visible(app, department.id):
        raise CallRefusedError(60011)
    return department


def _profile(member: Member) -> Json:
    main = member.departments[0] if member.main_department is None else member.main_department
    return {
        "userid": member.userid,
        "name": member.name,
        "department": member.departments,
        "order": [0] * len(member.departments),
        "main_department": main,
        "position": member.position,
        "telephone": member.telephone,
        "alias": member.alias,
        "english_name": member.name_en,
        "is_leader_in_dept": [int(department in member.leader_of) for department in member.departments],
        "direct_leader": member.direct_leaders,
        "status": member.status,
        "extattr": {"attrs": []},
        "external_position": "",
        "external_profile": {"external_corp_name": "", "external_attr": []},
        "hide_mobile": 0,
        "isleader": int(bool(member.leader_of)),
        "enable": int(member.status == 1),
    }


def _sensitive(member: Member) -> Json:
    return {
        "mobile": member.mobile,
        "gender": member.gender,
        "email": member.email,
        "biz_mail": member.biz_mail,
        "avatar": member.avatar,
        "thumb_avatar": member.avatar and f"{member.avatar.rsplit('/', 1)[0]}/100",
        "qr_code": member.qr_code,
        "address": member.address,
    }
