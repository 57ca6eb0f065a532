"""The gateway and npm oidc-provider side by side, with the same parties, and what each makes of a request."""

import base64
import hashlib
import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2

from gateways import WECOM_UA
from gongpai.sandbox import Corner
from npm_packages import NPM_ROOT, require_npm_file
from programs import dies_with_us, require_program, stop
from served import served, write_config

SECRET = "the-secret-of-tests-only-and-long"
CALLBACK = "https://wiki.example.com/cb"
BYE = "https://wiki.example.com/bye"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
_ALL = ("authorization_code", "refresh_token", "device_code")
# By client_id: which grants it may use, and how it proves itself at the other provider, which knows one way a client.
_PARTIES = {
    "wiki": (_ALL, "client_secret_basic"),
    "poster": (_ALL, "client_secret_post"),
    "public": (_ALL, "none"),
    "legacy": (_ALL, "client_secret_basic"),
    "plain": (("authorization_code",), "client_secret_basic"),
    "device": (("device_code",), "client_secret_basic"),
}
_DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
# Why we say something else, where more than one file has the same reason.
UNPROVEN = "RFC 6749 5.2: a client that did not authenticate, or not in a way that is supported, is invalid_client"
CHALLENGED = "RFC 9110 15.5.2: a 401 carries a challenge, whichever way the client tried"
METHOD = "RFC 9110 15.5.6: a path that is there answers another method with 405"
Fields = Mapping[str, str | None]
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Difference:
    """What each of the two says to a request, where they differ, and why ours is as it is."""

    ours: str
    theirs: str
    because: str


def judge(
    sides: "tuple[Side, Side]", send: "Callable[[Side], str]", name: str, explained: Mapping[str, Difference]
) -> None:
    """Hold that both say the same to the case *name*, or that what each says is explained."""
    ours, theirs = (send(side) for side in sides)
    if name in explained:
        assert (ours, theirs) == (explained[name].ours, explained[name].theirs), explained[name].because
        assert ours != theirs, "nothing is left to explain"
    else:
        assert ours == theirs, f"{ours!r} here and {theirs!r} there"


@dataclass(frozen=True)
class Side:
    """One of the two: where it is asked what, and the cookies of a browser that is signed in."""

    url: str
    paths: Mapping[str, str]
    cookie: str
    http: httpx2.Client

    def ask(
        self, name: str, pairs: Pairs = (), *, method: str = "POST", headers: Mapping[str, str] | None = None
    ) -> httpx2.Response:
        """Ask the endpoint *name*, by a form or by a query, with no cookie."""
        self.http.cookies.clear()
        sent = {"user-agent": WECOM_UA, "accept": "application/json, text/html", **(headers or {})}
        url = f"{self.url}{self.paths[name]}"
        if method == "GET":
            return self.http.get(f"{url}?{urlencode(pairs)}" if pairs else url, headers=sent)
        sent.setdefault("content-type", "application/x-www-form-urlencoded")
        return self.http.request(method, url, content=urlencode(pairs), headers=sent)

    def authorize(self, changes: Fields, more: Pairs = (), *, method: str = "GET", signed_in: bool = True) -> str:
        """Ask at /authorize with *changes* to a right request; say what came of it."""
        headers = {"cookie": self.cookie} if signed_in else {}
        return self.verdict(self.ask("authorize", [*_changed(_RIGHT, changes), *more], method=method, headers=headers))

    def code(self, client_id: str = "wiki", **changes: str | None) -> str:
        """Return a fresh authorization code."""
        pairs = _changed(_RIGHT, {"client_id": client_id, **changes})
        answer = self.ask("authorize", pairs, method="GET", headers={"cookie": self.cookie})
        return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]

    def tokens(self, client_id: str = "wiki") -> dict[str, Any]:
        """Return fresh tokens, a refresh token among them."""
        right = redemption(self.code(client_id, scope="openid offline_access"))
        tokens: dict[str, Any] = self.ask("token", right, headers=basic(client_id)).json()
        return tokens

    def device_code(self) -> str:
        """Return a device code that nobody has approved."""
        return str(self.ask("device_authorization", headers=basic("wiki")).json()["device_code"])

    def verdict(self, answer: httpx2.Response) -> str:
        """Say in a few words what the answer is: page, redirect or JSON, where to, its status, error and challenge."""
        location = answer.headers.get("location")
        if location is not None:
            if not location.startswith("https://"):
                return "goes on"
            parts = urlsplit(location)
            told = parse_qs(parts.query or parts.fragment)
            words = ["redirect", told.get("error", ["without error"])[0]]
            where = f"{parts.scheme}://{parts.netloc}{parts.path}"
            words += [] if where in {CALLBACK, BYE} else ["elsewhere"]
            # By these a party knows its own answer, and whose it is: RFC 6749 4.1.2.1, RFC 9207 2.
            words += [f"without {name}" for name in ("state", "iss") if where == CALLBACK and name not in told]
            return " ".join(words)
        words = [str(answer.status_code)]
        if "json" not in answer.headers.get("content-type", ""):
            return f"page {answer.status_code}" if answer.content else f"nothing {answer.status_code}"
        content = answer.json() if answer.content else {}
        words += [content["error"]] if "error" in content else []
        words += [f"active={content['active']}"] if "active" in content else []
        challenge = answer.headers.get("www-authenticate")
        words += [challenge.partition(" ")[0]] if challenge else []
        return " ".join(words)


