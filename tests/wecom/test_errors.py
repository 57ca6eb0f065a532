import inspect
import pickle
import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.wecom import (
    ApiError,
    AppTokenRejectedError,
    CodeRejectedError,
    ConfigurationError,
    DeniedError,
    InputError,
    RateLimitedError,
    Refusal,
    SignInRefusedError,
    SystemBusyError,
    TicketRejectedError,
    TransportError,
    UsageError,
    WeComError,
    WrongWorldError,
    errors,
)
from gongpai.wecom.errors import error_for

IP_TEXT = (
    "not allow to access from your ip, hint: [1690282230612130918224239], from ip: 222.65.121.207, "
    "more info at https://open.work.weixin.qq.com/devtool/query?e=60020"
)


@pytest.mark.parametrize(
    ("errcode", "kind"),
    [
        (-1, SystemBusyError),
        (40001, ConfigurationError),
        (40013, ConfigurationError),
        (40091, ConfigurationError),
        (50001, ConfigurationError),
        (60020, ConfigurationError),
        (48002, ConfigurationError),
        (40014, AppTokenRejectedError),
        (42001, AppTokenRejectedError),
        (40029, CodeRejectedError),
        (42003, CodeRejectedError),
        (42022, CodeRejectedError),
        (41008, CodeRejectedError),
        (84014, TicketRejectedError),
        (84015, TicketRejectedError),
        (84090, TicketRejectedError),
        (42012, TicketRejectedError),
        (60111, DeniedError),
        (60011, DeniedError),
        (50002, DeniedError),
        (45009, RateLimitedError),
        (45033, RateLimitedError),
        (41001, InputError),
    ],
)
def test_each_code_becomes_the_error_that_says_what_to_do(errcode: int, kind: type[ApiError]) -> None:
    error = error_for(errcode, "text")
    assert type(error) is kind
    assert (error.errcode, error.errmsg) == (errcode, "text")
    assert error.entry is not None
    assert error.entry.code == errcode


def test_an_unknown_code_is_still_an_answer_of_wecoms() -> None:
    error = error_for(987654321, "brand new")
    assert type(error) is ApiError
    assert error.entry is None
    assert str(error) == "987654321 (unknown errcode): brand new"


def test_60020_carries_the_address_that_wecom_saw() -> None:
    error = error_for(60020, IP_TEXT)
    assert error.caller_ip == "222.65.121.207"
    assert "[1690282230612130918224239]" in str(error)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("x, from ip: 2001:db8::7, more", "2001:db8::7"),
        ("x, from ip: 203.0.113.10", "203.0.113.10"),
        ("x, from ip: 203.0.113.10.", "203.0.113.10"),
        ("x, from ip: 999.1.1.1, more", None),
        ("x, from ip: dead", None),
        ("no address at all", None),
        ("", None),
    ],
)
def test_only_a_real_address_is_read_out_of_the_text(text: str, address: str | None) -> None:
    assert error_for(60020, text).caller_ip == address


def test_a_long_text_is_cut_but_its_address_is_read() -> None:
    error = error_for(60020, "y" * 300 + " from ip: 203.0.113.10")
    assert len(error.errmsg) == 200
    assert error.caller_ip == "203.0.113.10"


@pytest.mark.parametrize(
    ("errcode", "block", "expected"),
    [
        (45009, timedelta(seconds=60), timedelta(seconds=60)),
        (45009, timedelta(hours=1), timedelta(hours=1)),
        (45033, timedelta(hours=1), timedelta(seconds=1)),
    ],
)
def test_too_many_calls_say_when_to_come_back(errcode: int, block: timedelta, expected: timedelta) -> None:
    error = error_for(errcode, "api freq out of limit", block)
    assert isinstance(error, RateLimitedError)
    assert error.retry_after == expected


@pytest.mark.parametrize(
    "error",
    [
        error_for(60020, IP_TEXT),
        error_for(45009, "x", timedelta(hours=1)),
        error_for(1234567, "x"),
        SignInRefusedError(Refusal.EXPIRED),
        UsageError("x"),
    ],
)
def test_errors_travel_between_processes(error: WeComError) -> None:
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  our own bytes
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


def test_a_refusal_says_its_reason() -> None:
    error = SignInRefusedError(Refusal.NO_CODE)
    assert error.reason is Refusal.NO_CODE
    assert str(error) == "sign-in refused: no_code"


def test_a_bad_argument_is_also_a_value_error() -> None:
    assert issubclass(UsageError, ValueError)
    assert issubclass(WrongWorldError, TransportError)


def test_the_tree_at_the_top_of_the_file_is_the_tree() -> None:
    drawn, above = {}, [""]
    for branch, name in re.findall(r"^([│├└─ ]*)(\w+Error)\b", errors.__doc__ or "", re.MULTILINE):
        above = [*above[: len(branch) // 4 + 1], name]
        drawn[name] = above[-2]
    real = {
        name: each.__bases__[0].__name__
        for name, each in vars(errors).items()
        if inspect.isclass(each) and issubclass(each, WeComError)
    }
    assert drawn == {**real, "WeComError": ""}


@given(st.integers(), st.text())
def test_any_code_and_text_make_an_error_that_can_be_shown(errcode: int, errmsg: str) -> None:
    error = error_for(errcode, errmsg)
    assert str(error).startswith(str(errcode))
    assert len(error.errmsg) <= 200
