"""The home page: what this is, and how the two journeys go."""

from starlette.requests import Request
from starlette.responses import Response

from gongpai.sandbox.pages.render import render

_ADDRESSES = (
    ("/cgi-bin/…", "address_api"),
    ("/connect/oauth2/authorize", "address_authorize"),
    ("/wwlogin/sso/login", "address_login"),
    ("/wwopen/sso/qrConnect", "address_qr"),
    ("/devtool/query?e=60020", "address_help"),
    ("/_sandbox/…", "address_control"),
)


async def show(request: Request) -> Response:
    """Explain the sandbox."""
    return render(request, "home.html", corps=request.state.corner.world.corps, addresses=_ADDRESSES)
