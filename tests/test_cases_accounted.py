from collections import Counter
from pathlib import Path

import pytest

from cases import ASKED, CASES, LATER

TESTS = Path(__file__).parent


def test_every_case_is_asked_in_one_place_or_named_with_its_reason() -> None:
    named = Counter(case for places in (ASKED, LATER) for ids in places.values() for case in ids.split())
    assert named == Counter(case["id"] for case in CASES)


@pytest.mark.parametrize("file", [file for file in ASKED if file != "sandbox/test_cases.py"])
def test_the_file_that_asks_a_case_names_it(file: str) -> None:
    source = (TESTS / file).read_text(encoding="utf-8")
    assert [case for case in ASKED[file].split() if case not in source] == []


def test_what_the_sandbox_is_asked_is_what_it_asks_itself() -> None:
    from sandbox.test_cases import SERVED  # noqa: PLC0415  it needs the whole sandbox, the others do not

    assert sorted(case["id"] for case in SERVED) == sorted(ASKED["sandbox/test_cases.py"].split())
