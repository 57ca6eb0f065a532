from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gongpai.gateway.config import Policy
from gongpai.gateway.gate import (
    Answer,
    Ask,
    AskStore,
    Family,
    Gate,
    GateCookie,
    Outcome,
    is_page_load,
    return_path,
    seal_gate,
)
from gongpai.gateway.gate.answers import host_gate, split_cookies
from gongpai.gateway.records import KeyPurpose
from gongpai.gateway.records_provider import WebLoginRule
from gongpai.gateway.ring import KeyRing, RingKey
from guarded import APP, OTHER, gate_config, guarded_host

START = 1_800_000_000
RING = KeyRing()
RING.replace([RingKey(b"gate", KeyPurpose.GATE, bytes(32))], {KeyPurpose.GATE: b"gate"})
RING.allow(b"gate", 1_000_000)
ASKED = {b"x-forwarded-host": b"app.corp.example", b"x-forwarded-uri": b"/x?y=1", b"x-forwarded-method": b"GET"}
PAYLOADS = (Path(__file__).parents[2] / "data" / "open-redirects.txt").read_text(encoding="utf-8").splitlines()


class Ears:
    ended: dict[str, datetime] = {}  # noqa: RUF012  # nobody writes to it
    epochs: dict[str, int] = {}  # noqa: RUF012
    is_whole = True

    def is_fresh(self, _at: float) -> bool:
        return True


def signed(claims: Mapping[str, object]) -> str:
    return msgspec.json.encode(claims).decode()


GATE = Gate(gate_config(), "https://sso.example", RING, Ears(), signed)
STAMP = GATE.hosts["app"].stamp
PERSON = GateCookie(
    "ref", b"subject", b"lisi", b"l@corp.example", b"dept:1", 0, START, START + 900, b"%E6%9D%8E", (STAMP,)
)


def cookie(person: GateCookie = PERSON, audience: bytes = b"app.corp.example") -> bytes:
    return b"a=b; __Host-gongpai_gate=" + (seal_gate(RING, person, audience) or b"") + b"; c=d"


def decide(gate: Gate = GATE, family: Family = Family.NGINX, now: float = START, **said: bytes) -> Answer | AskStore:
    asked = ASKED | {name.replace("_", "-").encode(): value for name, value in said.items()}
    return gate.decide(family, asked, now, 0.0)


def test_whoever_may_pass_is_named_and_the_app_gets_its_own_cookies() -> None:
    answer = decide(cookie=cookie())
    assert isinstance(answer, Answer)
    assert (answer.status, answer.outcome) == (200, Outcome.PASSED)
    assert answer.headers == [
        (b"x-auth-request-user", b"subject"),
        (b"x-auth-request-email", b"l@corp.example"),
        (b"x-auth-request-preferred-username", b"lisi"),
        (b"x-auth-request-groups", b"dept:1"),
        (b"x-auth-assertion", b""),
        (b"cookie", b"a=b; c=d"),
    ]


@pytest.mark.parametrize("person", [PERSON, msgspec.structs.replace(PERSON, name=b"", email=b"")])
def test_an_assertion_says_who_asks_which_host_for_what(person: GateCookie) -> None:
    gate = Gate(replace(gate_config(), assertion=True), "https://sso.example", RING, Ears(), signed)
    answer = decide(gate, cookie=cookie(person))
    assert isinstance(answer, Answer)
    claims = msgspec.json.decode(dict(answer.headers)[b"x-auth-assertion"])
    assert (claims["iss"], claims["aud"], claims["sub"]) == ("https://sso.example", APP, "subject")
    assert claims["exp"] - claims["iat"] == 60
    assert (claims["method"], claims["path_hash"]) == ("GET", "oNpukkF-M6vmnyCx-oA563DJlfYwq-xmsbIee1VolUA")
    assert claims["groups"] == ["dept:1"]
    assert claims.get("name") == ("李" if person.name else None)
    assert claims.get("email") == ("l@corp.example" if person.email else None)


@pytest.mark.parametrize(
    ("family", "headers", "status"),
    [
        (Family.NGINX, {"accept": b"text/html"}, 401),
        (Family.REDIRECT, {"accept": b"text/html"}, 302),
        (Family.REDIRECT, {"sec_fetch_mode": b"navigate"}, 302),
    ],
)
def test_a_page_load_learns_where_to_sign_in(family: Family, headers: dict[str, Any], status: int) -> None:
    answer = decide(family=family, **headers)
    assert isinstance(answer, Answer)
    assert answer.status == status
    assert dict(answer.headers)[b"location"] == f"{APP}/.gongpai/begin?return_to=/x%3Fy%3D1".encode()


