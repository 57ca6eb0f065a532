"""`gongpai demo` as a newcomer meets it: start it, follow its page, end it with Ctrl-C."""

import os
import re
import select
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from programs import free_port

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

expect.set_options(timeout=20_000)

_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/start/\S+")


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo: its process, what it printed, and where it keeps its files."""

    process: "subprocess.Popen[str]"
    address: str
    folder: Path


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    process = subprocess.Popen(
        [sys.executable, "-m", "gongpai.cli", "demo", "--port", str(free_port())],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"},
        start_new_session=True,
    )
    assert process.stdout is not None
    address = next((found[0] for line in process.stdout if (found := _ADDRESS.search(line))), None)
    assert address is not None, "the demo ended before it printed its address"
    yield Demo(process, address, folder)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.stdout.close()
    process.wait()


@pytest.fixture
def person(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(locale="en-US", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(20_000)
    yield context
    context.close()


def lunch_of(demo: Demo) -> str:
    return urlsplit(demo.address)._replace(path="/lunch").geturl()


def pick_up_the_phone(person: BrowserContext, demo: Demo, name: str) -> tuple[Page, Page]:
    """Open the demo's page, and the phone beside it as *name*; return both windows."""
    start = person.new_page()
    start.goto(demo.address)
    with start.expect_popup() as popup:
        start.get_by_role("link", name="Open the phone beside this page").click()
    phone = popup.value
    phone.get_by_role("button", name=name).click()
    return start, phone


def test_somebody_scans_the_code_with_the_phone(demo: Demo, person: BrowserContext) -> None:
    start, phone = pick_up_the_phone(person, demo, "Zhang San")
    with start.expect_popup() as popup:
        start.get_by_role("link", name="Open the gateway").click()
    desk = popup.value
    phone.get_by_role("link", name="Scan").click()
    phone.get_by_role("button", name="Confirm").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("张三")
    expect(desk.get_by_text("zhangsan", exact=True)).to_be_visible()


def test_somebody_opens_the_link_in_wecom_and_grants_what_is_sensitive(demo: Demo, person: BrowserContext) -> None:
    start, phone = pick_up_the_phone(person, demo, "Zhang San")
    phone.get_by_role("link", name="Open", exact=True).first.click()
    phone.get_by_role("button", name="Open").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("张三")
    phone.get_by_role("button", name="Ask WeCom for them").click()
    phone.get_by_role("button", name="Agree").click()
    expect(phone.get_by_text("13800138004")).to_be_visible()
    assert start.url == demo.address


def test_the_button_of_the_second_journey_leads_to_the_phone(demo: Demo, person: BrowserContext) -> None:
    start, phone = pick_up_the_phone(person, demo, "Zhang San")
    start.get_by_role("link", name="Open the link on the phone").click()
    expect(phone.get_by_role("heading", name="Open in WeCom?")).to_be_visible()
    expect(phone.get_by_text("/signin?return_to=%2Fme")).to_be_visible()


def test_the_lunch_list_greets_a_colleague_who_scans(demo: Demo, person: BrowserContext) -> None:
    start, phone = pick_up_the_phone(person, demo, "Zhang San")
    with start.expect_popup() as popup:
        start.get_by_role("link", name="Open the lunch list").click()
    desk = popup.value
    phone.get_by_role("link", name="Scan").click()
    phone.get_by_role("button", name="Confirm").click()
    expect(desk.get_by_role("heading", name="Hello 张三")).to_be_visible()
    desk.get_by_role("button", name="I’m in").click()
    expect(desk.get_by_role("listitem")).to_have_text("张三")
    desk.get_by_role("button", name="Sign out").click()
    expect(desk.get_by_role("heading", name="You are signed out")).to_be_visible()


def test_the_lunch_list_greets_a_colleague_inside_wecom(demo: Demo, person: BrowserContext) -> None:
    _, phone = pick_up_the_phone(person, demo, "Zhang San")
    phone.goto(f"{lunch_of(demo)}?via=in_app")
    expect(phone.get_by_role("heading", name="Hello 张三")).to_be_visible()


@pytest.mark.parametrize("name", ["A stranger", "Liu, a customer", "Maria of Partner Ltd", "Wang Wu", "Qian Duo"])
def test_the_lunch_list_turns_away_who_is_no_colleague_of_this_app(
    demo: Demo, person: BrowserContext, name: str
) -> None:
    _, phone = pick_up_the_phone(person, demo, name)
    phone.goto(f"{lunch_of(demo)}?via=in_app")
    expect(phone.get_by_role("heading", name="This list is for colleagues")).to_be_visible()


def test_the_lunch_list_takes_no_answer_that_this_browser_did_not_ask_for(demo: Demo, person: BrowserContext) -> None:
    tab = person.new_page()
    for query in ("code=guess&state=guess", "state=", "code=1&code=2&state=x"):
        answer = tab.goto(f"{lunch_of(demo)}/signed-in?{query}")
        assert answer is not None
        assert answer.status == 403


def test_the_page_speaks_chinese_too_and_stays_inside_its_policy(demo: Demo, person: BrowserContext) -> None:
    start = person.new_page()
    complaints: list[str] = []
    start.on("console", lambda message: complaints.append(message.text))
    start.goto(demo.address)
    start.get_by_role("link", name="中文").click()
    expect(start.get_by_role("heading", level=1)).to_have_text("用运行在您电脑上的“企业微信”登录")
    assert complaints == []


def test_without_its_key_the_page_hands_out_nothing(demo: Demo, person: BrowserContext) -> None:
    tab = person.new_page()
    answer = tab.goto(demo.address.rpartition("/")[0] + "/guess")
    assert answer is not None
    assert answer.status == 404
    assert "token=" not in tab.content()
    expect(tab.get_by_role("heading", name="Almost there")).to_be_visible()


def test_both_languages_say_the_same_things() -> None:
    words = tomllib.loads(files("gongpai.cli.demo_app").joinpath("words.toml").read_text("utf-8"))
    assert words["en"].keys() == words["zh"].keys()


def descendants(pid: int) -> set[int]:
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            found |= {child} | descendants(child)
    return found


# The last of this module: it ends what the others used.
def test_ctrl_c_ends_all_of_it_and_leaves_nothing(demo: Demo) -> None:
    children = descendants(demo.process.pid)
    port = urlsplit(demo.address).port
    assert children
    assert list(demo.folder.iterdir())
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(20) == 0
    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []
    assert list(demo.folder.iterdir()) == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port or 0))


def test_a_demo_that_is_killed_leaves_no_gateway_behind(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "gongpai.cli", "demo", "--port", str(free_port())],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    with process.stdout as lines:
        assert any(_ADDRESS.search(line) for line in lines)
        children = [os.pidfd_open(pid) for pid in descendants(process.pid)]
        process.kill()
        process.wait()
    for child in children:
        # Readable once the process has ended.
        with os.fdopen(child) as ended:
            assert select.select([ended], [], [], 20)[0]
