"""``POST /revoke``: a party throws a token away."""

from dataclasses import dataclass

from gongpai.gateway.endpoints.calling_party import CallingParty
from gongpai.gateway.grants.lookup import Lookup
from gongpai.gateway.oidc.errors import ErrorCode, RequestError
from gongpai.gateway.web.machine import NO_STORE, Answer, Call


@dataclass(frozen=True, slots=True)
class Revocation:
    """Answers the revocation endpoint. Source: RFC 7009."""

    caller: CallingParty
    lookup: Lookup

    async def __call__(self, call: Call) -> Answer:
        """Revoke; an unknown token or another party's is answered alike (RFC 7009 2.2).

        Raises:
            OAuthError: not a party, or no token.
        """
        parameters = await call.form()
        party = await self.caller.require(call, parameters)
        token = parameters.get("token")
        if token is None:
            raise RequestError(ErrorCode.INVALID_REQUEST, "token is missing")
        await self.lookup.revoke(party, token)
        # No content has no type either.
        return Answer(headers=(NO_STORE,))
