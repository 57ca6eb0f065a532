"""A Django project with a page for members only, and the recipe that lies in the current folder added at its end."""

import os
import runpy
import sys
from pathlib import Path
from urllib.parse import urlsplit
from wsgiref.simple_server import make_server

from django.conf import settings

RECIPE = Path.cwd()
PARTY_URL = os.environ["PARTY_URL"]
project = {
    "SECRET_KEY": "of tests only",
    "ALLOWED_HOSTS": ["127.0.0.1"],
    "ROOT_URLCONF": __name__,
    "DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": RECIPE / "project.db"}},
    "INSTALLED_APPS": [
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.messages",
        "django.contrib.sessions",
    ],
    "MIDDLEWARE": [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    "TEMPLATES": [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
}
sys.path.insert(0, str(RECIPE))
added = runpy.run_path(str(RECIPE / "settings.py"), project)
settings.configure(**{name: value for name, value in added.items() if name.isupper()})

import django  # noqa: E402  Django is imported after its settings

django.setup()

from django.contrib.auth.decorators import login_required  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.middleware.csrf import get_token  # noqa: E402
from django.urls import path  # noqa: E402

# A browser that looked for an icon would be one more visitor whom the middleware asks about.
ICON = '<link rel="icon" href="data:,">'
FORM = """<form method="post" action="{}"><input type="hidden" name="csrfmiddlewaretoken" value="{}">
<button>Leave</button></form>"""


def home(request: HttpRequest) -> HttpResponse:
    """Say who is here."""
    return HttpResponse(f"{ICON}<h1>{request.user.get_username() or 'Nobody'}</h1>")


def members(request: HttpRequest) -> HttpResponse:
    """Say who is here, to members only, with a button to sign out."""
    form = FORM.format(os.environ["SIGNOUT_PATH"], get_token(request))
    return HttpResponse(f"{ICON}<h1>{request.user.pk}: {request.user.email}</h1>{form}")


def later(request: HttpRequest) -> HttpResponse:
    """Let so much time pass for this session that mozilla-django-oidc asks again."""
    request.session["oidc_id_token_expiration"] = 0
    return HttpResponse(ICON)


own = [path("", home), path("members", login_required(members)), path("later", later)]
urlpatterns = runpy.run_path(str(RECIPE / "urls.py"), {"urlpatterns": own})["urlpatterns"]

if __name__ == "__main__":
    sys.modules["django_project"] = sys.modules[__name__]
    call_command("migrate", verbosity=0)
    make_server("127.0.0.1", urlsplit(PARTY_URL).port or 0, get_wsgi_application()).serve_forever()
