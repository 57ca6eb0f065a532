"""``POST /device_authorization``: a device without a browser asks to be signed in (RFC 8628, T20)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from gongpai.gateway.endpoints.calling_party import CallingParty
from gongpai.gateway.grants.opaque import hash_token, new_token
from gongpai.gateway.oidc.device import INTERVAL, LIFETIME, new_user_code, show_user_code
from gongpai.gateway.oidc.errors import ErrorCode, RequestError
from gongpai.gateway.oidc.scopes import OPENID, admit_scopes, parse_scope
from gongpai.gateway.records_provider import DeviceRequest, GrantType
from gongpai.gateway.store.ports import CounterStore
from gongpai.gateway.store.ports_provider import DeviceStore
from gongpai.gateway.web.address import subscriber
from gongpai.gateway.web.machine import Answer, Call, json_answer

_WINDOW = timedelta(minutes=1)
_MOST_PER_ADDRESS = 30
_MOST_DRAWS = 5


@dataclass(frozen=True, slots=True)
class DeviceAuthorization:
    """Answers the device authorization endpoint."""

    caller: CallingParty
    store: DeviceStore
    counters: CounterStore
    clock: Callable[[], datetime]

    async def __call__(self, call: Call) -> Answer:
        """Keep a request under two fresh codes; the address to open never carries one of them (T20).

        Raises:
            OAuthError: the party may not ask, or asks for too much.
        """
        parameters = await call.form()
        party = await self.caller.require(call, parameters)
        if GrantType.DEVICE_CODE not in party.grant_types:
            raise RequestError(ErrorCode.UNAUTHORIZED_CLIENT, "this party may not use the device grant")
        scopes = parse_scope(parameters.get("scope") or OPENID)
        if scopes is None:
            raise RequestError(ErrorCode.INVALID_SCOPE, "scope is malformed")
        admitted = admit_scopes(scopes, party, RequestError)
        now = self.clock()
        if await self.counters.count(f"device {subscriber(call.address)}", _WINDOW, now) > _MOST_PER_ADDRESS:
            raise RequestError(ErrorCode.SLOW_DOWN, "too many devices ask from this address")
        device_code = new_token(now)
        for _ in range(_MOST_DRAWS):
            user_code = new_user_code()
            request = DeviceRequest(
                device_code_hash=hash_token(device_code),
                user_code_hash=hash_token(user_code),
                client_id=party.client_id,
                scopes=admitted,
                ip=call.address,
                created_at=now,
                expires_at=now + LIFETIME,
            )
            if await self.store.put(request):
                return self._answer(device_code, user_code)
        raise RequestError(ErrorCode.TEMPORARILY_UNAVAILABLE, "no code is free", status=503)

    def _answer(self, device_code: str, user_code: str) -> Answer:
        return json_answer(
            {
                "device_code": device_code,
                "user_code": show_user_code(user_code),
                "verification_uri": f"{self.caller.issuer}/device",
                "expires_in": int(LIFETIME.total_seconds()),
                "interval": int(INTERVAL.total_seconds()),
            }
        )
