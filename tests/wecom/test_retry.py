from datetime import timedelta

import pytest

from gongpai.wecom.errors import (
    ApiError,
    AppTokenRejectedError,
    ConfigurationError,
    RateLimitedError,
    SystemBusyError,
    TransportError,
    WeComError,
    WrongWorldError,
)
from gongpai.wecom.retry import pause_before_retry


def test_a_busy_wecom_is_tried_twice_more_with_growing_pauses() -> None:
    pauses = [pause_before_retry(SystemBusyError(-1), tries) for tries in range(4)]
    assert pauses == [timedelta(seconds=0.5), timedelta(seconds=1.5), None, None]


def test_a_broken_connection_is_tried_once_more() -> None:
    pauses = [pause_before_retry(TransportError("no answer"), tries) for tries in range(3)]
    assert pauses == [timedelta(seconds=0.2), None, None]


@pytest.mark.parametrize(
    "error",
    [
        WrongWorldError("a sandbox answered"),
        ConfigurationError(40001),
        AppTokenRejectedError(40014),
        RateLimitedError(45009),
        ApiError(424242),
    ],
)
def test_nothing_else_is_tried_again(error: WeComError) -> None:
    assert pause_before_retry(error, 0) is None
