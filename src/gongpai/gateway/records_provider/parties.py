"""Relying parties: who asks us to sign people in, and under which rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class AuthMethod(StrEnum):
    """How a relying party proves who it is. A secret may come by Basic or in the body, one of them a request."""

    SECRET = "secret"  # noqa: S105  # the name of a method
    PRIVATE_KEY_JWT = "private_key_jwt"
    NONE = "none"


class GrantType(StrEnum):
    """What a relying party may send to the token endpoint, as the wire spells it."""

    AUTHORIZATION_CODE = "authorization_code"
    REFRESH_TOKEN = "refresh_token"  # noqa: S105  # the name of a grant
    DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


class SigningAlg(StrEnum):
    """What we sign with, as JOSE spells it."""

    RS256 = "RS256"
    ES256 = "ES256"
    EDDSA = "EdDSA"


class TokenFormat(StrEnum):
    """What an access token looks like: a random word, or a JWT of RFC 9068."""

    OPAQUE = "opaque"
    JWT = "jwt"


class SubjectType(StrEnum):
    """Whether all parties know a person by the same subject, or each sector by its own."""

    PUBLIC = "public"
    PAIRWISE = "pairwise"


class EmailSource(StrEnum):
    """Where the ``email`` claim comes from (T11)."""

    BIZ_MAIL = "biz_mail"
    PERSONAL = "personal"
    TEMPLATE = "template"
    NONE = "none"


class WebLoginRule(StrEnum):
    """Whether the web login with its QR code opens a party or a host (T18)."""

    ALLOW = "allow"
    NOTIFY = "notify"
    """It does, and its person is told in WeCom."""
    DENY = "deny"


class DisclosureRule(StrEnum):
    """Whether people are asked in WeCom for what a party's scopes need and the address book lacks."""

    ASK = "ask"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class SecretHash:
    """A client secret: random 256 bits, so one round of SHA-256, in hex, is enough."""

    hash: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ClaimRules:
    """What a party is told of a person, within the scopes it was granted."""

    email: EmailSource = EmailSource.BIZ_MAIL
    email_domains: frozenset[str] = frozenset()
    """In which domains a biz_mail is told; none at all means all (T11)."""
    verified_domains: frozenset[str] = frozenset()
    """In which domains a biz_mail is told as verified."""
    email_template: str | None = None
    """For ``EmailSource.TEMPLATE``: with ``{userid}`` in it."""
    owns_mailboxes: bool = False
    """The operator declares that he owns every mailbox that the template can name: it is told as verified."""
    group_ids: frozenset[int] | None = None
    """Which departments are told as groups; None means all of the person's (T10)."""
    group_names: Mapping[int, str] = field(default_factory=dict)
    """From a department's id to the name that the party knows it by, instead of ``dept:ID`` (T10)."""
    group_limit: int = 50
    is_corp_qualified: bool = False
    """Usernames carry the corp: needed with several corps (T12)."""


@dataclass(frozen=True, slots=True)
class PartyPolicy:
    """Who may use a party; an empty set of what is allowed allows all."""

    corpids: frozenset[str] = frozenset()
    apps: frozenset[str] = frozenset()
    allow_departments: frozenset[int] = frozenset()
    deny_departments: frozenset[int] = frozenset()
    allow_userids: frozenset[str] = frozenset()
    deny_userids: frozenset[str] = frozenset()
    ways: frozenset[str] = frozenset()
    web_login: WebLoginRule = WebLoginRule.ALLOW


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Who asks us to sign people in."""

    client_id: str
    title: str
    auth_method: AuthMethod = AuthMethod.SECRET
    secret_hashes: tuple[SecretHash, ...] = field(default=(), repr=False)
    """At most two are alive at a time, the newest first."""
    jwks: Mapping[str, object] | None = None
    """For ``private_key_jwt``: the party's public keys, a JWK Set."""
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    origins: frozenset[str] = frozenset()
    """Whose pages may call the token and userinfo endpoints (CORS)."""
    scopes: frozenset[str] = frozenset({"openid", "profile"})
    grant_types: frozenset[GrantType] = frozenset({GrantType.AUTHORIZATION_CODE})
    is_trusted: bool = False
    """No consent page; the device grant asks all the same (T20)."""
    requires_pkce: bool = True
    id_token_alg: SigningAlg = SigningAlg.RS256
    access_token_format: TokenFormat = TokenFormat.OPAQUE
    subject_type: SubjectType = SubjectType.PUBLIC
    sector: str | None = None
    """The host that stands for the party in its pairwise subjects."""
    claims_in_id_token: bool = False
    claim_rules: ClaimRules = field(default_factory=ClaimRules)
    disclosure: DisclosureRule = DisclosureRule.ASK
    backchannel_logout_uri: str | None = None
    policy: PartyPolicy = field(default_factory=PartyPolicy)
    contact: str | None = None
    """Whom a person asks who is turned away."""
    disabled_at: datetime | None = None
    is_configured: bool = False
    """It stands in the configuration file, which no command changes."""
