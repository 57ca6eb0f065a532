"""A relying party of tests: asks at /authorize as a browser carries it, and calls the endpoints as a server does."""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import httpx2
from joserfc import jwt
from joserfc.jwk import KeySet

from gateways import PUBLIC_URL, Browser, Gateway, query_of
from gongpai.gateway.records_provider import AuthMethod, GrantType, RelyingParty, SecretHash

SECRET = "the secret of the wiki, of tests only, and long"
LOOPBACK_PARTY = "http://127.0.0.1:49152/"
REDIRECT_URI = "https://wiki.example.com/cb"
ALL_SCOPES = frozenset({"openid", "profile", "email", "phone", "address", "groups", "offline_access"})
WIKI = RelyingParty(
    client_id="wiki",
    title="The Wiki",
    secret_hashes=(SecretHash(hashlib.sha256(SECRET.encode()).hexdigest(), datetime(2026, 1, 1, tzinfo=UTC)),),
    redirect_uris=(REDIRECT_URI,),
    post_logout_redirect_uris=("https://wiki.example.com/bye",),
    scopes=ALL_SCOPES,
    grant_types=frozenset(GrantType),
    is_trusted=True,
    is_configured=True,
)
LUNCH = replace(
    WIKI,
    client_id="lunch",
    title="Lunch",
    auth_method=AuthMethod.NONE,
    secret_hashes=(),
    redirect_uris=("https://lunch.example.com/cb", "http://127.0.0.1/cb"),
    post_logout_redirect_uris=(),
    is_trusted=False,
)


@dataclass
class Party:
    """The relying party's own side."""

    gateway: Gateway
    record: RelyingParty = WIKI
    secret: str | None = SECRET
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    state: str = field(default_factory=lambda: secrets.token_urlsafe(8))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(8))

    @property
    def challenge(self) -> str:
        """The S256 challenge of its verifier."""
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()

    def query(self, **changes: str | None) -> str:
        """Return the query of an authorization request with *changes*; None leaves a parameter out."""
        right = {
            "client_id": self.record.client_id,
            "redirect_uri": self.record.redirect_uris[0],
            "response_type": "code",
            "scope": "openid",
            "state": self.state,
            "nonce": self.nonce,
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
        }
        fields = {name: value for name, value in {**right, **changes}.items() if value is not None}
        return urlencode(fields)

    def url(self, **changes: str | None) -> str:
        """Return the address to which it sends a browser."""
        return f"/authorize?{self.query(**changes)}"

    async def sign_in(self, browser: Browser, **changes: str | None) -> dict[str, str]:
        """Let *browser* go through everything silently; return what it brings back to the party."""
        answer = await browser.get(self.url(**changes))
        return query_of(await follow(browser, answer))

    async def call(
        self, path: str, fields: Mapping[str, str] | None = None, *, method: str = "POST", **headers: str
    ) -> httpx2.Response:
        """Call an endpoint for machines, with the secret in the header."""
        body = dict(fields or {})
        if self.secret is None:
            body = {"client_id": self.record.client_id, **body}
        elif "authorization" not in headers:
            headers["authorization"] = self.basic
        return await self.raw(path, method, body, headers)

    async def raw(
        self, path: str, method: str, fields: Mapping[str, str] | None, headers: Mapping[str, str]
    ) -> httpx2.Response:
        """Call an endpoint with nothing added."""
        transport = httpx2.ASGITransport(app=self.gateway.app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url=PUBLIC_URL) as http:
            return await http.request(method, path, data=dict(fields) if fields else None, headers=dict(headers))

    @property
    def basic(self) -> str:
        """The value of its Authorization header."""
        return "Basic " + base64.b64encode(f"{self.record.client_id}:{self.secret or ''}".encode()).decode()

    async def redeem(self, code: str, **changes: str | None) -> httpx2.Response:
        """Redeem an authorization code with *changes*."""
        right = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.record.redirect_uris[0],
            "code_verifier": self.verifier,
        }
        fields = {name: value for name, value in {**right, **changes}.items() if value is not None}
        return await self.call("/token", fields)

    async def tokens(self, browser: Browser, **changes: str | None) -> dict[str, Any]:
        """Sign in and redeem; return the answer of the token endpoint."""
        answer = await self.redeem((await self.sign_in(browser, **changes))["code"])
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    async def refresh(self, refresh_token: str, **fields: str) -> httpx2.Response:
        """Use a refresh token."""
        return await self.call("/token", {"grant_type": "refresh_token", "refresh_token": refresh_token, **fields})

    async def userinfo(self, access_token: str) -> httpx2.Response:
        """Ask who it is."""
        return await self.raw("/userinfo", "GET", None, {"authorization": f"Bearer {access_token}"})

    async def claims(self, id_token: str) -> dict[str, Any]:
        """Return the claims of an ID token, its signature verified with our published keys."""
        keys = KeySet.import_key_set((await self.raw("/jwks", "GET", None, {})).json())
        return dict(jwt.decode(id_token, keys, algorithms=["RS256", "ES256", "EdDSA"]).claims)


async def follow(browser: Browser, answer: httpx2.Response) -> str:
    """Follow redirects through us and WeCom until one leads to a party; return that address."""
    for _ in range(12):
        assert answer.status_code in {302, 303}, answer.text
        location = answer.headers["location"]
        if not location.startswith(("/", PUBLIC_URL, "http://127.0.0.1:")) or location.startswith(LOOPBACK_PARTY):
            return str(location)
        answer = await browser.get(location)
    raise AssertionError("redirects without end")
