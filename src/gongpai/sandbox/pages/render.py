"""Turn a template and its values into an answer: language, content security policy, the banner's page."""

import tomllib
from collections.abc import Callable
from importlib import resources
from typing import Literal, Protocol

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
LANGUAGE_COOKIE = "gongpai_sandbox_lang"

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    # Chromium holds form-action against every redirect that follows a form: consent ends at the app's own site.
    "form-action 'self' http: https:"
)
_YEAR_SECONDS = 365 * 24 * 3600


class Named(Protocol):
    """Whatever has a Chinese and, perhaps, an English name."""

    @property
    def name(self) -> str:
        """The Chinese name."""
        ...

    @property
    def name_en(self) -> str:
        """The English name, or nothing."""
        ...


def _load_messages(language: Language) -> dict[str, str]:
    text = resources.files("gongpai.sandbox").joinpath(f"messages/{language}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


MESSAGES: dict[Language, dict[str, str]] = {language: _load_messages(language) for language in LANGUAGES}

_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.PackageLoader("gongpai.sandbox"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(
    request: Request, template: str, *, status: int = 200, may_be_framed: bool = False, **values: object
) -> HTMLResponse:
    """Return the page *template* in the visitor's language.

    Every template finds ``t`` (a message by its key), ``local`` (the name of something in this language), ``root``
    (the corner's path) and what *values* bring.
    """
    language = choose_language(request)
    html = _ENVIRONMENT.get_template(template).render(
        {
            "t": translator(language),
            "local": lambda named: local_name(named, language),
            "lang": language,
            "root": request.scope["root_path"],
            "here": "",
            "panel": False,
            "scheme": "",
            "other_language_url": _other_language_url(request, language),
            **values,
        }
    )
    response = HTMLResponse(html, status_code=status)
    response.headers["Content-Security-Policy"] = _POLICY + ("" if may_be_framed else "; frame-ancestors 'none'")
    response.headers["Content-Language"] = "zh-CN" if language == "zh" else "en"
    # Not "no-referrer": with it browsers send `Origin: null` with our own forms, which T25 would refuse.
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    if request.query_params.get("lang") == language:
        response.set_cookie(LANGUAGE_COOKIE, language, max_age=_YEAR_SECONDS, httponly=True, samesite="lax")
    return response


def gate(request: Request) -> HTMLResponse:
    """Return the page for a visitor of the phone or the console who lacks this run's token."""
    return render(request, "gate.html", status=403)


def choose_language(request: Request) -> Language:
    """Return the language of ``lang=``, else the remembered one, else the browser's, else Chinese.

    Source: WeCom 91019: lang, then Accept-Language, then Chinese. The remembered one is the sandbox's own.
    """
    asked = (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE))
    for language in LANGUAGES:
        if language == next((each for each in asked if each in LANGUAGES), None):
            return language
    return _accepted_language(request.headers.get("accept-language", ""))


def translator(language: Language) -> Callable[..., str]:
    """Return what finds a message of *language* by its key and fills in its places."""

    def translate(key: str, **values: object) -> str:
        message = MESSAGES[language][key]
        return message.format(**values) if values else message

    return translate


def local_name(named: Named, language: Language) -> str:
    """Return the name of *named* in *language*, the Chinese one if there is no other."""
    return (named.name_en if language == "en" else "") or named.name


def _accepted_language(header: str) -> Language:
    wishes: list[tuple[float, int, Language]] = []
    for place, item in enumerate(header.split(",")[:20]):
        name, _, weight = item.partition(";q=")
        language = name.strip().lower()[:2]
        if language in LANGUAGES and _weight(weight) > 0:
            wishes.append((-_weight(weight), place, language))
    return min(wishes)[2] if wishes else "zh"


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0


def _other_language_url(request: Request, language: Language) -> str:
    url = request.url.include_query_params(lang="en" if language == "zh" else "zh")
    return f"{url.path}?{url.query}"
