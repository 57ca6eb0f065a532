"""Forms of our own pages."""

import pytest

from gongpai.gateway.errors import BadRequestError, ForgedRequestError
from gongpai.gateway.web.forms import csrf_token, parse_form, require_own_form

_FORM = "application/x-www-form-urlencoded"


def test_a_form_is_read() -> None:
    assert parse_form(f"{_FORM}; charset=utf-8", b"a=1&b=%E5%B7%A5&c=") == {"a": "1", "b": "工", "c": ""}


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{}"),
        ("", b"a=1"),
        (_FORM, b"a=" + b"x" * 8192),
        (_FORM, b"a=1&a=2"),
        (_FORM, b"a=%ff"),
        (_FORM, "a=工".encode()),
        (_FORM, b"&".join(b"f%d=1" % number for number in range(17))),
    ],
)
def test_what_is_no_form_of_ours_is_refused(content_type: str, body: bytes) -> None:
    with pytest.raises(BadRequestError):
        parse_form(content_type, body)


@pytest.mark.parametrize("fetch_site", [None, "same-origin"])
def test_a_form_with_this_browsers_token_is_ours(fetch_site: str | None) -> None:
    require_own_form({"csrf_token": csrf_token("secret")}, "secret", fetch_site)


@pytest.mark.parametrize(
    ("fields", "secret", "fetch_site"),
    [
        ({}, "secret", None),
        ({"csrf_token": csrf_token("another")}, "secret", None),
        ({"csrf_token": "工"}, "secret", None),
        ({"csrf_token": csrf_token("")}, None, None),
        ({"csrf_token": csrf_token("secret")}, "secret", "cross-site"),
        ({"csrf_token": csrf_token("secret")}, "secret", "same-site"),
        ({"csrf_token": csrf_token("secret")}, "secret", "none"),
    ],
)
def test_any_other_form_is_forged(fields: dict[str, str], secret: str | None, fetch_site: str | None) -> None:
    with pytest.raises(ForgedRequestError):
        require_own_form(fields, secret, fetch_site)
