"""The settings as frozen values. They are made once, by ``load``, after every fault was looked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

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
class Config:
    """Everything the gateway was told."""

    public_url: str
    storage: str = field(repr=False)
    secret_key: bytes = field(repr=False)
    apps: Mapping[str, AppConfig]
    tickets: str | None = field(default=None, repr=False)
    sandbox: bool = False
    private_wecom: bool = False
    listen: Address = field(default=Address("127.0.0.1", 8000))
    metrics_listen: Address | None = field(default=Address("127.0.0.1", 9464))
    trusted_proxies: tuple[Network, ...] = ()
    hosts: Hosts = WECOM
    session: SessionLimits = field(default_factory=SessionLimits)
    verify_files: Mapping[str, str] = field(default_factory=dict)
    starts_per_minute: int = 600
    """How many sign-ins one address may begin in a minute; 0 sets no limit."""
    ca_file: Path | None = None
    proxy: str | None = field(default=None, repr=False)
    log_level: str = "info"
