"""A party whose callback leads on to another host, as that of a proxy for several does, is reached from every page."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from gongpai.sandbox import Sandbox
from journeys.stage import Stage, heading, two_workers
from local_site import Answer, local_site
from served import Served

pytestmark = pytest.mark.browser

_WELCOME = Answer(b"<!doctype html><title>The App</title><h1>Welcome to the app</h1>")
# A policy has no way to say this one.
_IPV6 = "http://[::1]:18080/cb"


@pytest.fixture(scope="module")
def redirect_uri() -> Iterator[str]:
    """Run two sites of a party's: its callback, and the app to which that leads on; yield the callback."""
    with local_site({"/welcome": _WELCOME, "/favicon.ico": Answer()}) as app:
        onward = Answer(status=303, headers={"Location": f"http://{app}/welcome"})
        with local_site({"/cb": onward}) as callback:
            yield f"http://{callback}/cb"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, redirect_uri: str) -> Iterator[tuple[Sandbox, Served]]:
    """Run a gateway that knows a party of which people are asked, and one of which they are not."""
    settings: dict[str, object] = {}
    for name, is_trusted in (("wiki", True), ("lunch", False)):
        settings |= {
            f"parties.{name}.name": name.title(),
            f"parties.{name}.client_secret": "a-secret-of-this-test-alone-43-characters-x",
            f"parties.{name}.redirect_uris": [redirect_uri, _IPV6],
            f"parties.{name}.trusted": is_trusted,
            f"parties.{name}.without_pkce": True,
        }
    with two_workers(tmp_path_factory.mktemp("gateway"), **settings) as running:
        yield running


def ask(stage: Stage, client_id: str, redirect_uri: str, **changes: str) -> str:
    """Return where the party sends a browser."""
    query = {"client_id": client_id, "redirect_uri": redirect_uri, "response_type": "code", "scope": "openid profile"}
    return f"{stage.url('/authorize')}?{urlencode({**query, **changes})}"


def test_an_answer_by_a_form_arrives_where_the_callback_leads(stage: Stage, redirect_uri: str) -> None:
    page = stage.wecom("lisi")
    page.goto(ask(stage, "wiki", redirect_uri, response_mode="form_post"))
    heading(page, "Welcome to the app")


@pytest.mark.parametrize("response_mode", ["query", "form_post"])
def test_a_yes_and_a_no_arrive_where_the_callback_leads(stage: Stage, redirect_uri: str, response_mode: str) -> None:
    for word in ("Do not allow", "Allow"):
        page = stage.wecom("lisi")
        page.goto(ask(stage, "lunch", redirect_uri, response_mode=response_mode, prompt="consent"))
        page.get_by_role("button", name=word, exact=True).click()
        heading(page, "Welcome to the app")


@pytest.mark.parametrize("response_mode", ["query", "form_post"])
def test_a_yes_arrives_at_an_address_of_ipv6(stage: Stage, response_mode: str) -> None:
    page = stage.wecom("lisi")
    page.route(f"{_IPV6}**", lambda route: route.fulfill(body=_WELCOME.body, content_type="text/html"))
    page.goto(ask(stage, "lunch", _IPV6, response_mode=response_mode, prompt="consent"))
    page.get_by_role("button", name="Allow", exact=True).click()
    heading(page, "Welcome to the app")
