import re
from configparser import RawConfigParser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gongpai.cli.program import program

UNIT = Path(__file__).resolve().parents[2] / "deploy" / "systemd" / "gongpai.service"
TEXT = UNIT.read_text(encoding="utf-8")
COMMANDS = re.findall(r"^Exec\w+=/opt/gongpai/bin/gongpai (.+)$", TEXT, re.MULTILINE)


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_the_unit_exists_and_takes_the_configuration(line: str) -> None:
    words, config = line.split(" --config ")
    shown = CliRunner().invoke(program, [*words.split(), "--help"])
    assert shown.exit_code == 0, shown.output
    assert "--config" in shown.output
    assert config == "/etc/gongpai/gongpai.toml"


def test_the_unit_checks_and_migrates_before_it_serves() -> None:
    assert [line.split(" --")[0] for line in COMMANDS] == ["config check", "migrate", "serve"]


def test_the_service_runs_as_nobody_in_particular() -> None:
    unit = RawConfigParser(strict=False, interpolation=None)
    unit.read_string(TEXT)
    service = dict(unit["Service"])
    assert service["dynamicuser"] == "yes"
    assert service["nonewprivileges"] == "yes"
    assert service["protectsystem"] == "strict"


def test_the_socket_of_the_gate_has_a_folder_that_its_group_may_enter_and_nobody_else() -> None:
    (path,) = re.findall(r"unix:(\S+)/gate\.sock", TEXT)
    assert path == f"/run/{re.findall(r'^RuntimeDirectory=(.+)$', TEXT, re.MULTILINE)[0]}"
    assert re.findall(r"^RuntimeDirectoryMode=(.+)$", TEXT, re.MULTILINE) == ["0750"]
    # The group is for the socket alone.
    assert re.findall(r"^(?:StateDirectoryMode|UMask)=(.+)$", TEXT, re.MULTILINE) == ["0700", "0077"]
