"""Traefik and Envoy cannot be installed here: their files say so, and are held to the gate and to their manuals."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from gongpai.gateway.config.checking_gate import DEFAULT_LISTEN, PRESETS
from gongpai.gateway.flow.handover import FINISH_PATH
from gongpai.gateway.gate import BEGIN_PATH, DOMAIN_COOKIE_NAME, ENVOY_PATH, FAMILIES, GATE_COOKIE_NAME, Family

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
TRAEFIK, ENVOY = DEPLOY / "traefik" / "dynamic.yml", DEPLOY / "envoy" / "ext_authz.yaml"
IDENTITY = {name for preset in PRESETS.values() for _, name in preset} | {"X-Auth-Assertion"}


@pytest.fixture
def traefik() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(TRAEFIK.read_text(encoding="utf-8"))["http"]
    return loaded


@pytest.fixture
def envoy() -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = yaml.safe_load(ENVOY.read_text(encoding="utf-8"))["http_filters"]
    return loaded


@pytest.mark.parametrize("file", [TRAEFIK, ENVOY], ids=["traefik", "envoy"])
def test_a_file_that_no_test_runs_says_so_in_its_first_words(file: Path) -> None:
    assert file.read_text(encoding="utf-8").startswith("# Not run by our tests: ")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_manual_says_so_of_the_same_two(language: str) -> None:
    page = (DEPLOY.parent / "docs" / language / "forward-auth.md").read_text(encoding="utf-8")
    for name in ("Traefik", "Envoy"):
        (row,) = [line for line in page.splitlines() if line.startswith(f"| {name} |")]
        assert row.endswith(("| not run |", "| 未运行 |"))


def test_traefik_asks_where_its_kind_of_answer_is_given_and_believes_no_client(traefik: dict[str, Any]) -> None:
    ask = traefik["middlewares"]["gongpai-ask"]["forwardAuth"]
    address = ask["address"].removeprefix(f"http://{DEFAULT_LISTEN}")
    assert FAMILIES[address] is Family.REDIRECT
    assert ask["trustForwardHeader"] is False
    assert set(ask) == {"address", "trustForwardHeader", "authResponseHeaders", "addAuthCookiesToResponse"}


def test_traefik_removes_every_name_of_ours_before_it_asks_and_copies_every_one_after(traefik: dict[str, Any]) -> None:
    middlewares = traefik["middlewares"]
    assert middlewares["gongpai"]["chain"]["middlewares"] == ["gongpai-blank", "gongpai-ask"]
    blanked = middlewares["gongpai-blank"]["headers"]["customRequestHeaders"]
    # An empty value removes the header.
    assert blanked == dict.fromkeys(IDENTITY | {name.replace("-", "_") for name in IDENTITY}, "")
    ask = middlewares["gongpai-ask"]["forwardAuth"]
    assert set(ask["authResponseHeaders"]) == IDENTITY | {"Cookie"}
    assert ask["addAuthCookiesToResponse"] == [GATE_COOKIE_NAME, DOMAIN_COOKIE_NAME]


def test_traefik_lets_browsers_reach_two_pages_of_the_gate_and_no_other(traefik: dict[str, Any]) -> None:
    pages, app = traefik["routers"]["gongpai-pages"], traefik["routers"]["app"]
    assert pages["rule"] == f"Path(`{BEGIN_PATH}`) || Path(`{FINISH_PATH}`)"
    assert pages["priority"] > len(app["rule"])
    assert app["middlewares"] == ["gongpai"]
    assert traefik["services"][pages["service"]]["loadBalancer"] == {
        "passHostHeader": True,
        "servers": [{"url": f"http://{DEFAULT_LISTEN}"}],
    }


def test_envoy_removes_every_name_of_ours_first(envoy: list[dict[str, Any]]) -> None:
    mutation, ask = envoy
    removed = mutation["typed_config"]["mutations"]["request_mutations"]
    assert {each["remove"] for each in removed} == {name.lower() for name in IDENTITY}
    assert ask["name"] == "envoy.filters.http.ext_authz"
    # A name with underscores is the connection manager's business.
    assert "headers_with_underscores_action: REJECT_REQUEST" in ENVOY.read_text(encoding="utf-8")


def test_envoy_lets_nobody_pass_when_it_cannot_ask(envoy: list[dict[str, Any]]) -> None:
    ask = envoy[1]["typed_config"]
    assert ask["failure_mode_allow"] is False
    assert ask["status_on_error"] == {"code": "ServiceUnavailable"}
    service = ask["http_service"]
    assert service["path_prefix"] == ENVOY_PATH
    assert service["server_uri"]["uri"] == f"http://{DEFAULT_LISTEN}"


def test_envoy_passes_on_what_is_asked_and_what_is_answered(envoy: list[dict[str, Any]]) -> None:
    service = envoy[1]["typed_config"]["http_service"]
    asked = {each["exact"] for each in service["authorization_request"]["allowed_headers"]["patterns"]}
    assert asked == {"cookie", "accept", "accept-language", "sec-fetch-mode", "x-requested-with"}
    answered = service["authorization_response"]
    to_app = answered["allowed_upstream_headers"]["patterns"]
    for name in IDENTITY | {"Cookie"}:
        assert any(
            name.lower() == each.get("exact") or name.lower().startswith(each.get("prefix", "\n")) for each in to_app
        )
    to_browser = {each["exact"] for each in answered["allowed_client_headers"]["patterns"]}
    assert to_browser == {"location", "cache-control"}
    on_success = answered["allowed_client_headers_on_success"]["patterns"]
    assert on_success == [{"exact": "set-cookie"}]
