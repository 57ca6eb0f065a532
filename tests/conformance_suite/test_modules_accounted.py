"""Every module is a test that is named after it and asks the running gateway, or there is a reason why not."""

import ast
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from conformance_suite.checks import document
from conformance_suite.modules import BASIC_OP, MODULES, NOT_OFFERED
from gateways import Gateway
from relying_party import Party

# The fixture that opens a gateway, and the world of who opens one of their own.
_RUNNING = {"provider", "wecom_sandbox"}


@cache
def played() -> frozenset[str]:
    """Return the names of the tests of this folder that ask a running gateway."""
    return frozenset(
        each.name
        for path in Path(__file__).parent.glob("test_*.py")
        for each in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(each, ast.AsyncFunctionDef) and {argument.arg for argument in each.args.args} & _RUNNING
    )


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_a_test_of_its_name_or_does_not_apply(module: str) -> None:
    is_played = f"test_{module.replace('-', '_')}" in played()
    assert is_played != (module in NOT_OFFERED)


def test_no_test_is_named_after_a_module_that_is_not_listed() -> None:
    listed = {f"test_{module.replace('-', '_')}" for module in MODULES}
    assert {name for name in played() if name.startswith(("test_oidcc_", "test_fapi2_"))} <= listed


def test_every_module_is_listed_once_and_those_of_the_basic_op_plan_all_apply() -> None:
    assert [module for module, times in Counter(MODULES).items() if times > 1] == []
    basic = {f"oidcc-{module}" for module in BASIC_OP.split()}
    assert (len(basic), len(MODULES)) == (38, 79)
    assert NOT_OFFERED.keys() <= set(MODULES) - basic


async def test_what_is_not_offered_is_not_announced(provider: Gateway) -> None:
    told = await document(Party(provider))
    assert {"registration_endpoint", "userinfo_signing_alg_values_supported"} & told.keys() == set()
