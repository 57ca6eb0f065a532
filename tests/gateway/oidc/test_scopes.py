"""Scopes: known ones within the registration, unknown ones never."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.gateway.oidc.errors import AuthorizationError, ErrorCode, RequestError
from gongpai.gateway.oidc.scopes import admit_scopes, are_admitted, narrow, parse_scope, shown_scopes, write_scope
from gongpai.gateway.records_provider import GrantType, RelyingParty

_PARTY = RelyingParty("wiki", "Wiki", scopes=frozenset({"openid", "profile"}))
_REFRESHING = RelyingParty(
    "wiki", "Wiki", grant_types=frozenset({GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN})
)


@pytest.mark.parametrize(
    ("value", "scopes"),
    [
        ("openid", {"openid"}),
        ("openid profile openid", {"openid", "profile"}),
        (" openid ", {"openid"}),
        ("a" * 1025, None),
        ("openid  profile", None),
        ("openid\tprofile", None),
        ('open"id', None),
        ("open\\id", None),
        ("部门", None),
        (" ", None),
    ],
)
def test_scopes_are_written_as_the_specification_says(value: str, scopes: set[str] | None) -> None:
    assert parse_scope(value) == scopes


@pytest.mark.parametrize(
    ("party", "asked", "granted"),
    [
        (_PARTY, {"openid"}, {"openid"}),
        (_PARTY, {"openid", "profile"}, {"openid", "profile"}),
        # Attack 24: never granted.
        (_PARTY, {"openid", "admin", "api"}, {"openid"}),
        (_PARTY, {"openid", "offline_access"}, {"openid"}),
        (_REFRESHING, {"openid", "offline_access"}, {"openid", "offline_access"}),
        (_REFRESHING, {"openid"}, {"openid"}),
        (RelyingParty("wiki", "Wiki", scopes=frozenset()), {"openid"}, {"openid"}),
    ],
)
def test_a_party_gets_what_it_may_ask_for(party: RelyingParty, asked: set[str], granted: set[str]) -> None:
    assert admit_scopes(frozenset(asked), party, AuthorizationError) == granted


@pytest.mark.parametrize("asked", [{"profile"}, set(), {"openid", "email"}, {"openid", "profile", "groups"}])
def test_a_known_scope_beyond_the_registration_is_refused(asked: set[str]) -> None:
    # Attacks 24 and 25.
    with pytest.raises(AuthorizationError) as refused:
        admit_scopes(frozenset(asked), _PARTY, AuthorizationError)
    assert refused.value.error is ErrorCode.INVALID_SCOPE


_GRANTED = frozenset({"openid", "profile", "offline_access"})


@pytest.mark.parametrize(
    ("asked", "scopes"),
    [
        (None, _GRANTED),
        ("openid profile offline_access", _GRANTED),
        ("openid", {"openid"}),
        ("profile", {"profile"}),
        ("openid api", {"openid"}),
    ],
)
def test_a_refresh_may_ask_for_less(asked: str | None, scopes: set[str]) -> None:
    assert narrow(asked, _GRANTED) == scopes


@pytest.mark.parametrize("asked", ["openid email", "email", "api", "a  b"])
def test_a_refresh_may_not_ask_for_more(asked: str) -> None:
    # Attack 77.
    with pytest.raises(RequestError) as refused:
        narrow(asked, _GRANTED)
    assert refused.value.error is ErrorCode.INVALID_SCOPE


def test_scopes_are_written_in_one_order() -> None:
    assert write_scope(frozenset({"profile", "email", "openid"})) == "openid email profile"


def test_people_read_scopes_from_who_they_are_to_what_may_be_done_without_them() -> None:
    everything = frozenset({"offline_access", "groups", "email", "openid", "profile"})
    assert shown_scopes(everything) == ("profile", "email", "groups", "offline_access")


@given(st.text())
def test_any_text_is_scopes_or_refused(value: str) -> None:
    scopes = parse_scope(value)
    assert scopes is None or parse_scope(write_scope(scopes)) == scopes


@pytest.mark.parametrize("party", [_PARTY, _REFRESHING, RelyingParty("wiki", "Wiki", scopes=frozenset({"email"}))])
def test_what_was_admitted_is_admitted_until_the_party_changes(party: RelyingParty) -> None:
    given = admit_scopes(party.scopes | {"openid", "offline_access"}, party, AuthorizationError)
    assert are_admitted(given, party)
    assert not are_admitted(given | {"groups"}, party)


def test_offline_access_is_admitted_with_the_refresh_grant_alone() -> None:
    offline = frozenset({"openid", "offline_access"})
    assert are_admitted(offline, _REFRESHING)
    assert not are_admitted(offline, _PARTY)
