"""What WeCom says about apps and people, as frozen values. A person is never a bare string."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum, StrEnum
from typing import TypeAlias

from gongpai.wecom.errors import UsageError

# Source: WeCom 90196: a userid has 1 to 64 bytes; 91023: an openid at most 64. A linked member's has two parts.
ID_LIMIT = 64


@dataclass(frozen=True, slots=True)
class App:
    """A self-built WeCom application (自建应用).

    ``encrypted_ids`` says that WeCom gives this app encrypted ids, whose case matters; it is a setting of the app
    and never guessed from how an id looks. The two domains are settings of the admin console, ``host[:port]``; where
    they are given, a link that WeCom would refuse is refused here. Source: WeCom 96518, 91335, 98173.
    """

    corpid: str
    agentid: int
    corpsecret: str = field(repr=False)
    encrypted_ids: bool = False
    trusted_domain: str | None = field(default=None, kw_only=True)
    callback_domain: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        _require_id("corpid", self.corpid)


@dataclass(frozen=True, slots=True)
class UserTicket:
    """The key to a member's sensitive details, good for ``expires_in`` from when it was given."""

    value: str = field(repr=False)
    expires_in: timedelta


class Kind(StrEnum):
    """The four kinds of people that WeCom can name."""

    MEMBER = "member"
    LINKED = "linked"
    EXTERNAL = "external"
    STRANGER = "stranger"


@dataclass(frozen=True, slots=True)
class AccountKey:
    """What an account hangs on; two people are one only if all four parts are equal, byte by byte."""

    asserting_corpid: str
    home_corpid: str
    userid: str
    kind: Kind


def fold_id(plain_id: str) -> str:
    """Return the one spelling under which a plain corpid or userid is stored and compared.

    WeCom compares plain ids without case and encrypted ids with case: never fold the latter. Source: WeCom 90196.

    Raises:
        UsageError: empty, longer than 64 bytes, or with anything but visible ASCII.
    """
    return _require_id("id", plain_id).lower()


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the app's own corp, as WeCom spells them; equal to any other with the same ``key``."""

    corpid: str = field(compare=False)
    userid: str = field(compare=False)
    user_ticket: UserTicket | None = field(default=None, compare=False, repr=False)
    encrypted_ids: bool = field(default=False, compare=False, kw_only=True)
    extra: Mapping[str, object] = field(default_factory=dict, compare=False, repr=False, kw_only=True)
    key: AccountKey = field(init=False, repr=False)

    def __post_init__(self) -> None:
        corpid = _fold_corpid(self.corpid, encrypted=self.encrypted_ids)
        userid = _require_id("userid", self.userid) if self.encrypted_ids else fold_id(self.userid)
        object.__setattr__(self, "key", AccountKey(corpid, corpid, userid, Kind.MEMBER))


@dataclass(frozen=True, slots=True)
class LinkedMember:
    """A member of another corp that shares this app (互联企业, 上下游); their ids keep their case."""

    corpid: str = field(compare=False)
    home_corpid: str = field(compare=False)
    userid: str = field(compare=False)
    encrypted_ids: bool = field(default=False, compare=False, kw_only=True)
    extra: Mapping[str, object] = field(default_factory=dict, compare=False, repr=False, kw_only=True)
    key: AccountKey = field(init=False, repr=False)

    def __post_init__(self) -> None:
        corpid = _fold_corpid(self.corpid, encrypted=self.encrypted_ids)
        home, userid = _require_id("home_corpid", self.home_corpid), _require_id("userid", self.userid)
        object.__setattr__(self, "key", AccountKey(corpid, home, userid, Kind.LINKED))


