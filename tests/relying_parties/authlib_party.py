"""A relying party on FastAPI and Authlib's OAuth registry, unmodified, that keeps its tokens and refreshes them."""

import os
from urllib.parse import urlencode, urlsplit

import uvicorn
from authlib.integrations.starlette_client import OAuth
from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from starlette.middleware.sessions import SessionMiddleware

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


app = FastAPI()
app.add_middleware(SessionMiddleware, secret_key="of tests only")


@app.get("/")
@app.get("/bye")
async def home() -> dict[str, str]:
    """Say that it runs."""
    return {}


@app.get("/login")
async def login(request: Request) -> Response:
    """Send the browser to the provider."""
    answer: Response = await wiki.authorize_redirect(request, f"{PARTY_URL}/callback")
    return answer


@app.get("/callback")
async def callback(request: Request) -> dict[str, object]:
    """Take the code; Authlib checks state, nonce, signature and at_hash."""
    token = await wiki.authorize_access_token(request)
    kept.update({name: token[name] for name in ("id_token", "refresh_token")})
    return {"claims": token["userinfo"], "userinfo": await wiki.userinfo(token=token)}


@app.get("/refresh")
async def refresh() -> dict[str, object]:
    """Exchange the refresh token."""
    before = kept["refresh_token"]
    token = await wiki.fetch_access_token(grant_type="refresh_token", refresh_token=before)
    kept["refresh_token"] = token["refresh_token"]
    person = await wiki.userinfo(token=token)
    return {"is_rotated": token["refresh_token"] != before, "userinfo": person}


@app.get("/logout")
async def logout() -> Response:
    """Sign out at the provider too."""
    metadata = await wiki.load_server_metadata()
    query = urlencode({"id_token_hint": kept["id_token"], "post_logout_redirect_uri": f"{PARTY_URL}/bye"})
    return RedirectResponse(f"{metadata['end_session_endpoint']}?{query}", 302)


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=urlsplit(PARTY_URL).port or 0)
