"""Every attack of the list is played against the running gateway by a test that is named after its number."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final

_TESTS = Path(__file__).parents[1]
_LISTED = re.compile(r"^(H?\d+)\. ", re.MULTILINE)
_NAMED = re.compile(r"test_attack_(?:0*(\d+)|h(\d))_")
# Fixtures that open a gateway, and sandboxed worlds for tests that open their own.
_RUNNING: Final = {"provider", "opened", "guarded", "wecom_sandbox"}
# What cannot be played against the running gateway, by number, and why: nothing at present.
NOT_PLAYED: Final[dict[str, str]] = {}


@cache
def played() -> frozenset[str]:
    """Return the numbers of the tests in this folder that ask a running gateway."""
    numbers = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        for each in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(each, ast.AsyncFunctionDef) and (found := _NAMED.match(each.name)):
                asks = {argument.arg for argument in (*each.args.args, *each.args.kwonlyargs)} & _RUNNING
                numbers |= {found[1] or f"H{found[2]}"} if asks else set()
    return frozenset(numbers)


def listed() -> list[str]:
    return _LISTED.findall((_TESTS / "data" / "attacks.txt").read_text(encoding="utf-8"))


def test_every_attack_of_the_list_is_played_here_or_has_a_reason() -> None:
    numbers = listed()
    assert len(numbers) == len(set(numbers)) > 70
    assert [number for number in numbers if number not in played() | NOT_PLAYED.keys()] == []


def test_no_test_is_named_after_an_attack_that_is_not_listed_and_no_reason_is_left_over() -> None:
    assert played() - set(listed()) == set()
    assert NOT_PLAYED.keys() & played() == set()
    assert NOT_PLAYED.keys() <= set(listed())
