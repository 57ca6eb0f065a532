"""RP-initiated logout: a redirect only for a party that shows our ID token, else the person is asked."""

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from gongpai.gateway.oidc.end_session import AskFirst, LogOut, Logout, LogoutWish, decide, read_wish, token_of
from gongpai.gateway.oidc.hints import Hint
from gongpai.gateway.oidc.parameters import Parameters, read_parameters
from gongpai.gateway.records_provider import RelyingParty

_BYE = "https://wiki.example/bye"
_PARTY = RelyingParty("wiki", "Wiki", post_logout_redirect_uris=(_BYE,))
_HINT = Hint("wiki", "s", "sid")
_NOTHING = LogoutWish(None, None, None, None)


def _sent(**fields: str) -> Parameters:
    return read_parameters(urlencode(fields).encode())


def _decide(wish: LogoutWish, party: RelyingParty | None = _PARTY) -> Logout:
    return decide(wish, party, "sid", "s")


def test_a_party_with_a_hint_is_obeyed_and_gets_its_state_back() -> None:
    wish = read_wish(_sent(post_logout_redirect_uri=_BYE, state="a b"), _HINT)
    assert wish.party_id == "wiki"
    assert _decide(wish) == LogOut(f"{_BYE}?state=a+b")
    assert _decide(read_wish(_sent(post_logout_redirect_uri=_BYE, client_id="wiki"), _HINT)) == LogOut(_BYE)


def test_without_an_address_the_person_stays_here() -> None:
    assert _decide(read_wish(_sent(), _HINT)) == LogOut(None)
    assert _decide(read_wish(_sent(state="only"), _HINT)) == LogOut(None)


def test_somebody_without_a_session_just_goes_on() -> None:
    assert decide(read_wish(_sent(post_logout_redirect_uri=_BYE), _HINT), _PARTY, None, None) == LogOut(_BYE)


@pytest.mark.parametrize(
    ("hint", "sid", "subject"), [(_HINT, "other", "s"), (_HINT, "sid", "t"), (Hint("wiki", "t", None), "sid", "s")]
)
def test_somebody_else_is_asked_first(hint: Hint, sid: str, subject: str) -> None:
    wish = read_wish(_sent(post_logout_redirect_uri=_BYE), hint)
    assert decide(wish, _PARTY, sid, subject) == AskFirst(_BYE)


def test_a_hint_that_names_no_session_means_the_person() -> None:
    assert _decide(read_wish(_sent(), Hint("wiki", "s", None))) == LogOut(None)


@pytest.mark.parametrize(
    ("sent", "hint", "party"),
    [
        # Attack 92.
        ({}, None, None),
        ({"state": "only"}, None, None),
        ({"post_logout_redirect_uri": _BYE}, None, None),
        ({"post_logout_redirect_uri": _BYE, "client_id": "wiki"}, None, _PARTY),
        ({"post_logout_redirect_uri": "https://evil.com"}, _HINT, _PARTY),
        ({"post_logout_redirect_uri": f"{_BYE}?x=1"}, _HINT, _PARTY),
        ({"post_logout_redirect_uri": f"{_BYE}/"}, _HINT, _PARTY),
        ({"post_logout_redirect_uri": _BYE}, _HINT, replace(_PARTY, disabled_at=datetime(2026, 11, 22, tzinfo=UTC))),
        # Attack 93.
        ({"post_logout_redirect_uri": _BYE}, Hint("other", "s", "sid"), _PARTY),
        ({"post_logout_redirect_uri": _BYE, "client_id": "other"}, _HINT, _PARTY),
        ({"post_logout_redirect_uri": _BYE}, _HINT, None),
    ],
)
def test_a_doubtful_wish_is_asked_about_and_leads_nowhere(
    sent: dict[str, str], hint: Hint | None, party: RelyingParty | None
) -> None:
    assert _decide(read_wish(_sent(**sent), hint), party) == AskFirst(None)


def test_a_repeated_parameter_makes_the_wish_void() -> None:
    twice = read_parameters(urlencode([("state", "a"), ("state", "b"), ("client_id", "wiki")]).encode())
    assert read_wish(twice, _HINT) == _NOTHING


@pytest.mark.parametrize("state", ["s" * 4097, "a\nb"])
def test_an_odd_state_is_not_repeated(state: str) -> None:
    assert _decide(read_wish(_sent(post_logout_redirect_uri=_BYE, state=state), _HINT)) == LogOut(_BYE)


def test_a_party_without_a_hint_is_known_by_its_own_word() -> None:
    assert read_wish(_sent(client_id="wiki"), None).party_id == "wiki"


@pytest.mark.parametrize(
    ("sent", "token"), [({}, None), ({"id_token_hint": "a.b.c"}, "a.b.c"), ({"id_token_hint": "x" * 8193}, None)]
)
def test_a_hint_has_a_limit(sent: dict[str, str], token: str | None) -> None:
    assert token_of(_sent(**sent)) == token
