"""From a page value to HTML, in the language of the request."""

import io
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import jinja2
import segno
from markupsafe import Markup

from gongpai.gateway.messages import LANGUAGES, Language, text
from gongpai.gateway.web.pages import Page
from gongpai.gateway.web.static import asset_url


@dataclass(frozen=True, slots=True)
class RequestContext:
    """What every page needs to know of the request. *way_back* is our own, for the language switch."""

    lang: Language
    nonce: str = field(repr=False)
    way_back: str
    csrf: str = field(repr=False)
    is_sandbox: bool
    is_signed_in: bool


def render(context: RequestContext, page: Page) -> str:
    """Return *page* as a whole HTML document; ``page.status`` is the status to send with it."""
    say = partial(text, context.lang)
    return _TEMPLATES.get_template(page.template).render(context=context, page=page, t=say, languages=LANGUAGES)


def qr_svg(content: str) -> Markup:
    """Draw *content* as a QR code: markup without style or script, black on white in every colour scheme."""
    drawing = io.BytesIO()
    segno.make_qr(content, error="m").save(
        drawing, kind="svg", xmldecl=False, svgns=False, omitsize=True, border=4, dark="#000", light="#fff", nl=False
    )
    return Markup(drawing.getvalue().decode())  # noqa: S704 - segno draws a path; *content* is in its shape only


def moment(at: datetime) -> str:
    """Write *at* for people whose browser runs no script; a script rewrites it in their own time zone."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


_TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("gongpai.gateway.web"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_TEMPLATES.globals.update(asset_url=asset_url, qr_svg=qr_svg)
_TEMPLATES.filters["moment"] = moment