@pytest.mark.parametrize("family", list(Family))
def test_a_script_gets_a_plain_401_and_every_header_empty(family: Family) -> None:
    answer = decide(family=family, accept=b"text/html", sec_fetch_mode=b"cors")
    assert isinstance(answer, Answer)
    assert answer.status == 401
    assert {value for _, value in answer.headers} == {b""}
    assert len(answer.headers) == 5


@pytest.mark.parametrize(("family", "status"), [(Family.NGINX, 403), (Family.REDIRECT, 503)])
def test_a_gate_that_cannot_tell_refuses(family: Family, status: int) -> None:
    answer = GATE.refuse(family, Outcome.UNAVAILABLE)
    assert answer.status == status
    assert dict(answer.headers)[b"x-gongpai-reason"] == b"unavailable"


@pytest.mark.parametrize(
    "said",
    [{"x_forwarded_host": b"evil.example"}, {"x_forwarded_uri": b""}, {"x_forwarded_host": b""}],
)
def test_an_unknown_host_or_half_a_question_is_refused(said: dict[str, Any]) -> None:
    answer = decide(**said, cookie=cookie())
    assert isinstance(answer, Answer)
    assert (answer.status, answer.outcome) == (403, Outcome.UNKNOWN_HOST)


def test_a_question_without_a_method_is_refused() -> None:
    asked = {name: value for name, value in ASKED.items() if name != b"x-forwarded-method"}
    answer = GATE.decide(Family.NGINX, asked, START, 0.0)
    assert isinstance(answer, Answer)
    assert (answer.status, answer.outcome) == (403, Outcome.UNKNOWN_HOST)


def test_rules_come_before_any_cookie() -> None:
    skipped = decide(x_forwarded_uri=b"/public/x", cookie=cookie())
    assert isinstance(skipped, Answer)
    assert (skipped.status, skipped.outcome) == (200, Outcome.SKIPPED)
    assert {value for name, value in skipped.headers if name != b"cookie"} == {b""}
    denied = decide(x_forwarded_uri=b"/internal/x", cookie=cookie())
    assert isinstance(denied, Answer)
    assert (denied.status, denied.outcome) == (403, Outcome.DENIED_PATH)


def test_a_host_without_rules_is_all_protected() -> None:
    gate = Gate(gate_config(guarded_host(rules=())), "https://sso.example", RING, Ears(), signed)
    assert decide(gate, x_forwarded_uri=b"/public/x") == decide(gate)


def test_past_five_minutes_and_under_another_policy_the_store_is_asked() -> None:
    old = decide(cookie=cookie(), now=START + 300)
    assert isinstance(old, AskStore)
    assert (old.why, old.app_cookies) == (Ask.OLD, b"a=b; c=d")
    stricter = guarded_host(policy=Policy(deny_userids=frozenset({"lisi"})))
    changed = decide(Gate(gate_config(stricter), "https://sso.example", RING, Ears(), signed), cookie=cookie())
    assert isinstance(changed, AskStore)
    assert changed.why is Ask.POLICY


def test_a_cookie_of_a_domain_opens_only_the_hosts_that_it_was_given_for() -> None:
    hosts = [
        guarded_host(name, f"https://{name}.corp.example", cookie_domain="corp.example") for name in ("one", "two")
    ]
    gate = Gate(gate_config(*hosts), "https://sso.example", RING, Ears(), signed)
    person = msgspec.structs.replace(PERSON, admitted=(gate.hosts["one"].stamp,))
    line = b"__Secure-gongpai_gate=" + (seal_gate(RING, person, b"domain\x00corp.example") or b"")
    one = decide(gate, x_forwarded_host=b"one.corp.example", cookie=line)
    two = decide(gate, x_forwarded_host=b"two.corp.example", cookie=line)
    assert isinstance(one, Answer)
    assert one.status == 200
    assert isinstance(two, AskStore)
    assert two.why is Ask.POLICY


