"""``POST /par``: a party pushes its request, and the browser carries only a name for it (RFC 9126)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from gongpai.gateway.endpoints.calling_party import CallingParty
from gongpai.gateway.oidc.errors import ErrorCode, RequestError
from gongpai.gateway.oidc.parameters import Parameters
from gongpai.gateway.records_provider import RelyingParty
from gongpai.gateway.web.machine import Answer, Call, json_answer


@dataclass(frozen=True, slots=True)
class PushedRequest:
    """Answers the pushed authorization request endpoint. *push* keeps a request and returns its handle."""

    caller: CallingParty
    push: Callable[[Parameters, RelyingParty], Awaitable[str]]
    prefix: str
    age: timedelta

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
        handle = await self.push(parameters, party)
        content = {"request_uri": f"{self.prefix}{handle}", "expires_in": int(self.age.total_seconds())}
        return json_answer(content, 201)
