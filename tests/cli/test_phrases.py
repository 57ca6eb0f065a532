"""What was typed wrongly, and what is wrong with a world, is said in Chinese too."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from gongpai.cli.help import speak
from gongpai.cli.phrases import in_chinese
from gongpai.cli.program import program
from gongpai.sandbox.errors import SandboxError
from gongpai.sandbox.server import Sandbox

_TYPED = {
    "serve --nope": "没有 --nope 这个选项。",
    "serve --conf x": "没有 --conf 这个选项。您是想写 --config 吗？",
    "serve --workers": "选项 '--workers' 后面要写一个值。",
    "sandbox --tls=1": "选项 '--tls' 后面不能写值。",
    "serve a b": "多出的参数：a b。",
    "parties add": "缺少参数 'CLIENT_ID'。",
    "servee": "没有 'servee' 这个命令。您是想写 'serve' 吗？",
    "xyz": "没有 'xyz' 这个命令。",
    "keys rotate bogus": "'purpose' 的值不对：'bogus' 不在可选的值之中：'session', 'gate', 'kept'。",
    "serve --workers two": "'--workers' 的值不对：应为整数。",
    "serve --workers 0": "'--workers' 的值不对：不能小于 1。",
    "serve --workers 129": "'--workers' 的值不对：不能大于 128。",
    "migrate copy /no/such.db": "'file' 的值不对：没有文件 '/no/such.db'。",
    "migrate copy /": "'file' 的值不对：'/' 是目录，不是文件。",
}
_CORP = 'corpid = "ww1"\nname = "A"\n'
_APP = '[[corps.apps]]\nname = "A"\nagentid = {}\nsecret = "s"\ncreated_at = "2024-01-01T00:00:00Z"\n'
_WORLDS = {
    "corps = 1 2": "：第 1 行第 11 列读不懂：",
    "corps = []": "corps：应为 array，长度至少为 1",
    'corps = ["x"]': "corps[0]：应为表（table），却是 str",
    "": "corps：缺少",
    f"x = 1\n[[corps]]\n{_CORP}": "x：没有这个键；可用的有 ",
    '[[corps]]\ncorpid = 3\nname = "A"': "corps[0].corpid：应为 str，却是 int",
    f'[[corps]]\n{_CORP}[[corps.members]]\nuserid = "a b"\nname = "A"': "corps[0].members[0].userid：应为 str，并符合 ",
    f'[[corps]]\n{_CORP}[[corps.members]]\nuserid = "a"\nname = "{"A" * 129}"': "name：应为 str，长度至多为 128",
    f'[[corps]]\n{_CORP}[[corps.members]]\nuserid = "a"\nname = "A"\nstatus = 3': "status：不在可选的值之中：3",
    f'[[corps]]\n{_CORP}[[corps.members]]\nuserid = "a"\nname = "A"\ndepartments = [7]': "departments：没有部门 7",
    f'[[corps]]\n{_CORP}[[corps.members]]\nuserid = "a"\nname = "A"\nleader_of = [5]': "leader_of：该成员不在部门 5 中",
    f'[[corps]]\n{_CORP}[[corps.tags]]\nid = 1\nname = "A"\nuserids = ["z"]': "userids：没有成员 'z'",
    f"[[corps]]\n{_CORP}{_APP.format(1)}visible_tags = [4]": "visible_tags：没有标签 4",
    f"[[corps]]\n{_CORP}{_APP.format(1)}{_APP.format(1)}": "corps[0].apps：agentid 1 出现了 2 次",
    f"[[corps]]\n{_CORP}{_APP.format(1)}{_APP.format(2)}": "corps[0].apps：有两个的 secret 相同",
    f"[[corps]]\n{_CORP}{_APP.format(0)}": "agentid：应为 int，不能小于 1",
}


def complaint(typed: str) -> str:
    with pytest.raises(typer.TyperException) as caught:
        speak(program, "en")(args=typed.split(), standalone_mode=False)
    return caught.value.format_message()


@pytest.mark.parametrize(("typed", "chinese"), _TYPED.items())
def test_what_was_typed_wrongly_is_said_in_chinese(typed: str, chinese: str) -> None:
    assert in_chinese(complaint(typed), "usage") == chinese


@pytest.mark.parametrize(("text", "chinese"), _WORLDS.items())
def test_what_is_wrong_with_a_world_is_said_in_chinese(text: str, chinese: str, tmp_path: Path) -> None:
    path = tmp_path / "w.toml"
    path.write_text(text, encoding="utf-8")
    assert any(chinese in line for line in faults_of(str(path)))


def test_what_is_wrong_with_a_file_or_an_address_is_said_in_chinese(tmp_path: Path) -> None:
    broken = tmp_path / "w.json"
    broken.write_text("{", encoding="utf-8")
    assert "：第 1 行第 2 列读不懂：" in faults_of(str(broken))[0]
    assert faults_of("/no/such.toml") == ["/no/such.toml：没有这个文件；自带的世界有 default, base"]
    assert faults_of(str(tmp_path)) == [f"{tmp_path}：这是目录，不是文件；自带的世界有 default, base"]
    with pytest.raises(SandboxError) as caught:
        Sandbox.start("base", host="0.0.0.0")  # noqa: S104  it is refused
    assert "请用 --expose" in in_chinese(str(caught.value), "world")


def test_an_unknown_sentence_stays_as_it_is() -> None:
    assert in_chinese("Something new.", "usage") == "Something new."


def faults_of(world: str) -> list[str]:
    with pytest.raises(SandboxError) as caught:
        Sandbox.start(world)
    return [in_chinese(line, "world") for line in str(caught.value).splitlines()]


def typed(*arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "GONGPAI_LANG": "zh", "COLUMNS": "120", "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "gongpai.cli", *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, encoding="utf-8", check=False)


def test_a_wrong_call_shows_the_usage_and_where_the_help_is() -> None:
    done = typed("serve", "--nope")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[0].startswith("用法：")
    assert "serve --help 查看说明。\n错误：没有 --nope 这个选项。" in done.stderr
    assert "Try" not in done.stderr


def test_no_command_shows_the_help_alone() -> None:
    done = typed("keys")
    assert done.returncode == 2
    assert "轮换" in done.stdout + done.stderr
    assert "错误" not in done.stderr
    assert "Usage" not in done.stdout + done.stderr


@pytest.mark.parametrize(("arguments", "status"), [(("--version",), 0), (("errcode", "1"), 1), (("keys", "new"), 0)])
def test_a_right_call_ends_with_its_status(arguments: tuple[str, ...], status: int) -> None:
    done = typed(*arguments)
    assert (done.returncode, done.stderr) == (status, "")
