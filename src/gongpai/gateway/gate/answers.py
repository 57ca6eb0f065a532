"""What to answer a proxy that asks whether a request may pass (pure)."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote

import msgspec

from gongpai.gateway.config.settings import GateConfig, GateHost, PathAction
from gongpai.gateway.gate.assertion import assertion_claims
from gongpai.gateway.gate.cookie import (
    DOMAIN_COOKIE_NAME,
    GATE_COOKIE_NAME,
    Ask,
    GateCookie,
    Heard,
    Pass,
    ReadStore,
    Refuse,
    check,
)
from gongpai.gateway.gate.forms import Answer, Family, Form, Outcome
from gongpai.gateway.gate.identity import header_names, identity_reader
from gongpai.gateway.gate.paths import Rules, plain_path
from gongpai.gateway.ring import KeyRing

BEGIN_PATH = "/.gongpai/begin"
REASON_HEADER = b"x-gongpai-reason"
ASSERTION_HEADER = b"x-auth-assertion"
_OUR_PATHS = "/.gongpai/"
_RETURN_LIMIT = 1_000
_OURS = b"-gongpai_"
_RETURN = re.compile(r"/(?![/\\])[!-\[\]-~]*")
# Envoy puts the path of the request behind its own.
ENVOY_PATH = "/auth/envoy"
FAMILIES = {"/auth/nginx": Family.NGINX, "/auth/caddy": Family.REDIRECT, "/auth/traefik": Family.REDIRECT}


@dataclass(frozen=True, slots=True)
class AskStore:
    """The cookie is ours, but only the store can say."""

    host: "HostGate"
    cookie: GateCookie
    why: Ask
    app_cookies: bytes


@dataclass(frozen=True, slots=True)
class HostGate:
    """A host with what every request to it needs, made once."""

    host: GateHost
    stamp: str
    """Names this host with its policy: a cookie that was made under another policy is read against the store."""
    audience: bytes
    cookie_name: bytes
    rules: Rules | None
    """None lets nothing pass without a sign-in, and closes nothing."""


Asked = Mapping[bytes, bytes]


class Gate:
    """Decides on every request to the hosts behind forward-auth."""

    def __init__(
        self, config: GateConfig, issuer: str, ring: KeyRing, heard: Heard, sign: Callable[[Mapping[str, object]], str]
    ) -> None:
        """Guard the hosts of *config* with the keys and the news of this process; *sign* signs assertions."""
        self._names = (*header_names(config.headers), ASSERTION_HEADER)
        self._nobody = (b"",) * len(self._names)
        self._identity_of = identity_reader(config.headers)
        self._passed = Form(200, Outcome.PASSED, (*self._names, b"cookie"))
        self._renewed = Form(200, Outcome.PASSED, (*self._names, b"cookie", b"set-cookie"))
        self._skipped = Form(200, Outcome.SKIPPED, (*self._names, b"cookie"))
        self._unknown = Form(401, Outcome.NO_SESSION, self._names)
        self._sent_away = {
            Family.NGINX: Form(401, Outcome.NO_SESSION, (*self._names, b"location")),
            Family.REDIRECT: Form(302, Outcome.NO_SESSION, (*self._names, b"location")),
        }
        self._issuer = issuer
        self._sign = sign if config.assertion else None
        self._ring = ring
        self._heard = heard
        self.hosts = {name: host_gate(host) for name, host in config.hosts.items()}
        self._by_authority = _by_authority(self.hosts.values())

    def find(self, authority: bytes) -> HostGate | None:
        """Return the host that a browser calls *authority*."""
        return self._by_authority.get(authority.lower())

    def decide(self, family: Family, asked: Asked, now: float, at: float) -> Answer | AskStore:
        """Answer from what this process knows.

        Args:
            family: The proxy's kind.
            asked: The headers of its question by lower-case name, none of them repeated; from a trusted peer.
            now: Seconds since 1970.
            at: The monotonic clock's seconds.
        """
        gate = self.find(asked.get(b"x-forwarded-host", b""))
        target = asked.get(b"x-forwarded-uri", b"")
        if gate is None or not target or b"x-forwarded-method" not in asked:
            return self.refuse(family, Outcome.UNKNOWN_HOST)
        action = PathAction.ALLOW if gate.rules is None else gate.rules.action_for(plain_path(target))
        if action is PathAction.DENY:
            return self.refuse(family, Outcome.DENIED_PATH)
        sealed, app_cookies = split_cookies(asked.get(b"cookie", b""), gate.cookie_name)
        if action is PathAction.SKIP:
            return Answer(self._skipped, (*self._nobody, app_cookies))
        verdict = check(sealed, gate.audience, self._ring, self._heard, now, at)
        if isinstance(verdict, Refuse):
            return self.ask_to_sign_in(family, gate, asked)
        return self._judge(verdict, gate, asked, app_cookies, now)

    def _judge(
        self, verdict: Pass | ReadStore, gate: HostGate, asked: Asked, app_cookies: bytes, now: float
    ) -> Answer | AskStore:
        cookie = verdict.cookie
        if isinstance(verdict, ReadStore):
            return AskStore(gate, cookie, verdict.why, app_cookies)
        if gate.stamp not in cookie.admitted:
            return AskStore(gate, cookie, Ask.POLICY, app_cookies)
        return Answer(self._passed, (*self._identity(gate, asked, cookie, now), app_cookies))

    def renew(
        self, gate: HostGate, asked: Asked, cookie: GateCookie, app_cookies: bytes, set_cookie: bytes, now: float
    ) -> Answer:
        """Let the request pass as the person of *cookie*, which *set_cookie* brings to the browser."""
        return Answer(self._renewed, (*self._identity(gate, asked, cookie, now), app_cookies, set_cookie))

    def _identity(self, gate: HostGate, asked: Asked, cookie: GateCookie, now: float) -> tuple[bytes, ...]:
        if self._sign is None:
            return (*self._identity_of(cookie), b"")
        method, target = asked[b"x-forwarded-method"], asked[b"x-forwarded-uri"]
        claims = assertion_claims(self._issuer, gate.host.origin, method, target, cookie, now)
        return (*self._identity_of(cookie), self._sign(claims).encode())

    def ask_to_sign_in(self, family: Family, gate: HostGate, asked: Asked) -> Answer:
        """Refuse somebody unknown; a page load learns where to sign in."""
        if not is_page_load(asked):
            return Answer(self._unknown, self._nobody)
        target = return_path(asked.get(b"x-forwarded-uri", b"").decode("latin-1"))
        location = f"{gate.host.origin}{BEGIN_PATH}?return_to={quote(target, safe='/')}"
        return Answer(self._sent_away[family], (*self._nobody, location.encode()))

    def refuse(self, family: Family, outcome: Outcome) -> Answer:
        """Refuse for a reason that signing in does not mend."""
        is_down = outcome is Outcome.UNAVAILABLE and family is not Family.NGINX
        form = Form(503 if is_down else 403, outcome, (*self._names, REASON_HEADER))
        return Answer(form, (*self._nobody, outcome.value.encode()))


def host_gate(host: GateHost) -> HostGate:
    """Return *host* with what every request to it needs."""
    settings = [host.name, host.origin, host.apps, host.policy, host.web_login]
    policy = msgspec.json.encode(settings, order="deterministic")
    stamp = sha256(policy).hexdigest()[:12]
    rules = Rules(host.rules) if host.rules else None
    if host.cookie_domain is None:
        return HostGate(host, stamp, host.authority.encode(), GATE_COOKIE_NAME.encode(), rules)
    return HostGate(host, stamp, b"domain\x00" + host.cookie_domain.encode(), DOMAIN_COOKIE_NAME.encode(), rules)


def split_cookies(line: bytes, name: bytes) -> tuple[bytes | None, bytes]:
    """Return the value of the cookie *name*, and the line without any cookie of ours, for the app.

    Two of one name mean that someone else could set one: neither is believed (T13).
    """
    # However long, up to what a head may have: who lost the cookie for it would be sent to sign in over and over.
    ours = line.count(_OURS)
    if not ours:
        return None, line
    before, mark, rest = line.partition(name + b"=")
    value, _, after = rest.partition(b"; ")
    # Counted, for `in` costs more between bytes: CPython asks by an exception.
    is_plain = not (value.count(b";") or value.count(b","))
    if ours == 1 and mark and is_plain and (not before or before.endswith(b"; ")):
        # What browsers send: one cookie of ours, and the others need not be looked at.
        return value.strip(), before + after if after else before[:-2]
    found: list[bytes] = []
    others = []
    for part in _parts(line):
        cookie = part.strip()
        if not cookie.startswith((b"__Host-gongpai_", b"__Secure-gongpai_")):
            others.append(cookie)
        elif cookie.partition(b"=")[0].rstrip() == name:
            found.append(cookie.partition(b"=")[2].lstrip())
    return found[0] if len(found) == 1 else None, b"; ".join(others)


def _parts(line: bytes) -> Iterator[bytes]:
    for part in line.split(b";"):
        # Envoy joins two lines of HTTP/1 by a comma, which no cookie of ours has in it.
        yield from part.split(b",") if _OURS in part else (part,)


def is_page_load(asked: Asked) -> bool:
    """Whether a person's browser asks for a page, which may be sent to sign in; scripts and sockets get a plain no."""
    if asked.get(b"x-forwarded-method") != b"GET" or b"x-requested-with" in asked:
        return False
    mode = asked.get(b"sec-fetch-mode")
    return mode == b"navigate" if mode is not None else b"text/html" in asked.get(b"accept", b"")


