"""A party asks to log somebody out: sign out at once, or ask first, and where to go then. Source: RP-Initiated Logout.

The person is asked whenever it is not certain that the party means the person before the browser: anybody can make a
browser open our address.
"""

import re
from dataclasses import dataclass
from typing import TypeAlias

from gongpai.gateway.oidc.hints import Hint
from gongpai.gateway.oidc.jose import TOKEN_LIMIT
from gongpai.gateway.oidc.parameters import Parameters
from gongpai.gateway.oidc.responses import logout_url
from gongpai.gateway.records_provider import RelyingParty

_READ = frozenset({"id_token_hint", "client_id", "post_logout_redirect_uri", "state"})
_STATE_LIMIT = 4096
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class LogoutWish:
    """What the party sent, as far as it counts; ``hint`` is what its ``id_token_hint`` was found to say."""

    hint: Hint | None
    client_id: str | None
    post_logout_redirect_uri: str | None
    state: str | None

    @property
    def party_id(self) -> str | None:
        """The party whose registration counts: that of our own ID token, or the one it names itself."""
        return self.hint.client_id if self.hint is not None else self.client_id


@dataclass(frozen=True, slots=True)
class LogOut:
    """End the session at once, then go to ``url``, or to a page that says so."""

    url: str | None


@dataclass(frozen=True, slots=True)
class AskFirst:
    """Ask the person; ``url`` is where to go after a yes, or None for our own page."""

    url: str | None


Logout: TypeAlias = LogOut | AskFirst


def token_of(parameters: Parameters) -> str | None:
    """Return the ``id_token_hint``, for ``read_hint``."""
    token = parameters.get("id_token_hint")
    return None if token is None or len(token) > TOKEN_LIMIT else token


def read_wish(parameters: Parameters, hint: Hint | None) -> LogoutWish:
    """Return what was asked; a repeated parameter makes all of it doubtful, so that nothing of it counts."""
    if parameters.repeated & _READ:
        return LogoutWish(None, None, None, None)
    client_id, state = parameters.get("client_id"), parameters.get("state")
    # Source: RP-Initiated Logout 2: a client_id must be the audience of the hint.
    if hint is not None and client_id not in {None, hint.client_id}:
        return LogoutWish(None, None, None, None)
    is_odd = state is not None and (len(state) > _STATE_LIMIT or _CONTROLS.search(state) is not None)
    return LogoutWish(hint, client_id, parameters.get("post_logout_redirect_uri"), None if is_odd else state)


def decide(wish: LogoutWish, party: RelyingParty | None, sid: str | None, subject: str | None) -> Logout:
    """Decide for the browser's session, which *party* knows by *sid* and its person by *subject*; None without one.

    A redirect needs a hint of ours for that very party and an address that it registered, compared whole. Without the
    hint anybody could send people through us to it.
    """
    hint = wish.hint
    if hint is None or party is None or party.client_id != hint.client_id:
        return AskFirst(None)
    url = _url(wish, party)
    if url is None and wish.post_logout_redirect_uri is not None:
        return AskFirst(None)
    is_this_session = subject is None or (hint.subject == subject and hint.sid in {None, sid})
    return LogOut(url) if is_this_session else AskFirst(url)


def _url(wish: LogoutWish, party: RelyingParty) -> str | None:
    uri = wish.post_logout_redirect_uri
    if uri is None or party.disabled_at is not None or uri not in party.post_logout_redirect_uris:
        return None
    return logout_url(uri, wish.state)
