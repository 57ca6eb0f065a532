"""The claims parameter: names are kept, all else is dropped or refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.gateway.oidc.claims_request import ClaimsRequest, parse, read

_SCOPES = frozenset({"openid", "profile", "email"})


def test_nothing_asked_is_nothing_wanted() -> None:
    assert read(None, _SCOPES) is None
    assert parse(None) == ClaimsRequest()


def test_the_names_are_kept_by_their_place() -> None:
    sent = '{"userinfo":{"name":{"essential":true},"email":null},"id_token":{"gender":{"values":["x"]}},"other":1}'
    assert parse(read(sent, _SCOPES)) == ClaimsRequest(frozenset({"name", "email"}), frozenset({"gender"}))


def test_a_name_that_the_party_may_not_have_is_dropped() -> None:
    sent = '{"userinfo":{"名":null,"a\\u0000":null,"phone_number":null,"acr":null,"name":null}}'
    assert parse(read(sent, _SCOPES)) == ClaimsRequest(frozenset({"name"}))


@pytest.mark.parametrize(
    ("sent", "subject", "acr_values"),
    [
        ('{"id_token":{"sub":{"value":"s"}}}', "s", ()),
        ('{"id_token":{"sub":null,"acr":null}}', None, ()),
        ('{"id_token":{"sub":{"essential":true}}}', None, ()),
        ('{"userinfo":{"sub":{"value":"s"},"acr":{"essential":true,"value":"a"}}}', None, ()),
        ('{"id_token":{"acr":{"essential":true,"values":["a","b"]}}}', None, ("a", "b")),
        ('{"id_token":{"acr":{"essential":true,"value":"a"}}}', None, ("a",)),
        ('{"id_token":{"acr":{"essential":true}}}', None, ()),
        ('{"id_token":{"acr":{"values":["a"]}}}', None, ()),
    ],
)
def test_whom_and_which_way_it_must_be_is_kept(sent: str, subject: str | None, acr_values: tuple[str, ...]) -> None:
    assert parse(read(sent, _SCOPES)) == ClaimsRequest(subject=subject, acr_values=acr_values)


def test_what_was_written_before_there_was_more_than_names_is_still_read() -> None:
    assert parse('{"userinfo":["name"],"id_token":[]}') == ClaimsRequest(frozenset({"name"}))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "[]",
        "1",
        "{",
        '{"userinfo":"name"}',
        '{"id_token":["name"]}',
        json.dumps({"userinfo": {"x" * 101: None}}),
        json.dumps({"userinfo": {str(number): None for number in range(51)}}),
        '{"id_token":{"sub":{"value":1}}}',
        json.dumps({"id_token": {"sub": {"value": "x" * 256}}}),
        '{"id_token":{"acr":{"essential":true,"values":"a"}}}',
        '{"id_token":{"acr":{"essential":true,"values":[null]}}}',
        json.dumps({"id_token": {"acr": {"essential": True, "values": ["a"] * 51}}}),
        # Attack 86.
        '{"userinfo":{},"userinfo":{}}',
        '{"userinfo":{"a":NaN}}',
        '{"userinfo":{"a":1e400}}',
        "[" * 4000,
    ],
)
def test_what_the_specification_does_not_describe_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(value, _SCOPES)


@given(st.text(max_size=100))
def test_any_text_is_read_or_refused(value: str) -> None:
    try:
        written = read(value, _SCOPES)
    except ValueError:
        return
    assert isinstance(parse(written), ClaimsRequest)
