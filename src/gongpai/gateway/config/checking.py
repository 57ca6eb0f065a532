"""From the settings' tree to one frozen Config: every rule is looked at, every fault is noted."""

import re
import ssl
from base64 import urlsafe_b64encode
from datetime import timedelta
from pathlib import Path

from gongpai.gateway.config.checking_apps import check_apps
from gongpai.gateway.config.checking_gate import check_gate
from gongpai.gateway.config.checking_parties import check_parties
from gongpai.gateway.config.published import is_published
from gongpai.gateway.config.settings import Address, Config, Network, SessionLimits, TokenLimits
from gongpai.gateway.config.source import Source, why_unreadable
from gongpai.gateway.config.values import (
    is_loopback,
    parse_address,
    parse_duration,
    parse_network,
    parse_origin,
    parse_secret_key,
    parse_url,
)
from gongpai.wecom.errors import UsageError
from gongpai.wecom.hosts import WECOM, Hosts

DEFAULT_STORAGE = "sqlite:///var/lib/gongpai/gongpai.db"
LOG_LEVELS = ("debug", "info", "warning", "error")
_VERIFY_NAME = re.compile(r"WW_verify_[A-Za-z0-9]{1,64}\.txt")
_VERIFY_BODY_LIMIT = 1024
_SHORTEST, _LONGEST = timedelta(minutes=1), timedelta(days=90)
_HOSTS = ("api", "oauth", "login", "qr")


def check(source: Source) -> Config | None:
    """Return the configuration; None only where something that it cannot do without is at fault.

    All faults are in ``source.faults``: a caller starts nothing while there are any.
    """
    public_url = _check_public_url(source)
    storage = _check_storage(source)
    secret_key = _check_secret_key(source)
    is_sandbox, is_private = source.flag("sandbox"), source.flag("private_wecom")
    ca_file = _check_ca_file(source)
    hosts = _check_hosts(source, is_sandbox=is_sandbox, is_private=is_private, has_ca=ca_file is not None)
    if is_sandbox and public_url is not None and not is_loopback(public_url):
        source.fault("sandbox", "sandbox_in_public")
    apps = check_apps(source, public_url, is_wecom=hosts.is_wecom, is_sandbox=is_sandbox)
    starts = source.number("starts_per_minute", 600)
    proxies = _check_proxies(source)
    settings = {
        "tickets": _check_tickets(source),
        "listen": _check_listen(source, "listen", "127.0.0.1:8000") or Address("127.0.0.1", 8000),
        "metrics_listen": _check_listen(source, "metrics_listen", "127.0.0.1:9464"),
        "trusted_proxies": proxies,
        "gate": check_gate(source, apps, has_proxies=bool(proxies)),
        "session": _check_session(source),
        "tokens": _check_tokens(source),
        "private_hosts": frozenset(each.lower() for each in source.texts("private_hosts")),
        "parties": check_parties(source, apps),
        "verify_files": _check_verify_files(source),
        "proxy": _check_proxy(source),
        "log_level": _check_log_level(source),
    }
    if public_url is None or storage is None or secret_key is None or source.faults:
        return None
    return Config(
        public_url=public_url,
        storage=storage,
        secret_key=secret_key,
        apps=apps,
        sandbox=is_sandbox,
        hosts=hosts,
        ca_file=ca_file,
        starts_per_minute=600 if starts is None else starts,
        **settings,  # type: ignore[arg-type]  # each value was made by the check of its own setting
    )


def _check_public_url(source: Source) -> str | None:
    given = source.text("public_url", is_required=True)
    if given is None:
        return None
    origin = parse_origin(given)
    if origin is None:
        source.fault("public_url", "not_an_origin")
    elif origin.startswith("http:") and not is_loopback(origin):
        source.fault("public_url", "needs_https")
    return origin


def _check_storage(source: Source) -> str | None:
    given = source.text("storage", DEFAULT_STORAGE) or DEFAULT_STORAGE
    if given.startswith("sqlite:///") and len(given) > len("sqlite:///"):
        return given
    parts = parse_url(given, frozenset({"postgresql", "postgres"}))
    if parts is not None and parts.path.strip("/"):
        return given
    source.fault("storage", "not_storage")
    return None


def _check_tickets(source: Source) -> str | None:
    given = source.text("tickets")
    if given is not None and parse_url(given, frozenset({"redis", "rediss"})) is None:
        source.fault("tickets", "not_redis")
    return given


def _check_secret_key(source: Source) -> bytes | None:
    given = source.secret("secret_key")
    if given is None:
        return None
    key = parse_secret_key(given)
    if key is None:
        source.fault("secret_key", "not_a_key")
    # The same bytes have several spellings: a sign of padding, or the bits that the last character has to spare.
    if is_published(given) or (key is not None and is_published(urlsafe_b64encode(key).decode().rstrip("="))):
        source.fault("secret_key", "published")
    return key


