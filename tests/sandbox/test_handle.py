"""The handle: what a test says through it happens, here and over the wire."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from gongpai.sandbox import Corner, Sandbox
from gongpai.sandbox.errors import NotAllowedError, NotFoundError, SandboxError, WorldFileError
from gongpai.sandbox.faults import Fault
from gongpai.sandbox.journal import fingerprint

APP = 1000000


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox.start("base") as sandbox:
        yield sandbox


@pytest.fixture(params=["in process", "over the wire"])
def corner(sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[Corner]:
    if request.param == "in process":
        with sandbox.corner() as corner:
            yield corner
    else:
        with Sandbox.connect(f"{sandbox.url}/", sandbox.control_token) as remote, remote.corner() as corner:
            yield corner


def _token(corner: Corner, agentid: int = APP) -> str:
    query = {"corpid": "wxCorpId", "corpsecret": corner.app(agentid).secret}
    token: str = httpx2.get(f"{corner.url}/cgi-bin/gettoken", params=query).json()["access_token"]
    return token


def _ask(corner: Corner, call: str, **query: str) -> dict[str, object]:
    answer: dict[str, object] = httpx2.get(f"{corner.url}/cgi-bin/{call}", params=query).json()
    return answer


def test_a_minted_code_is_good_once(corner: Corner) -> None:
    token, code = _token(corner), corner.mint_code(APP, "lisi")
    assert _ask(corner, "auth/getuserinfo", access_token=token, code=code)["userid"] == "lisi"
    assert _ask(corner, "auth/getuserinfo", access_token=token, code=code)["errcode"] == 40029


def test_a_code_can_come_through_any_domain(corner: Corner) -> None:
    code = corner.mint_code(APP, "lisi", redirect_host="Elsewhere.Example", way="web")
    assert _ask(corner, "auth/getuserinfo", access_token=_token(corner), code=code)["errcode"] == 50001


def test_a_code_with_private_information_brings_the_consented_fields(corner: Corner) -> None:
    token, code = _token(corner), corner.mint_code(APP, "lisi", scope="snsapi_privateinfo", fields=["mobile"])
    ticket = _ask(corner, "auth/getuserinfo", access_token=token, code=code)["user_ticket"]
    answer = httpx2.post(
        f"{corner.url}/cgi-bin/auth/getuserdetail", params={"access_token": token}, json={"user_ticket": ticket}
    ).json()
    assert (answer["mobile"], answer["email"]) == ("13800000000", "")


def test_consent_that_was_given_before_is_kept_when_a_ticket_is_minted(corner: Corner) -> None:
    corner.set_consent(APP, "lisi", ["email"])
    ticket = corner.mint_ticket(APP, "lisi")
    answer = httpx2.post(
        f"{corner.url}/cgi-bin/auth/getuserdetail",
        params={"access_token": _token(corner)},
        json={"user_ticket": ticket},
    ).json()
    assert (answer["mobile"], answer["email"]) == ("", "lisi@gzdev.com")
    corner.set_consent(APP, "lisi", None)


def test_time_passes_when_told(corner: Corner) -> None:
    before, code, token = corner.now(), corner.mint_code(APP, "lisi"), _token(corner)
    assert corner.advance(301) - before >= timedelta(seconds=301)
    assert _ask(corner, "auth/getuserinfo", access_token=token, code=code)["errcode"] == 40029


def test_tokens_can_be_revoked(corner: Corner) -> None:
    token = _token(corner)
    assert corner.revoke_tokens(APP) == 1
    assert _ask(corner, "getcallbackip", access_token=token)["errcode"] == 40014


def test_faults_strike_and_are_cleared(corner: Corner) -> None:
    corner.plan_fault("gettoken", errcode=45009)
    corner.plan_fault(http_status=500, share=0.5)
    assert corner.faults() == [Fault(call="gettoken", errcode=45009), Fault(http_status=500, share=0.5)]
    assert _ask(corner, "gettoken")["errcode"] == 45009
    corner.clear_faults()
    assert corner.faults() == []


def test_an_answer_can_be_cut_off(corner: Corner) -> None:
    corner.plan_fault("gettoken", cut=True)
    with pytest.raises(httpx2.RemoteProtocolError):
        _token(corner)
    assert corner.counts() == {"gettoken": 1}


def test_the_journal_can_be_questioned_and_cleared(corner: Corner) -> None:
    token = _token(corner)
    _ask(corner, "getcallbackip", access_token=token)
    assert [(entry.call, entry.agentid, entry.errcode) for entry in corner.journal()] == [
        ("gettoken", APP, 0),
        ("getcallbackip", APP, 0),
    ]
    (entry,) = corner.journal("getcallbackip")
    assert entry.fingerprints == {"access_token": fingerprint(token)}
    assert corner.counts() == {"gettoken": 1, "getcallbackip": 1}
    corner.clear_journal()
    assert corner.journal() == []


def test_settings_of_apps_and_members_can_be_changed(corner: Corner) -> None:
    assert corner.update_app(APP, callback_domain="127.0.0.1:99").callback_domain == "127.0.0.1:99"
    assert corner.app(APP, corpid="wxCorpId").callback_domain == "127.0.0.1:99"
    assert corner.update_member("lisi", status=2).status == 2
    assert corner.member("LISI", corpid="wxCorpId").status == 2
    assert _ask(corner, "user/get", access_token=_token(corner), userid="lisi")["status"] == 2


def test_a_new_secret_ends_the_old_token_and_a_new_ip_needs_a_minute(corner: Corner) -> None:
    token = _token(corner)
    corner.update_app(APP, secret="ANOTHER", trusted_ips=["192.0.2.1"])
    assert _ask(corner, "getcallbackip", access_token=token)["errcode"] == 40014
    corner.set_caller_ip("192.0.2.1")
    assert _ask(corner, "getcallbackip", access_token=_token(corner))["errcode"] == 60020
    corner.advance(60)
    assert _ask(corner, "getcallbackip", access_token=_token(corner))["errcode"] == 0
    corner.set_caller_ip(None)
    assert "from ip: 127.0.0.1" in str(_ask(corner, "getcallbackip", access_token=_token(corner))["errmsg"])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"visible_departments": [99]}, "there is no department 99"),
        ({"secret": "SECRET_B"}, "the same secret"),
        ({"secret": "ANOTHER", "trusted_ips": ["192.0.2.1"], "visible_tags": [99]}, "there is no tag 99"),
        ({"colour": "red"}, "colour"),
        ({"enabled": "yes"}, "enabled"),
    ],
)
def test_a_change_that_does_not_fit_changes_nothing(corner: Corner, values: dict[str, object], words: str) -> None:
    before, token = corner.app(APP), _token(corner)
    with pytest.raises(SandboxError, match=words):
        corner.update_app(APP, corpid=None, **values)
    assert corner.app(APP) == before
    assert _ask(corner, "getcallbackip", access_token=token)["errcode"] == 0


def test_switches_are_turned_one_by_one(corner: Corner) -> None:
    corner.set_switch("masked_fields", "absent")
    corner.set_switch("hint_style", "old")
    assert (corner.switches().masked_fields, corner.switches().hint_style) == ("absent", "old")
    with pytest.raises(SandboxError, match="unknown field"):
        corner.set_switch("mask", "absent")


def test_the_phone_scans_confirms_and_refuses(corner: Corner) -> None:
    link = {"appid": "wxCorpId", "agentid": "1000000", "redirect_uri": "http://api.3dept.com", "login_type": "CorpApp"}
    keys = [
        httpx2.get(f"{corner.url}/wwlogin/sso/login", params=link, headers={"Accept": "application/json"}).json()["key"]
        for _ in range(2)
    ]
    said = f"{corner.url}/wwopen/sso/confirm2?k={keys[0]}&notretry=yes"
    assert [corner.scan(said, "lisi"), corner.confirm(keys[0])] == ["QRCODE_SCAN_ING", "QRCODE_SCAN_SUCC"]
    assert corner.refuse(f"{corner.url}/wwopen/sso/qrImg?key={keys[1]}") == "QRCODE_SCAN_FAIL"
    with pytest.raises(NotAllowedError, match="settled"):
        corner.confirm(keys[0])
    with pytest.raises(NotFoundError):
        corner.scan("https://elsewhere.example/?x=1", "lisi")


def test_somebody_holds_the_phone(corner: Corner) -> None:
    query = {
        "appid": "wxCorpId",
        "redirect_uri": "http://api.3dept.com/",
        "response_type": "code",
        "agentid": "1000000",
    }
    query |= {"scope": "snsapi_base", "state": "s"}
    corner.hold_phone("zhangsan")
    answer = httpx2.get(f"{corner.url}/connect/oauth2/authorize", params=query, headers={"User-Agent": "wxwork/4.1.30"})
    code = httpx2.URL(answer.headers["location"]).params["code"]
    assert _ask(corner, "auth/getuserinfo", access_token=_token(corner), code=code)["userid"] == "zhangsan"
    corner.hold_phone(None)
    with pytest.raises(NotFoundError, match="nobody"):
        corner.hold_phone("nobody")


def test_a_world_is_reset_and_replaced(corner: Corner, tmp_path: Path) -> None:
    corner.update_member("lisi", status=2)
    corner.reset()
    assert corner.member("lisi").status == 1
    corner.reset("default")
    assert corner.read_world().corps[0].corpid == "wwgongpaidemo"
    path = tmp_path / "mine.toml"
    path.write_text('[[corps]]\ncorpid = "wwmine"\nname = "Mine"\n', encoding="utf-8")
    corner.reset(path)
    assert corner.read_world().corps[0].corpid == "wwmine"
    with pytest.raises(WorldFileError) as caught:
        corner.reset({"corps": [{"corpid": "ww1"}], "more": 1})
    assert min(caught.value.faults) == "corps[0].name: missing"


@pytest.mark.parametrize(("userid", "is_shape"), [("not a userid", True), ("nobody", False)])
def test_a_refused_world_says_whether_its_shape_is_at_fault(corner: Corner, userid: str, *, is_shape: bool) -> None:
    corp = {"corpid": "ww1", "name": "One", "tags": [{"id": 1, "name": "Tag", "userids": [userid]}]}
    with pytest.raises(WorldFileError) as caught:
        corner.ask("PUT", "/world", object, {"corps": [corp]})
    assert caught.value.is_shape is is_shape


def test_corners_do_not_meet(sandbox: Sandbox) -> None:
    with sandbox.corner() as one, sandbox.corner({"corps": [{"corpid": "ww2", "name": "Two"}]}) as two:
        one.set_switch("masked_fields", "absent")
        one.advance(1000)
        _token(one)
        assert two.switches().masked_fields == "empty"
        assert two.journal() == sandbox.root.journal() == []
        assert one.now() - two.now() > timedelta(seconds=900)
        assert [corner.read_world().corps[0].corpid for corner in (one, two)] == ["wxCorpId", "ww2"]


def test_a_closed_corner_is_gone_and_the_root_stays(sandbox: Sandbox) -> None:
    corner = sandbox.corner("default")
    corner.close()
    assert httpx2.get(f"{corner.url}/cgi-bin/gettoken").status_code == 404
    with pytest.raises(NotAllowedError, match="404"):
        corner.journal()
    sandbox.root.close()
    assert sandbox.root.journal() is not None


def test_the_wrong_token_controls_nothing(sandbox: Sandbox) -> None:
    with Sandbox.connect(sandbox.url, "wrong") as stranger, pytest.raises(NotAllowedError, match="token"):
        stranger.root.journal()


def test_the_printed_addresses_open_phone_and_console(sandbox: Sandbox) -> None:
    with sandbox.corner() as corner:
        for place in (sandbox, corner):
            for url in (place.home_url, place.phone_url, place.console_url):
                with httpx2.Client(follow_redirects=True) as browser:
                    answer = browser.get(url)
                assert answer.status_code == 200
                assert "token=" not in str(answer.url)


def test_a_taken_port_is_said_at_once_and_nothing_is_left_open(sandbox: Sandbox) -> None:
    port = int(sandbox.url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        Sandbox.start(port=port)
    with pytest.raises(OSError, match="in use"):
        Sandbox.start(tls=True, tls_port=port)


def test_without_the_tls_mode_there_is_no_authority(sandbox: Sandbox) -> None:
    assert (sandbox.tls_port, sandbox.throwaway) == (None, None)


def test_a_stopped_sandbox_answers_no_more() -> None:
    with Sandbox.start("base") as sandbox:
        url = sandbox.url
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(url)
