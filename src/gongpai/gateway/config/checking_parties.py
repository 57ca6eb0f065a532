"""The relying parties that stand in the configuration, and the rules that one added by command must keep as well."""

import hashlib
import json
import os
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from gongpai.gateway.config.checking_apps import check_departments, check_policy
from gongpai.gateway.config.faults import ConfigError
from gongpai.gateway.config.published import is_published
from gongpai.gateway.config.settings import AppConfig
from gongpai.gateway.config.source import Source
from gongpai.gateway.config.values import is_name, parse_origin, parse_url
from gongpai.gateway.oidc.redirect_uris import fault_of
from gongpai.gateway.oidc.scopes import SUPPORTED
from gongpai.gateway.records_provider import (
    AuthMethod,
    ClaimRules,
    DisclosureRule,
    EmailSource,
    GrantType,
    PartyPolicy,
    RelyingParty,
    SecretHash,
    SigningAlg,
    SubjectType,
    TokenFormat,
    WebLoginRule,
)
from gongpai.wecom.signin import Way

# As many characters as 128 bits have in base64url and some more; ours have 43.
_SHORTEST_SECRET = 24
_LONGEST_SECRET = 256
_GRANTS = {
    "authorization_code": GrantType.AUTHORIZATION_CODE,
    "refresh_token": GrantType.REFRESH_TOKEN,
    "device_code": GrantType.DEVICE_CODE,
}
_KNOWN_WAYS = frozenset(way.value for way in Way)
# A secret in a file has no time of its own.
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def check_parties(source: Source, apps: Mapping[str, AppConfig]) -> dict[str, RelyingParty]:
    """Return the relying parties by client_id; every fault of theirs is noted."""
    return {name: _check_party(source, name, apps) for name in source.names("parties")}


def read_party(client_id: str, settings: Mapping[str, object], apps: Mapping[str, AppConfig]) -> RelyingParty:
    """Return a party that is not in the file, from the same *settings* and by the same rules as one that is.

    Raises:
        ConfigError: with every fault there is.
    """
    source = Source({"parties": {client_id: settings}}, [])
    parties = check_parties(source, apps)
    if source.faults:
        raise ConfigError(source.faults)
    return replace(parties[client_id], is_configured=False)


def _check_party(source: Source, name: str, apps: Mapping[str, AppConfig]) -> RelyingParty:
    where = f"parties.{name}"
    if not is_name(name):
        source.fault(where, "bad_name")
    method = AuthMethod(_one_of(source, f"{where}.auth_method", [each.value for each in AuthMethod]))
    redirect_uris = _check_uris(source, f"{where}.redirect_uris", is_public=method is AuthMethod.NONE)
    grants = _some_of(source, f"{where}.grant_types", list(_GRANTS)) or {"authorization_code"}
    if not redirect_uris and "authorization_code" in grants:
        source.fault(f"{where}.redirect_uris", "missing")
    without_pkce = source.flag(f"{where}.without_pkce")
    if without_pkce and method is AuthMethod.NONE:
        source.fault(f"{where}.without_pkce", "public_needs_pkce")
    sector = source.text(f"{where}.sector")
    policy = _check_policy(source, f"{where}.policy", apps)
    return RelyingParty(
        client_id=name,
        title=source.text(f"{where}.name", name) or name,
        auth_method=method,
        secret_hashes=_check_secrets(source, where, method),
        jwks=_check_jwks(source, f"{where}.jwks_file", method),
        redirect_uris=redirect_uris,
        post_logout_redirect_uris=_check_uris(
            source, f"{where}.post_logout_redirect_uris", is_public=method is AuthMethod.NONE
        ),
        origins=_check_origins(source, f"{where}.origins"),
        scopes=frozenset(_some_of(source, f"{where}.scopes", list(SUPPORTED)) or {"openid", "profile"}),
        grant_types=frozenset(_GRANTS[grant] for grant in grants),
        is_trusted=source.flag(f"{where}.trusted"),
        requires_pkce=not without_pkce,
        id_token_alg=SigningAlg(_one_of(source, f"{where}.id_token_alg", [each.value for each in SigningAlg])),
        access_token_format=TokenFormat(
            _one_of(source, f"{where}.access_token_format", [each.value for each in TokenFormat])
        ),
        subject_type=SubjectType(_one_of(source, f"{where}.subject_type", [each.value for each in SubjectType])),
        sector=sector,
        claims_in_id_token=source.flag(f"{where}.claims_in_id_token"),
        claim_rules=check_claims(source, where, policy.corpids),
        disclosure=DisclosureRule(_one_of(source, f"{where}.disclosure", [each.value for each in DisclosureRule])),
        backchannel_logout_uri=_check_backchannel(source, f"{where}.backchannel_logout_uri"),
        policy=policy,
        contact=source.text(f"{where}.contact"),
        is_configured=True,
    )


def check_web_login(source: Source, key: str) -> WebLoginRule:
    """Return what the web login with its QR code opens here (T18)."""
    return WebLoginRule(_one_of(source, key, [each.value for each in WebLoginRule]))


