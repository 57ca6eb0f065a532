"""The way to WeCom and back; the only file here that knows the HTTP library.

A failure comes back as a value and not as an exception: the HTTP library's exceptions and frames hold the URL, and in
the URL are the app token, the code and the corpsecret. For the same reason its loggers are silent about our requests.
"""

import json
import logging
import os
import ssl
import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Final, TypeAlias, cast
from urllib.parse import urlencode

import httpx2

from gongpai.wecom.calls import Request
from gongpai.wecom.errors import TransportError, UsageError, WeComError, WrongWorldError

# WeCom's answers are a few kilobytes; the departments of a very large corp are a few megabytes.
_BODY_LIMIT = 16 * 1024 * 1024
_SANDBOX_HEADER = "Gongpai-Sandbox"
_CONNECTIONS = 100
# What a fetch may take beyond its timeouts before another takes over.
_LEASE_MARGIN = timedelta(seconds=2)
_HEADERS: Final = [
    ("User-Agent", "gongpai"),
    ("Accept", "application/json"),
    # A compressed answer could grow past every limit, and WeCom's are small.
    ("Accept-Encoding", "identity"),
    ("Connection", "keep-alive"),
]
_LOGGERS = ("httpx2", *(f"httpcore2.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")))
_is_ours: ContextVar[bool] = ContextVar("gongpai_wecom_request", default=False)

Verify: TypeAlias = "bool | str | os.PathLike[str] | ssl.SSLContext"


@dataclass(frozen=True, slots=True)
class Timeout:
    """How long to wait for WeCom, in seconds: for a connection, and for each part of an answer and all of its body."""

    connect: float = 3.0
    read: float = 8.0

    @property
    def lease(self) -> timedelta:
        """How long a fetch may take before another takes over."""
        return timedelta(seconds=self.connect + self.read) + _LEASE_MARGIN


@dataclass(frozen=True, slots=True)
class _Wire:
    """What the twins share: how a request looks and how an answer is read."""

    api: str
    timeouts: Mapping[str, float]
    is_sandbox: bool

    def build(self, request: Request) -> httpx2.Request:
        url = f"{self.api}{request.path}?{urlencode(request.query)}"
        extensions = {"timeout": self.timeouts}
        if request.json is None:
            return httpx2.Request(request.method, url, headers=_HEADERS, extensions=extensions)
        return httpx2.Request(request.method, url, headers=_HEADERS, json=request.json, extensions=extensions)

    def read(self, status: int, headers: httpx2.Headers, body: bytes | TransportError) -> "Answer":
        # To a real client any mark is one too many, also one that a proxy has doubled or changed.
        if (headers.get(_SANDBOX_HEADER) != "1") if self.is_sandbox else (_SANDBOX_HEADER in headers):
            return WrongWorldError(
                "WeCom answered where a sandbox was expected"
                if self.is_sandbox
                else "a sandbox answered where WeCom was expected; say sandbox=True if that is meant"
            )
        if isinstance(body, TransportError):
            return body
        # Application errors come with 200; all else is a wrong path, a proxy or a fault of the server.
        if status != httpx2.codes.OK:
            return TransportError(f"HTTP {status}")
        try:
            payload = json.loads(body)
        except (ValueError, RecursionError):
            payload = None
        return payload if isinstance(payload, dict) else TransportError("the answer is not a JSON object")


Answer: TypeAlias = "dict[str, object] | WeComError"


