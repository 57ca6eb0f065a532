"""From a template and the demo's words to an answer, in the language of the browser."""

import secrets
import tomllib
from importlib.resources import files

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse

from gongpai.gateway.messages import LANGUAGES, choose_language
from gongpai.gateway.web.static import asset_url


def page(request: Request, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """Return *template* as a page that loads nothing from elsewhere and is kept by nobody."""
    language = choose_language(request.headers.get("accept-language"), request.query_params.get("lang"))
    nonce = secrets.token_urlsafe(16)
    html = _TEMPLATES.get_template(template).render(
        {
            "words": WORDS[language],
            "language": language,
            "languages": [each for each in LANGUAGES if each != language],
            "nonce": nonce,
            **values,
        }
    )
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": (
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src 'self' data:; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(html, status_code=status, headers=headers)


WORDS: dict[str, dict[str, str]] = tomllib.loads(files(__package__).joinpath("words.toml").read_text(encoding="utf-8"))

_TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("gongpai.cli.demo_app"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals.update(asset_url=asset_url)
