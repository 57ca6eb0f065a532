"""What a relying party knows a person by: one subject for all parties, or one a sector."""

import base64
import hashlib
import hmac
from urllib.parse import urlsplit

from gongpai.gateway.records_provider import RelyingParty, SubjectType


def subject_for(party: RelyingParty, subject: str, key: bytes) -> str:
    """Return the ``sub`` of the person *subject* at *party*; *key* must never change. Source: Core 8.1."""
    if party.subject_type is SubjectType.PUBLIC:
        return subject
    mac = hmac.new(key, f"{sector_of(party)}\x00{subject}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(mac.digest()).rstrip(b"=").decode()


def sector_of(party: RelyingParty) -> str:
    """Return the host that parties of one owner share; without one named, that of the first redirect_uri."""
    if party.sector is not None:
        return party.sector
    hosts = [urlsplit(each).hostname for each in party.redirect_uris]
    return next((host for host in hosts if host), party.client_id)
