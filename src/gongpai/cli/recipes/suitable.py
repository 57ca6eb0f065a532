"""What a party that is there already lacks for a program (pure)."""

from collections.abc import Mapping

from gongpai.cli.recipes.recipe import Setting
from gongpai.gateway.config.checking_parties import read_party
from gongpai.gateway.records_provider import EmailSource, RelyingParty, TokenFormat

# Any secret will do to read the settings of a party that has one.
_SOME_SECRET = "this-stands-for-any-secret"  # noqa: S105  # it opens nothing


def lacks(party: RelyingParty, settings: Mapping[str, Setting]) -> tuple[str, ...]:
    """Return the names of those *settings* that *party* does not meet.

    It may allow more than the program needs, and may differ where the program does not care.
    """
    secret = {"client_secret": _SOME_SECRET} if settings.get("auth_method", "secret") == "secret" else {}
    # Who may use it is the operator's to say.
    needed = {key: value for key, value in settings.items() if not key.startswith("policy.")}
    wanted = read_party(party.client_id, {**needed, **secret}, {})
    meets = {
        "redirect_uris": set(wanted.redirect_uris) <= set(party.redirect_uris),
        "post_logout_redirect_uris": set(wanted.post_logout_redirect_uris) <= set(party.post_logout_redirect_uris),
        "scopes": wanted.scopes <= party.scopes,
        "grant_types": wanted.grant_types <= party.grant_types,
        "auth_method": party.auth_method is wanted.auth_method,
        "without_pkce": wanted.requires_pkce or not party.requires_pkce,
        "claims_in_id_token": party.claims_in_id_token or not wanted.claims_in_id_token,
        "id_token_alg": party.id_token_alg is wanted.id_token_alg,
        "access_token_format": wanted.access_token_format is TokenFormat.OPAQUE
        or party.access_token_format is wanted.access_token_format,
        "backchannel_logout_uri": wanted.backchannel_logout_uri in {None, party.backchannel_logout_uri},
        "origins": wanted.origins <= party.origins,
        "email": "email" not in settings or party.claim_rules.email is not EmailSource.NONE,
    }
    return tuple(key for key, is_met in meets.items() if not is_met)