def check_claims(source: Source, where: str, corpids: Collection[str]) -> ClaimRules:
    """Return what is told of people of *corpids*, by the settings under *where*."""
    email = EmailSource(_one_of(source, f"{where}.email", [each.value for each in EmailSource]))
    template = source.text(f"{where}.email_template", is_required=email is EmailSource.TEMPLATE)
    if template is not None and (template.count("@") != 1 or template.partition("@")[0].count("{userid}") != 1):
        source.fault(f"{where}.email_template", "not_a_template")
    elif template is not None and len(corpids) > 1 and "{corpid}" not in template:
        # Who is called the same in two corps would share an email, and the later one be told none (T12).
        source.fault(f"{where}.email_template", "template_needs_corpid")
    group_ids = check_departments(source, f"{where}.groups")
    names = source.names(f"{where}.group_names")
    for each in names:
        if not (each.isascii() and each.isdigit()):
            source.fault(f"{where}.group_names.{each}", "bad_id", "")
    return ClaimRules(
        email=email,
        email_domains=frozenset(each.lower() for each in source.texts(f"{where}.email_domains")),
        verified_domains=frozenset(each.lower() for each in source.texts(f"{where}.verified_domains")),
        email_template=template,
        owns_mailboxes=source.flag(f"{where}.owns_mailboxes"),
        group_ids=group_ids or None,
        group_names={
            int(each): source.text(f"{where}.group_names.{each}") or each
            for each in names
            if each.isascii() and each.isdigit()
        },
        group_limit=source.number(f"{where}.group_limit", 50) or 50,
        is_corp_qualified=source.flag(f"{where}.corp_qualified"),
    )


def _one_of(source: Source, key: str, known: list[str]) -> str:
    given = source.text(key, known[0]) or known[0]
    if given not in known:
        source.fault(key, "not_one_of", ", ".join(known))
        return known[0]
    return given


def _some_of(source: Source, key: str, known: list[str]) -> set[str]:
    given = set(source.texts(key))
    if not given <= set(known):
        source.fault(key, "not_one_of", ", ".join(known))
    return given & set(known)


def _check_uris(source: Source, key: str, *, is_public: bool) -> tuple[str, ...]:
    uris = tuple(source.texts(key))
    for uri in uris:
        fault = fault_of(uri, is_public=is_public)
        if fault:
            source.fault(key, "not_a_redirect_uri", f"{uri} {fault}")
    return uris


def _check_origins(source: Source, key: str) -> frozenset[str]:
    found = set()
    for given in source.texts(key):
        origin = parse_origin(given)
        if origin is None:
            source.fault(key, "not_an_origin")
        else:
            found.add(origin)
    return frozenset(found)


def _check_secrets(source: Source, where: str, method: AuthMethod) -> tuple[SecretHash, ...]:
    keys = ["client_secret", "old_client_secret"]
    given = [key for key in keys if source.has(f"{where}.{key}") or source.has(f"{where}.{key}_file")]
    if method is not AuthMethod.SECRET:
        for key in given:
            source.fault(f"{where}.{key}", "no_secret_wanted")
        return ()
    hashes = []
    for key in ["client_secret", *given[1:]]:
        secret = source.secret(f"{where}.{key}")
        if secret is None:
            continue
        is_plain = secret.isascii() and secret.isprintable()
        if not is_plain or not _SHORTEST_SECRET <= len(secret) <= _LONGEST_SECRET:
            source.fault(f"{where}.{key}", "weak_secret", str(_SHORTEST_SECRET))
        elif is_published(secret):
            source.fault(f"{where}.{key}", "published")
        hashes.append(SecretHash(hashlib.sha256(secret.encode()).hexdigest(), _LONG_AGO))
    return tuple(hashes)


def _check_jwks(source: Source, key: str, method: AuthMethod) -> Mapping[str, object] | None:
    name = source.text(key, is_required=method is AuthMethod.PRIVATE_KEY_JWT)
    if name is None:
        return None
    try:
        found = json.loads(Path(name).read_text(encoding="utf-8"))
    except OSError as error:
        source.fault(key, "file_unreadable", f"{name}: {os.strerror(error.errno or 0)}")
        return None
    except (ValueError, RecursionError):
        source.fault(key, "wrong_type", "JWK Set")
        return None
    if not isinstance(found, dict) or not isinstance(found.get("keys"), list):
        source.fault(key, "wrong_type", "JWK Set")
        return None
    return found


def _check_backchannel(source: Source, key: str) -> str | None:
    given = source.text(key)
    if given is not None and (parse_url(given, frozenset({"https"})) is None or "#" in given):
        source.fault(key, "needs_https")
    return given


def _check_policy(source: Source, where: str, apps: Mapping[str, AppConfig]) -> PartyPolicy:
    known = {each.app.corpid for each in apps.values()}
    corpids = _some_of(source, f"{where}.corpids", sorted(known))
    # Which corp's people may use it is never left open where there are several (T6).
    if len(known) > 1 and not corpids:
        source.fault(f"{where}.corpids", "missing")
    people = check_policy(source, where, is_encrypted=any(each.app.encrypted_ids for each in apps.values()))
    return PartyPolicy(
        corpids=frozenset(corpids),
        apps=frozenset(_some_of(source, f"{where}.apps", sorted(apps))),
        allow_departments=people.allow_departments,
        deny_departments=people.deny_departments,
        allow_userids=people.allow_userids,
        deny_userids=people.deny_userids,
        ways=frozenset(_some_of(source, f"{where}.ways", sorted(_KNOWN_WAYS))),
        web_login=check_web_login(source, f"{where}.web_login"),
    )
