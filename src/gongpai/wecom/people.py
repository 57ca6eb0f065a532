"""Read people out of WeCom's answers: who signed in, what they disclosed, what the address book says."""

from datetime import timedelta

from gongpai.wecom.errors import TransportError, UsageError
from gongpai.wecom.models import (
    App,
    ExternalContact,
    Field,
    Gender,
    Identity,
    LinkedMember,
    Member,
    Status,
    Stranger,
    UserDetail,
    UserProfile,
    UserTicket,
)
from gongpai.wecom.payload import Payload, lifetime, number, numbers, require_text, rest, text, texts

# Source: WeCom 91023: a user_ticket has at most 512 bytes and lives 1,800 seconds. The answer's ``expires_in`` is
# seen in the field and not in the table of fields, so it may be absent.
_TICKET_LIMIT = 512
_TICKET_LIFE = timedelta(seconds=1800)
# A linked member's userid is "CorpId/userid", twice 64 bytes and the stroke. Source: WeCom 91023.
_USERID_LIMIT = 129
_IDENTITY_KEYS = frozenset(
    {"errcode", "errmsg", "userid", "UserId", "openid", "OpenId", "external_userid", "user_ticket", "expires_in"},
)
_DETAIL_KEYS = frozenset({"errcode", "errmsg", "userid", *Field})
_PROFILE_KEYS = _DETAIL_KEYS | {
    "name", "department", "main_department", "position", "alias", "status", "is_leader_in_dept", "direct_leader",
}  # fmt: skip


def parse_identity(payload: Payload, app: App) -> Identity:
    """Tell which of the four kinds of people came.

    The old path spells ``UserId`` and ``OpenId``, the new one ``userid`` and ``openid``; both are read.

    Raises:
        TransportError: neither a userid nor an openid, or one that cannot be.
    """
    extra = rest(payload, _IDENTITY_KEYS)
    userid = text(payload, "userid", _USERID_LIMIT) or text(payload, "UserId", _USERID_LIMIT)
    openid = text(payload, "openid") or text(payload, "OpenId")
    external_userid = text(payload, "external_userid")
    encrypted = app.encrypted_ids
    try:
        if userid is not None and "/" in userid:
            # A plain userid cannot hold "/", so its presence is decisive. WeCom gives no ticket here.
            home_corpid, _, home_userid = userid.partition("/")
            return LinkedMember(app.corpid, home_corpid, home_userid, encrypted_ids=encrypted, extra=extra)
        if userid is not None:
            return Member(app.corpid, userid, _parse_ticket(payload), encrypted_ids=encrypted, extra=extra)
        if openid is not None and external_userid is not None:
            return ExternalContact(app.corpid, openid, external_userid, encrypted_ids=encrypted, extra=extra)
        if openid is not None:
            return Stranger(app.corpid, openid, encrypted_ids=encrypted, extra=extra)
    except UsageError as fault:
        message = f"WeCom's answer: {fault}"
        raise TransportError(message) from None
    message = "WeCom's answer: neither userid nor openid"
    raise TransportError(message)


def parse_detail(payload: Payload) -> UserDetail:
    """Read the seven fields; absent and empty both mean "not disclosed".

    Raises:
        TransportError: no userid, or a field that is not text.
    """
    return _detail(payload, _DETAIL_KEYS)


def parse_profile(payload: Payload) -> UserProfile:
    """Read a member of the address book.

    Raises:
        TransportError: no userid, or a field of the wrong type.
    """
    departments = numbers(payload, "department")
    # One flag a department, in the same order. Source: WeCom 90196.
    flags = numbers(payload, "is_leader_in_dept")
    has_detail = any(payload.get(name) for name in Field)
    return UserProfile(
        userid=require_text(payload, "userid"),
        name=text(payload, "name") or "",
        departments=departments,
        status=_parse_status(number(payload, "status")),
        main_department=number(payload, "main_department"),
        position=text(payload, "position"),
        alias=text(payload, "alias"),
        leads=tuple(each for each, leads in zip(departments, flags, strict=False) if leads),
        direct_leaders=texts(payload, "direct_leader"),
        detail=_detail(payload, frozenset(payload)) if has_detail else None,
        extra=rest(payload, _PROFILE_KEYS),
    )


def _detail(payload: Payload, known: frozenset[str]) -> UserDetail:
    return UserDetail(
        userid=require_text(payload, "userid"),
        gender=_parse_gender(number(payload, "gender")),
        avatar=text(payload, "avatar"),
        qr_code=text(payload, "qr_code"),
        mobile=text(payload, "mobile"),
        email=text(payload, "email"),
        biz_mail=text(payload, "biz_mail"),
        address=text(payload, "address"),
        extra=rest(payload, known),
    )


def _parse_ticket(payload: Payload) -> UserTicket | None:
    value = text(payload, "user_ticket", _TICKET_LIMIT)
    return None if value is None else UserTicket(value, lifetime(payload, _TICKET_LIFE))


def _parse_gender(value: int | None) -> Gender:
    return Gender(value) if value in set(Gender) else Gender.UNDEFINED


def _parse_status(value: int | None) -> Status:
    return Status(value) if value in set(Status) else Status.UNKNOWN
