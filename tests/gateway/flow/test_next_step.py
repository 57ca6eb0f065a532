"""The order of a journey, decided purely."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gongpai.gateway.flow.next_step import (
    AskClick,
    AskConsent,
    Choose,
    ContinueInWeCom,
    Journey,
    LogIn,
    Respond,
    Step,
    Via,
    next_step,
)
from gongpai.gateway.records import Session

_NOW = datetime(2026, 11, 22, tzinfo=UTC)
_SESSION = Session(
    ref="r",
    subject="s",
    app="main",
    corpid="ww",
    userid="lisi",
    kind="member",
    way="in_app",
    amr="in_app",
    auth_time=_NOW,
    created_at=_NOW,
    seen_at=_NOW,
    idle_expires_at=_NOW + timedelta(hours=1),
    expires_at=_NOW + timedelta(hours=1),
    checked_at=_NOW,
)
_WEB = replace(_SESSION, way="web")
_ONE = Journey("/me", ("main",))
_TWO = Journey("/me", ("main", "other"))
_WISH = replace(_ONE, wants_disclosure=True)


@pytest.mark.parametrize(
    ("journey", "session", "step"),
    [
        (_ONE, None, LogIn("main")),
        (_TWO, None, Choose()),
        (replace(_TWO, app="other"), None, LogIn("other")),
        (replace(_ONE, has_signed_out=True), None, AskClick()),
        (replace(_TWO, has_signed_out=True), None, AskClick()),
        (replace(_ONE, has_signed_out=True, has_clicked=True), None, LogIn("main")),
        (_ONE, _SESSION, Respond("/me")),
        (replace(_TWO, app="main"), _SESSION, Respond("/me")),
        (replace(_TWO, app="other"), _SESSION, LogIn("other")),
        (replace(_ONE, via=Via.IN_APP), _SESSION, Respond("/me")),
        (replace(_ONE, via=Via.IN_APP), _WEB, LogIn("main")),
        (replace(_ONE, via=Via.WEB), _WEB, Respond("/me")),
        (replace(_ONE, via=Via.PAGE), _WEB, Respond("/me")),
        (replace(_ONE, via=Via.WEB), _SESSION, LogIn("main")),
        (_WISH, None, LogIn("main")),
        (_WISH, _SESSION, AskConsent("main")),
        (_WISH, _WEB, ContinueInWeCom()),
        (replace(_WISH, is_answered=True), _SESSION, Respond("/me")),
    ],
)
def test_what_is_settled_decides_what_comes_next(journey: Journey, session: Session | None, step: Step) -> None:
    assert next_step(journey, session) == step
