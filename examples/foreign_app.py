"""A small app that signs people in with WeCom by itself, as it might stand anywhere; gongpai is not in it."""

import secrets
from urllib.parse import urlencode

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route


def make_app(wecom: str, corpid: str, agentid: int, corpsecret: str) -> Starlette:
    def login(request: Request) -> Response:
        state = secrets.token_hex(16)
        query = {"appid": corpid, "redirect_uri": str(request.url_for("callback")), "response_type": "code"}
        query |= {"scope": "snsapi_base", "state": state, "agentid": str(agentid)}
        response = RedirectResponse(f"{wecom}/connect/oauth2/authorize?{urlencode(query)}#wechat_redirect")
        response.set_cookie("state", state, httponly=True)
        return response

    def callback(request: Request) -> Response:
        if request.query_params.get("state") != request.cookies.get("state"):
            return JSONResponse({"error": "another browser began this"}, 403)
        token = ask("gettoken", corpid=corpid, corpsecret=corpsecret)["access_token"]
        who = ask("auth/getuserinfo", access_token=token, code=request.query_params["code"])
        if "userid" not in who:
            return JSONResponse({"error": "colleagues only"}, 403)
        return JSONResponse({"hello": ask("user/get", access_token=token, userid=who["userid"])["name"]})

    def ask(call: str, **query: str) -> dict[str, str]:
        answer: dict[str, str] = httpx2.get(f"{wecom}/cgi-bin/{call}", params=query).json()
        return answer

    return Starlette(routes=[Route("/login", login), Route("/callback", callback)])
