from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
import trustme

from gongpai.gateway.config import Address, ConfigError, WebLogin
from gongpai.gateway.config.faults import KINDS, Fault
from gongpai.wecom import UsageError, begin_in_app, begin_qr_connect, begin_web_login
from settings_of_tests import faults, read


def test_a_few_settings_are_enough() -> None:
    config = read()
    assert config.public_url == "https://sso.example.com"
    assert config.storage == "sqlite:///var/lib/gongpai/gongpai.db"
    assert config.listen == Address("127.0.0.1", 8000)
    assert str(config.metrics_listen) == "127.0.0.1:9464"
    assert config.apps["main"].app.agentid == 1000002
    assert config.apps["main"].title == "main"
    assert config.hosts.is_wecom
    assert config.session.idle == timedelta(hours=8)


def test_every_setting_can_be_given(tmp_path: Path) -> None:
    certificate = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(certificate))
    config = read(
        public_url="HTTPS://SSO.example.com:443/",
        storage="postgresql://user:pw@db/gongpai",
        tickets="rediss://cache:6380/0",
        listen="[::1]:8001",
        metrics_listen="off",
        trusted_proxies="10.0.0.0/8, ::1",
        starts_per_minute="0",
        ca_file=str(certificate),
        proxy="http://proxy:3128",
        log_level="debug",
        private_wecom="true",
        hosts__all="https://wecom.example.net",
        hosts__api="https://api.example.net/",
        apps__main__trusted_domain="sso.example.com",
        apps__main__web_login="qr_connect",
        policy__allow_departments="1,2",
        apps__main__policy__allow_userids="LiSi",
        policy__allow_userids="nobody",
        session__idle="30m",
        session__absolute="7d",
        session__grace="0s",
    )
    assert config.public_url == "https://sso.example.com"
    assert str(config.listen) == "[::1]:8001"
    assert config.metrics_listen is None
    assert config.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1"))
    assert config.hosts.api == "https://api.example.net"
    assert config.hosts.qr == "https://wecom.example.net"
    assert config.ca_file == certificate
    app = config.apps["main"]
    assert app.web_login is WebLogin.QR_CONNECT
    assert app.app.trusted_domain == app.app.callback_domain == "sso.example.com"
    assert app.policy.allow_departments == {1, 2}
    assert app.policy.allow_userids == {"lisi"}
    assert config.session.grace == timedelta(0)


def test_encrypted_userids_keep_their_case() -> None:
    config = read(apps__main__encrypted_ids="true", policy__deny_userids="woLiSi")
    assert config.apps["main"].policy.deny_userids == {"woLiSi"}


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"public_url": None}, ("public_url", "missing")),
        ({"public_url": "https://sso.example.com/path"}, ("public_url", "not_an_origin")),
        ({"public_url": "https://user@sso.example.com"}, ("public_url", "not_an_origin")),
        ({"public_url": "https://sso.example.com:99999"}, ("public_url", "not_an_origin")),
        ({"public_url": "ftp://sso.example.com"}, ("public_url", "not_an_origin")),
        ({"public_url": "http://sso.example.com"}, ("public_url", "needs_https")),
        ({"public_url": "http://127.0.0.1.example.com"}, ("public_url", "needs_https")),
        ({"storage": "gongpai.db"}, ("storage", "not_storage")),
        ({"storage": "sqlite:///"}, ("storage", "not_storage")),
        ({"storage": "postgresql://host"}, ("storage", "not_storage")),
        ({"tickets": "http://cache"}, ("tickets", "not_redis")),
        ({"secret_key": None}, ("secret_key", "missing")),
        ({"secret_key": "short"}, ("secret_key", "not_a_key")),
        ({"secret_key": "a"}, ("secret_key", "not_a_key")),
        ({"secret_key_file": "/nowhere"}, ("secret_key", "both_given")),
        ({"secret_key": None, "secret_key_file": "/nowhere"}, ("secret_key_file", "file_unreadable")),
        ({"listen": "8000"}, ("listen", "not_an_address")),
        ({"listen": "127.0.0.1:70000"}, ("listen", "not_an_address")),
        ({"listen": "off"}, ("listen", "not_an_address")),
        ({"trusted_proxies": "10.0.0.300"}, ("trusted_proxies", "not_a_network")),
        ({"trusted_proxies": "0.0.0.0/0"}, ("trusted_proxies", "trusts_everyone")),
        ({"starts_per_minute": "-1"}, ("starts_per_minute", "wrong_type")),
        ({"ca_file": "/nowhere"}, ("ca_file", "file_unreadable")),
        ({"ca_file": __file__}, ("ca_file", "not_certificates")),
        ({"proxy": "socks5://proxy"}, ("proxy", "not_a_proxy")),
        ({"log_level": "loud"}, ("log_level", "not_one_of")),
        ({"sandbox": "yes"}, ("sandbox", "wrong_type")),
        ({"hosts__all": "wecom"}, ("hosts.all", "not_an_origin")),
        ({"hosts__api": "http://api.example.net", "private_wecom": "true"}, ("hosts.api", "needs_https")),
        ({"hosts__all": "https://wecom.example.net"}, ("hosts", "foreign_hosts")),
        ({"apps__main__corpid": None}, ("apps.main.corpid", "missing")),
        ({"apps__main__corpid": "a b"}, ("apps.main.corpid", "bad_id")),
        ({"apps__main__agentid": None}, ("apps.main.agentid", "missing")),
        ({"apps__main__agentid": "x"}, ("apps.main.agentid", "wrong_type")),
        ({"apps__main__corpsecret": None}, ("apps.main.corpsecret", "missing")),
        ({"apps__main__corpsecret": "密"}, ("apps.main.corpsecret", "bad_id")),
        ({"apps__main__web_login": "magic"}, ("apps.main.web_login", "not_one_of")),
        ({"apps__main__trusted_domain": "example.com"}, ("apps.main.trusted_domain", "domain_mismatch")),
        ({"apps___x__corpid": "ww"}, ("apps._x", "bad_name")),
        ({"policy__allow_departments": "0"}, ("policy.allow_departments", "bad_id")),
        ({"policy__deny_userids": "a b"}, ("policy.deny_userids", "bad_id")),
        ({"session__idle": "8"}, ("session.idle", "not_a_duration")),
        ({"session__idle": "1s"}, ("session.idle", "not_a_duration")),
        ({"session__absolute": "91d"}, ("session.absolute", "not_a_duration")),
        ({"session__idle": "13h"}, ("session.idle", "idle_too_long")),
        ({"sesion__idle": "1h"}, ("sesion.idle", "unknown_variable")),
        ({"frobnicate": "1"}, ("frobnicate", "unknown_variable")),
    ],
)
def test_each_fault_is_named_by_its_key(changes: dict[str, str | None], fault: tuple[str, str]) -> None:
    assert fault in faults(**changes)


