"""``POST /token``: which party calls, which grant it brings."""

from dataclasses import dataclass

from gongpai.gateway import metrics
from gongpai.gateway.endpoints.calling_party import CallingParty
from gongpai.gateway.grants.redeem import Redeemer
from gongpai.gateway.oidc.errors import ErrorCode, OAuthError, RequestError
from gongpai.gateway.oidc.parameters import Parameters
from gongpai.gateway.records_provider import GrantType, RelyingParty
from gongpai.gateway.web.machine import Answer, Call


@dataclass(frozen=True, slots=True)
class Token:
    """Answers the token endpoint. Source: RFC 6749 3.2 and 5."""

    caller: CallingParty
    redeemer: Redeemer

    async def __call__(self, call: Call) -> Answer:
        """Redeem what the party brings.

        Raises:
            OAuthError: it gets nothing for it.
        """
        parameters = await call.form()
        party = await self.caller.require(call, parameters)
        grant_type = _grant_type(parameters)
        if grant_type not in party.grant_types:
            raise RequestError(ErrorCode.UNAUTHORIZED_CLIENT, "this party may not use this grant_type")
        try:
            answer = Answer(await self._redeem(party, grant_type, parameters))
        except OAuthError as error:
            metrics.tokens.labels(party.client_id, grant_type.value, error.error.value).inc()
            raise
        metrics.counted(metrics.tokens, party.client_id, grant_type.value, "issued").inc()
        return answer

    async def _redeem(self, party: RelyingParty, grant_type: GrantType, parameters: Parameters) -> bytes:
        match grant_type:
            case GrantType.AUTHORIZATION_CODE:
                return await self.redeemer.redeem_code(party, parameters)
            case GrantType.REFRESH_TOKEN:
                return await self.redeemer.refresh(party, parameters)
            case GrantType.DEVICE_CODE:
                return await self.redeemer.redeem_device(party, parameters)


def _grant_type(parameters: Parameters) -> GrantType:
    given = parameters.get("grant_type")
    if given is None:
        raise RequestError(ErrorCode.INVALID_REQUEST, "grant_type is missing")
    try:
        return GrantType(given)
    except ValueError:
        raise RequestError(ErrorCode.UNSUPPORTED_GRANT_TYPE, "this grant_type is not supported") from None
