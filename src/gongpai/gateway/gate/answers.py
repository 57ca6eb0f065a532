"""What to answer a proxy that asks whether a request may pass (pure)."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
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
    ReadStore,
    Refuse,
    check,
)
from gongpai.gateway.gate.identity import Headers, identity_headers, no_identity, read_names
from gongpai.gateway.gate.paths import action_for, plain_path
from gongpai.gateway.ring import KeyRing

BEGIN_PATH = "/.gongpai/begin"
REASON_HEADER = b"x-gongpai-reason"
ASSERTION_HEADER = b"x-auth-assertion"
_OUR_PATHS = "/.gongpai/"
_RETURN_LIMIT = 1_000
_COOKIE_LINE_LIMIT = 16_384
_RETURN = re.compile(r"/(?![/\\])[!-\[\]-~]*")


class Family(Enum):
    """How a kind of proxy wants its answers."""

    NGINX = "nginx"
    """``auth_request`` turns all but 2xx, 401 and 403 into 500, so a redirect stands beside the 401."""
    REDIRECT = "redirect"
    """Traefik, Caddy and Envoy pass a refusal on to the browser as it is."""


# Envoy puts the path of the request behind its own.
ENVOY_PATH = "/auth/envoy"
FAMILIES = {"/auth/nginx": Family.NGINX, "/auth/caddy": Family.REDIRECT, "/auth/traefik": Family.REDIRECT}


class Outcome(StrEnum):
    """What came of a question: for the metrics, and on the page of a refusal."""

    PASSED = "passed"
    SKIPPED = "skipped"
    NO_SESSION = "no_session"
    DENIED_PATH = "denied_path"
    DENIED_PERSON = "denied_person"
    UNKNOWN_HOST = "unknown_host"
    UNTRUSTED_PEER = "untrusted_peer"
    UNAVAILABLE = "unavailable"


class Answer(msgspec.Struct, frozen=True):
    """A whole answer: it never has a body."""

    status: int
    outcome: Outcome
    headers: Headers


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


Asked = Mapping[bytes, bytes]


class Gate:
    """Decides on every request to the hosts behind forward-auth."""

    def __init__(
        self, config: GateConfig, issuer: str, ring: KeyRing, heard: Heard, sign: Callable[[Mapping[str, object]], str]
    ) -> None:
        """Guard the hosts of *config* with the keys and the news of this process; *sign* signs assertions."""
        self._names = read_names(config.headers)
        self._empty = [*no_identity(self._names), (ASSERTION_HEADER, b"")]
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
        action = action_for(gate.host.rules, plain_path(target)) if gate.host.rules else PathAction.ALLOW
        if action is PathAction.DENY:
            return self.refuse(family, Outcome.DENIED_PATH)
        if action is PathAction.SKIP:
            _, app_cookies = split_cookies(asked.get(b"cookie", b""), gate.cookie_name)
            return Answer(200, Outcome.SKIPPED, [*self._empty, (b"cookie", app_cookies)])
        return self._ask_cookie(family, gate, asked, now, at)

    def _ask_cookie(self, family: Family, gate: HostGate, asked: Asked, now: float, at: float) -> Answer | AskStore:
        sealed, app_cookies = split_cookies(asked.get(b"cookie", b""), gate.cookie_name)
        verdict = check(sealed, gate.audience, self._ring, self._heard, now, at)
        if isinstance(verdict, Refuse):
            return self.ask_to_sign_in(family, gate, asked)
        cookie = verdict.cookie
        if isinstance(verdict, ReadStore):
            return AskStore(gate, cookie, verdict.why, app_cookies)
        if gate.stamp not in cookie.admitted:
            return AskStore(gate, cookie, Ask.POLICY, app_cookies)
        return self.let_pass(gate, asked, cookie, app_cookies, now)

    def let_pass(self, gate: HostGate, asked: Asked, cookie: GateCookie, app_cookies: bytes, now: float) -> Answer:
        """Let the request pass as the person of *cookie*."""
        assertion = b""
        if self._sign is not None:
            method, target = asked[b"x-forwarded-method"], asked[b"x-forwarded-uri"]
            claims = assertion_claims(self._issuer, gate.host.origin, method, target, cookie, now)
            assertion = self._sign(claims).encode()
        identity = identity_headers(self._names, cookie)
        return Answer(200, Outcome.PASSED, [*identity, (ASSERTION_HEADER, assertion), (b"cookie", app_cookies)])

    def ask_to_sign_in(self, family: Family, gate: HostGate, asked: Asked) -> Answer:
        """Refuse somebody unknown; a page load learns where to sign in."""
        headers = [*self._empty]
        status = 401
        if is_page_load(asked):
            target = return_path(asked.get(b"x-forwarded-uri", b"").decode("latin-1"))
            query = quote(target, safe="/")
            headers.append((b"location", f"{gate.host.origin}{BEGIN_PATH}?return_to={query}".encode()))
            status = 401 if family is Family.NGINX else 302
        return Answer(status, Outcome.NO_SESSION, headers)

    def refuse(self, family: Family, outcome: Outcome) -> Answer:
        """Refuse for a reason that signing in does not mend."""
        is_down = outcome is Outcome.UNAVAILABLE and family is not Family.NGINX
        return Answer(503 if is_down else 403, outcome, [*self._empty, (REASON_HEADER, outcome.value.encode())])


def host_gate(host: GateHost) -> HostGate:
    """Return *host* with what every request to it needs."""
    policy = msgspec.json.encode([host.name, host.origin, host.apps, host.policy], order="deterministic")
    stamp = sha256(policy).hexdigest()[:12]
    if host.cookie_domain is None:
        return HostGate(host, stamp, host.authority.encode(), GATE_COOKIE_NAME.encode())
    return HostGate(host, stamp, b"domain\x00" + host.cookie_domain.encode(), DOMAIN_COOKIE_NAME.encode())


def split_cookies(line: bytes, name: bytes) -> tuple[bytes | None, bytes]:
    """Return the value of the cookie *name*, and the line without any cookie of ours, for the app.

    Two of one name mean that someone else could set one: neither is believed (T13).
    """
    if len(line) > _COOKIE_LINE_LIMIT:
        return None, b""
    if b"-gongpai_" not in line:
        return None, line
    found: list[bytes] = []
    others = []
    for part in line.split(b";"):
        cookie = part.strip()
        if not cookie.startswith((b"__Host-gongpai_", b"__Secure-gongpai_")):
            others.append(cookie)
        elif cookie.partition(b"=")[0].rstrip() == name:
            found.append(cookie.partition(b"=")[2].lstrip())
    return found[0] if len(found) == 1 else None, b"; ".join(others)


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
