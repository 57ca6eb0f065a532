"""One of every page, for the tests that look at all of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gongpai.gateway.errors import Reason
from gongpai.gateway.messages import Language
from gongpai.gateway.web import pages
from gongpai.gateway.web import pages_disclosure as disclosure
from gongpai.gateway.web import pages_form_post as form_post
from gongpai.gateway.web import pages_notice as notice
from gongpai.gateway.web.pages import Choice, Fact, Page, SessionLine
from gongpai.gateway.web.render import RequestContext

NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
REFERENCE = "7F3K-92QD"
START = "/signin?app=main"
NONCE = "n0nce"
TICKET_URL = "https://sso.example.com/handoff/4cXl0nq2mVQ0bq1sO0hZtA"
WANTED = disclosure.WantedFields("Grafana", ("biz_mail", "mobile"))
ALL_FIELDS = ("avatar", "gender", "mobile", "email", "biz_mail", "qr_code", "address")
PARTY_FORM = form_post.PartyForm(
    "https://lunch.example.com/cb", {"code": "c0de", "state": "x"}, "https://lunch.example.com"
)
SKIPPING = disclosure.Skipping("/authorize/handle", "session", "https://grafana.example.com")


def context(
    lang: Language = "en", *, is_signed_in: bool = True, way_back: str = "/signin?app=main&return_to=%2Fme"
) -> RequestContext:
    return RequestContext(
        lang=lang,
        nonce=NONCE,
        way_back=way_back,
        csrf="csrf-of-this-browser",
        is_sandbox=True,
        is_signed_in=is_signed_in,
    )


def me(name: str = "李思思", *, is_in_wecom: bool = True, has_disclosure: bool = True) -> pages.Me:
    def given(field: str, value: str) -> Fact:
        if has_disclosure:
            return Fact(field, value, "auth/getuserdetail", NOW)
        return Fact(field, None, reason="not_asked")

    missing = "not_given" if has_disclosure else "not_asked"
    return pages.Me(
        name=name,
        userid="lisi",
        corp_name="工牌示例科技有限公司",
        app_name="员工门户",
        facts=(
            Fact("userid", "lisi", "user/get", NOW),
            Fact("name", name, "user/get", NOW),
            Fact("departments", "研发中心 (2), 质量委员会 (5)", "user/get", NOW),
            Fact("alias", None, "user/get", NOW, "not_in_profile"),
            Fact("status", "active", "user/get", NOW),
        ),
        sensitive=(
            given("mobile", "+86 138 0013 8000"),
            given("gender", "female"),
            given("avatar", "https://wework.qpic.example/bizmail/a8f2c0c1f0a7d64e8b1b5f0/0"),
            Fact("email", None, "auth/getuserdetail", NOW, missing),
            Fact("qr_code", None, "auth/getuserdetail", NOW, missing),
        ),
        has_disclosure=has_disclosure,
        is_in_wecom=is_in_wecom,
        sessions=(
            session("a1", "wecom", "ios", is_current=True),
            session("a2", "browser", "windows", is_current=False),
            session("a3", "browser", None, is_current=False),
        ),
        consents=(
            pages.ConsentLine("lunch", "员工食堂", ("profile", "email"), NOW),
            pages.ConsentLine("wiki", "Wiki", (), NOW),
        ),
    )


def session(handle: str, client: str, platform: str | None, *, is_current: bool) -> SessionLine:
    return SessionLine(
        handle=handle,
        is_current=is_current,
        started_at=NOW - timedelta(hours=2),
        seen_at=NOW,
        way="in_app" if is_current else "web",
        client=client,
        platform=platform,
        address="203.0.113.7",
    )


def panel(app_name: str = "员工门户") -> pages.SigninPanel:
    return pages.SigninPanel(
        app_name,
        {
            "login_type": "CorpApp",
            "appid": "ww1",
            "agentid": "1000002",
            "state": "abc",
            "redirect_uri": "https://sso/cb",
        },
        "https://sso.example.com/signin/callback/main",
        "/signin?via=web&page=full",
    )


def consent(party: str = "员工食堂") -> pages.Consent:
    scopes = ("profile", "email", "phone", "address", "groups", "offline_access")
    return pages.Consent(
        party, "lunch.example.com", "李思思", scopes, "/authorize/x", "a1", "https://lunch.example.com"
    )


def choose_account() -> pages.ChooseAccount:
    return pages.ChooseAccount(
        "员工食堂", "lunch.example.com", "李思思", "lisi", "/authorize/x", "a1", "https://lunch.example.com"
    )


def turned_away(reason: str, contact: str | None) -> pages.TurnedAway:
    return pages.TurnedAway("员工食堂", reason, contact, "https://lunch.example.com/cb?error=x", REFERENCE)


PAGES: dict[str, Page] = {
    "consent": consent(),
    "choose-account": choose_account(),
    **{
        f"turned-away-{reason}": turned_away(reason, contact)
        for reason, contact in (
            ("not_allowed", "food@example.com"),
            ("denied", None),
            ("way_not_allowed", None),
            ("scan_needed", None),
        )
    },
    "turned-away-by-form": replace(turned_away("denied", None), back_form=PARTY_FORM),
    "form-post": form_post.FormPost("员工食堂", "lunch.example.com", PARTY_FORM),
    "bad-party-request": pages.BadPartyRequest("redirect_uri is not registered for this client_id", REFERENCE),
    "request-gone": pages.RequestGone(),
    "end-session": pages.EndSession("员工食堂", {"state": "x"}, "https://lunch.example.com"),
    "end-session-of-nobody": pages.EndSession(None, {}),
    "session-ended": pages.SessionEnded(),
    "device-code": pages.DeviceCode(is_wrong=False),
    "device-code-wrong": pages.DeviceCode(is_wrong=True),
    "device-confirm": pages.DeviceConfirm(
        "员工食堂", ("profile", "email", "offline_access"), "203.0.113.7", 2, "BCDF-GHJK", "a1"
    ),
    "device-approved": pages.DeviceDone("员工食堂", "approved"),
    "device-refused": pages.DeviceDone("员工食堂", "refused"),
    "chooser": pages.SigninChooser((Choice("员工门户", "/signin?app=main"), Choice("Group IT", "/signin?app=it"))),
    "chooser-empty": pages.SigninChooser(()),
    "panel": panel(),
    **{f"refused-{reason.value}": pages.Refused(reason.value, REFERENCE, START) for reason in Reason},
    **{f"start-again-{reason.value}": pages.StartAgain(reason.value, START) for reason in Reason},
    "rate-limited": pages.RateLimited(42, START),
    "wecom-down": pages.WeComDown(REFERENCE, START),
    "unavailable": pages.Unavailable(REFERENCE, "/authorize?client_id=wiki"),
    "unavailable-after-form": pages.Unavailable(REFERENCE, None),
    "failure": pages.Failure(REFERENCE),
    "bad-request": pages.BadRequest(REFERENCE),
    "not-found": pages.NotFound(),
    "signout": pages.Signout(),
    "signed-out": pages.SignedOut({"app": "main", "return_to": "/me"}),
    "me": me(),
    "me-before": me(is_in_wecom=False, has_disclosure=False),
    "me-at-a-desk": me(is_in_wecom=False),
    "continue-in-wecom": disclosure.ContinueInWeCom(
        WANTED, TICKET_URL, 42, "/handoff/ref/state", "/authorize/handle", "/authorize/handle", SKIPPING
    ),
    "continue-in-wecom-own": disclosure.ContinueInWeCom(
        disclosure.WantedFields(None, ALL_FIELDS), TICKET_URL, 42, "/handoff/ref/state", "/me", "/me/disclosure"
    ),
    "ask-again": disclosure.AskAgain(WANTED, SKIPPING),
    "handoff-pick": disclosure.HandoffPick(WANTED, "203.0.113.77", NOW, (17, 42, 80), "/handoff/ticket"),
    "handoff-pick-own": disclosure.HandoffPick(
        disclosure.WantedFields(None, ALL_FIELDS), "2001:db8::77", NOW, (17, 42, 80), "/handoff/ticket"
    ),
    "end-notice": notice.EndNotice("Grafana", NOW, "203.0.113.77", "Chrome 142 · Windows", "/notice/handle"),
    "end-notice-ended": notice.EndNoticeDone(200, "ended"),
    "end-notice-over": notice.EndNoticeDone(400, "over"),
    "handoff-done": disclosure.HandoffMessage(200, "done"),
    "handoff-gone": disclosure.HandoffMessage(400, "gone"),
    "handoff-not-wecom": disclosure.HandoffMessage(200, "not_wecom"),
    "handoff-wrong-number": disclosure.HandoffMessage(403, "wrong_number"),
}

# On a host that is not ours: with a style of their own, and nothing else beside the words.
GATE_PAGES: dict[str, Page] = {
    f"gate-{reason}": pages.GateMessage(status, reason, retry_url)
    for status, reason, retry_url in (
        (403, "denied_person", None),
        (400, "start_again", "/.gongpai/begin?return_to=/"),
        (503, "unavailable", None),
    )
}
