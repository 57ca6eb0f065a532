import ast
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from conformance_suite.modules import BASIC_OP, NOT_OFFERED, PROVED

TESTS = Path(__file__).parent.parent


@cache
def names_in(file: str) -> frozenset[str]:
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return frozenset(
        each.name
        for each in tree.body
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and each.name.startswith("test_")
    )


@pytest.mark.parametrize("test", [test for plan in PROVED for test in plan])
def test_the_test_that_is_said_to_prove_a_module_exists(test: str) -> None:
    file, _, name = test.partition("::")
    assert name in names_in(file)


def test_every_module_is_accounted_for_once() -> None:
    named = Counter(
        module for plan in (*PROVED, NOT_OFFERED) for modules in plan.values() for module in modules.split()
    )
    assert [module for module, times in named.items() if times > 1] == []


def test_every_module_of_the_basic_op_plan_is_proved() -> None:
    assert len([module for modules in BASIC_OP.values() for module in modules.split()]) == 38
