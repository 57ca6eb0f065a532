"""`gongpai demo` as a newcomer meets it: start it, follow its page, end it with Ctrl-C."""

import http.client
import os
import re
import select
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from browser import patient
from programs import free_port

pytestmark = pytest.mark.browser

_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/start/\S+")


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo: its process, what it printed, and where it keeps its files."""

    process: "subprocess.Popen[str]"
    address: str
    folder: Path


@contextmanager
def running(folder: Path, port: int) -> Iterator[Demo]:
    process = subprocess.Popen(
        [sys.executable, "-m", "gongpai.cli", "demo", "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # An operator's own settings are not the demo's.
        env=os.environ | {"TMPDIR": str(folder), "PYTHONUNBUFFERED": "1", "GONGPAI_PUBLIC_URL": "https://sso.example"},
    )
    assert process.stdout is not None
    with process.stdout as lines:
        printed: list[str] = []
        address = None
        while address is None and (line := lines.readline()):
            printed.append(line)
            found = _ADDRESS.search(line)
            address = found[0] if found else None
        assert address is not None, "".join(printed)
        yield Demo(process, address, folder)
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running(tmp_path_factory.mktemp("demo"), free_port()) as demo:
        yield demo


@pytest.fixture
def person(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(locale="en-US", viewport={"width": 1280, "height": 900})
    yield patient(context)
    context.close()


def lunch_of(demo: Demo) -> str:
    return urlsplit(demo.address)._replace(path="/lunch").geturl()


def pick_up_the_phone(person: BrowserContext, demo: Demo, name: str) -> tuple[Page, Page]:
    """Open the demo's page, and the phone beside it as *name*; return both windows."""
    start = person.new_page()
    start.goto(demo.address)
    with start.expect_popup() as popup:
        start.get_by_role("link", name="Open the phone", exact=True).click()
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


def test_a_name_of_somebody_elses_is_not_answered(demo: Demo) -> None:
    address = urlsplit(demo.address)
    connection = http.client.HTTPConnection("127.0.0.1", address.port)
    connection.request("GET", address.path, headers={"Host": "rebound.example"})
    assert connection.getresponse().status == 400
    connection.close()


def test_both_languages_say_the_same_things() -> None:
    words = tomllib.loads(files("gongpai.cli.demo_app").joinpath("words.toml").read_text("utf-8"))
    assert words["en"].keys() == words["zh"].keys()


def children_of(pid: int) -> set[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return {int(child) for task in tasks for child in (task / "children").read_text().split()}


def descendants(pid: int) -> set[int]:
    children = children_of(pid)
    return children.union(*(descendants(child) for child in children))


# The last of this module: it ends what the others used.
def test_ctrl_c_ends_all_of_it_and_leaves_nothing(demo: Demo) -> None:
    children = descendants(demo.process.pid)
    port = urlsplit(demo.address).port
    assert children
    assert list(demo.folder.iterdir())
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(90) == 0
    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []
    assert list(demo.folder.iterdir()) == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port or 0))


def test_a_demo_that_is_killed_leaves_no_gateway_behind(tmp_path: Path) -> None:
    with running(tmp_path, free_port()) as demo:
        children = [os.pidfd_open(pid) for pid in descendants(demo.process.pid)]
        demo.process.kill()
        demo.process.wait()
    assert children
    for child in children:
        with os.fdopen(child) as ended:  # readable once the process has ended
            assert select.select([ended], [], [], 90)[0]


def test_a_demo_whose_gateway_dies_says_why_and_ends(tmp_path: Path) -> None:
    with running(tmp_path, free_port()) as demo:
        (gateway,) = children_of(demo.process.pid)
        os.kill(gateway, signal.SIGKILL)
        assert demo.process.stdout is not None
        said = demo.process.stdout.read()
        assert demo.process.wait(90) == 1
    assert "The gateway has ended by itself" in said
    assert "gongpai listens on" in said
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_is_taken_is_left_to_whoever_has_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with running(tmp_path, port) as demo:
            assert urlsplit(demo.address).port != port
            demo.process.terminate()
            assert demo.process.wait(90) == 0
