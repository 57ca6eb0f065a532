"""T24, the gateway's side: settings and database never mix the sandbox with WeCom."""

from pathlib import Path

import pytest
import trustme

from gateways import callback, gateway_config, open_gateway
from gongpai.gateway.records import World
from gongpai.gateway.store.migrate import WrongWorldStampError, find_pending, migrate
from gongpai.sandbox import Corner
from settings_of_tests import faults, read

SANDBOX = {"sandbox": "true", "hosts__all": "http://127.0.0.1:9000"}


@pytest.mark.parametrize("public_url", ["https://sso.example.com", "https://127.0.0.1.example.com", "https://10.0.0.1"])
def test_the_sandbox_is_refused_with_a_public_url_that_others_can_reach(public_url: str) -> None:
    assert faults(**SANDBOX, public_url=public_url) == [("sandbox", "sandbox_in_public")]


@pytest.mark.parametrize(
    "public_url", ["http://127.0.0.1:8000", "http://localhost:8000", "http://a.localhost", "https://[::1]:8443"]
)
def test_the_sandbox_is_good_on_loopback(public_url: str) -> None:
    assert read(**SANDBOX, public_url=public_url).sandbox


def test_the_sandbox_needs_hosts_of_its_own_or_its_ca(tmp_path: Path) -> None:
    loopback = {"sandbox": "true", "public_url": "http://127.0.0.1:8000"}
    assert faults(**loopback) == [("sandbox", "sandbox_needs_hosts")]
    certificate = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(certificate))
    assert read(**loopback, ca_file=str(certificate)).hosts.is_wecom


def test_hosts_that_are_not_wecoms_need_to_be_called_private() -> None:
    hosts = {"hosts__api": "https://api.example.net"}
    assert faults(**hosts) == [("hosts", "foreign_hosts")]
    assert not read(**hosts, private_wecom="true").hosts.is_wecom
    both = {**SANDBOX, "private_wecom": "true", "public_url": "http://127.0.0.1:8000"}
    assert faults(**both) == [("sandbox", "sandbox_or_private")]


@pytest.mark.services
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
@pytest.mark.parametrize(("made_for", "used_for"), [(World.SANDBOX, World.WECOM), (World.WECOM, World.SANDBOX)])
def test_a_database_of_the_other_world_stops_the_start(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, made_for: World, used_for: World
) -> None:
    storage = f"sqlite://{tmp_path}/g.db" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    migrate(storage, made_for)
    assert migrate(storage, made_for) == []
    with pytest.raises(WrongWorldStampError):
        migrate(storage, used_for)
    with pytest.raises(WrongWorldStampError):
        find_pending(storage, used_for)


async def test_a_gateway_that_means_wecom_lets_nobody_in_by_the_sandboxs_word(
    wecom_sandbox: Corner, tmp_path: Path
) -> None:
    config = gateway_config(wecom_sandbox, tmp_path, sandbox=False)
    async with open_gateway(wecom_sandbox, config) as gateway:
        browser = gateway.browser()
        state = (await browser.begin())["state"]
        answer = await browser.get(callback(state, gateway.mint("lisi")))
        assert answer.status_code == 503
        assert browser.cookie("__Host-gongpai_session") is None