def return_path(target: str) -> str:
    """Return *target* if a browser may be sent to it on its host after a sign-in; else the host's root."""
    if _RETURN.fullmatch(target) and not target.startswith(_OUR_PATHS):
        if len(target) <= _RETURN_LIMIT:
            return target
        path = target.partition("?")[0]
        if len(path) <= _RETURN_LIMIT:
            return path
    return "/"


def _by_authority(gates: Collection[HostGate]) -> dict[bytes, HostGate]:
    """Return each host by the names that proxies tell: with its port, with the scheme's own, and with none.

    nginx tells no port; so two origins on one host are known by their ports alone.
    """
    found: dict[bytes, HostGate] = {}
    hosts = [_host_and_port(gate.host) for gate in gates]
    for gate, (host, port) in zip(gates, hosts, strict=True):
        found[f"{host}:{port}".encode()] = gate
        if [each for each, _ in hosts].count(host) == 1:
            found[host.encode()] = gate
    # An origin without a port is what browsers call it, whoever else is on that host.
    return found | {gate.host.authority.encode(): gate for gate in gates}


def _host_and_port(host: GateHost) -> tuple[str, str]:
    name, colon, port = host.authority.rpartition(":")
    if colon and port.isdigit():
        return name, port
    return host.authority, "443" if host.origin.startswith("https:") else "80"
