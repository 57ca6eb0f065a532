"""What the suite checks again and again, and how its browser goes through a sign-in."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
from joserfc import jws

from gateways import DESKTOP_UA, PUBLIC_URL, Browser, Gateway, callback, query_of
from relying_party import Party, follow

_MOST_OF_A_SUBJECT = 255


@dataclass(frozen=True, slots=True)
class Answered:
    """A whole authorization: what the token endpoint gave, and what the ID token says."""

    tokens: Mapping[str, Any]
    claims: Mapping[str, Any]


async def document(party: Party) -> dict[str, Any]:
    """Return the metadata that the provider publishes."""
    answer = await party.raw("/.well-known/openid-configuration", "GET", None, {})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    told: dict[str, Any] = answer.json()
    return told


async def accept(party: Party, back: Mapping[str, str], *, nonce: str | None = "sent") -> Answered:
    """Redeem what a browser brought back, and check the answer as every module does."""
    assert (back["state"], back["iss"]) == (party.state, PUBLIC_URL)
    answer = await party.redeem(back["code"])
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    return await check_tokens(party, answer, party.nonce if nonce == "sent" else nonce)


async def check_tokens(party: Party, answer: httpx2.Response, nonce: str | None) -> Answered:
    """Check the answer of the token endpoint and its ID token (Core 3.1.3.3, 3.1.3.7)."""
    tokens = answer.json()
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] > 0
    header = jws.extract_compact(tokens["id_token"].encode()).headers()
    published = (await party.raw("/jwks", "GET", None, {})).json()["keys"]
    assert header["alg"] == "RS256"
    assert header["kid"] in {key["kid"] for key in published if key["kty"] == "RSA"}
    claims = await party.claims(tokens["id_token"])
    now = party.gateway.clock().timestamp()
    assert (claims["iss"], claims["aud"]) == (PUBLIC_URL, party.record.client_id)
    assert claims.get("azp", party.record.client_id) == party.record.client_id
    assert now - 60 <= claims["iat"] <= now < claims["exp"]
    assert claims["auth_time"] <= now
    assert claims["sub"].isascii()
    assert 0 < len(claims["sub"]) <= _MOST_OF_A_SUBJECT
    assert claims.get("nonce") == nonce
    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    assert claims["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()
    return Answered(tokens, claims)


async def userinfo(party: Party, answered: Answered) -> dict[str, Any]:
    """Return what userinfo tells, which must be of the same subject (Core 5.3.4)."""
    answer = await party.userinfo(answered.tokens["access_token"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    told: dict[str, Any] = answer.json()
    assert told["sub"] == answered.claims["sub"]
    return told


async def silently(party: Party, browser: Browser, **changes: str | None) -> Answered:
    """Go through an authorization in WeCom, where nobody is asked anything."""
    return await accept(party, await party.sign_in(browser, **changes))


async def by_scan(gateway: Gateway, browser: Browser, url: str) -> dict[str, str]:
    """Go to *url*, sign in by scanning and confirming; return what the browser brings back to the party."""
    begun = await browser.get((await browser.get(url)).headers["location"])
    state = query_of(begun.headers["location"])["state"]
    answer = await browser.get(callback(state, gateway.mint("lisi", way="web")))
    return query_of(await follow(browser, answer))


async def first_scan(party: Party) -> tuple[Browser, Answered]:
    """Open a browser at a desk and sign in by scanning."""
    browser = party.gateway.browser(DESKTOP_UA)
    return browser, await accept(party, await by_scan(party.gateway, browser, party.url()))


async def sent_back(browser: Browser, url: str) -> dict[str, str]:
    """Ask for *url*, which must lead to the party at once; return what is brought there."""
    answer = await browser.get(url)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("https://")
    assert not answer.headers["location"].startswith(PUBLIC_URL)
    return query_of(answer.headers["location"])


async def error_page(browser: Browser, url: str) -> None:
    """Hold that a request ends on a page of ours, and leads nowhere."""
    answer = await browser.get(url)
    assert (answer.status_code, "location" in answer.headers) == (400, False)
    assert "text/html" in answer.headers["content-type"]