class AsyncTransport:
    """One shared pool of connections to one api host."""

    def __init__(self, api: str, proxy: str | None, timeout: Timeout, verify: Verify, *, is_sandbox: bool) -> None:
        self._wire = _Wire(api, _timeouts(timeout), is_sandbox)
        self._deadline = timeout.read
        self._http = httpx2.AsyncHTTPTransport(verify=_trust(verify), proxy=proxy, limits=_limits(), trust_env=False)

    async def send(self, request: Request) -> Answer:
        """Send *request* once; a failure is returned, not raised."""
        sent = self._wire.build(request)
        mark = _is_ours.set(True)
        interrupted: BaseException | None = None
        try:
            response = await self._http.handle_async_request(sent)
            try:
                body = await self._read(response)
            finally:
                await response.aclose()
            return self._wire.read(response.status_code, response.headers, body)
        except httpx2.HTTPError as error:
            return _no_answer(error)
        except BaseException as error:  # noqa: BLE001 - raised again below, without the frames that hold the URL
            interrupted = _bare(error)
        finally:
            _is_ours.reset(mark)
        del sent
        raise interrupted

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _read(self, response: httpx2.Response) -> bytes | TransportError:
        parts, size, deadline = [], 0, time.monotonic() + self._deadline
        async for part in cast("httpx2.AsyncByteStream", response.stream):
            parts.append(part)
            size += len(part)
            if size > _BODY_LIMIT:
                return TransportError(f"the answer is longer than {_BODY_LIMIT} bytes")
            if time.monotonic() > deadline:
                return TransportError("the answer came too slowly")
        return b"".join(parts)


class Transport:
    """One shared pool of connections to one api host."""

    def __init__(self, api: str, proxy: str | None, timeout: Timeout, verify: Verify, *, is_sandbox: bool) -> None:
        self._wire = _Wire(api, _timeouts(timeout), is_sandbox)
        self._deadline = timeout.read
        self._http = httpx2.HTTPTransport(verify=_trust(verify), proxy=proxy, limits=_limits(), trust_env=False)

    def send(self, request: Request) -> Answer:
        """Send *request* once; a failure is returned, not raised."""
        sent = self._wire.build(request)
        mark = _is_ours.set(True)
        interrupted: BaseException | None = None
        try:
            response = self._http.handle_request(sent)
            try:
                body = self._read(response)
            finally:
                response.close()
            return self._wire.read(response.status_code, response.headers, body)
        except httpx2.HTTPError as error:
            return _no_answer(error)
        except BaseException as error:  # noqa: BLE001 - raised again below, without the frames that hold the URL
            interrupted = _bare(error)
        finally:
            _is_ours.reset(mark)
        del sent
        raise interrupted

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _read(self, response: httpx2.Response) -> bytes | TransportError:
        parts, size, deadline = [], 0, time.monotonic() + self._deadline
        for part in cast("httpx2.SyncByteStream", response.stream):
            parts.append(part)
            size += len(part)
            if size > _BODY_LIMIT:
                return TransportError(f"the answer is longer than {_BODY_LIMIT} bytes")
            if time.monotonic() > deadline:
                return TransportError("the answer came too slowly")
        return b"".join(parts)


def _no_answer(error: httpx2.HTTPError) -> TransportError:
    # Only before a request went out can the text hold nothing of it, nor of an answer; then it names the fault: the
    # name that does not resolve, the certificate that does not fit.
    text = f": {error}"[:200] if isinstance(error, httpx2.ConnectError | httpx2.ProxyError) else ""
    return TransportError(f"no answer from WeCom: {type(error).__name__}{text}")


def _bare(error: BaseException) -> BaseException:
    """Strip *error* of all that leads to the request."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


def _timeouts(timeout: Timeout) -> Mapping[str, float]:
    # A call may have to wait for a free connection as long as the calls before it take.
    return {"connect": timeout.connect, "read": timeout.read, "write": timeout.read, "pool": 4 * timeout.read}


def _limits() -> httpx2.Limits:
    return httpx2.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS)


def _trust(verify: Verify) -> ssl.SSLContext:
    if verify is True:
        return _public_trust()
    if verify is False:
        message = "verify=False would hand the corpsecret to anyone on the way; name a CA file instead"
        raise UsageError(message)
    return verify if isinstance(verify, ssl.SSLContext) else ssl.create_default_context(cafile=os.fspath(verify))


@cache
def _public_trust() -> ssl.SSLContext:
    """Read the public CAs once: it costs more than a hundred calls."""
    return httpx2.create_ssl_context()


def _is_silent(_record: logging.LogRecord) -> bool:
    return not _is_ours.get()


for _name in _LOGGERS:
    logging.getLogger(_name).addFilter(_is_silent)
