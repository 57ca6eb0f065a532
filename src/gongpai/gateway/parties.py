"""Relying parties, from the configuration and from the store, and the proof that one of them calls."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from gongpai.gateway.oidc.client_auth import check_credentials, read_credentials
from gongpai.gateway.oidc.errors import InvalidClientError
from gongpai.gateway.oidc.parameters import Parameters
from gongpai.gateway.records_provider import RelyingParty
from gongpai.gateway.store.ports_provider import PartyStore, ReplayStore

# More parties than a corp has; a memory that is full begins anew, and names nobody knows are never kept.
_MOST = 2_000


class Parties:
    """All relying parties there are. One of the configuration wins over one of the store with its name."""

    def __init__(self, configured: Mapping[str, RelyingParty], store: PartyStore, replays: ReplayStore) -> None:
        self._configured = configured
        self._store = store
        self._replays = replays
        self._known: dict[str, RelyingParty] = {}
        self._changes = 0

    def configure(self, configured: Mapping[str, RelyingParty]) -> None:
        """Take *configured* for the parties of the configuration from now on."""
        self._configured = configured

    async def get(self, client_id: str) -> RelyingParty | None:
        """Return the party, disabled or not."""
        party = self._configured.get(client_id) or self._known.get(client_id)
        if party is not None:
            return party
        changes = self._changes
        party = await self._store.get(client_id)
        # What was read while a change was told may be what was there before.
        if party is not None and changes == self._changes:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[client_id] = party
        return party

    async def get_living(self, client_id: str) -> RelyingParty | None:
        """Return the party unless it is disabled."""
        party = await self.get(client_id)
        return None if party is None or party.disabled_at is not None else party

    async def forget(self, _now: datetime) -> None:
        """Read parties anew from now on: the news told of a change."""
        self._changes += 1
        self._known.clear()

    async def authenticate(
        self, authorization: Sequence[str], parameters: Parameters, audiences: frozenset[str], now: datetime
    ) -> RelyingParty:
        """Return the party that calls.

        Raises:
            InvalidClientError: it did not prove who it is.
            RequestError: it sent more than one proof.
        """
        presented = read_credentials(authorization, parameters)
        party = await self.get(presented.client_id)
        assertion = check_credentials(presented, party, audiences, now)
        if party is None:
            raise InvalidClientError("unknown client_id")
        if assertion is not None:
            jti_hash = hashlib.sha256(assertion.jti.encode()).hexdigest()
            if not await self._replays.see(party.client_id, jti_hash, assertion.expires_at):
                raise InvalidClientError("the assertion was seen before")
        return party
