"""What goes back through the browser."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.gateway.oidc.errors import AuthorizationError, ErrorCode
from gongpai.gateway.oidc.responses import Answer, error_fields, logout_url, success_fields
from gongpai.gateway.records_provider import ResponseMode

_ISSUER = "https://sso.example.com"
_CB = "https://rp.example.com/cb"


def _url(fields: dict[str, str]) -> str:
    return Answer(_CB, ResponseMode.QUERY, fields).url


def test_the_code_goes_back_with_state_and_iss() -> None:
    expected = f"{_CB}?code=c&state=s&iss=https%3A%2F%2Fsso.example.com"
    assert _url(success_fields("c", "s", _ISSUER)) == expected


def test_without_a_state_none_is_made_up() -> None:
    assert _url(success_fields("c", None, _ISSUER)) == f"{_CB}?code=c&iss=https%3A%2F%2Fsso.example.com"


def test_an_error_goes_back_with_state_and_iss() -> None:
    error = AuthorizationError(ErrorCode.LOGIN_REQUIRED, "not signed in")
    fields = error_fields(error, "s", _ISSUER)
    expected = {"error": "login_required", "error_description": "not signed in", "state": "s", "iss": _ISSUER}
    assert fields == expected
    assert parse_qs(urlsplit(_url(fields)).query) == {name: [value] for name, value in expected.items()}


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        (f"{_CB}?a=%20b", f"{_CB}?a=%20b&state=s"),
        (f"{_CB}?", f"{_CB}?state=s"),
        (f"{_CB}?a=1&", f"{_CB}?a=1&state=s"),
        ("com.example:/cb", "com.example:/cb?state=s"),
    ],
)
def test_a_registered_query_is_kept_as_it_was_written(uri: str, expected: str) -> None:
    assert logout_url(uri, "s") == expected


def test_without_anything_to_add_the_address_stays_as_it_is() -> None:
    assert logout_url(_CB, None) == _CB


@given(st.text(st.characters(exclude_categories=["Cs"])), st.from_regex(r"[A-Za-z0-9_-]+", fullmatch=True))
def test_what_is_quoted_by_ourselves_is_what_the_standard_library_writes(state: str, code: str) -> None:
    fields = success_fields(code, state, _ISSUER)
    assert _url(fields) == f"{_CB}?{urlencode(fields)}"


@given(st.text(min_size=1))
def test_no_state_gets_out_of_its_place(state: str) -> None:
    # Attack 12: nothing of the request ends a header or begins a parameter.
    encodable = state.encode(errors="replace").decode()
    url = _url(success_fields("c", encodable, _ISSUER))
    assert url.isascii()
    assert url.isprintable()
    assert parse_qs(urlsplit(url).query)["state"] == [encodable]