_RIGHT: Fields = {
    "client_id": "wiki",
    "redirect_uri": CALLBACK,
    "response_type": "code",
    "scope": "openid",
    "state": "s" * 22,
    "nonce": "n" * 22,
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


def right_request(**changes: str | None) -> Pairs:
    """Return the fields of an authorization request with *changes*."""
    return _changed(_RIGHT, changes)


def redemption(issued: str, /, **changes: str | None) -> Pairs:
    """Return the fields that redeem the code *issued*, with *changes*."""
    right = {
        "grant_type": "authorization_code",
        "code": issued,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    return _changed(right, changes)


def basic(client_id: str, secret: str = SECRET) -> dict[str, str]:
    """Return a client's credentials as a header."""
    return {"authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


def _changed(right: Fields, changes: Fields) -> list[tuple[str, str]]:
    return [(name, value) for name, value in {**right, **changes}.items() if value is not None]


@contextmanager
def two_providers(corner: Corner, folder: Path) -> Iterator[tuple[Side, Side]]:
    """Run both; in both somebody is signed in."""
    with _ours(corner, folder) as ours, _theirs() as theirs:
        yield ours, theirs


@contextmanager
def _ours(corner: Corner, folder: Path) -> Iterator[Side]:
    corner.hold_phone("lisi")
    settings: dict[str, object] = {}
    for client_id, (grants, method) in _PARTIES.items():
        party: dict[str, object] = {
            "name": client_id,
            "redirect_uris": [CALLBACK],
            "post_logout_redirect_uris": [BYE],
            "scopes": ["openid", "profile", "offline_access"],
            "grant_types": list(grants),
            "trusted": True,
            "without_pkce": client_id == "legacy",
            **({"auth_method": "none"} if method == "none" else {"client_secret": SECRET}),
        }
        settings |= {f"parties.{client_id}.{name}": value for name, value in party.items()}
    with served(write_config(folder, corner, **settings)) as gateway:
        with httpx2.Client(trust_env=False, timeout=90, headers={"user-agent": WECOM_UA}) as http:
            begun = http.get(f"{gateway.url}/signin")
            page = http.get(begun.headers["location"])
            browser = begun.headers["set-cookie"].partition(";")[0]
            back = http.get(gateway.local(page.headers["location"]), headers={"cookie": browser})
            cookies = [line.partition(";")[0] for line in back.headers.get_list("set-cookie")]
        paths = {name: f"/{name}" for name in ("authorize", "token", "userinfo", "par", "end_session")}
        paths |= {"introspection": "/introspect", "revocation": "/revoke"}
        paths |= {"device_authorization": "/device_authorization"}
        with httpx2.Client(trust_env=False, timeout=90) as http:
            yield Side(gateway.url, paths, "; ".join([browser, *cookies]), http)


@contextmanager
def _theirs() -> Iterator[Side]:
    require_npm_file("oidc-provider/package.json")
    clients = [_client(client_id, *grants) for client_id, grants in _PARTIES.items()]
    command = [require_program("node", "nodejs"), str(NPM_ROOT / "oidc_provider.mjs")]
    environ = {**os.environ, "CLIENTS": json.dumps(clients)}
    process = subprocess.Popen(dies_with_us(command), env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().decode().strip()
        paths = {
            "authorize": "/auth",
            "token": "/token",
            "userinfo": "/me",
            "introspection": "/token/introspection",
            "revocation": "/token/revocation",
            "par": "/request",
            "device_authorization": "/device/auth",
            "end_session": "/session/end",
        }
        with httpx2.Client(trust_env=False, timeout=90) as http:
            answer = http.get(f"{url}/auth?{urlencode(right_request())}")
            while not answer.headers["location"].startswith(CALLBACK):
                answer = http.get(httpx2.URL(url).join(answer.headers["location"]))
            cookie = "; ".join(f"{name}={value}" for name, value in http.cookies.items() if name.startswith("_session"))
        with httpx2.Client(trust_env=False, timeout=90) as http:
            yield Side(url, paths, cookie, http)
    finally:
        stop(process)
        if process.stdout is not None:
            process.stdout.close()


def _client(client_id: str, grants: Sequence[str], method: str) -> dict[str, object]:
    has_codes = "authorization_code" in grants
    return {
        "client_id": client_id,
        "token_endpoint_auth_method": method,
        "grant_types": [_DEVICE if grant == "device_code" else grant for grant in grants],
        "response_types": ["code"] if has_codes else [],
        "redirect_uris": [CALLBACK],
        "post_logout_redirect_uris": [BYE],
        "scope": "openid profile offline_access",
        **({} if method == "none" else {"client_secret": SECRET}),
    }
