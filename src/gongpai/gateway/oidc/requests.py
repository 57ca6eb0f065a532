"""Authorization requests: every check, in the order in which the specification is held beside it.

What is wrong before it is sure who asks and where to answer raises InvalidPartyError: a page. From there on everything
raises AuthorizationError: the party learns it by redirect.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from gongpai.gateway.oidc import claims_request, pkce
from gongpai.gateway.oidc.errors import AuthorizationError, ErrorCode, InvalidPartyError
from gongpai.gateway.oidc.parameters import Parameters
from gongpai.gateway.oidc.redirect_uris import is_registered
from gongpai.gateway.oidc.scopes import admit_scopes, parse_scope
from gongpai.gateway.records_provider import AuthMethod, GrantType, RelyingParty, ResponseMode

CLIENT_ID_LIMIT = 255
RESPONSE_MODES = tuple(mode.value for mode in ResponseMode)
PROMPTS = ("none", "login", "consent", "select_account")
# The longest value of each parameter that is refused when longer. The party gets state and nonce back whole.
_LIMITS = {
    "response_type": 64,
    "response_mode": 64,
    "scope": 1024,
    "state": 4096,
    "nonce": 2048,
    "prompt": 64,
    "max_age": 10,
    "code_challenge": 128,
    "code_challenge_method": 16,
    "id_token_hint": 8192,
    "claims": 4096,
}
# Hints that nobody is bound to: one that is too long or repeated is ignored, like garbage in it.
_HINT_LIMIT = 255
_DIGITS = re.compile(r"[0-9]+")
# What would break a log or a database: controls. Source: RFC 6749 A.5 allows visible characters and the space only; the
# rest of Unicode does no harm and comes from real parties.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Sent:
    """What came, and the party it came for."""

    parameters: Parameters
    party: RelyingParty
    get: Callable[[str], str | None]
    """Returns the value of a name, if it came."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a relying party asked, checked; ``id_token_hint`` is still to be verified."""

    client_id: str
    redirect_uri: str
    scopes: frozenset[str]
    state: str | None
    nonce: str | None
    code_challenge: str | None
    prompt: frozenset[str]
    max_age: timedelta | None
    acr_values: tuple[str, ...]
    login_hint: str | None
    id_token_hint: str | None
    ui_locales: tuple[str, ...]
    claims: str | None
    response_mode: ResponseMode


Check: TypeAlias = Callable[[Sent], None]


def find_client_id(parameters: Parameters) -> str:
    """Return the client_id under which the party is to be looked up.

    Raises:
        InvalidPartyError: there is none, or more than one, or it cannot be one.
    """
    client_id = parameters.get("client_id")
    if client_id is None:
        raise InvalidPartyError("client_id is missing or repeated")
    if len(client_id) > CLIENT_ID_LIMIT or not client_id.isascii() or not client_id.isprintable():
        raise InvalidPartyError("client_id is not one of ours", ErrorCode.INVALID_CLIENT)
    return client_id


def require_party(party: RelyingParty | None) -> RelyingParty:
    """Return *party* if it may ask.

    Raises:
        InvalidPartyError: unknown or disabled. Source: RFC 6749 4.1.2.1.
    """
    if party is None or party.disabled_at is not None:
        raise InvalidPartyError("client_id is not one of ours", ErrorCode.INVALID_CLIENT)
    return party


def require_redirect_uri(parameters: Parameters, party: RelyingParty) -> str:
    """Return the redirect_uri, from where on errors may be redirected.

    Raises:
        InvalidPartyError: it is missing (OpenID Connect Core 3.1.2.1 requires it), repeated or not registered.
    """
    redirect_uri = parameters.get("redirect_uri")
    if redirect_uri is None:
        raise InvalidPartyError("redirect_uri is missing or repeated")
    if not is_registered(redirect_uri, party.redirect_uris):
        raise InvalidPartyError("redirect_uri is not registered for this client_id")
    return redirect_uri


def find_state(parameters: Parameters) -> str | None:
    """Return the state that an error may carry back; one that is refused itself is not repeated."""
    state = parameters.get("state")
    if state is None or len(state) > _LIMITS["state"] or _CONTROLS.search(state):
        return None
    return state


