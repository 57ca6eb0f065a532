"""What a world file says: corps, their people and their apps.

These are the very records that the running world works on; the console and the control API change them in place.
The descriptions go into the JSON schema of the world file.
"""

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from gongpai.sandbox.switches import Switches

SensitiveField = Literal["avatar", "gender", "mobile", "email", "biz_mail", "qr_code", "address"]
SENSITIVE_FIELDS: tuple[SensitiveField, ...] = ("avatar", "gender", "mobile", "email", "biz_mail", "qr_code", "address")

# Python takes a line break for an end, other readers of the JSON schema do not.
_END = r"$(?!\n)"

Name = Annotated[str, Meta(max_length=128)]
CorpId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}" + _END, description="plain corpid, such as ww1a2b")]
UserId = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}" + _END, description="unique in its corp, without case")
]
OpenId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}" + _END)]
Secret = Annotated[str, Meta(min_length=1, max_length=256)]
Domain = Annotated[
    str, Meta(max_length=253, pattern=r"^([A-Za-z0-9.-]+(:[0-9]{1,5})?)?" + _END, description="host[:port], no scheme")
]
IpAddress = Annotated[str, Meta(max_length=45, pattern=r"^[0-9a-fA-F.:]+" + _END)]
Id = Annotated[int, Meta(ge=0, le=4_294_967_295)]

# Apps made since this moment (2022-06-20 20:00 in Beijing) need trusted IPs and get no sensitive field from
# user/get. Source: WeCom 96079, read 2026-11.
DATA_SECURITY_CHANGE = datetime(2022, 6, 20, 12, tzinfo=UTC)
_LEFT = 5


class Record(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Refuse unknown keys, so that a slip in a world file is found."""


class Department(Record, kw_only=True):
    """A department (部门); the root has id 1 and parent_id 0."""

    id: Annotated[int, Meta(ge=1, le=4_294_967_295)]
    name: Name
    name_en: Name = ""
    parent_id: Id = 1
    order: Id = 0
    leaders: list[UserId] = []


class Member(Record, kw_only=True):
    """A member (成员). Status: 1 active, 2 disabled, 4 not activated, 5 left. Source: WeCom 90196."""

    userid: UserId
    name: Name
    name_en: Name = ""
    alias: Name = ""
    departments: Annotated[list[Id], Meta(min_length=1, max_length=100)] = msgspec.field(default_factory=lambda: [1])
    main_department: Annotated[int | None, Meta(description="the first of departments, if left out")] = None
    leader_of: list[Id] = []
    direct_leaders: list[UserId] = []
    position: Name = ""
    telephone: Name = ""
    status: Literal[1, 2, 4, 5] = 1
    gender: Literal["0", "1", "2"] = "0"
    avatar: Annotated[str, Meta(max_length=512)] = ""
    mobile: Name = ""
    email: Name = ""
    biz_mail: Name = ""
    qr_code: Annotated[str, Meta(max_length=512)] = ""
    address: Name = ""

    @property
    def has_left(self) -> bool:
        """Whether the member is in this corp no more."""
        return self.status == _LEFT


class External(Record, kw_only=True):
    """An external contact (客户): a WeChat user whom members of the corp follow."""

    openid: OpenId
    external_userid: OpenId
    name: Name
    name_en: Name = ""
    followed_by: list[UserId] = []


class Stranger(Record, kw_only=True):
    """A WeChat user whom the corp does not know."""

    openid: OpenId
    name: Name
    name_en: Name = ""


class LinkedMember(Record, kw_only=True):
    """A member of a linked corp: what the corp sees is ``CorpId/userid``."""

    userid: UserId
    name: Name
    name_en: Name = ""


class LinkedCorp(Record, kw_only=True):
    """A linked corp (互联企业, 上下游) with those of its members who may use our apps."""

    corpid: CorpId
    name: Name
    name_en: Name = ""
    members: list[LinkedMember] = []


class Tag(Record, kw_only=True):
    """A tag (标签) on members."""

    id: Id
    name: Name
    userids: list[UserId] = []


class App(Record, kw_only=True):
    """A self-built app (自建应用) and its settings in the admin console."""

    agentid: Annotated[int, Meta(ge=1, le=2_147_483_647)]
    name: Name
    name_en: Name = ""
    secret: Secret
    created_at: Annotated[datetime, Meta(tz=True, description="before 2022-06-20 20:00+08:00: the old, laxer rules")]
    enabled: bool = True
    oauth_domain: Domain = ""
    jssdk_domains: Annotated[list[Domain], Meta(max_length=10)] = []
    callback_domain: Domain = ""
    trusted_ips: list[IpAddress] = []
    visible_userids: list[UserId] = []
    visible_departments: list[Id] = []
    visible_tags: list[Id] = []
    sensitive_fields: list[SensitiveField] = []
    home_url: Annotated[str, Meta(max_length=512)] = ""

    @property
    def is_new(self) -> bool:
        """Whether the rules of 2022-06-20 bind this app."""
        return self.created_at >= DATA_SECURITY_CHANGE


class Corp(Record, kw_only=True):
    """A corp (企业)."""

    corpid: CorpId
    name: Name
    name_en: Name = ""
    is_dissolved: bool = False
    sync_secret: Annotated[
        str, Meta(max_length=256, description="secret of contact sync (通讯录同步); empty: none")
    ] = ""
    departments: list[Department] = []
    members: list[Member] = []
    externals: list[External] = []
    strangers: list[Stranger] = []
    linked: list[LinkedCorp] = []
    tags: list[Tag] = []
    apps: list[App] = []


class Limits(Record, kw_only=True):
    """How many calls are free before 45009. Source: WeCom 90454, read 2026-11."""

    api_per_minute: Annotated[int, Meta(ge=1)] = 10_000
    api_per_hour: Annotated[int, Meta(ge=1)] = 150_000
    ip_per_minute: Annotated[int, Meta(ge=1)] = 20_000
    ip_per_hour: Annotated[int, Meta(ge=1)] = 600_000
    jsapi_ticket_per_hour_and_corp: Annotated[int, Meta(ge=1)] = 400
    jsapi_ticket_per_hour_and_app: Annotated[int, Meta(ge=1)] = 100
    debug_per_minute: Annotated[int, Meta(ge=1)] = 5
    wrong_secrets_per_hour: Annotated[int, Meta(ge=1)] = 2_000


class WorldFile(Record, kw_only=True):
    """All that a world begins with."""

    corps: Annotated[list[Corp], Meta(min_length=1)]
    caller_ip: Annotated[
        IpAddress | None, Meta(description="the IP that WeCom sees its callers at; left out: their real one")
    ] = None
    callback_ips: list[Name] = msgspec.field(default_factory=lambda: ["192.0.2.10", "192.0.2.*"])
    api_domain_ips: list[Name] = msgspec.field(default_factory=lambda: ["198.51.100.10", "198.51.100.11"])
    switches: Switches = msgspec.field(default_factory=Switches)
    limits: Limits = msgspec.field(default_factory=Limits)
