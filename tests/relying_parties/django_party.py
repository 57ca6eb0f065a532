"""A relying party on Django and mozilla-django-oidc, unmodified, with the settings that an operator would write."""

import os
import sys
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from wsgiref.simple_server import make_server

from django.conf import settings

ISSUER, PARTY_URL = os.environ["ISSUER"], os.environ["PARTY_URL"]
settings.configure(
    SECRET_KEY="of tests only",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": Path(sys.argv[1]) / "wiki.db"}},
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "mozilla_django_oidc",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "mozilla_django_oidc.middleware.SessionRefresh",
    ],
    AUTHENTICATION_BACKENDS=["mozilla_django_oidc.auth.OIDCAuthenticationBackend"],
    OIDC_RP_CLIENT_ID=os.environ["CLIENT_ID"],
    OIDC_RP_CLIENT_SECRET=os.environ["CLIENT_SECRET"],
    OIDC_RP_SIGN_ALGO="RS256",
    OIDC_RP_SCOPES="openid profile email",
    OIDC_USE_PKCE=True,
    OIDC_TOKEN_USE_BASIC_AUTH=True,
    OIDC_STORE_ID_TOKEN=True,
    OIDC_OP_AUTHORIZATION_ENDPOINT=f"{ISSUER}/authorize",
    OIDC_OP_TOKEN_ENDPOINT=f"{ISSUER}/token",
    OIDC_OP_USER_ENDPOINT=f"{ISSUER}/userinfo",
    OIDC_OP_JWKS_ENDPOINT=f"{ISSUER}/jwks",
    OIDC_OP_LOGOUT_URL_METHOD=f"{__name__}.logout_url",
    ALLOW_LOGOUT_GET_METHOD=True,
    LOGIN_URL="oidc_authentication_init",
    LOGIN_REDIRECT_URL="/me",
    LOGOUT_REDIRECT_URL="/bye",
)

import django  # noqa: E402  Django is imported after its settings

django.setup()

from django.contrib.auth.decorators import login_required  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpRequest, JsonResponse  # noqa: E402
from django.urls import include, path  # noqa: E402


def logout_url(request: HttpRequest) -> str:
    """Return where mozilla-django-oidc sends a browser to sign out at the provider too."""
    hint = request.session["oidc_id_token"]
    return f"{ISSUER}/end_session?" + urlencode({"id_token_hint": hint, "post_logout_redirect_uri": f"{PARTY_URL}/bye"})


def bye(request: HttpRequest) -> JsonResponse:
    """Tell whether anybody is signed in."""
    return JsonResponse({"is_signed_in": request.user.is_authenticated})


def me(request: HttpRequest) -> JsonResponse:
    """Show who signed in."""
    return JsonResponse({"id": request.user.pk, "email": request.user.email})


urlpatterns = [path("oidc/", include("mozilla_django_oidc.urls")), path("me", login_required(me)), path("bye", bye)]

if __name__ == "__main__":
    sys.modules["django_party"] = sys.modules[__name__]
    call_command("migrate", verbosity=0)
    make_server("127.0.0.1", urlsplit(PARTY_URL).port or 0, get_wsgi_application()).serve_forever()
