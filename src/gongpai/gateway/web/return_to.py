"""Where a browser may be sent after a sign-in: a path of ours and nothing else (pure)."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlencode

HOME = "/me"
START = "/signin"
END_SESSION = "/end_session"
HANDOFF = "/handoff"
DISCLOSURE = "/me/disclosure"

# A path alone: no query (no redirect of ours carries one on, T2), no scheme, no escape, no empty or dotted segment,
# so that every reader of the URL, browser or proxy, understands the same thing.
_OWN_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+/?|/", re.ASCII)
# A hand-over to another host carries its wish in the path, sealed.
_MAX_LENGTH = 2_048
_MAX_QUERY_LENGTH = 4_096
# Our pages read 4096 bytes of a query, in which the language switch names the page it leads back to.
_MAX_QUOTED_LENGTH = 4_000
_MAX_FIELDS = 8
# The names of apps and of ways into WeCom; whether there is such a one is asked where a sign-in begins.
_WORD = re.compile(r"[a-z0-9_-]{1,32}", re.ASCII)
# Source: RP-Initiated Logout 2. What they are worth is asked where they are read.
LOGOUT_FIELDS = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state")


def own_path(value: str | None) -> str:
    """Return *value* if it is a path of ours, else the home page.

    A wish that cannot be granted is no error: the person still arrives, at home.
    """
    if value is None or len(value) > _MAX_LENGTH or not _OWN_PATH.fullmatch(value):
        return HOME
    return value


def own_page(value: str | None) -> str:
    """Return *value* as ``own_path`` does; a page that begins something may keep what it was begun for."""
    path, _, query = (value or "").partition("?")
    if path not in {START, END_SESSION} or len(query) > _MAX_QUERY_LENGTH:
        return own_path(value)
    try:
        given = dict(parse_qsl(query, max_num_fields=_MAX_FIELDS))
    except ValueError:
        return path
    if path == END_SESSION:
        return end_session_url(given)
    fields = {name: given[name] for name in ("app", "via", "fresh") if _WORD.fullmatch(given.get(name, ""))}
    if "return_to" in given:
        fields["return_to"] = own_path(given["return_to"])
    return signin_url(fields)


def signin_url(fields: Mapping[str, str]) -> str:
    """Return where a sign-in with these *fields* begins: app, via, fresh and return_to, as far as they are set."""
    return f"{START}?{urlencode(fields)}" if fields else START


def end_session_url(given: Mapping[str, str]) -> str:
    """Return where a party's wish to sign somebody out is read, with what of *given* belongs to it."""
    fields = {name: given[name] for name in LOGOUT_FIELDS if name in given}
    return f"{END_SESSION}?{urlencode(fields)}" if fields else END_SESSION


def way_back_to(page: str) -> str:
    """Return *page* for the language switch, without its query if that is too long for it."""
    return page if len(quote(page, safe="")) <= _MAX_QUOTED_LENGTH else page.partition("?")[0]
