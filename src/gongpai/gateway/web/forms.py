"""Forms of our own pages, and the proof that a form is one of ours (pure)."""

import hashlib
import hmac
from urllib.parse import parse_qsl

from gongpai.gateway.errors import BadRequestError, ForgedRequestError

FIELD = "csrf_token"
FORM_TYPE = "application/x-www-form-urlencoded"
MAX_BODY_BYTES = 8_192
_MAX_FIELDS = 16


def csrf_token(browser_secret: str) -> str:
    """Return the token that only a page made for the browser holding *browser_secret* can carry."""
    return hmac.new(browser_secret.encode(), b"gongpai form", hashlib.sha256).hexdigest()


def parse_form(content_type: str, body: bytes) -> dict[str, str]:
    """Return the fields of a form.

    Raises:
        BadRequestError: not a form of ours: another type, too long, too many fields, one of them twice.
    """
    if content_type.partition(";")[0].strip().lower() != FORM_TYPE:
        raise BadRequestError("the body is not a form")
    if len(body) > MAX_BODY_BYTES:
        raise BadRequestError("the form is too long")
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MAX_FIELDS, errors="strict")
    except ValueError:
        raise BadRequestError("the form cannot be read") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise BadRequestError("the form has a field twice")
    return fields


def require_own_form(fields: dict[str, str], browser_secret: str | None, fetch_site: str | None) -> None:
    """Return if the form was sent by a page of ours in this very browser.

    Browsers say ``Origin: null`` under our ``Referrer-Policy: no-referrer``, so the origin proves nothing either way;
    ``Sec-Fetch-Site`` is believed when it is there, and the token is always asked for.

    Raises:
        ForgedRequestError: sent from elsewhere; do nothing.
    """
    if fetch_site not in {None, "same-origin"}:
        raise ForgedRequestError("the form was sent by another site")
    token = fields.get(FIELD, "")
    if not browser_secret or not hmac.compare_digest(token.encode(), csrf_token(browser_secret).encode()):
        raise ForgedRequestError("the form does not carry this browser's token")
