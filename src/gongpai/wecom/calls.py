"""One class an API call: what to ask, and what the answer means. Nothing here sends anything.

Every ``parse`` raises ApiError (or its branch) when WeCom said no, and TransportError when the answer has not the
documented shape. Field names are as on the wire.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar, Protocol, TypeVar

from gongpai.wecom.errors import MINUTE_BLOCK, TransportError, error_for
from gongpai.wecom.models import (
    App,
    AppDetail,
    Department,
    DepartmentNode,
    Identity,
    IssuedAppToken,
    JsapiTicket,
    UserDetail,
    UserProfile,
    UserTicket,
)
from gongpai.wecom.payload import (
    Payload,
    child,
    lifetime,
    number,
    numbers,
    objects,
    readable,
    require_number,
    require_text,
    rest,
    text,
    texts,
)
from gongpai.wecom.people import parse_detail, parse_identity, parse_profile

T_co = TypeVar("T_co", covariant=True)

# Source: WeCom 90454: the limits of get_jsapi_ticket, and the lock after many wrong secrets, last an hour.
_HOUR_BLOCK = timedelta(hours=1)
# Source: WeCom 91039 and 96909.
_SECRET_LIMIT = 512
_ENVELOPE = frozenset({"errcode", "errmsg"})


@dataclass(frozen=True, slots=True)
class Request:
    """What to send, relative to the api host; the query and the body hold secrets."""

    method: str
    path: str
    query: Mapping[str, str] = field(repr=False)
    json: Mapping[str, object] | None = field(default=None, repr=False)


class Call(Protocol[T_co]):
    """An API call with its parameters.

    ``name`` is the path below ``/cgi-bin/`` and safe to log. A call that ``spends_code`` is never repeated: whether
    WeCom took the code before it failed cannot be known.
    """

    name: ClassVar[str]
    spends_code: ClassVar[bool]

    def request(self, app_token: str) -> Request:
        """Say what to send with this token."""
        ...

    def parse(self, payload: Payload) -> T_co:
        """Read the answer."""
        ...


def check(payload: Payload, block: timedelta = MINUTE_BLOCK) -> Payload:
    """Return *payload* if WeCom said yes.

    An absent ``errcode`` means success (WeCom 90313); the call's own ``parse`` then requires its fields. *block* is
    how long this call's frequency limit shuts callers out.

    Raises:
        ApiError: ``errcode`` is not 0.
        TransportError: ``errcode`` is there and is not an integer.
    """
    errcode = payload.get("errcode", 0)
    if type(errcode) is not int:
        message = "WeCom's answer: errcode is not an integer"
        raise TransportError(message)
    if errcode != 0:
        raise error_for(errcode, readable(str(payload.get("errmsg", ""))), block)
    return payload


@dataclass(frozen=True, slots=True)
class GetToken:
    """Fetch an app token; the one call that needs none. Source: WeCom 91039."""

    name: ClassVar[str] = "gettoken"
    spends_code: ClassVar[bool] = False
    app: App

    def request(self, app_token: str = "") -> Request:  # noqa: ARG002 - the shape of every call
        """Say what to send; the token is not used."""
        return Request("GET", "/cgi-bin/gettoken", {"corpid": self.app.corpid, "corpsecret": self.app.corpsecret})

    def parse(self, payload: Payload) -> IssuedAppToken:
        """Read the token and its life."""
        check(payload, _HOUR_BLOCK)
        return IssuedAppToken(require_text(payload, "access_token", _SECRET_LIMIT), lifetime(payload))


@dataclass(frozen=True, slots=True)
class GetUserInfo:
    """Exchange the code of a finished sign-in for an identity. Source: WeCom 91023 and 98177."""

    name: ClassVar[str] = "auth/getuserinfo"
    spends_code: ClassVar[bool] = True
    app: App
    code: str = field(repr=False)

    def request(self, app_token: str) -> Request:
        """Say what to send with this token, which must be of the app that the link named."""
        return _get(self.name, app_token, code=self.code)

    def parse(self, payload: Payload) -> Identity:
        """Tell who came; both spellings of the keys are read."""
        return parse_identity(check(payload), self.app)


@dataclass(frozen=True, slots=True)
class GetUserInfoLegacy:
    """The same by the path of before 2022, for a private WeCom that knows no other. Source: WeCom 91023, older text."""

    name: ClassVar[str] = "user/getuserinfo"
    spends_code: ClassVar[bool] = True
    app: App
    code: str = field(repr=False)

    def request(self, app_token: str) -> Request:
        """Say what to send with this token, which must be of the app that the link named."""
        return _get(self.name, app_token, code=self.code)

    def parse(self, payload: Payload) -> Identity:
        """Tell who came; both spellings of the keys are read."""
        return parse_identity(check(payload), self.app)


@dataclass(frozen=True, slots=True)
class GetUserDetail:
    """Redeem a user_ticket for what the member consented to show. Source: WeCom 95833."""

    name: ClassVar[str] = "auth/getuserdetail"
    spends_code: ClassVar[bool] = False
    user_ticket: UserTicket | str = field(repr=False)

    def request(self, app_token: str) -> Request:
        """Say what to send with this token, which must be of the app that got the ticket."""
        value = self.user_ticket if isinstance(self.user_ticket, str) else self.user_ticket.value
        return Request("POST", f"/cgi-bin/{self.name}", {"access_token": app_token}, {"user_ticket": value})

    def parse(self, payload: Payload) -> UserDetail:
        """Read the fields; what is absent or empty was not disclosed."""
        return parse_detail(check(payload))


@dataclass(frozen=True, slots=True)
class GetUser:
    """Read a member from the address book. Source: WeCom 90196."""

    name: ClassVar[str] = "user/get"
    spends_code: ClassVar[bool] = False
    userid: str

    def request(self, app_token: str) -> Request:
        """Say what to send with this token."""
        return _get(self.name, app_token, userid=self.userid)

    def parse(self, payload: Payload) -> UserProfile:
        """Read the profile."""
        return parse_profile(check(payload))


@dataclass(frozen=True, slots=True)
class GetDepartment:
    """Read one department with its name. Source: WeCom 95407."""

    name: ClassVar[str] = "department/get"
    spends_code: ClassVar[bool] = False
    id: int

    def request(self, app_token: str) -> Request:
        """Say what to send with this token."""
        return _get(self.name, app_token, id=str(self.id))

    def parse(self, payload: Payload) -> Department:
        """Read the department."""
        found = child(check(payload), "department")
        return Department(
            id=require_number(found, "id"),
            name=text(found, "name") or "",
            parent_id=number(found, "parentid") or 0,
            order=number(found, "order") or 0,
            name_en=text(found, "name_en"),
            leaders=texts(found, "department_leader"),
            extra=rest(found, {"id", "name", "name_en", "parentid", "order", "department_leader"}),
        )


@dataclass(frozen=True, slots=True)
class ListDepartments:
    """List a department and all below it, or every one that the app sees. Source: WeCom 95406."""

    name: ClassVar[str] = "department/simplelist"
    spends_code: ClassVar[bool] = False
    id: int | None = None

    def request(self, app_token: str) -> Request:
        """Say what to send with this token."""
        return _get(self.name, app_token) if self.id is None else _get(self.name, app_token, id=str(self.id))

    def parse(self, payload: Payload) -> tuple[DepartmentNode, ...]:
        """Read the nodes, in WeCom's order."""
        return tuple(
            DepartmentNode(
                id=require_number(node, "id"),
                parent_id=number(node, "parentid") or 0,
                order=number(node, "order") or 0,
                extra=rest(node, {"id", "parentid", "order"}),
            )
            for node in objects(check(payload), "department_id")
        )


