"""Web login in an ordinary browser: the page, the panel, the old QR page, and the poll that they all use."""

import io
import json
import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

import segno
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from gongpai.sandbox.domains import explain_domain, redirect_host
from gongpai.sandbox.pages.client import is_at_wecom
from gongpai.sandbox.pages.links import way_back
from gongpai.sandbox.pages.render import choose_language, local_name, render, translator
from gongpai.sandbox.world import App, Corp, QrLogin, World

QrPage = Literal["web_login", "qr_connect"]
RedirectType = Literal["top", "callback", "self"]

_CALLBACK_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$.]{0,63}\Z")
_QR_HOST = "open.work.weixin.qq.com"


@dataclass(frozen=True, slots=True)
class LoginLink:
    """The parameters of a login page, and how it is embedded.

    Attributes:
        parent_origin: where the panel stands, from the Referer that the SDK makes browsers send; else empty.
        is_refresh: the page is there already and wants another QR code.
    """

    page: QrPage
    login_type: str
    appid: str
    agentid: str
    redirect_uri: str
    state: str | None
    redirect_type: RedirectType
    is_panel: bool
    parent_origin: str
    is_refresh: bool = False


@dataclass(frozen=True, slots=True)
class LoginProblem:
    """Why a login page cannot be shown. Source: WeCom 98152, appendix, read 2026-11."""

    errcode: int
    detail: str = ""


def check_link(world: World, link: LoginLink) -> tuple[Corp, App] | LoginProblem:  # noqa: PLR0911  a row each
    """Find whose login page *link* opens, or say what is wrong with it. Pure."""
    if link.login_type == "ServiceApp":
        return LoginProblem(-31037, "this world has no provider")
    if link.login_type != "CorpApp":
        return LoginProblem(-31040, "login_type must be CorpApp or ServiceApp")
    corp = world.get_corp(link.appid)
    if corp is None:
        return LoginProblem(-31027, f"no corp {link.appid[:64]!r} in this world")
    app = next((each for each in corp.apps if str(each.agentid) == link.agentid), None)
    if app is None:
        return LoginProblem(-31028, f"no app {link.agentid[:32]!r} in this corp")
    if not app.enabled:
        return LoginProblem(-31028, "the app is disabled")
    if not link.redirect_uri:
        return LoginProblem(-31035)
    problem = _check_domain(app, link)
    if problem is not None:
        return problem
    is_foreign = urlsplit(link.parent_origin).netloc != redirect_host(link.redirect_uri)
    if link.is_panel and link.redirect_type == "callback" and is_foreign and not link.is_refresh:
        # Source: WeCom 98152: with callback, the page's domain must be that of redirect_uri.
        return LoginProblem(-31033, f"the page around the panel is at {link.parent_origin or 'an unknown origin'}")
    return corp, app


def _check_domain(app: App, link: LoginLink) -> LoginProblem | None:
    """Web login takes the callback domain or the trusted one, the old page the callback domain only."""
    reason = explain_domain(link.redirect_uri, app.callback_domain)
    if reason is None or (link.page == "web_login" and explain_domain(link.redirect_uri, app.oauth_domain) is None):
        return None
    if not app.callback_domain and link.page == "web_login":
        return LoginProblem(-31039, explain_domain(link.redirect_uri, app.oauth_domain) or "")
    return LoginProblem(-31020, reason)


async def show_web_login(request: Request) -> Response:
    """Show the current login page, alone or as the panel of @wecom/jssdk."""
    query = request.query_params
    asked = query.get("redirect_type")
    redirect_type: RedirectType = "callback" if asked == "callback" else "self" if asked == "self" else "top"
    is_panel = "version" in query
    link = _read_link(request, "web_login", query.get("login_type", ""), redirect_type, is_panel=is_panel)
    return _show(request, link)


async def show_qr_connect(request: Request) -> Response:
    """Show the old login page, alone or in the frame that wwLogin.js makes."""
    query = request.query_params
    redirect_type: RedirectType = "self" if query.get("self_redirect") == "true" else "top"
    is_panel = query.get("login_type") == "jssdk"
    return _show(request, _read_link(request, "qr_connect", "CorpApp", redirect_type, is_panel=is_panel))


