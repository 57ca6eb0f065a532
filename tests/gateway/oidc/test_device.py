"""Device authorization: codes to type, and what a device hears (T20)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.gateway.oidc.device import ALPHABET, check_poll, new_user_code, read_user_code, show_user_code
from gongpai.gateway.oidc.errors import ErrorCode, RequestError
from gongpai.gateway.records_provider import DeviceRequest, DeviceStatus

_NOW = datetime(2026, 11, 22, tzinfo=UTC)
_REQUEST = DeviceRequest(
    device_code_hash="d",
    user_code_hash="u",
    client_id="cli",
    scopes=frozenset({"openid"}),
    ip="192.0.2.1",
    created_at=_NOW,
    expires_at=_NOW + timedelta(minutes=10),
)
_APPROVED = replace(_REQUEST, status=DeviceStatus.APPROVED)


def test_a_code_can_be_read_aloud_and_typed() -> None:
    codes = {new_user_code() for _ in range(100)}
    assert len(codes) == 100
    for code in codes:
        assert set(code) <= set(ALPHABET)
        assert read_user_code(show_user_code(code)) == code
    assert show_user_code("BCDFGHJK") == "BCDF-GHJK"
    assert not set(ALPHABET) & set("AEIOUY01258")


@pytest.mark.parametrize("typed", ["BCDFGHJK", "bcdf-ghjk", " BCDF GHJK ", "b c d f - g h j k", "BCDF–GHJK"])
def test_typing_is_forgiven(typed: str) -> None:
    assert read_user_code(typed) == "BCDFGHJK"


@pytest.mark.parametrize("typed", ["", "BCDFGHJ", "BCDFGHJKL", "ABCDFGHJ", "BCDF_GHJK", "ＢＣＤＦＧＨＪＫ", "B" * 99])
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert read_user_code(typed) is None


@given(st.text(max_size=40))
def test_any_text_is_a_code_or_none(typed: str) -> None:
    code = read_user_code(typed)
    assert code is None or (len(code) == 8 and set(code) <= set(ALPHABET))


def test_an_approved_device_gets_its_tokens() -> None:
    assert check_poll(_APPROVED, "cli", _NOW) is _APPROVED
    later = replace(_APPROVED, polled_at=_NOW - timedelta(seconds=5))
    assert check_poll(later, "cli", _NOW) is later


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (None, ErrorCode.INVALID_GRANT),
        (replace(_APPROVED, client_id="other"), ErrorCode.INVALID_GRANT),
        (replace(_APPROVED, status=DeviceStatus.SPENT), ErrorCode.INVALID_GRANT),
        (replace(_APPROVED, expires_at=_NOW), ErrorCode.EXPIRED_TOKEN),
        (replace(_REQUEST, expires_at=_NOW), ErrorCode.EXPIRED_TOKEN),
        (replace(_REQUEST, status=DeviceStatus.REFUSED), ErrorCode.ACCESS_DENIED),
        (_REQUEST, ErrorCode.AUTHORIZATION_PENDING),
        (replace(_REQUEST, polled_at=_NOW - timedelta(seconds=4)), ErrorCode.AUTHORIZATION_PENDING),
        (replace(_REQUEST, polled_at=_NOW - timedelta(seconds=3)), ErrorCode.SLOW_DOWN),
        (replace(_APPROVED, polled_at=_NOW - timedelta(seconds=3)), ErrorCode.SLOW_DOWN),
    ],
)
def test_a_device_hears_why_it_gets_none(request_: DeviceRequest | None, error: ErrorCode) -> None:
    with pytest.raises(RequestError) as refused:
        check_poll(request_, "cli", _NOW)
    assert refused.value.error is error