@dataclass(frozen=True, slots=True)
class GetApp:
    """Read an app's settings. Source: WeCom 96448."""

    name: ClassVar[str] = "agent/get"
    spends_code: ClassVar[bool] = False
    agentid: int

    def request(self, app_token: str) -> Request:
        """Say what to send with this token, which must be of the same app."""
        return _get(self.name, app_token, agentid=str(self.agentid))

    def parse(self, payload: Payload) -> AppDetail:
        """Read the settings."""
        known = {"agentid", "name", "close", "redirect_domain", "allow_userinfos", "allow_partys", "allow_tags"}
        check(payload)
        return AppDetail(
            agentid=require_number(payload, "agentid"),
            name=text(payload, "name") or "",
            closed=bool(number(payload, "close")),
            redirect_domain=text(payload, "redirect_domain"),
            visible_userids=tuple(
                require_text(user, "userid") for user in objects(child(payload, "allow_userinfos"), "user")
            ),
            visible_departments=numbers(child(payload, "allow_partys"), "partyid"),
            visible_tags=numbers(child(payload, "allow_tags"), "tagid"),
            extra=rest(payload, known | _ENVELOPE),
        )


@dataclass(frozen=True, slots=True)
class GetCallbackIps:
    """List the addresses from which WeCom calls us; some end in ``.*``. Source: WeCom 90238."""

    name: ClassVar[str] = "getcallbackip"
    spends_code: ClassVar[bool] = False

    def request(self, app_token: str) -> Request:
        """Say what to send with this token."""
        return _get(self.name, app_token)

    def parse(self, payload: Payload) -> tuple[str, ...]:
        """Read the addresses."""
        return texts(check(payload), "ip_list")


@dataclass(frozen=True, slots=True)
class GetApiDomainIps:
    """List the addresses at which WeCom's API answers. Source: WeCom 92520."""

    name: ClassVar[str] = "get_api_domain_ip"
    spends_code: ClassVar[bool] = False

    def request(self, app_token: str) -> Request:
        """Say what to send with this token."""
        return _get(self.name, app_token)

    def parse(self, payload: Payload) -> tuple[str, ...]:
        """Read the addresses."""
        return texts(check(payload), "ip_list")


@dataclass(frozen=True, slots=True)
class GetJsapiTicket:
    """Fetch the corp's ticket for ``wx.config``; 400 an hour and corp. Source: WeCom 96909."""

    name: ClassVar[str] = "get_jsapi_ticket"
    spends_code: ClassVar[bool] = False

    def request(self, app_token: str) -> Request:
        """Say what to send with this token."""
        return _get(self.name, app_token)

    def parse(self, payload: Payload) -> JsapiTicket:
        """Read the ticket and its life."""
        return _parse_ticket(payload)


@dataclass(frozen=True, slots=True)
class GetAgentTicket:
    """Fetch the app's ticket for ``wx.agentConfig``; 100 an hour and app. Source: WeCom 96909."""

    name: ClassVar[str] = "ticket/get"
    spends_code: ClassVar[bool] = False

    def request(self, app_token: str) -> Request:
        """Say what to send with this token."""
        return _get(self.name, app_token, type="agent_config")

    def parse(self, payload: Payload) -> JsapiTicket:
        """Read the ticket and its life."""
        return _parse_ticket(payload)


def _get(name: str, app_token: str, **query: str) -> Request:
    return Request("GET", f"/cgi-bin/{name}", {"access_token": app_token, **query})


def _parse_ticket(payload: Payload) -> JsapiTicket:
    check(payload, _HOUR_BLOCK)
    return JsapiTicket(require_text(payload, "ticket", _SECRET_LIMIT), lifetime(payload))
