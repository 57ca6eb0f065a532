"""Which relying party calls an endpoint for machines, by whatever proof it is registered for."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from gongpai.gateway.oidc.errors import ErrorCode, InvalidClientError, RequestError
from gongpai.gateway.oidc.parameters import Parameters
from gongpai.gateway.parties import Parties
from gongpai.gateway.records_provider import AuthMethod, RelyingParty
from gongpai.gateway.web.machine import Call


@dataclass(frozen=True, slots=True)
class CallingParty:
    """Knows the party of a call."""

    issuer: str
    parties: Parties
    clock: Callable[[], datetime]

    async def require(self, call: Call, parameters: Parameters, *, has_proof: bool = False) -> RelyingParty:
        """Return the party; with *has_proof*, only one that can prove who it is.

        Raises:
            InvalidClientError: it did not prove who it is.
            RequestError: it sent more than one proof, or any parameter twice (RFC 6749 3.2).
        """
        call.tell_any_page()
        if parameters.repeated:
            raise RequestError(ErrorCode.INVALID_REQUEST, "a parameter came more than once")
        audiences = _audiences(self.issuer, call.path)
        authorization = call.header_values(b"authorization")
        party = await self.parties.authenticate(authorization, parameters, audiences, self.clock())
        call.origins = party.origins
        if has_proof and party.auth_method is AuthMethod.NONE:
            raise InvalidClientError("a party without a secret may not ask this")
        return party


@cache
def _audiences(issuer: str, path: str) -> frozenset[str]:
    # Source: RFC 7523 3 and OpenID Connect Core 9: the issuer or the endpoint's own URL.
    return frozenset({issuer, f"{issuer}{path}", f"{issuer}/token"})
