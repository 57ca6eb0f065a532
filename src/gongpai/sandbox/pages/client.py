"""Inside the client or outside? And who holds the phone?"""

import re

from starlette.requests import Request
from starlette.responses import Response

from gongpai.sandbox.world import Person

_WECOM_DOMAIN = "weixin.qq.com"


def holder(request: Request) -> Person | None:
    """Return who looks at this page inside the client, or None outside of it.

    A page cannot change its User-Agent, so the phone's cookie counts as much as WeCom's or WeChat's User-Agent. The
    cookie also says who it is; a bare User-Agent stands for whoever holds this corner's phone, else the first person.
    """
    corner = request.state.corner
    world = corner.world
    key = request.cookies.get(phone_cookie(request))
    person: Person | None = world.get_person(key) if key else None
    if person is not None or not _is_client(request):
        return person
    person = world.get_person(corner.holder) if corner.holder else None
    return person or next(iter(world.people()), None)


def pick_up(request: Request, response: Response, person: Person) -> None:
    """Put the phone into the hands of *person*, in this browser and for this corner's bare User-Agents."""
    request.state.corner.holder = person.key
    response.set_cookie(
        phone_cookie(request), person.key, httponly=True, samesite="lax", path=_path(request), domain=_domain(request)
    )


def put_away(request: Request, response: Response) -> None:
    """Take the phone out of this browser, which is outside the client from now on."""
    response.delete_cookie(
        phone_cookie(request), httponly=True, samesite="lax", path=_path(request), domain=_domain(request)
    )


def phone_cookie(request: Request) -> str:
    """Return the cookie's name: cookies are blind to ports, so the port is part of it, and the corner too."""
    corner = re.sub(r"[^A-Za-z0-9]", "_", request.scope["root_path"])
    return f"gongpai_phone_{request.url.port or 0}{corner}"


def is_at_wecom(request: Request) -> bool:
    """Whether the browser believes that it is at WeCom: the TLS mode answers under WeCom's names."""
    return (request.url.hostname or "").endswith(f".{_WECOM_DOMAIN}")


def _is_client(request: Request) -> bool:
    user_agent = request.headers.get("user-agent", "").lower()
    wechat_counts: bool = request.state.corner.world.file.switches.wechat_counts_as_client
    return "wxwork" in user_agent or (wechat_counts and "micromessenger" in user_agent)


def _path(request: Request) -> str:
    return request.scope["root_path"] or "/"


def _domain(request: Request) -> str | None:
    # In the TLS mode the phone is at one of WeCom's names, and the in-app link at another.
    return _WECOM_DOMAIN if is_at_wecom(request) else None