def test_all_faults_are_reported_at_once() -> None:
    found = faults(public_url="x", secret_key="x", listen="x", session__idle="x", apps__main__agentid="x")
    assert {key for key, _ in found} == {"public_url", "secret_key", "listen", "session.idle", "apps.main.agentid"}


def test_a_misspelt_key_gets_a_suggestion(tmp_path: Path) -> None:
    path = tmp_path / "gongpai.toml"
    path.write_text("[apps.main]\ncorpidd = 'x'\n")
    assert ("apps.main.corpidd", "unknown_key") in faults(path)


def test_a_variable_that_names_no_setting_is_called_by_its_own_name() -> None:
    with pytest.raises(ConfigError) as failure:
        read(service_host="10.0.0.9", sesion__idle="1h")
    told = [fault.render("en") for fault in failure.value.faults if fault.kind == "unknown_variable"]
    assert "the environment variable GONGPAI_SESION__IDLE (session.idle?) names no setting" in told[1]
    assert "the environment variable GONGPAI_SERVICE_HOST" in told[0]
    assert "enableServiceLinks: false" in told[0]


def test_no_application_is_a_fault() -> None:
    assert ("apps", "no_apps") in faults(apps__main__corpid=None, apps__main__agentid=None, apps__main__corpsecret=None)


def test_an_application_may_stand_only_once() -> None:
    twin = {
        "apps__b__corpid": "WW0123456789ABCDEF",
        "apps__b__agentid": "1000002",
        "apps__b__corpsecret": "another-one",
    }
    assert faults(**twin) == [("apps.main", "same_app")]


def test_with_several_corps_ids_belong_to_one_application() -> None:
    other = {"apps__b__corpid": "wwother", "apps__b__agentid": "1", "apps__b__corpsecret": "another-one"}
    assert faults(**other, policy__allow_departments="1") == [("policy.allow_departments", "several_corps")]
    config = read(**other, apps__b__policy__allow_departments="1")
    assert config.apps["b"].policy.allow_departments == {1}
    assert config.apps["main"].policy.allow_departments == frozenset()


def test_the_panel_needs_https_and_wecoms_own_hosts() -> None:
    panel = {"apps__main__web_login": "panel"}
    assert read(**panel).apps["main"].web_login is WebLogin.PANEL
    moved = faults(**panel, private_wecom="true", hosts__all="https://wecom.example.net")
    assert moved == [("apps.main.web_login", "panel_needs_wecom")]


