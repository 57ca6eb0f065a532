import re

import pytest

from gongpai.wecom import ErrorClass, describe
from gongpai.wecom.errcodes import ErrorEntry, Text, catalogue

# WeCom's table of 2024-04-08, the part that touches sign-in, with what a client does about each.
TABLE = {
    "retry": "-1 6000",
    "ok": "0",
    "config": """40001 40013 40056 40057 40080 40083 40084 40085 40086 40091 40102 40133 40134 40135 40139 40209 40210
        43009 43012 45031 48001 48002 48003 48004 48005 48006 48008 48009 50001 50003 60020 90308 301042 60031 80001
        85004 85005 85006 85007 85008 85009 85111 301002 301007 670001 670004 701001 701002 701003 701004 701005
        701008""",
    "token": "40014 40082 42001 42009 42012",
    "code": """40029 40077 40078 40207 42003 42022 42007 42013 84014 84015 84090 84071 84075 84076 90307""",
    "input": """40003 40031 40032 40033 40035 40058 40039 40073 40093 40094 40096 40125 41001 41002 41004 41008 41009
        41011 41021 41022 41023 41024 41025 45029 60003 60004 60123 60124 81013 84025 91040 301021 2000002""",
    "denied": """40205 40208 43004 43016 46004 50002 60011 60021 60030 60111 60217 60218 60221 60227 90210 90211 90212
        92000 92001 92002""",
    "limit": "45009 45033",
}
LOGIN_PAGE = "-31020 -31027 -31028 -31033 -31034 -31035 -31037 -31039 -31040"
ENTRIES = list(catalogue().values())


@pytest.mark.parametrize(
    ("code", "klass"), [(int(code), klass) for klass, codes in TABLE.items() for code in codes.split()]
)
def test_every_code_of_wecoms_table_that_touches_sign_in_is_explained(code: int, klass: str) -> None:
    entry = describe(code)
    assert entry is not None
    # 42013 is about a mini program's session, which only a new sign-in mends.
    assert entry.klass is ErrorClass(klass)


@pytest.mark.parametrize("code", [int(code) for code in LOGIN_PAGE.split()])
def test_the_login_pages_own_codes_are_explained(code: int) -> None:
    assert describe(code) is not None


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: str(entry.code))
def test_every_entry_is_complete_in_both_languages(entry: ErrorEntry) -> None:
    assert re.fullmatch(r"[a-z][a-z_]*", entry.name)
    texts = [entry.meaning, entry.cause, entry.remedy, *([entry.console_path] if entry.console_path else [])]
    for text in texts:
        assert text.en.isprintable()
        assert text.en
        assert re.search(r"[\u4e00-\u9fff]", text.zh)
        assert not text.en.endswith(".")


@pytest.mark.parametrize("entry", [entry for entry in ENTRIES if entry.klass is ErrorClass.CONFIG])
def test_a_fault_of_configuration_names_the_place_or_says_that_the_api_is_gone(entry: ErrorEntry) -> None:
    assert entry.console_path is not None or entry.name == "api_withdrawn"


def test_the_entries_are_in_order_of_their_codes() -> None:
    assert list(catalogue()) == sorted(catalogue())


def test_an_unknown_code_has_no_entry() -> None:
    assert describe(987654321) is None


@pytest.mark.parametrize(
    ("lang", "expected"),
    [("zh", "中"), ("zh-CN", "中"), ("zh_TW", "中"), ("ZH", "中"), ("en", "E"), ("en-GB", "E"), ("fr", "E"), ("", "E")],
)
def test_a_text_is_chosen_by_language_tag(lang: str, expected: str) -> None:
    assert Text(en="E", zh="中").in_language(lang) == expected
