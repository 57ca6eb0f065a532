"""``POST /introspect``: is this token of mine still worth anything?"""

from dataclasses import dataclass

from gongpai.gateway.endpoints.calling_party import CallingParty
from gongpai.gateway.grants.lookup import Lookup
from gongpai.gateway.oidc.errors import ErrorCode, RequestError
from gongpai.gateway.web.machine import Answer, Call, json_answer


@dataclass(frozen=True, slots=True)
class Introspection:
    """Answers the introspection endpoint. Source: RFC 7662."""

    caller: CallingParty
    lookup: Lookup

    async def __call__(self, call: Call) -> Answer:
        """Tell what a token is worth; everything doubtful is inactive and nothing more.

        Raises:
            OAuthError: not a party, or no token.
        """
        parameters = await call.form()
        party = await self.caller.require(call, parameters, has_proof=True)
        token = parameters.get("token")
        if token is None:
            raise RequestError(ErrorCode.INVALID_REQUEST, "token is missing")
        return json_answer(await self.lookup.introspect(party, token))
