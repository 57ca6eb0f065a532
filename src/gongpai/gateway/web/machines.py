"""The outermost layer for machines, ahead of the pages': routes by exact path, CORS, errors as JSON, counters."""

import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from starlette.types import Receive, Scope, Send

from gongpai.gateway.config.settings import Network
from gongpai.gateway.logs import logger
from gongpai.gateway.oidc.errors import ErrorCode, OAuthError, RequestError
from gongpai.gateway.records import SeenCode
from gongpai.gateway.ring import RingExhaustedError
from gongpai.gateway.store import StoreError
from gongpai.gateway.web.address import client_address
from gongpai.gateway.web.headers import ALWAYS, STRICT_POLICY
from gongpai.gateway.web.machine import Answer, Call, error_answer, json_answer
from gongpai.gateway.web.shell import Shell, count_request, find_values
from gongpai.gateway.web.whole import Whole
from gongpai.wecom.errors import WeComError

Handler = Callable[[Call], Awaitable[Answer]]

EVERY = (*ALWAYS, (b"content-security-policy", STRICT_POLICY.encode()))
_MAX_CODES = 8

_log = logger("machines")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What answers at a path, and how it may be asked."""

    handler: Handler
    methods: tuple[str, ...]
    is_cross_origin: bool = False
    """Pages of a party's origins may call it from a browser."""


@dataclass(frozen=True, slots=True)
class Machines:
    """Answers machines at *endpoints*, and passes everything else on to *pages*."""

    endpoints: Mapping[str, Endpoint]
    pages: Shell
    proxies: Sequence[Network]
    see_codes: Callable[[Sequence[str], str, str | None], Awaitable[list[SeenCode]]]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request to a server by ASGI."""
        if scope["type"] != "http":
            await self.pages.router(scope, receive, send)
            return
        answer = await self.answer(scope, receive)
        await answer.send(scope, send)

    async def answer(self, scope: Scope, receive: Receive) -> Whole:
        """Return what is answered, with all the headers that go with it."""
        endpoint = self.endpoints.get(scope["path"])
        if endpoint is None:
            return await self.pages.answer(scope, receive)
        began = time.perf_counter()
        call = Call(scope, receive, self._address(scope))
        answer = await self._answer(scope, endpoint, call)
        headers = [*answer.headers, *EVERY, (b"content-length", b"%d" % len(answer.body))]
        if endpoint.is_cross_origin:
            headers += _cross_origin(call)
        method = call.method if call.method in _METHODS else "other"
        count_request(call.path, method, answer.status, time.perf_counter() - began)
        return Whole(answer.status, headers, answer.body)

    async def _answer(self, scope: Scope, endpoint: Endpoint, call: Call) -> Answer:
        try:
            if scope["query_string"]:
                await self._see(scope["query_string"])
            if call.method == "OPTIONS" and endpoint.is_cross_origin:
                return _preflight(endpoint)
            if call.method not in endpoint.methods:
                return _wrong_method(endpoint)
            return await endpoint.handler(call)
        except OAuthError as error:
            _log.info("refused", path=call.path, error=error.error.value, cause=error.detail, address=call.address)
            return error_answer(error)
        except (StoreError, RingExhaustedError, WeComError) as error:
            # Nothing was spent: the party may ask again.
            _log.error("unavailable", path=call.path, error=type(error).__name__, cause=str(error))
            return json_answer({"error": ErrorCode.TEMPORARILY_UNAVAILABLE.value}, 503)
        except Exception as error:  # noqa: BLE001  # the outermost handler
            reference = secrets.token_hex(6)
            _log.error("failure", path=call.path, reference=reference, exc_info=error)
            return json_answer({"error": ErrorCode.SERVER_ERROR.value, "error_description": reference}, 500)

    async def _see(self, query: bytes) -> None:
        # WeCom can be made to send a code to any path of this host: it is dead from then on (T1).
        codes = find_values(query, b"code")[-_MAX_CODES:]
        if codes:
            states = find_values(query, b"state")
            await self.see_codes(codes, states[0] if len(states) == 1 else "", None)

    def _address(self, scope: Scope) -> str:
        peer = scope["client"][0] if scope.get("client") else None
        forwarded = b",".join([value for name, value in scope["headers"] if name == b"x-forwarded-for"])
        return client_address(peer, forwarded.decode("latin-1"), self.proxies)


_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})


def _wrong_method(endpoint: Endpoint) -> Answer:
    answer = error_answer(RequestError(ErrorCode.INVALID_REQUEST, "this method is not answered here", status=405))
    return Answer(answer.body, 405, (*answer.headers, (b"allow", ", ".join(endpoint.methods).encode())))


def _preflight(endpoint: Endpoint) -> Answer:
    # It says only how a page may ask, which is no secret; who may read an answer depends on the party that asks.
    return Answer(
        status=204,
        headers=(
            (b"access-control-allow-methods", ", ".join(endpoint.methods).encode()),
            (b"access-control-allow-headers", b"authorization, content-type"),
            (b"access-control-max-age", b"3600"),
        ),
    )


def _cross_origin(call: Call) -> list[tuple[bytes, bytes]]:
    origins = call.header_values(b"origin")
    vary = (b"vary", b"origin")
    if len(origins) == 1 and (call.method == "OPTIONS" or origins[0] in call.origins):
        return [vary, (b"access-control-allow-origin", origins[0].encode("latin-1"))]
    return [vary]
