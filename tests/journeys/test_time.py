"""What is too late for the gateway: its clock is moved, nobody waits."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, expect

from gateways import PORTAL, Clock, app_config, gateway_config
from gongpai.sandbox import Sandbox
from journeys.stage import Stage, heading, in_process
from programs import free_port

pytestmark = pytest.mark.browser


@dataclass(frozen=True, slots=True)
class Timed:
    """A stage whose gateway has a clock of its own."""

    stage: Stage
    clock: Clock


@pytest.fixture
def timed(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Timed]:
    port, clock = free_port(), Clock()
    with Sandbox.start() as sandbox:
        config = gateway_config(
            sandbox.root,
            tmp_path_factory.mktemp("timed"),
            app_config(sandbox.root),
            public_url=f"http://127.0.0.1:{port}",
        )
        host = f"127.0.0.1:{port}"
        sandbox.root.update_app(PORTAL, oauth_domain=host, callback_domain=host)
        with in_process(config, port=port, clock=clock):
            stage = Stage(chromium, sandbox.root, config.public_url)
            yield Timed(stage, clock)
            for context in stage.contexts:
                context.close()


def test_a_sign_in_that_took_too_long_is_begun_again(timed: Timed) -> None:
    desk = timed.stage.desk()
    desk.goto(timed.stage.url("/me"))
    phone = timed.stage.scan(desk, "Zhang San")
    timed.clock.advance(minutes=16)
    phone.get_by_role("button", name="Confirm").click()
    heading(desk, "This sign-in took too long")
    desk.get_by_role("link", name="Begin again").click()
    timed.stage.scan(desk, "Zhang San").get_by_role("button", name="Confirm").click()
    heading(desk, "张三")


def test_a_session_that_idles_ends(timed: Timed) -> None:
    desk = timed.stage.desk()
    desk.goto(timed.stage.url("/me"))
    timed.stage.scan(desk, "Zhang San").get_by_role("button", name="Confirm").click()
    heading(desk, "张三")
    timed.clock.advance(hours=7)
    desk.reload()
    heading(desk, "张三")
    timed.clock.advance(hours=9)
    desk.reload()
    expect(desk.get_by_role("img", name="QR code")).to_be_visible()
