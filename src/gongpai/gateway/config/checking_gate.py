"""Forward-auth: its listener, its hosts, and the names of its headers."""

import re
from collections.abc import Mapping
from pathlib import Path

from gongpai.gateway.config.checking_apps import check_policy
from gongpai.gateway.config.checking_parties import check_claims, check_web_login
from gongpai.gateway.config.settings import (
    Address,
    AppConfig,
    GateConfig,
    GateHost,
    IdentityField,
    PathAction,
    PathRule,
)
from gongpai.gateway.config.source import Source
from gongpai.gateway.config.values import is_loopback, is_name, parse_address, parse_origin
from gongpai.gateway.records_provider import EmailSource

DEFAULT_LISTEN = "127.0.0.1:8001"
PRESETS: Mapping[str, tuple[tuple[IdentityField, str], ...]] = {
    # Source: oauth2-proxy 7, --set-xauthrequest: "User" is the provider's sub unless told otherwise.
    "oauth2-proxy": (
        (IdentityField.SUBJECT, "X-Auth-Request-User"),
        (IdentityField.EMAIL, "X-Auth-Request-Email"),
        (IdentityField.USERNAME, "X-Auth-Request-Preferred-Username"),
        (IdentityField.GROUPS, "X-Auth-Request-Groups"),
    ),
    # Source: Authelia 4, trusted header SSO.
    "remote": (
        (IdentityField.USERNAME, "Remote-User"),
        (IdentityField.GROUPS, "Remote-Groups"),
        (IdentityField.NAME, "Remote-Name"),
        (IdentityField.EMAIL, "Remote-Email"),
    ),
}
_OWN = "own"
_UNIX = "unix:"
_UNIX_LIMIT = 100
_HEADER = re.compile(r"(?:X|Remote)(?:-[A-Z][A-Za-z0-9]*){1,8}")
_HEADER_LIMIT = 64
# These say where a request came from and went to; none of them names a person.
_TAKEN = re.compile(
    r"X-(?:Forwarded-(?:For|Host|Method|Port|Prefix|Proto|Server|Uri)|Original-.*|Real-Ip|Gongpai-.*|Auth-Assertion)",
    re.IGNORECASE,
)
_RULE_PATH = re.compile(r"/(?:[^\s/\\;%?#\x00-\x1f\x7f]+/)*[^\s/\\;%?#\x00-\x1f\x7f]*")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


def check_gate(source: Source, apps: Mapping[str, AppConfig], *, has_proxies: bool) -> GateConfig | None:
    """Return the settings of forward-auth; None if there are none, or too little of them is right."""
    if not source.names("gate"):
        return None
    listen = _check_listen(source)
    if isinstance(listen, Address) and not has_proxies:
        source.fault("gate", "gate_needs_proxies")
    names = source.names("gate.hosts")
    if not names:
        source.fault("gate.hosts", "no_gate_hosts")
    hosts: dict[str, GateHost] = {}
    for name in names:
        host = _check_host(source, name, apps)
        if host is None:
            continue
        twin = next((each.name for each in hosts.values() if each.authority == host.authority), None)
        if twin is not None:
            source.fault(f"gate.hosts.{name}", "same_host", f"gate.hosts.{twin}")
        hosts[name] = host
    headers, assertion = _check_headers(source), source.flag("gate.assertion")
    rules = check_claims(source, "gate", {each.app.corpid for each in apps.values()})
    if rules.email is EmailSource.PERSONAL:
        # A header cannot say that nobody vouches for an address, and apps take it for the person (T11, attack 104).
        source.fault("gate.email", "not_one_of", "biz_mail, template, none")
    return None if listen is None else GateConfig(listen, hosts, headers, assertion, rules)


