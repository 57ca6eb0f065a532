"""Where a browser may be sent after a sign-in: a path of ours and nothing else (pure)."""

import re

HOME = "/me"

# A path alone: no query (no redirect of ours carries one on, T2), no scheme, no escape, no empty or dotted segment,
# so that every reader of the URL, browser or proxy, understands the same thing.
_OWN_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+/?|/", re.ASCII)
# A hand-over to another host carries its wish in the path, sealed.
_MAX_LENGTH = 2_048


def own_path(value: str | None) -> str:
    """Return *value* if it is a path of ours, else the home page.

    A wish that cannot be granted is no error: the person still arrives, at home.
    """
    if value is None or len(value) > _MAX_LENGTH or not _OWN_PATH.fullmatch(value):
        return HOME
    return value