def test_the_environment_lies_over_the_file_and_secrets_may_come_from_files(tmp_path: Path) -> None:
    secret, path = tmp_path / "secret", tmp_path / "gongpai.toml"
    secret.write_text("from-a-file\n")
    path.write_text(
        f'public_url = "https://other.example.com"\n[apps.main]\nname = "Staff"\ncorpsecret_file = "{secret}"\n'
        '[policy]\nallow_departments = [1, 2]\n[verify_files]\n"WW_verify_Ab12.txt" = "Ab12"\n'
    )
    config = read(path, apps__main__corpsecret=None)
    assert config.public_url == "https://sso.example.com"
    assert config.apps["main"].app.corpsecret == "from-a-file"
    assert config.apps["main"].title == "Staff"
    assert config.apps["main"].policy.allow_departments == {1, 2}
    assert config.verify_files == {"WW_verify_Ab12.txt": "Ab12"}


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("public_url = [", "not_toml"),
        ("listen = 8000", "wrong_type"),
        ("starts_per_minute = true", "wrong_type"),
        ("trusted_proxies = 7", "wrong_type"),
        ("trusted_proxies = [1.5]", "wrong_type"),
        ('[verify_files]\n"robots.txt" = "x"', "not_verify_name"),
        ('[verify_files]\n"WW_verify_../x.txt" = "x"', "not_verify_name"),
        ('[verify_files]\n"WW_verify_Ab.txt" = "a\\nb"', "not_verify_body"),
        ('[verify_files]\n"WW_verify_Ab.txt" = ""', "missing"),
    ],
)
def test_a_faulty_file_is_told(tmp_path: Path, line: str, fault: str) -> None:
    path = tmp_path / "gongpai.toml"
    path.write_text(line)
    assert fault in {kind for _, kind in faults(path)}


def test_a_missing_file_and_a_binary_one_are_told(tmp_path: Path) -> None:
    binary = tmp_path / "gongpai.toml"
    binary.write_bytes(b"\xff\xfe")
    assert (str(binary), "not_toml") in faults(binary)
    assert (str(tmp_path / "none"), "file_unreadable") in faults(tmp_path / "none")
    assert ("secret_key_file", "wrong_type") in faults(secret_key=None, secret_key_file=str(binary))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_fault_has_words_in_both_languages(kind: str) -> None:
    chinese, english = (Fault("key", kind, "detail").render(language) for language in ("zh", "en"))
    assert chinese != english
    assert "解决办法" in chinese
    assert "remedy" in english


def test_no_secret_is_in_the_repr() -> None:
    config = read(storage="postgresql://user:hush@db/gongpai", tickets="redis://:hush@cache", proxy="http://u:hush@p:1")
    assert "hush" not in repr(config)
    assert "published" not in repr(config)
    assert "secret_key" not in repr(config)


@pytest.mark.parametrize(
    ("domain", "en", "zh"),
    [
        ("example.com", "sub-domains are not included", "子域名不被包含"),
        ("sso.example.com:443", "has a port and the address has none", "域名设置带端口而地址不带"),
        ("https://sso.example.com", "holds a scheme", "带了协议头"),
        ("*.example.com", "no wildcards", "不支持通配符"),
        ("other.example.com", "its host is not that of the domain setting", "主机与域名设置不同"),
    ],
)
def test_a_domain_that_wecom_would_refuse_is_named_with_the_reason(domain: str, en: str, zh: str) -> None:
    with pytest.raises(ConfigError) as raised:
        read(apps__main__trusted_domain=domain)
    (fault,) = raised.value.faults
    for rendered, words in ((fault.render("en"), en), (fault.render("zh"), zh)):
        problem, remedy = rendered.splitlines()
        assert problem.startswith("apps.main.trusted_domain: ")
        assert "https://sso.example.com" in problem
        assert words in problem
        assert "public_url" in remedy


def test_links_are_built_within_the_domain_only() -> None:
    app = read(apps__main__trusted_domain="sso.example.com").apps["main"].app
    for begin in (begin_in_app, begin_web_login, begin_qr_connect):
        begin(app, "https://sso.example.com/signin/callback/main")
        with pytest.raises(UsageError):
            begin(app, "https://sso.example.com:8443/signin/callback/main")


def test_a_file_that_cannot_be_read_is_named_with_its_path() -> None:
    with pytest.raises(ConfigError) as raised:
        read(ca_file="/nowhere/ca.pem", secret_key=None, secret_key_file="/nowhere/secret.key")
    rendered = "".join(fault.render("en") for fault in raised.value.faults)
    assert "/nowhere/ca.pem: No such file or directory" in rendered
    assert "/nowhere/secret.key: No such file or directory" in rendered
