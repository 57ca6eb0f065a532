"""One request of a machine and its answer: no page, no cookie, JSON whatever happens."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec
from starlette.types import Receive, Scope

from gongpai.gateway.oidc.errors import BearerError, ErrorCode, InvalidClientError, OAuthError, RequestError
from gongpai.gateway.oidc.parameters import SIZE_LIMIT, MalformedError, Parameters, read_parameters

JSON = (b"content-type", b"application/json")
_FORM = "application/x-www-form-urlencoded"
NO_STORE = (b"cache-control", b"no-store")
_Header = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a machine gets."""

    body: bytes = field(default=b"", repr=False)
    status: int = 200
    headers: tuple[_Header, ...] = (JSON, NO_STORE)


class Call:
    """One request; ``origins`` are those whose pages may read the answer, once it is known which party calls."""

    __slots__ = ("_headers", "_receive", "address", "method", "origins", "path")

    def __init__(self, scope: Scope, receive: Receive, address: str) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.address = address
        self.origins: frozenset[str] = frozenset()
        self._headers: list[_Header] = scope["headers"]
        self._receive = receive

    def header_values(self, name: bytes) -> list[str]:
        """Return all values of the header of this lower-case *name*."""
        return [value.decode("latin-1") for header, value in self._headers if header == name]

    def tell_any_page(self) -> None:
        """Let every page read the answer for now: that nobody is known says nothing of anybody.

        A program that runs in a page could not tell a token that has run out from a broken network otherwise.
        """
        self.origins = frozenset(self.header_values(b"origin"))

    async def form(self) -> Parameters:
        """Return the fields of the body.

        Raises:
            RequestError: invalid_request: it is no form, or too long.
        """
        if not self.has_form:
            raise RequestError(ErrorCode.INVALID_REQUEST, f"the body must be {_FORM}")
        try:
            return read_parameters(await self._body())
        except MalformedError as error:
            raise RequestError(ErrorCode.INVALID_REQUEST, f"the body cannot be read: {error}") from None

    @property
    def has_form(self) -> bool:
        """Whether the body says that it is a form."""
        types = self.header_values(b"content-type")
        return len(types) == 1 and types[0].partition(";")[0].strip().lower() == _FORM

    async def _body(self) -> bytes:
        chunks = bytearray()
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise RequestError(ErrorCode.INVALID_REQUEST, "the body ended early")
            chunks += message.get("body", b"")
            if len(chunks) > SIZE_LIMIT:
                raise RequestError(ErrorCode.INVALID_REQUEST, "the body is too long", status=413)
            if not message.get("more_body", False):
                return bytes(chunks)


def json_answer(content: Mapping[str, object], status: int = 200) -> Answer:
    """Return *content* as JSON that nobody keeps."""
    return Answer(msgspec.json.encode(content), status)


def error_answer(error: OAuthError) -> Answer:
    """Return what the specifications say a machine gets for *error*. Source: RFC 6749 5.2, RFC 6750 3."""
    content = {"error": error.error.value, "error_description": error.description}
    headers: tuple[_Header, ...] = (JSON, NO_STORE)
    match error:
        case BearerError():
            headers += ((b"www-authenticate", error.challenge.encode()),)
        case InvalidClientError():
            headers += ((b"www-authenticate", b'Basic realm="gongpai", charset="UTF-8"'),)
        case _:
            pass
    return Answer(msgspec.json.encode(content), error.status, headers)
