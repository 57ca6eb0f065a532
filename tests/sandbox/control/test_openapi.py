"""The control API keeps what its description promises, whatever it is sent."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from gongpai.sandbox.control.openapi import describe
from gongpai.sandbox.control.operations import OPERATIONS
from gongpai.sandbox.server import Corner, Sandbox


@pytest.fixture(scope="module")
def fuzzed() -> Iterator[tuple[Sandbox, Corner]]:
    with Sandbox.start("base") as sandbox:
        yield sandbox, sandbox.corner()


SCHEMA = schemathesis.openapi.from_dict(describe("/_sandbox"))


@SCHEMA.parametrize()
@settings(max_examples=10, suppress_health_check=list(HealthCheck))
def test_no_input_makes_control_break_its_description(
    case: "schemathesis.Case[Any]", fuzzed: tuple[Sandbox, Corner]
) -> None:
    sandbox, corner = fuzzed
    headers = {"Authorization": f"Bearer {sandbox.control_token}"}
    case.call_and_validate(base_url=f"{corner.url}/_sandbox", headers=headers)


def test_the_description_is_served(fuzzed: tuple[Sandbox, Corner]) -> None:
    sandbox, corner = fuzzed
    served = corner.ask("GET", "/openapi.json", dict[str, Any])
    assert served == describe(f"/c/{corner.id}/_sandbox")
    assert sandbox.root.ask("GET", "/openapi.json", dict[str, Any])["servers"] == [{"url": "/_sandbox"}]


def test_every_operation_is_described_once() -> None:
    described = describe("/_sandbox")
    named = [entry["operationId"] for path in described["paths"].values() for entry in path.values()]
    assert len(named) == len(set(named)) == len(OPERATIONS)
    assert described["openapi"] == "3.1.0"
