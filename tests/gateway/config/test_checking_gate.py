from pathlib import Path

import pytest

from gongpai.gateway.config import Address, GateConfig, IdentityField, PathAction, PathRule
from gongpai.gateway.records_provider import ClaimRules, EmailSource, WebLoginRule
from settings_of_tests import faults, read

HOST = {"gate__hosts__app__origin": "https://App.example.com:443", "trusted_proxies": "127.0.0.1"}
SECOND_APP = {
    "apps__other__corpid": "ww9999999999999999",
    "apps__other__agentid": "1000003",
    "apps__other__corpsecret": "another-secret-that-nobody-published",
}


def gate(**changes: str | None) -> GateConfig:
    found = read(**{**HOST, **changes}).gate
    assert found is not None
    return found


def test_without_hosts_there_is_no_forward_auth() -> None:
    assert read().gate is None


def test_a_host_opens_to_the_web_login_in_one_of_three_ways() -> None:
    assert faults(**{**HOST, "gate__hosts__app__web_login": "shout"}) == [("gate.hosts.app.web_login", "not_one_of")]


def test_a_host_is_enough() -> None:
    found = gate()
    host = found.hosts["app"]
    assert found.listen == Address("127.0.0.1", 8001)
    assert (host.origin, host.authority, host.apps) == ("https://app.example.com", "app.example.com", ("main",))
    assert dict(found.headers)[IdentityField.SUBJECT] == "X-Auth-Request-User"
    assert not found.assertion


def test_every_setting_of_forward_auth_can_be_given() -> None:
    found = gate(
        gate__listen="unix:/run/gongpai/gate.sock",
        gate__headers="own",
        gate__own_headers__username="X-WebAuth-User",
        gate__assertion="true",
        gate__email="template",
        gate__email_template="{userid}@corp.example",
        gate__groups="2, 5",
        gate__group_names__2="Sales",
        gate__hosts__app__rules="skip /public/, deny /内部/, allow /",
        gate__hosts__app__apps="main",
        gate__hosts__app__cookie_domain="example.com",
        gate__hosts__app__web_login="notify",
        gate__hosts__app__policy__allow_departments="2,5",
        gate__hosts__app__policy__deny_userids="LiSi",
        trusted_proxies=None,
    )
    host = found.hosts["app"]
    assert host.web_login is WebLoginRule.NOTIFY
    assert found.listen == Path("/run/gongpai/gate.sock")
    assert found.headers == ((IdentityField.USERNAME, "X-WebAuth-User"),)
    assert found.assertion
    assert found.claim_rules == ClaimRules(
        email=EmailSource.TEMPLATE,
        email_template="{userid}@corp.example",
        group_ids=frozenset({2, 5}),
        group_names={2: "Sales"},
    )
    assert host.rules[:2] == (PathRule(PathAction.SKIP, "/public/"), PathRule(PathAction.DENY, "/内部/"))
    assert host.policy.allow_departments == {2, 5}
    assert host.policy.deny_userids == {"lisi"}
    assert host.cookie_domain == "example.com"


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"trusted_proxies": None}, ("gate", "gate_needs_proxies")),
        ({"gate__listen": "nowhere"}, ("gate.listen", "not_gate_listen")),
        ({"gate__listen": "unix:gate.sock"}, ("gate.listen", "not_gate_listen")),
        (
            {"gate__hosts__app__origin": None, "gate__listen": "127.0.0.1:8001"},
            ("gate.hosts", "no_gate_hosts"),
        ),
        ({"gate__hosts__app__origin": None, "gate__hosts__app__apps": "main"}, ("gate.hosts.app.origin", "missing")),
        ({"gate__hosts__app__origin": "app.example.com"}, ("gate.hosts.app.origin", "not_an_origin")),
        ({"gate__hosts__app__origin": "http://app.example.com"}, ("gate.hosts.app.origin", "needs_https")),
        ({"gate__hosts__a.b__origin": "https://b.example.com"}, ("gate.hosts.a.b.origin", "unknown_variable")),
        ({"gate__hosts__a!__origin": "https://b.example.com"}, ("gate.hosts.a!", "bad_name")),
        ({"gate__hosts__two__origin": "https://app.example.com"}, ("gate.hosts.two", "same_host")),
        ({"gate__hosts__app__apps": "nobody"}, ("gate.hosts.app.apps", "unknown_app")),
        (SECOND_APP, ("gate.hosts.app.apps", "host_needs_apps")),
        ({"gate__hosts__app__rules": "skip public/"}, ("gate.hosts.app.rules", "not_a_rule")),
        ({"gate__hosts__app__rules": "skip /a/../b/"}, ("gate.hosts.app.rules", "not_a_rule")),
        ({"gate__hosts__app__rules": "skip /a%2fb"}, ("gate.hosts.app.rules", "not_a_rule")),
        ({"gate__hosts__app__rules": "open /a/"}, ("gate.hosts.app.rules", "not_a_rule")),
        ({"gate__hosts__app__cookie_domain": "com"}, ("gate.hosts.app.cookie_domain", "not_cookie_domain")),
        ({"gate__hosts__app__cookie_domain": "ample.com"}, ("gate.hosts.app.cookie_domain", "not_cookie_domain")),
        ({"gate__headers": "mine"}, ("gate.headers", "not_one_of")),
        ({"gate__email": "template"}, ("gate.email_template", "missing")),
        ({"gate__email": "personal"}, ("gate.email", "not_one_of")),
        ({"gate__owns_mailboxes": "true"}, ("gate.owns_mailboxes", "unknown_variable")),
        (
            {**SECOND_APP, "gate__email": "template", "gate__email_template": "{userid}@corp.example"},
            ("gate.email_template", "template_needs_corpid"),
        ),
        ({"gate__headers": "own"}, ("gate.own_headers", "missing")),
        ({"gate__own_headers__name": "X-Name"}, ("gate.own_headers.name", "both_given")),
        (
            {"gate__headers": "own", "gate__own_headers__name": "X-Forwarded-Host"},
            ("gate.own_headers.name", "not_a_header"),
        ),
        ({"gate__headers": "own", "gate__own_headers__name": "Cookie"}, ("gate.own_headers.name", "not_a_header")),
        (
            {"gate__headers": "own", "gate__own_headers__name": "X-A", "gate__own_headers__email": "X-A"},
            ("gate.own_headers.email", "not_a_header"),
        ),
    ],
)
def test_each_fault_is_named(changes: dict[str, str | None], fault: tuple[str, str]) -> None:
    assert fault in faults(**{**HOST, **changes})
