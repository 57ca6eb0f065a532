"""The API over ASGI: read a request, fail as planned, answer, and write it into the journal.

Raw ASGI without a router: this is the backend of measurements with thousands of sign-ins.
"""

import asyncio
import json
import logging
from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from gongpai.sandbox.api.answer import GETTOKEN, Answer, answer, is_known, refuse
from gongpai.sandbox.api.asked import Asked
from gongpai.sandbox.corners import CornerState
from gongpai.sandbox.faults import Fault
from gongpai.sandbox.journal import JournalEntry, fingerprints

PREFIX = "/cgi-bin/"
_LARGEST_BODY = 1 << 20
_LONGEST_QUERY = 16_384
_log = logging.getLogger("gongpai.sandbox")
_FOREIGN = "a corpsecret that is not in this world: a real secret may have been sent here"
_NOT_FROM_HERE = {40001, 40013, 40091}

_Headers = list[tuple[bytes, bytes]]


async def serve_call(corner: CornerState, path: str, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request to *path*, which begins with /cgi-bin/."""
    call = path[len(PREFIX) :]
    query = _read_query(scope)
    body, is_wrong_json = await _read_body(scope, receive)
    client = scope.get("client")
    ip = corner.world.file.caller_ip or (client[0] if client else "127.0.0.1")
    asked = Asked(call, query, body, ip, corner, corner.world.now(), is_wrong_json)
    if not is_known(call):
        _record(asked, scope, Answer(b"", 0, ""), 404, is_planned=False)
        await _send(send, 404, [], b"")
        return
    fault = corner.faults.take(call) if corner.faults else None
    if fault is None:
        said, status = answer(asked), 200
    else:
        await asyncio.sleep(fault.delay_seconds)
        said, status = _fail(asked, fault)
    _record(asked, scope, said, status, is_planned=fault is not None and fault.errcode is not None)
    headers = [(b"content-type", b"application/json; charset=UTF-8")]
    if said.errcode and corner.switches.error_headers:
        headers += [
            (b"error-code", str(said.errcode).encode()),
            (b"error-msg", said.errmsg.strip().encode("latin-1", "replace")),
        ]
    if fault is not None and fault.cut:
        await _send_cut(send, status, headers, said.body)
    else:
        await _send(send, status, headers, said.body)


def _fail(asked: Asked, fault: Fault) -> tuple[Answer, int]:
    """Return what a planned fault makes of the call."""
    if fault.http_status is not None:
        return Answer(b"", 0, ""), fault.http_status
    said = answer(asked) if fault.errcode is None else refuse(asked, fault.errcode)
    if fault.garble:
        return Answer(b"<html>" + said.body[::-1], said.errcode, said.errmsg, said.principal), 200
    return said, 200


def _read_query(scope: Scope) -> dict[str, str]:
    raw = scope["query_string"][:_LONGEST_QUERY].decode("latin-1")
    query: dict[str, str] = {}
    for name, value in parse_qsl(raw, keep_blank_values=True, errors="replace"):
        query.setdefault(name, value)
    return query


async def _read_body(scope: Scope, receive: Receive) -> tuple[Mapping[str, object], bool]:
    """Return the JSON object that was sent, and whether something else was."""
    if scope["method"] != "POST":
        return {}, False
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body") or len(body) > _LARGEST_BODY:
            break
    if not body:
        return {}, False
    try:
        parsed = json.loads(bytes(body[:_LARGEST_BODY]))
    except (ValueError, RecursionError):
        return {}, True
    return (parsed, False) if isinstance(parsed, dict) else ({}, True)


def _record(asked: Asked, scope: Scope, said: Answer, status: int, *, is_planned: bool) -> None:
    is_foreign = asked.call == GETTOKEN and said.errcode in _NOT_FROM_HERE and not is_planned
    if is_foreign:
        _log.warning("gettoken was asked with %s", _FOREIGN)
    host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
    asked.corner.journal.record(
        JournalEntry(
            at=asked.now,
            method=scope["method"],
            host=host[:255],
            path=(PREFIX + asked.call)[:512],
            call=asked.call[:128],
            corpid=said.principal.corp.corpid if said.principal else None,
            agentid=said.principal.agentid if said.principal else None,
            errcode=said.errcode if said.body else None,
            http_status=status,
            fingerprints=fingerprints(asked.query) | fingerprints(asked.body),
            warning=_FOREIGN if is_foreign else None,
        )
    )


async def _send(send: Send, status: int, headers: _Headers, body: bytes) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


async def _send_cut(send: Send, status: int, headers: _Headers, body: bytes) -> None:
    """Promise the whole body, send half of it and return: the server then closes the connection."""
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