@dataclass(frozen=True, slots=True)
class ExternalContact:
    """A customer (外部联系人) whom a member in the app's visible range follows."""

    corpid: str = field(compare=False)
    openid: str = field(compare=False)
    external_userid: str = field(compare=False)
    encrypted_ids: bool = field(default=False, compare=False, kw_only=True)
    extra: Mapping[str, object] = field(default_factory=dict, compare=False, repr=False, kw_only=True)
    key: AccountKey = field(init=False, repr=False)

    def __post_init__(self) -> None:
        corpid = _fold_corpid(self.corpid, encrypted=self.encrypted_ids)
        _require_id("openid", self.openid)
        userid = _require_id("external_userid", self.external_userid)
        object.__setattr__(self, "key", AccountKey(corpid, "", userid, Kind.EXTERNAL))


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody outside the corp, known only by an openid that is relative to it."""

    corpid: str = field(compare=False)
    openid: str = field(compare=False)
    encrypted_ids: bool = field(default=False, compare=False, kw_only=True)
    extra: Mapping[str, object] = field(default_factory=dict, compare=False, repr=False, kw_only=True)
    key: AccountKey = field(init=False, repr=False)

    def __post_init__(self) -> None:
        corpid = _fold_corpid(self.corpid, encrypted=self.encrypted_ids)
        openid = _require_id("openid", self.openid)
        object.__setattr__(self, "key", AccountKey(corpid, "", openid, Kind.STRANGER))


Identity: TypeAlias = Member | LinkedMember | ExternalContact | Stranger


class Field(StrEnum):
    """The seven fields that WeCom gives only with the member's consent. Source: WeCom 96079."""

    AVATAR = "avatar"
    GENDER = "gender"
    MOBILE = "mobile"
    EMAIL = "email"
    BIZ_MAIL = "biz_mail"
    QR_CODE = "qr_code"
    ADDRESS = "address"


class Gender(IntEnum):
    """A member's gender; UNDEFINED also stands for "not disclosed". Source: WeCom 95833."""

    UNDEFINED = 0
    MALE = 1
    FEMALE = 2


class Status(IntEnum):
    """Whether a member may use the corp's WeCom; UNKNOWN for what is not documented. Source: WeCom 90196."""

    UNKNOWN = 0
    ACTIVE = 1
    DISABLED = 2
    NOT_ACTIVATED = 4
    LEFT = 5


@dataclass(frozen=True, slots=True)
class UserDetail:
    """What the member consented to show. None means not disclosed; WeCom does not say by whom it is withheld."""

    userid: str
    gender: Gender = field(default=Gender.UNDEFINED, repr=False)
    avatar: str | None = field(default=None, repr=False)
    qr_code: str | None = field(default=None, repr=False)
    mobile: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    biz_mail: str | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    extra: Mapping[str, object] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class UserProfile:
    """A member in the address book.

    ``detail`` is None where none of the seven sensitive fields came: WeCom gives them here only to apps made before
    2022-06-20. ``leads`` are the departments led, ``direct_leaders`` the userids of those who lead this member.
    Source: WeCom 90196.
    """

    userid: str
    name: str
    departments: tuple[int, ...]
    status: Status
    main_department: int | None = None
    position: str | None = None
    alias: str | None = None
    leads: tuple[int, ...] = ()
    direct_leaders: tuple[str, ...] = ()
    detail: UserDetail | None = field(default=None, repr=False)
    extra: Mapping[str, object] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Department:
    """One department; the root's id is 1 and its parent_id 0."""

    id: int
    name: str
    parent_id: int
    order: int = 0
    name_en: str | None = None
    leaders: tuple[str, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class DepartmentNode:
    """A department's place in the tree, without its name."""

    id: int
    parent_id: int
    order: int = 0
    extra: Mapping[str, object] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class AppDetail:
    """An app's settings as the admin console holds them; ``redirect_domain`` is its trusted domain."""

    agentid: int
    name: str
    closed: bool
    redirect_domain: str | None = None
    visible_userids: tuple[str, ...] = ()
    visible_departments: tuple[int, ...] = ()
    visible_tags: tuple[int, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class IssuedAppToken:
    """An app token fresh from WeCom, good for at most ``expires_in``; WeCom may revoke it sooner."""

    value: str = field(repr=False)
    expires_in: timedelta


@dataclass(frozen=True, slots=True)
class JsapiTicket:
    """The key that signs a page for the JavaScript SDK; cache it: 100 an hour and app. Source: WeCom 96909."""

    value: str = field(repr=False)
    expires_in: timedelta


@dataclass(frozen=True, slots=True)
class JsapiSignature:
    """What ``wx.config`` or ``ww.register`` needs beside the corpid; ``timestamp`` in seconds."""

    timestamp: int
    noncestr: str
    signature: str


def _fold_corpid(corpid: str, *, encrypted: bool) -> str:
    return _require_id("corpid", corpid) if encrypted else fold_id(corpid)


def _require_id(name: str, value: str) -> str:
    if not 1 <= len(value) <= ID_LIMIT or not all("!" <= mark <= "~" for mark in value):
        message = f"{name} must be 1 to {ID_LIMIT} characters of visible ASCII"
        raise UsageError(message)
    return value
