"""The settings as frozen values. They are made once, by ``load``, after every fault was looked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from gongpai.gateway.records import World
from gongpai.gateway.records_provider import ClaimRules, RelyingParty, WebLoginRule
from gongpai.wecom.hosts import WECOM, Hosts
from gongpai.wecom.models import App

Network = IPv4Network | IPv6Network


class WebLogin(StrEnum):
    """How a browser outside WeCom signs in."""

    PAGE = "page"
    PANEL = "panel"
    QR_CONNECT = "qr_connect"


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Policy:
    """Who of a corp may come in, by ids; userids are folded. No allowing rule at all allows every active member."""

    allow_departments: frozenset[int] = frozenset()
    deny_departments: frozenset[int] = frozenset()
    allow_userids: frozenset[str] = frozenset()
    deny_userids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AppConfig:
    """One WeCom application that people sign in through; ``name`` is its key in the file and in our URLs."""

    name: str
    title: str
    app: App
    web_login: WebLogin = WebLogin.PAGE
    policy: Policy = field(default_factory=Policy)


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a session lives, and how old what it knows may be."""

    idle: timedelta = timedelta(hours=8)
    absolute: timedelta = timedelta(hours=12)
    grace: timedelta = timedelta(hours=4)
    """How long an unreachable WeCom keeps a session whose profile has grown too old (T9)."""
    profile_age: timedelta = timedelta(hours=1)
    """How long a profile counts before WeCom is asked again."""


@dataclass(frozen=True, slots=True)
class TokenLimits:
    """How long what relying parties get is good."""

    access: timedelta = timedelta(minutes=10)
    refresh_idle: timedelta = timedelta(days=14)
    refresh_absolute: timedelta = timedelta(days=90)
    """However often it is refreshed: then the person signs in again."""


class PathAction(StrEnum):
    """What a rule does with the paths that it covers."""

    ALLOW = "allow"
    DENY = "deny"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class PathRule:
    """One rule of a host; a path that ends in a slash covers all that lies below it."""

    action: PathAction
    path: str


@dataclass(frozen=True, slots=True)
class GateHost:
    """A host behind forward-auth; ``name`` is its key in the file."""

    name: str
    origin: str
    apps: tuple[str, ...]
    """The applications whose sessions may enter, by name."""
    rules: tuple[PathRule, ...] = ()
    policy: Policy = field(default_factory=Policy)
    cookie_domain: str | None = None
    web_login: WebLoginRule = WebLoginRule.ALLOW
    contact: str | None = None
    """Whom a person asks who may not enter."""

    @property
    def authority(self) -> str:
        """Return the host, with its port unless it is the scheme's own."""
        return self.origin.partition("://")[2]


class IdentityField(StrEnum):
    """What an app behind forward-auth may be told of a person."""

    SUBJECT = "subject"
    USERNAME = "username"
    NAME = "name"
    EMAIL = "email"
    GROUPS = "groups"


@dataclass(frozen=True, slots=True)
class GateConfig:
    """Forward-auth: where it listens, for which hosts, and under which headers it names a person."""

    listen: Address | Path
    hosts: Mapping[str, GateHost]
    headers: tuple[tuple[IdentityField, str], ...]
    assertion: bool = False
    """Whether each request that passes carries a signed assertion of who asks."""
    claim_rules: ClaimRules = field(default_factory=ClaimRules)
    """What apps are told of a person, by the rules of a relying party."""


@dataclass(frozen=True, slots=True)
class Config:
    """Everything the gateway was told."""

    public_url: str
    storage: str = field(repr=False)
    secret_key: bytes = field(repr=False)
    apps: Mapping[str, AppConfig]
    tickets: str | None = field(default=None, repr=False)
    sandbox: bool = False
    listen: Address = field(default=Address("127.0.0.1", 8000))
    metrics_listen: Address | None = field(default=Address("127.0.0.1", 9464))
    trusted_proxies: tuple[Network, ...] = ()
    hosts: Hosts = WECOM
    session: SessionLimits = field(default_factory=SessionLimits)
    tokens: TokenLimits = field(default_factory=TokenLimits)
    parties: Mapping[str, RelyingParty] = field(default_factory=dict)
    verify_files: Mapping[str, str] = field(default_factory=dict)
    private_hosts: frozenset[str] = frozenset()
    """Hosts of relying parties that may be called although they lie in private networks (T27)."""
    starts_per_minute: int = 600
    """How many sign-ins one address may begin in a minute; 0 sets no limit."""
    gate: GateConfig | None = None
    ca_file: Path | None = None
    proxy: str | None = field(default=None, repr=False)
    log_level: str = "info"

    @property
    def world(self) -> World:
        """Whose database it must be, the sandbox's or WeCom's (T24)."""
        return World.SANDBOX if self.sandbox else World.WECOM

    @property
    def oldest_token(self) -> timedelta:
        """How long something that a key of ours signed may still come back: to us, or to a party that verifies it."""
        return max(self.session.absolute, self.tokens.access)

    @property
    def has_several_corps(self) -> bool:
        """Whether an id of a member or a department says who is meant only together with a corp."""
        # Asked several times a request, where there is nearly always one.
        return len(self.apps) > 1 and len({each.app.corpid.lower() for each in self.apps.values()}) > 1

    def app_of(self, name: str, corpid: str) -> AppConfig | None:
        """Return the application *name* if it is still one of the corp *corpid*.

        The operator may have given the name to another corp's, where the same userid is somebody else (T6, T7).
        """
        settings = self.apps.get(name)
        return settings if settings is not None and settings.app.corpid.lower() == corpid.lower() else None
