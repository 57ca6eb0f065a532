"""``POST /par``: a party pushes its request, and the browser carries only a name for it (RFC 9126)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from gongpai.gateway.endpoints.calling_party import CallingParty
from gongpai.gateway.oidc.errors import ErrorCode, RequestError
from gongpai.gateway.oidc.parameters import Parameters
from gongpai.gateway.records_provider import RelyingParty
from gongpai.gateway.store.ports import CounterStore
from gongpai.gateway.web.address import subscriber
from gongpai.gateway.web.machine import Answer, Call, json_answer

_WINDOW = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class PushedRequest:
    """Answers the pushed authorization request endpoint. *push* keeps a request and returns its handle."""

    caller: CallingParty
    push: Callable[[Parameters, RelyingParty], Awaitable[str]]
    prefix: str
    age: timedelta
    counters: CounterStore
    starts_per_minute: int
    """How many requests one party may push from one address in a minute; 0 sets no limit."""
    clock: Callable[[], datetime]

    async def __call__(self, call: Call) -> Answer:
        """Keep the request, checked as /authorize checks it.

        Raises:
            OAuthError: it cannot be meant, or not of this party.
        """
        parameters = await call.form()
        party = await self.caller.require(call, parameters)
        # Source: RFC 9126 2.1: a pushed request must not name another one.
        if parameters.get("request_uri") is not None:
            raise RequestError(ErrorCode.INVALID_REQUEST, "request_uri cannot be pushed")
        pushed = await self.counters.count(f"par {party.client_id} {subscriber(call.address)}", _WINDOW, self.clock())
        if 0 < self.starts_per_minute < pushed:
            # Source: RFC 9126 2.3.
            raise RequestError(ErrorCode.TEMPORARILY_UNAVAILABLE, "too many requests were pushed", status=429)
        handle = await self.push(parameters, party)
        content = {"request_uri": f"{self.prefix}{handle}", "expires_in": int(self.age.total_seconds())}
        return json_answer(content, 201)
