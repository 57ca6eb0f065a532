"""A colleague's browser in WeCom and the server of a relying party, which both know addresses and no nodes."""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2
from joserfc import jwt
from joserfc.jwk import KeySet

from fleet.doors import Door
from fleet.nodes import SECRET, WIKI, Fleet
from gateways import WECOM_UA, csrf_token, query_of

# Less than an authorization code lives: a machine that needs longer shows nothing about it.
CODE_SECONDS = 50.0

_MOST_REDIRECTS = 14
_OFFLINE = "openid profile offline_access"


@dataclass
class Visitor:
    """One browser. Where a *door* is named, what goes to us goes through it; else through nginx, where there is one."""

    fleet: Fleet
    http: httpx2.AsyncClient
    jars: dict[str, dict[str, str]] = field(default_factory=dict)

    async def get(self, url: str, door: Door | None = None) -> httpx2.Response:
        """Load one page."""
        return await self._send("GET", url, door)

    async def post(self, url: str, fields: Mapping[str, str], door: Door | None = None) -> httpx2.Response:
        """Send a form."""
        return await self._send("POST", url, door, fields)

    async def browse(self, url: str, door: Door | None = None) -> httpx2.Response:
        """Load a page wherever redirects lead; the answer that leads to a relying party is the last."""
        for _ in range(_MOST_REDIRECTS):
            answer = await self.get(url, door)
            location = answer.headers.get("location", "")
            if not location or location.startswith("https://"):
                return answer
            origin = "://".join(urlsplit(url)[:2])
            url = f"{origin}{location}" if location.startswith("/") else location
        raise AssertionError(f"too many redirects, the last one to {url}")

    async def sign_out(self, door: Door | None = None) -> None:
        """Sign out on our own page."""
        page = await self.get(f"{self.fleet.issuer}/signout", door)
        await self.post(f"{self.fleet.issuer}/signout", {"csrf_token": csrf_token(page.text)}, door)

    async def ask_gate(self, door: Door) -> httpx2.Response:
        """Ask whether this browser may open the protected app, as nginx asks."""
        host = urlsplit(self.fleet.app_url).netloc
        headers = {"x-forwarded-host": host, "x-forwarded-uri": "/", "x-forwarded-method": "GET"}
        return await door.gate.get("/auth/nginx", headers=self._headers(host) | headers)

    async def _send(
        self, method: str, url: str, door: Door | None, fields: Mapping[str, str] | None = None
    ) -> httpx2.Response:
        parts = urlsplit(url)
        headers = self._headers(parts.netloc)
        target = parts._replace(scheme="", netloc="").geturl() or "/"
        if url.startswith(self.fleet.app_url):
            client, base = (self.http, f"http://127.0.0.1:{parts.port}") if door is None else (door.gate, "")
            headers |= {"host": parts.netloc, "x-forwarded-host": parts.netloc}
        elif url.startswith(self.fleet.issuer) and door is not None:
            client, base = door.public, ""
        else:
            client, base = self.http, f"{parts.scheme}://{parts.netloc}"
        data = None if fields is None else dict(fields)
        answer = await client.request(method, f"{base}{target}", headers=headers, data=data)
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.jars.setdefault(parts.netloc, {})[name] = value
        client.cookies.clear()
        return answer

    def _headers(self, host: str) -> dict[str, str]:
        jar = self.jars.get(host, {})
        cookie = {"cookie": "; ".join(f"{name}={value}" for name, value in jar.items())} if jar else {}
        return {"user-agent": WECOM_UA, "accept": "text/html", "accept-language": "en", **cookie}


@dataclass(frozen=True)
class Question:
    """An authorization request of a party."""

    client_id: str
    scope: str
    more: Mapping[str, str] = field(default_factory=dict)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(8))

    @property
    def redirect_uri(self) -> str:
        """Where the browser is sent back to."""
        return f"https://{self.client_id}.example.com/cb"

    def url(self, issuer: str) -> str:
        """Return where the browser is sent to."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": self.scope,
            "nonce": self.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **self.more,
        }
        return f"{issuer}/authorize?{urlencode(query)}"

    def is_answered_by(self, answer: httpx2.Response) -> bool:
        """Whether *answer* sends the browser back to the party."""
        return str(answer.headers.get("location", "")).startswith(self.redirect_uri)

    def brought(self, answer: httpx2.Response) -> "Brought":
        """Return what the browser brings back."""
        return Brought(self, query_of(answer.headers["location"]))


@dataclass(frozen=True)
class Brought:
    """What a browser brought back to a party."""

    question: Question
    query: dict[str, str]

    def fields(self) -> dict[str, str]:
        """Return what the party sends for it."""
        return {
            "grant_type": "authorization_code",
            "code": self.query["code"],
            "redirect_uri": self.question.redirect_uri,
            "code_verifier": self.question.verifier,
        }


@dataclass
class Party:
    """The server of a relying party."""

    fleet: Fleet
    http: httpx2.AsyncClient
    client_id: str = WIKI

    def question(self, scope: str, **more: str) -> Question:
        """Return a new authorization request."""
        return Question(self.client_id, scope, more)

    async def ask(self, visitor: Visitor, scope: str = "openid", door: Door | None = None, **more: str) -> Brought:
        """Send *visitor* to the provider; return what they bring back."""
        question = self.question(scope, **more)
        answer = await visitor.browse(question.url(self.fleet.issuer), door)
        assert question.is_answered_by(answer), (answer.status_code, answer.headers, answer.text)
        return question.brought(answer)

    async def call(
        self, path: str, fields: Mapping[str, str], client: httpx2.AsyncClient | None = None
    ) -> httpx2.Response:
        """Call an endpoint, through *client* if a certain process is meant."""
        basic = base64.b64encode(f"{self.client_id}:{SECRET}".encode()).decode()
        url = path if client is not None else f"{self.fleet.issuer}{path}"
        return await (client or self.http).post(url, data=dict(fields), headers={"authorization": f"Basic {basic}"})

    async def tokens(self, visitor: Visitor, scope: str = _OFFLINE) -> dict[str, Any]:
        """Sign *visitor* in and redeem the code."""
        return await self.redeem(await self.ask(visitor, scope))

    async def redeem(self, brought: Brought) -> dict[str, Any]:
        """Redeem the code, which must be good."""
        answer = await self.call("/token", brought.fields())
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def refresh(self, refresh_token: str, client: httpx2.AsyncClient | None = None) -> httpx2.Response:
        """Use a refresh token."""
        return await self.call("/token", {"grant_type": "refresh_token", "refresh_token": refresh_token}, client)

    async def userinfo(self, access_token: str, client: httpx2.AsyncClient | None = None) -> httpx2.Response:
        """Ask who it is."""
        url = "/userinfo" if client is not None else f"{self.fleet.issuer}/userinfo"
        return await (client or self.http).get(url, headers={"authorization": f"Bearer {access_token}"})

    async def is_active(self, token: str, client: httpx2.AsyncClient | None = None) -> bool:
        """Ask whether a token is worth anything; no more may be said of one that is not."""
        answer = await self.call("/introspect", {"token": token}, client)
        assert answer.status_code == 200, answer.text
        assert answer.json()["active"] or answer.json() == {"active": False}
        return bool(answer.json()["active"])


async def claims_of(id_token: str, client: httpx2.AsyncClient) -> dict[str, Any]:
    """Return the claims of an ID token, verified with the keys that *client*'s process publishes now."""
    keys = KeySet.import_key_set((await client.get("/jwks")).json())
    return dict(jwt.decode(id_token, keys, algorithms=["RS256", "ES256", "EdDSA"]).claims)
