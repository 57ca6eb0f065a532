"""The signature that lets a page call WeCom's JavaScript SDK."""

import hashlib
import secrets
from datetime import datetime
from typing import Final

from gongpai.wecom.errors import UsageError
from gongpai.wecom.models import JsapiSignature, JsapiTicket

_URL_LIMIT: Final = 8192
_NONCE_BYTES: Final = 12


def sign_jsapi(ticket: JsapiTicket | str, noncestr: str, timestamp: int, url: str) -> JsapiSignature:
    """Sign the page at *url*; its fragment is cut off, as WeCom does.

    Args:
        ticket: of the corp for ``wx.config``, of the app for ``wx.agentConfig``.
        noncestr: any short text, new for each signature.
        timestamp: Unix time in whole seconds.
        url: the page's address as the browser shows it.

    Raises:
        UsageError: an empty part, or one that would let a part run into the next.

    Source: WeCom 96909.
    """
    value = ticket if isinstance(ticket, str) else ticket.value
    page = url.partition("#")[0]
    if not page or len(page) > _URL_LIMIT or not value or "&" in value:
        message = "a signature needs a ticket and the page's address"
        raise UsageError(message)
    if not (noncestr.isascii() and noncestr.isalnum()):
        message = "noncestr must be letters and digits"
        raise UsageError(message)
    # The keys in this order, without URL encoding. SHA-1 is WeCom's choice.
    signed = f"jsapi_ticket={value}&noncestr={noncestr}&timestamp={timestamp}&url={page}"
    signature = hashlib.sha1(signed.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
    return JsapiSignature(timestamp, noncestr, signature)


def new_noncestr() -> str:
    """Make a fresh nonce for one signature."""
    return secrets.token_hex(_NONCE_BYTES)


def sign_page(ticket: JsapiTicket, url: str, now: datetime) -> JsapiSignature:
    """Sign the page at *url* with a fresh nonce."""
    return sign_jsapi(ticket, new_noncestr(), int(now.timestamp()), url)