def find_response_mode(parameters: Parameters) -> ResponseMode:
    """Return how an answer goes back, an error too: by a form only if that was asked for and is possible."""
    is_form = parameters.get("response_mode") == ResponseMode.FORM_POST and _takes_forms(parameters.get("redirect_uri"))
    return ResponseMode.FORM_POST if is_form else ResponseMode.QUERY


def read_request(parameters: Parameters, party: RelyingParty) -> Asked:
    """Return what *party* asked. Parameters that we do not know are ignored (OpenID Connect Core 3.1.2.1).

    Raises:
        InvalidPartyError: nothing may be redirected.
        AuthorizationError: the party is told by redirect.
    """
    redirect_uri = require_redirect_uri(parameters, require_party(party))
    sent = Sent(parameters, party, parameters.values.get)
    for _, check in CHECKS:
        check(sent)
    max_age = sent.get("max_age")
    return Asked(
        client_id=party.client_id,
        redirect_uri=redirect_uri,
        scopes=admit_scopes(parse_scope(sent.get("scope") or "") or frozenset(), party, AuthorizationError),
        state=sent.get("state"),
        nonce=sent.get("nonce"),
        code_challenge=sent.get("code_challenge"),
        prompt=_prompt(sent),
        max_age=None if max_age is None else timedelta(seconds=int(max_age)),
        acr_values=_words(sent, "acr_values"),
        login_hint=_hint(sent, "login_hint"),
        id_token_hint=sent.get("id_token_hint"),
        ui_locales=_words(sent, "ui_locales"),
        claims=claims_request.read(sent.get("claims"), party.scopes),
        response_mode=find_response_mode(parameters),
    )


def _nothing_is_repeated(sent: Sent) -> None:
    if sent.parameters.repeated & _LIMITS.keys():
        raise _invalid("a parameter came more than once")


def _nothing_is_too_long(sent: Sent) -> None:
    for name, value in sent.parameters.values.items():
        limit = _LIMITS.get(name)
        if limit is not None and len(value) > limit:
            raise _invalid(f"{name} is longer than {limit} characters")


def _nothing_has_controls(sent: Sent) -> None:
    for name, value in sent.parameters.values.items():
        # A scope has its own rule and its own error.
        if name in _LIMITS and name != "scope" and not value.isprintable() and _CONTROLS.search(value):
            raise _invalid(f"{name} has a control character")


def _no_request_object(sent: Sent) -> None:
    if _came(sent, "request"):
        raise AuthorizationError(ErrorCode.REQUEST_NOT_SUPPORTED, "request objects are not supported")


def _no_request_uri(sent: Sent) -> None:
    # Never fetched, wherever it leads. A pushed one of ours was replaced by what it stands for before this.
    if _came(sent, "request_uri"):
        raise AuthorizationError(ErrorCode.REQUEST_URI_NOT_SUPPORTED, "request_uri is not supported")


def _no_registration(sent: Sent) -> None:
    if _came(sent, "registration"):
        raise AuthorizationError(ErrorCode.REGISTRATION_NOT_SUPPORTED, "registration is not supported")


def _response_type_is_code(sent: Sent) -> None:
    response_type = sent.get("response_type")
    if response_type is None:
        raise _invalid("response_type is missing")
    if response_type != "code":
        raise AuthorizationError(ErrorCode.UNSUPPORTED_RESPONSE_TYPE, "response_type must be code")


def _response_mode_is_offered(sent: Sent) -> None:
    response_mode = sent.get("response_mode")
    if response_mode is not None and response_mode not in RESPONSE_MODES:
        raise _invalid("response_mode must be query or form_post")
    if response_mode == ResponseMode.FORM_POST and not _takes_forms(sent.get("redirect_uri")):
        raise _invalid("response_mode form_post needs a redirect_uri of https or http")


def _party_may_use_codes(sent: Sent) -> None:
    if GrantType.AUTHORIZATION_CODE not in sent.party.grant_types:
        raise AuthorizationError(ErrorCode.UNAUTHORIZED_CLIENT, "this party may not use the authorization code")


