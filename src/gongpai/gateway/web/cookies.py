"""Our cookies: always ``__Host-``, so that no neighbouring host can set or read one (pure, T13)."""

from collections.abc import Iterable
from datetime import timedelta

SESSION = "__Host-gongpai_session"
BROWSER = "__Host-gongpai_browser"
LANGUAGE = "__Host-gongpai_language"
UI_LOCALE = "__Host-gongpai_ui_locale"
SIGNED_OUT = "__Host-gongpai_signed_out"

# Not all that Python calls white: a neighbour may set "\xa0__Host-...", which to a browser is no ``__Host-`` name.
_BLANKS = " \t"


def read_cookies(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the cookies of a request by name; a name that comes twice is left out.

    Two cookies of one name mean that someone else could set one: neither is believed (T13). A long line, up to what a
    head may have, is read as a short one is: a neighbour's cookies must not make ours come to nothing.
    """
    found: dict[str, str] = {}
    repeated: set[str] = set()
    for header, value in headers:
        if header != b"cookie":
            continue
        for part in value.decode("latin-1").split(";"):
            name, equals, text = part.strip(_BLANKS).partition("=")
            if not equals:
                continue
            if name in found:
                repeated.add(name)
            found[name] = text
    for name in repeated:
        del found[name]
    return found


def set_cookie(name: str, value: str, max_age: timedelta) -> str:
    """Return the ``Set-Cookie`` value that keeps *value* for *max_age*, out of reach of scripts and of other sites."""
    return f"{name}={value}; Max-Age={int(max_age.total_seconds())}; Path=/; Secure; HttpOnly; SameSite=Lax"


def delete_cookie(name: str) -> str:
    """Return the ``Set-Cookie`` value that makes the browser forget *name*."""
    return set_cookie(name, "", timedelta(0))
