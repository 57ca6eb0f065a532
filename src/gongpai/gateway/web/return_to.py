"""Where a browser may be sent after a sign-in: a path of ours and nothing else (pure)."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

HOME = "/me"
START = "/signin"
HANDOFF = "/handoff"
DISCLOSURE = "/me/disclosure"

# A path alone: no query (no redirect of ours carries one on, T2), no scheme, no escape, no empty or dotted segment,
# so that every reader of the URL, browser or proxy, understands the same thing.
_OWN_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+/?|/", re.ASCII)
# A hand-over to another host carries its wish in the path, sealed.
_MAX_LENGTH = 2_048
_MAX_START_LENGTH = 4_096
_MAX_FIELDS = 8
# The names of apps and of ways into WeCom; whether there is such a one is asked where a sign-in begins.
_WORD = re.compile(r"[a-z0-9_-]{1,32}", re.ASCII)


def own_path(value: str | None) -> str:
    """Return *value* if it is a path of ours, else the home page.

    A wish that cannot be granted is no error: the person still arrives, at home.
    """
    if value is None or len(value) > _MAX_LENGTH or not _OWN_PATH.fullmatch(value):
        return HOME
    return value


def own_page(value: str | None) -> str:
    """Return *value* as ``own_path`` does; the page where a sign-in begins may keep what it was begun for."""
    path, _, query = (value or "").partition("?")
    if path != START or len(query) > _MAX_START_LENGTH:
        return own_path(value)
    try:
        given = dict(parse_qsl(query, max_num_fields=_MAX_FIELDS))
    except ValueError:
        return START
    fields = {name: given[name] for name in ("app", "via", "fresh") if _WORD.fullmatch(given.get(name, ""))}
    if "return_to" in given:
        fields["return_to"] = own_path(given["return_to"])
    return signin_url(fields)


def signin_url(fields: Mapping[str, str]) -> str:
    """Return where a sign-in with these *fields* begins: app, via, fresh and return_to, as far as they are set."""
    return f"{START}?{urlencode(fields)}" if fields else START
