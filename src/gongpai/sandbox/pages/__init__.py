"""What a browser sees of WeCom: in-app authorisation, web login, the old QR page, and a home page that explains.

Not for: the phone, the console and the API, which have rooms of their own.
"""

from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from gongpai.sandbox.pages import authorize, home, login
from gongpai.sandbox.pages.render import gate

__all__ = ["gate", "routes"]


class _Static(StaticFiles):
    """Our own styles and scripts, which no browser may take for something else."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they came
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-cache"
        return response


def routes() -> list[BaseRoute]:
    """Return the routes of these pages and of the files that all pages of the sandbox share."""
    return [
        Route("/", home.show),
        Route("/connect/oauth2/authorize", authorize.show, methods=["GET"]),
        Route("/connect/oauth2/authorize", authorize.answer, methods=["POST"]),
        Route("/wwlogin/sso/login", login.show_web_login),
        Route("/wwopen/sso/qrConnect", login.show_qr_connect),
        Route("/wwopen/sso/qrImg", login.show_image),
        Route("/wwopen/sso/l/qrConnect", login.poll),
        Route("/wwopen/sso/confirm2", login.scanned),
        Mount("/_static", _Static(packages=[("gongpai.sandbox", "static")])),
    ]
