"""A relying party on Starlette and Authlib's OAuth registry, unmodified: what FastAPI applications use."""

import os
from urllib.parse import urlencode, urlsplit

import uvicorn
from authlib.integrations.starlette_client import OAuth
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

ISSUER, PARTY_URL = os.environ["ISSUER"], os.environ["PARTY_URL"]
oauth = OAuth()
wiki = oauth.register(
    "wiki",
    client_id=os.environ["CLIENT_ID"],
    client_secret=os.environ["CLIENT_SECRET"],
    server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    client_kwargs={"scope": "openid profile email groups offline_access", "code_challenge_method": "S256"},
)
kept: dict[str, str] = {}
"""Tokens of the one visitor; a cookie has no room for them."""


async def home(_request: Request) -> Response:
    """Say that it runs."""
    return JSONResponse({})


async def login(request: Request) -> Response:
    """Send the browser to the provider."""
    answer: Response = await wiki.authorize_redirect(request, f"{PARTY_URL}/callback")
    return answer


async def callback(request: Request) -> Response:
    """Take the code; Authlib checks state, nonce, signature and at_hash."""
    token = await wiki.authorize_access_token(request)
    kept.update({name: token[name] for name in ("id_token", "refresh_token")})
    return JSONResponse({"claims": token["userinfo"], "userinfo": await wiki.userinfo(token=token)})


async def refresh(_request: Request) -> Response:
    """Exchange the refresh token."""
    before = kept["refresh_token"]
    token = await wiki.fetch_access_token(grant_type="refresh_token", refresh_token=before)
    kept["refresh_token"] = token["refresh_token"]
    person = await wiki.userinfo(token=token)
    return JSONResponse({"is_rotated": token["refresh_token"] != before, "userinfo": person})


async def logout(_request: Request) -> Response:
    """Sign out at the provider too."""
    metadata = await wiki.load_server_metadata()
    query = urlencode({"id_token_hint": kept["id_token"], "post_logout_redirect_uri": f"{PARTY_URL}/bye"})
    return RedirectResponse(f"{metadata['end_session_endpoint']}?{query}", 302)


app = Starlette(
    routes=[
        Route("/", home),
        Route("/login", login),
        Route("/callback", callback),
        Route("/refresh", refresh),
        Route("/logout", logout),
        Route("/bye", home),
    ],
    middleware=[Middleware(SessionMiddleware, secret_key="of tests only")],
)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=urlsplit(PARTY_URL).port or 0)