def _check_hosts(source: Source, *, is_sandbox: bool, is_private: bool, has_ca: bool) -> Hosts:
    everywhere = source.text("hosts.all")
    found: dict[str, str] = {}
    for name in _HOSTS:
        given = source.text(f"hosts.{name}", everywhere) or getattr(WECOM, name)
        key = f"hosts.{name}" if source.has(f"hosts.{name}") else "hosts.all"
        try:
            found[name] = getattr(Hosts(**{name: given}), name)
        except UsageError:
            source.fault(key, "not_an_origin")
            found[name] = getattr(WECOM, name)
            continue
        if found[name].startswith("http:") and not is_loopback(found[name]):
            source.fault(key, "needs_https")
    hosts = Hosts(**found)
    if is_sandbox and is_private:
        source.fault("sandbox", "sandbox_or_private")
    elif is_sandbox and hosts.is_wecom and not has_ca:
        source.fault("sandbox", "sandbox_needs_hosts")
    elif not (is_sandbox or is_private or hosts.is_wecom):
        source.fault("hosts", "foreign_hosts")
    return hosts


def _check_listen(source: Source, key: str, default: str) -> Address | None:
    given = source.text(key, default) or default
    if given == "off" and key == "metrics_listen":
        return None
    address = parse_address(given)
    if address is None:
        source.fault(key, "not_an_address")
    return address


def _check_proxies(source: Source) -> tuple[Network, ...]:
    networks = []
    for given in source.texts("trusted_proxies"):
        network = parse_network(given)
        if network is None:
            source.fault("trusted_proxies", "not_a_network", given)
        elif network.prefixlen == 0:
            source.fault("trusted_proxies", "trusts_everyone", given)
        else:
            networks.append(network)
    return tuple(networks)


def _check_session(source: Source) -> SessionLimits:
    limits = {name: _check_duration(source, f"session.{name}", default) for name, default in _SESSION_DEFAULTS.items()}
    if limits["idle"] > limits["absolute"]:
        source.fault("session.idle", "idle_too_long")
    return SessionLimits(**limits)


def _check_tokens(source: Source) -> TokenLimits:
    limits = {name: _check_duration(source, f"tokens.{name}", default) for name, default in _TOKEN_DEFAULTS.items()}
    if limits["refresh_idle"] > limits["refresh_absolute"]:
        source.fault("tokens.refresh_idle", "idle_too_long")
    return TokenLimits(**limits)


_TOKEN_DEFAULTS = {"access": "10m", "refresh_idle": "14d", "refresh_absolute": "90d"}
_SESSION_DEFAULTS = {"idle": "8h", "absolute": "12h", "grace": "4h", "profile_age": "1h"}


def _check_duration(source: Source, key: str, default: str) -> timedelta:
    given = parse_duration(source.text(key, default) or default)
    # No grace at all is a choice; a session of no length is not.
    shortest = timedelta(0) if key == "session.grace" else _SHORTEST
    if given is None or not shortest <= given <= _LONGEST:
        source.fault(key, "not_a_duration", "0s - 90d" if key == "session.grace" else "1m - 90d")
        given = parse_duration(default)
    return given or timedelta(0)


def _check_verify_files(source: Source) -> dict[str, str]:
    files = {}
    for name in source.files("verify_files"):
        key = f"verify_files.{name}"
        body = source.text(key, is_required=True)
        if not _VERIFY_NAME.fullmatch(name):
            source.fault(key, "not_verify_name")
        elif body is not None and not (body.isascii() and body.isprintable() and len(body) <= _VERIFY_BODY_LIMIT):
            source.fault(key, "not_verify_body")
        elif body is not None:
            files[name] = body
    return files


def _check_ca_file(source: Source) -> Path | None:
    given = source.text("ca_file")
    if given is None:
        return None
    path = Path(given)
    reason = why_unreadable(path)
    if reason:
        source.fault("ca_file", "file_unreadable", reason)
    elif not _holds_certificates(path):
        source.fault("ca_file", "not_certificates", given)
    return path


def _holds_certificates(path: Path) -> bool:
    try:
        ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        return False
    return True


def _check_proxy(source: Source) -> str | None:
    given = source.text("proxy")
    if given is not None and parse_url(given, frozenset({"http", "https"})) is None:
        source.fault("proxy", "not_a_proxy")
    return given


def _check_log_level(source: Source) -> str:
    given = source.text("log_level", "info") or "info"
    if given not in LOG_LEVELS:
        source.fault("log_level", "not_one_of", ", ".join(LOG_LEVELS))
    return given