def _scope_is_written_well(sent: Sent) -> None:
    scope = sent.get("scope")
    if scope is None or parse_scope(scope) is None:
        raise AuthorizationError(ErrorCode.INVALID_SCOPE, "scope is missing or malformed")


def _prompts_are_known(sent: Sent) -> None:
    if not _prompt(sent) <= frozenset(PROMPTS):
        raise _invalid("prompt has an unknown value")


def _prompt_none_stands_alone(sent: Sent) -> None:
    prompt = _prompt(sent)
    if "none" in prompt and len(prompt) > 1:
        raise _invalid("prompt=none goes with no other value")


def _max_age_is_a_number(sent: Sent) -> None:
    max_age = sent.get("max_age")
    if max_age is not None and not _DIGITS.fullmatch(max_age):
        raise _invalid("max_age must be a number of seconds")


def _challenge_is_s256(sent: Sent) -> None:
    challenge, method = sent.get("code_challenge"), sent.get("code_challenge_method")
    if challenge is None and method is None:
        return
    if challenge is None:
        raise _invalid("code_challenge_method came without a code_challenge")
    # Without a method it would be "plain" (RFC 7636 4.3), which RFC 9700 2.1.1 rules out.
    if method != pkce.METHOD:
        raise _invalid("code_challenge_method must be S256")
    if not pkce.is_challenge(challenge):
        raise _invalid("code_challenge is no SHA-256 in base64url")


def _challenge_is_there_if_required(sent: Sent) -> None:
    is_required = sent.party.requires_pkce or sent.party.auth_method is AuthMethod.NONE
    if is_required and sent.get("code_challenge") is None:
        raise _invalid("code_challenge is required")


def _claims_are_written_well(sent: Sent) -> None:
    try:
        claims_request.read(sent.get("claims"), sent.party.scopes)
    except ValueError:
        raise _invalid("claims is not what OpenID Connect Core 5.5 describes") from None


CHECKS: tuple[tuple[str, Check], ...] = (
    ("RFC 6749 3.1", _nothing_is_repeated),
    ("RFC 9700 4.16", _nothing_is_too_long),
    ("RFC 6749 A.5", _nothing_has_controls),
    ("OpenID Connect Core 6.1", _no_request_object),
    ("OpenID Connect Core 6.2", _no_request_uri),
    ("OpenID Connect Core 7.2.1", _no_registration),
    ("RFC 6749 3.1.1", _response_type_is_code),
    ("OAuth 2.0 Multiple Response Types 2.1", _response_mode_is_offered),
    ("RFC 6749 4.1.2.1", _party_may_use_codes),
    ("RFC 6749 3.3", _scope_is_written_well),
    ("OpenID Connect Core 3.1.2.1", _prompts_are_known),
    ("OpenID Connect Core 3.1.2.1", _prompt_none_stands_alone),
    ("OpenID Connect Core 3.1.2.1", _max_age_is_a_number),
    ("RFC 7636 4.4.1", _challenge_is_s256),
    ("RFC 9700 2.1.1", _challenge_is_there_if_required),
    ("OpenID Connect Core 5.5", _claims_are_written_well),
)


def _invalid(description: str) -> AuthorizationError:
    return AuthorizationError(ErrorCode.INVALID_REQUEST, description)


def _came(sent: Sent, name: str) -> bool:
    return name in sent.parameters.values or name in sent.parameters.repeated


def _takes_forms(redirect_uri: str | None) -> bool:
    # A program that the system opens by a scheme of its own gets an address and no body.
    return redirect_uri is not None and redirect_uri.startswith(("https://", "http://"))


def _prompt(sent: Sent) -> frozenset[str]:
    return frozenset((sent.get("prompt") or "").split())


def _hint(sent: Sent, name: str) -> str | None:
    value = sent.get(name)
    return None if value is None or len(value) > _HINT_LIMIT or _CONTROLS.search(value) else value


def _words(sent: Sent, name: str) -> tuple[str, ...]:
    return tuple((_hint(sent, name) or "").split())