def _check_listen(source: Source) -> Address | Path | None:
    given = source.text("gate.listen", DEFAULT_LISTEN) or DEFAULT_LISTEN
    if given.startswith(_UNIX):
        path = Path(given.removeprefix(_UNIX))
        if path.is_absolute() and len(str(path)) <= _UNIX_LIMIT:
            return path
    elif (address := parse_address(given)) is not None:
        return address
    source.fault("gate.listen", "not_gate_listen")
    return None


def _check_host(source: Source, name: str, apps: Mapping[str, AppConfig]) -> GateHost | None:
    where = f"gate.hosts.{name}"
    if not is_name(name):
        source.fault(where, "bad_name")
    chosen = _check_apps(source, where, apps)
    rules = tuple(_check_rules(source, f"{where}.rules"))
    policy = check_policy(source, f"{where}.policy", is_encrypted=any(apps[each].app.encrypted_ids for each in chosen))
    given = source.text(f"{where}.origin", is_required=True)
    if given is None:
        return None
    origin = parse_origin(given)
    if origin is None:
        source.fault(f"{where}.origin", "not_an_origin")
        return None
    if origin.startswith("http:") and not is_loopback(origin):
        source.fault(f"{where}.origin", "needs_https")
    domain, contact = source.text(f"{where}.cookie_domain"), source.text(f"{where}.contact")
    host = GateHost(name, origin, chosen, rules, policy, domain, check_web_login(source, f"{where}.web_login"), contact)
    # A cookie of a whole top-level domain would be refused by browsers, and should be.
    if domain is not None and not (_DOMAIN.fullmatch(domain) and _is_below(host.authority, domain)):
        source.fault(f"{where}.cookie_domain", "not_cookie_domain")
    return host


def _is_below(authority: str, domain: str) -> bool:
    host = authority.partition(":")[0]
    return host == domain or host.endswith(f".{domain}")


def _check_apps(source: Source, where: str, apps: Mapping[str, AppConfig]) -> tuple[str, ...]:
    given = source.texts(f"{where}.apps")
    for name in given:
        if name not in apps:
            source.fault(f"{where}.apps", "unknown_app", name)
    chosen = tuple(dict.fromkeys(name for name in given if name in apps)) or tuple(apps)
    # An id of a department or a member belongs to one corp, and so does a host's username (T6, T12).
    if len({apps[name].app.corpid.lower() for name in chosen}) > 1:
        source.fault(f"{where}.apps", "host_needs_apps")
    return chosen


def _check_rules(source: Source, key: str) -> list[PathRule]:
    rules = []
    for given in source.texts(key):
        action, _, path = given.partition(" ")
        is_dotted = any(part in {".", ".."} for part in path.split("/"))
        if action in {each.value for each in PathAction} and _RULE_PATH.fullmatch(path) and not is_dotted:
            rules.append(PathRule(PathAction(action), path))
        else:
            source.fault(key, "not_a_rule", given)
    return rules


def _check_headers(source: Source) -> tuple[tuple[IdentityField, str], ...]:
    preset = source.text("gate.headers", "oauth2-proxy") or "oauth2-proxy"
    if preset in PRESETS:
        for name in source.names("gate.own_headers"):
            source.fault(f"gate.own_headers.{name}", "both_given", "gate.headers")
        return PRESETS[preset]
    if preset != _OWN:
        source.fault("gate.headers", "not_one_of", ", ".join((*PRESETS, _OWN)))
        return ()
    return _check_own_headers(source)


def _check_own_headers(source: Source) -> tuple[tuple[IdentityField, str], ...]:
    own: list[tuple[IdentityField, str]] = []
    for each in IdentityField:
        key = f"gate.own_headers.{each}"
        header = source.text(key)
        if header is None:
            continue
        is_fit = _HEADER.fullmatch(header) and len(header) <= _HEADER_LIMIT and not _TAKEN.fullmatch(header)
        if not is_fit or header.lower() in {name.lower() for _, name in own}:
            source.fault(key, "not_a_header", header)
        own.append((each, header))
    if not own:
        source.fault("gate.own_headers", "missing")
    return tuple(own)
