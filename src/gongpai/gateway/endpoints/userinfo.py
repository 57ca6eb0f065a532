"""``GET`` and ``POST /userinfo``: who is the person behind this access token?"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from gongpai.gateway.errors import RefusedError
from gongpai.gateway.grants.issue import Issuer
from gongpai.gateway.grants.lookup import Lookup
from gongpai.gateway.oidc.errors import BearerError, ErrorCode
from gongpai.gateway.parties import Parties
from gongpai.gateway.portraits import Portraits
from gongpai.gateway.web.machine import Answer, Call, json_answer

_BEARER = "bearer "


@dataclass(frozen=True, slots=True)
class UserInfo:
    """Answers the userinfo endpoint. Source: OpenID Connect Core 5.3."""

    lookup: Lookup
    issuer: Issuer
    portraits: Portraits
    parties: Parties
    clock: Callable[[], datetime]

    async def __call__(self, call: Call) -> Answer:
        """Tell what the access token lets its party know.

        Raises:
            BearerError: it opens nothing, or two of them came.
        """
        call.tell_any_page()
        access, grant, session = await self.lookup.open(await _bearer_token(call))
        party = await self.parties.get_living(grant.client_id)
        if party is None:
            raise BearerError(ErrorCode.INVALID_TOKEN, "the party is disabled", status=401)
        call.origins = party.origins
        try:
            known = await self.portraits.know(grant, session, self.clock())
        except RefusedError:
            raise BearerError(ErrorCode.INVALID_TOKEN, "the person may not be here any more", status=401) from None
        return json_answer(await self.issuer.userinfo(party, grant, known, access.scopes))


async def _bearer_token(call: Call) -> str:
    """Return the one token that came, in the header or in a form; a query is never looked at (RFC 9700 4.3.2)."""
    headers = call.header_values(b"authorization")
    in_form = (await call.form()) if call.method == "POST" and call.has_form else None
    came = None if in_form is None else in_form.get("access_token")
    is_repeated = in_form is not None and "access_token" in in_form.repeated
    if len(headers) > 1 or is_repeated or (headers and came is not None):
        raise BearerError(ErrorCode.INVALID_REQUEST, "more than one access token came")
    if came is not None:
        return came
    if not headers or headers[0][: len(_BEARER)].lower() != _BEARER:
        raise BearerError(ErrorCode.INVALID_TOKEN, "no access token came", status=401)
    return headers[0][len(_BEARER) :].strip()
