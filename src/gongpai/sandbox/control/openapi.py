"""The OpenAPI 3.1 description of the control API, made from its table."""

import re
from typing import Any

from gongpai.sandbox.control.operations import OPERATIONS, Operation, json_schemas

LONGEST_TEXT = 130
_TYPES = {
    str: {"type": "string", "maxLength": LONGEST_TEXT},
    int: {"type": "integer", "minimum": 1, "maximum": 2_147_483_647},
}
_PATH_TYPES = {"agentid": _TYPES[int], "userid": _TYPES[str] | {"minLength": 1}, "id": _TYPES[str] | {"minLength": 1}}
_PROBLEMS = {
    "400": "malformed",
    "401": "without the control token",
    "403": "from a page of another origin",
    "404": "names what is not there",
    "409": "well-formed, but this world forbids it",
}


def describe(base_path: str) -> dict[str, Any]:
    """Return the description, with *base_path* as the server."""
    schemas, parts = json_schemas()
    paths: dict[str, dict[str, Any]] = {}
    for i, operation in enumerate(OPERATIONS):
        entry = _operation(operation, schemas[2 * i], schemas[2 * i + 1], schemas[-1])
        paths.setdefault(operation.path, {})[operation.method.lower()] = entry
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "gongpai sandbox: control",
            "version": "1",
            "description": "Tell a pretend WeCom what to do, and ask what it was asked. It is not WeCom.",
        },
        "servers": [{"url": base_path}],
        "security": [{"controlToken": []}],
        "paths": paths,
        "components": {
            "schemas": parts,
            "securitySchemes": {"controlToken": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(
    operation: Operation, body: dict[str, Any], answer: dict[str, Any], problem: dict[str, Any]
) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": _parameters(operation),
        "responses": {"200": {"description": "done", "content": {"application/json": {"schema": answer}}}}
        | {
            status: {"description": words, "content": {"application/json": {"schema": problem}}}
            for status, words in _PROBLEMS.items()
        },
    }
    if operation.body is not None:
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return described


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": _PATH_TYPES[name]}
        for name in re.findall(r"\{(\w+)\}", operation.path)
    ]
    in_query = [{"name": name, "in": "query", "schema": _TYPES[kind]} for name, kind in operation.queries.items()]
    return in_path + in_query
