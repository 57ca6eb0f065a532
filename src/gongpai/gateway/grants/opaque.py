"""Opaque tokens: what we issue that says nothing by itself and opens a door, and what is kept of it."""

import hashlib
import re
import secrets
from datetime import datetime

_TOKEN_BYTES = 32
# A token begins with the second it was made in, and so does what is kept of it: rows then lie in the order in which
# they were made, and a store of a million writes as few pages for a new one as a small one does.
_STAMP = 8
_STAMPED = re.compile(r"[0-9a-f]{8}[A-Za-z0-9_-]{43}")


def new_token(now: datetime) -> str:
    """Return a token that opens a door: 256 random bits."""
    return _stamp(now) + secrets.token_urlsafe(_TOKEN_BYTES)


def hash_token(token: str) -> str:
    """Return what is kept of a token, whoever made it up."""
    digest = hashlib.sha256(token.encode()).hexdigest()
    return token[:_STAMP] + digest if _STAMPED.fullmatch(token) else digest


def new_grant_id(now: datetime) -> str:
    """Return the name of a new grant, which opens nothing."""
    return _stamp(now) + secrets.token_hex(16)


def _stamp(now: datetime) -> str:
    return f"{int(now.timestamp()):08x}"