@pytest.mark.parametrize(
    ("line", "found", "left"),
    [
        (b"", None, b""),
        (b"a=b", None, b"a=b"),
        (b"n=1; __Host-gongpai_nonce=x; m=2", None, b"n=1; m=2"),
        (b"__Host-gongpai_gate=v;a=b", b"v", b"a=b"),
        (b"__Host-gongpai_gate=v; __Host-gongpai_gate=w; a=b", None, b"a=b"),
        (b"__Secure-gongpai_gate=v", None, b""),
        (b"x" * 65_000, None, b"x" * 65_000),
        (b"a=" + b"x" * 65_000 + b"; __Host-gongpai_gate=v", b"v", b"a=" + b"x" * 65_000),
        (b"a=b; " * 13_000 + b"__Host-gongpai_gate=v,c=d", b"v", b"a=b; " * 13_000 + b"c=d"),
        (b"a=b; __Host-gongpai_gate=v", b"v", b"a=b"),
        (b"__Host-gongpai_gate=v", b"v", b""),
        (b"a=b; __Host-gongpai_gate=v; c=d", b"v", b"a=b; c=d"),
        (b"a=b ;__Host-gongpai_gate = v ; c=d", b"v", b"a=b; c=d"),
        (b"x__Host-gongpai_gate=v", None, b"x__Host-gongpai_gate=v"),
        (b"a=__Host-gongpai_gate=v", None, b"a=__Host-gongpai_gate=v"),
        (b"__Host-gongpai_gates=v; a=b", None, b"a=b"),
        # Two lines of HTTP/1, as Envoy hands them on.
        (b"a=b,__Host-gongpai_gate=x", b"x", b"a=b"),
        (b"__Host-gongpai_gate=x,a=b; c=1,2", b"x", b"a=b; c=1,2"),
        (b"__Host-gongpai_gate=x,a=b", b"x", b"a=b"),
        (b"a=b,__Host-gongpai_nonce=y; __Host-gongpai_gate=x", b"x", b"a=b"),
        (b"__Host-gongpai_gate=x,__Host-gongpai_gate=y", None, b""),
    ],
)
def test_two_cookies_of_one_name_are_none_and_ours_never_reach_the_app(
    line: bytes, found: bytes | None, left: bytes
) -> None:
    assert split_cookies(line, b"__Host-gongpai_gate") == (found, left)


@pytest.mark.parametrize(
    ("origins", "authority", "name"),
    [
        ([APP], b"APP.corp.example", "h0"),
        ([APP], b"app.corp.example:443", "h0"),
        ([APP], b"app.corp.example:80", None),
        (["http://app.localhost:8080"], b"app.localhost", "h0"),
        (["http://app.localhost"], b"app.localhost:80", "h0"),
        ([APP, f"{APP}:8443"], b"app.corp.example", "h0"),
        ([APP, f"{APP}:8443"], b"app.corp.example:8443", "h1"),
        ([f"{APP}:8442", f"{APP}:8443"], b"app.corp.example", None),
        (["https://[2001:db8::1]"], b"[2001:db8::1]", "h0"),
    ],
)
def test_a_host_is_known_by_every_name_that_can_mean_only_it(
    origins: list[str], authority: bytes, name: str | None
) -> None:
    hosts = [guarded_host(f"h{number}", origin) for number, origin in enumerate(origins)]
    found = Gate(gate_config(*hosts), "https://sso.example", RING, Ears(), signed).find(authority)
    assert (None if found is None else found.host.name) == name


def test_a_page_load_is_a_get_that_a_person_would_see() -> None:
    page = {b"x-forwarded-method": b"GET", b"accept": b"text/html,*/*"}
    assert is_page_load(page)
    assert not is_page_load({**page, b"x-forwarded-method": b"POST"})
    assert not is_page_load({**page, b"x-requested-with": b"XMLHttpRequest"})
    assert not is_page_load({b"x-forwarded-method": b"GET"})
    assert not is_page_load({**page, b"sec-fetch-mode": b"no-cors"})


@pytest.mark.parametrize("payload", PAYLOADS)
def test_101_whatever_a_return_path_says_it_stays_on_its_host(payload: str) -> None:
    for target in (payload, f"/{payload}"):
        path = return_path(target)
        assert path in {"/", target}
        assert path.startswith("/")
        assert not path.startswith(("//", "/\\", "/.gongpai/"))
        assert path.isascii()
        assert path.isprintable()


def test_a_return_path_that_is_too_long_loses_its_query_first() -> None:
    assert return_path("/a?" + "q" * 1000) == "/a"
    assert return_path("/" + "a" * 1000) == "/"
    assert return_path("/.gongpai/begin?return_to=/") == "/"


@pytest.mark.parametrize("family", Family)
def test_nobody_keeps_an_answer_which_would_be_told_to_others_or_after_the_sign_in(family: Family) -> None:
    answers = [
        decide(family=family),
        decide(family=family, accept=b"text/html"),
        decide(family=family, cookie=cookie()),
    ]
    answers += [GATE.refuse(family, outcome) for outcome in set(Outcome) - {Outcome.PASSED, Outcome.SKIPPED}]
    for answer in answers:
        assert isinstance(answer, Answer)
        assert answer.form.fixed == [(b"cache-control", b"no-store")]


def test_the_stamp_of_a_host_follows_its_policy() -> None:
    assert host_gate(guarded_host()).stamp == host_gate(guarded_host()).stamp
    assert host_gate(guarded_host(apps=("other",))).stamp != host_gate(guarded_host()).stamp
    assert host_gate(guarded_host(origin=OTHER)).stamp != host_gate(guarded_host()).stamp
    assert host_gate(guarded_host(web_login=WebLoginRule.DENY)).stamp != host_gate(guarded_host()).stamp
    assert host_gate(guarded_host(policy=Policy(deny_userids=frozenset({"lisi"})))).stamp != STAMP
