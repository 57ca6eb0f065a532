"""The control API over HTTP: find the operation, check the body, answer in JSON."""

import re
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from gongpai.sandbox.control import words
from gongpai.sandbox.control.acts import Told
from gongpai.sandbox.control.openapi import LONGEST_TEXT, describe
from gongpai.sandbox.control.operations import OPERATIONS, Operation
from gongpai.sandbox.corners import Corners, CornerState
from gongpai.sandbox.errors import NotFoundError, SandboxError, WorldFileError
from gongpai.sandbox.world import WorldFile
from gongpai.sandbox.world_file import world_schema

PREFIX = "/_sandbox"
_LARGEST_BODY = 16 << 20
_LARGEST_NUMBER = 2_147_483_647


def _pattern(operation: Operation) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]{1,130})", operation.path))


def _number(text: str) -> float:
    """Read 1.0 as 1, since both are integers to JSON schema."""
    number = float(text)
    return int(number) if number.is_integer() else number


_DECODER = msgspec.json.Decoder(float_hook=_number)
_TABLE = [(_pattern(operation), operation) for operation in OPERATIONS]


async def serve_control(corner: CornerState, corners: Corners, path: str, request: Request) -> Response:
    """Answer a request to *path*, which is what follows /_sandbox."""
    if path == "/openapi.json":
        return _json(describe(request.scope.get("root_path", "") + PREFIX))
    if path == "/world.schema.json":
        return _json(world_schema())
    found = [(match, operation) for pattern, operation in _TABLE if (match := pattern.fullmatch(path))]
    if not found:
        return problem(404, "no such operation; /_sandbox/openapi.json describes all")
    for match, operation in found:
        if operation.method == request.method:
            return await _run(corner, corners, operation, match.groupdict(), request)
    allowed = ", ".join(operation.method for _, operation in found)
    response = problem(405, f"allowed here: {allowed}")
    response.headers["Allow"] = allowed
    return response


async def _run(
    corner: CornerState, corners: Corners, operation: Operation, path: dict[str, str], request: Request
) -> Response:
    query = dict(request.query_params)
    faults = _parameter_faults(operation, path, query)
    if faults:
        return problem(400, "wrong parameters", faults)
    try:
        raw, body = await _read_body(operation, request)
        return _json(operation.run(Told(corner, corners, body, raw, path, query)))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return problem(400, str(error) or "the body is no JSON")
    except SandboxError as error:
        return _refused(error)


async def _read_body(operation: Operation, request: Request) -> tuple[Any, Any]:
    """Return the body before and after it was checked."""
    if operation.body is None:
        return None, None
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > _LARGEST_BODY:
        raise msgspec.DecodeError(f"a JSON body with Content-Length, at most {_LARGEST_BODY} bytes")
    sent = await request.body()
    raw = _DECODER.decode(sent)
    # A world is checked by its own reader, which names every fault.
    return raw, raw if operation.body is WorldFile else msgspec.convert(raw, operation.body)


def _refused(error: SandboxError) -> Response:
    if isinstance(error, WorldFileError):
        return problem(400 if error.is_shape else 409, "the world does not fit", error.faults)
    return problem(404 if isinstance(error, NotFoundError) else 409, str(error))


def _parameter_faults(operation: Operation, path: dict[str, str], query: dict[str, str]) -> list[str]:
    unknown = [name for name in query if name not in operation.queries]
    numbers = {"agentid": path.get("agentid", "1")}
    if operation.queries.get("limit") is int:
        numbers["limit"] = query.get("limit", "1")
    faults = [f"{name}: unknown; known are {sorted(operation.queries)}" for name in unknown]
    faults += [f"{name}: longer than {LONGEST_TEXT}" for name, text in query.items() if len(text) > LONGEST_TEXT]
    faults += [
        f"{name}: not a number from 1 to {_LARGEST_NUMBER}" for name, text in numbers.items() if not _is_number(text)
    ]
    return faults


def _is_number(text: str) -> bool:
    return (
        text.isascii()
        and text.isdecimal()
        and len(text) <= len(str(_LARGEST_NUMBER))
        and 1 <= int(text) <= _LARGEST_NUMBER
    )


def _json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def problem(status: int, error: str, faults: list[str] | None = None) -> Response:
    """Say why nothing was done."""
    return _json(words.Problem(error=error, faults=faults or []), status)