async def show_image(request: Request) -> Response:
    """Draw the QR code: black on white in any colour scheme, with the quiet zone that readers need."""
    login = _find(request, "key")
    if login is None:
        return Response(status_code=404)
    picture = io.BytesIO()
    segno.make(_qr_content(request, login.key), error="m").save(picture, kind="png", scale=8, border=4)
    return Response(picture.getvalue(), media_type="image/png", headers={"Cache-Control": "no-store"})


async def poll(request: Request) -> Response:
    """Tell the login page how far its QR code is, as JSONP. Source: seen in the field."""
    login = _find(request, "key")
    status = login.status if login else "QRCODE_SCAN_ERR"
    asked = request.query_params.get("callback", "")
    callback = asked if _CALLBACK_NAME.match(asked) else "jsonpCallback"
    content = json.dumps({"status": status, "auth_code": login.code if login else ""}, separators=(",", ":"))
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(f"{callback}({content})", media_type="application/javascript", headers=headers)


async def scanned(request: Request) -> Response:
    """Take what the QR code says to the phone."""
    key = request.query_params.get("k", "")
    place = f"scan/{key}" if re.fullmatch(r"[0-9a-f]{1,64}", key) else ""
    return RedirectResponse(f"{request.scope['root_path']}/phone/{place}".rstrip("/"), status_code=302)


def _read_link(
    request: Request, page: QrPage, login_type: str, redirect_type: RedirectType, *, is_panel: bool
) -> LoginLink:
    query = request.query_params
    referer = urlsplit(request.headers.get("referer", ""))
    return LoginLink(
        page=page,
        login_type=login_type,
        appid=query.get("appid", ""),
        agentid=query.get("agentid", ""),
        redirect_uri=query.get("redirect_uri", ""),
        state=query.get("state"),
        redirect_type=redirect_type,
        is_panel=is_panel,
        parent_origin=f"{referer.scheme}://{referer.netloc}" if referer.netloc else "",
        is_refresh=request.headers.get("accept") == "application/json",
    )


def _show(request: Request, link: LoginLink) -> Response:
    world: World = request.state.corner.world
    checked = check_link(world, link)
    if isinstance(checked, LoginProblem):
        return _show_problem(request, link, checked)
    corp, app = checked
    language = choose_language(request)
    login = world.qr_logins.begin(corp, app, link.redirect_uri)
    image, phone = _urls(request, login)
    if link.is_refresh:
        return JSONResponse({"key": login.key, "image": image, "phone": phone}, headers={"Cache-Control": "no-store"})
    return render(
        request,
        "login.html",
        may_be_framed=link.is_panel,
        panel=link.is_panel,
        scheme=request.query_params.get("color_scheme", "light" if link.is_panel else ""),
        login=login,
        redirect_type=link.redirect_type,
        parent_origin=link.parent_origin,
        result=way_back(link.redirect_uri, link.state, corp.corpid if world.file.switches.qr_callback_appid else None),
        corp_name=local_name(corp, language),
        app_name=local_name(app, language),
        image=image,
        phone_url=phone,
    )


def _show_problem(request: Request, link: LoginLink, problem: LoginProblem) -> Response:
    t = translator(choose_language(request))
    reason = t(f"login_{problem.errcode}")
    is_old = link.page == "qr_connect"
    return render(
        request,
        "message.html",
        may_be_framed=link.is_panel,
        panel=link.is_panel,
        scheme=request.query_params.get("color_scheme", "light" if link.is_panel else ""),
        title=t("link_unreachable") if is_old else reason,
        lines=[t("link_unreachable_why")] if is_old else [],
        code=problem.errcode,
        detail=problem.detail,
        fail_code=problem.errcode,
        parent_origin=link.parent_origin,
    )


def _find(request: Request, name: str) -> QrLogin | None:
    world: World = request.state.corner.world
    return world.qr_logins.get(request.query_params.get(name, ""))


def _urls(request: Request, login: QrLogin) -> tuple[str, str]:
    root = request.scope["root_path"]
    return f"{root}/wwopen/sso/qrImg?key={login.key}", f"{root}/phone/scan/{login.key}"


def _qr_content(request: Request, key: str) -> str:
    """Return what the code says; in the TLS mode the name is the one that WeCom's own codes have."""
    base_url = request.base_url.replace(hostname=_QR_HOST) if is_at_wecom(request) else request.base_url
    return f"{str(base_url).rstrip('/')}/wwopen/sso/confirm2?k={key}&notretry=yes"
