"""Ask an ASGI application one request, with nothing between."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from starlette.types import ASGIApp, Message

_PEER = ("203.0.113.7", 50000)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def ask(app: ASGIApp, method: str, url: str, fields: Mapping[str, str] | None = None, **headers: str) -> Answer:
    """Return the answer to one request; *fields* are sent as a form."""
    body = urlencode(fields).encode() if fields else b""
    if fields:
        headers = {**headers, "content-type": "application/x-www-form-urlencoded", "content-length": str(len(body))}
    parts = urlsplit(url)
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in {"host": "sso.example.com", **headers}.items()],
        "client": _PEER,
        "server": ("sso.example.com", 443),
    }
    came: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        came.append(message)

    await app(scope, receive, send)
    told = {name.decode().lower(): value.decode() for name, value in came[0]["headers"]}
    return Answer(came[0]["status"], told, b"".join(message.get("body", b"") for message in came[1:]))
