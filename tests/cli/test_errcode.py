import locale

import pytest
from typer.testing import CliRunner

from gongpai.cli.program import program
from gongpai.wecom.errcodes import catalogue


def explain(*arguments: str, **environ: str) -> tuple[int, str]:
    shown = CliRunner().invoke(program, ["errcode", *arguments], env=environ)
    return shown.exit_code, shown.output


def test_a_code_is_explained_with_its_cause_remedy_and_place_in_the_console() -> None:
    code, shown = explain("60020", "--lang", "en")
    assert code == 0
    assert shown.startswith("60020  ip_not_allowed\n")
    assert "Add that IP and wait a minute" in shown
    assert "In the admin console: App Management → the app → Trusted IP" in shown


def test_a_code_is_explained_in_chinese() -> None:
    code, shown = explain("60020", "--lang", "zh")
    assert code == 0
    assert "含义: 访问 IP 不在可信列表" in shown
    assert "管理后台: 应用管理 → 应用 → 企业可信IP" in shown


@pytest.mark.parametrize("number", ["-1", "-31020"])
def test_a_negative_code_is_not_taken_for_an_option(number: str) -> None:
    code, shown = explain(number, "--lang", "en")
    assert (code, shown.split()[0]) == (0, number)


def test_a_code_without_a_place_in_the_console_names_none() -> None:
    assert "In the admin console" not in explain("40029", "--lang", "en")[1]


def test_an_unknown_code_leads_to_wecoms_own_page_and_fails() -> None:
    code, shown = explain("424242", "--lang", "en")
    assert code == 1
    assert "https://open.work.weixin.qq.com/devtool/query?e=424242" in shown


def test_what_is_not_a_number_or_a_language_is_refused() -> None:
    assert explain("ip")[0] == 2
    assert explain("60020", "--lang", "fr")[0] == 2


@pytest.mark.parametrize(
    ("ours", "all_of_it", "lang", "label"),
    [
        ("", "", "zh_CN.UTF-8", "含义"),
        ("", "en_GB.UTF-8", "zh_CN.UTF-8", "Meaning"),
        ("zh", "en_GB.UTF-8", "en_GB.UTF-8", "含义"),
    ],
)
def test_without_a_language_the_environment_decides(ours: str, all_of_it: str, lang: str, label: str) -> None:
    assert label in explain("40001", GONGPAI_LANG=ours, LC_ALL=all_of_it, LANG=lang)[1]
    assert "Meaning" in explain("40001", "--lang", "en", GONGPAI_LANG=ours, LC_ALL=all_of_it, LANG=lang)[1]


def test_where_the_environment_says_nothing_the_system_decides() -> None:
    chinese = (locale.getlocale()[0] or "").startswith("zh")
    assert ("含义" if chinese else "Meaning") in explain("40001", GONGPAI_LANG="", LC_ALL="", LC_MESSAGES="", LANG="")[
        1
    ]


@pytest.mark.parametrize("number", list(catalogue()))
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_code_of_the_catalogue_can_be_shown(number: int, lang: str) -> None:
    assert explain(str(number), "--lang", lang)[0] == 0
