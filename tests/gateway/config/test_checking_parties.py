import hashlib
from pathlib import Path

import pytest

from gongpai.gateway.records_provider import (
    AuthMethod,
    DisclosureRule,
    EmailSource,
    GrantType,
    SigningAlg,
    WebLoginRule,
)
from settings_of_tests import faults, read

SECRET = "a-secret-of-this-test-alone-43-characters-x"
RIGHT = {
    "parties__wiki__name": "The wiki",
    "parties__wiki__client_secret": SECRET,
    "parties__wiki__redirect_uris": "https://wiki.example.com/cb",
}


def test_a_party_needs_a_secret_and_a_redirect_uri_only() -> None:
    party = read(**RIGHT).parties["wiki"]
    assert (party.client_id, party.title, party.is_configured) == ("wiki", "The wiki", True)
    assert [each.hash for each in party.secret_hashes] == [hashlib.sha256(SECRET.encode()).hexdigest()]
    assert party.grant_types == {GrantType.AUTHORIZATION_CODE}
    assert party.requires_pkce
    assert not party.is_trusted


@pytest.mark.parametrize("rule", list(WebLoginRule))
def test_a_party_may_be_open_to_the_web_login_or_tell_of_it_or_be_closed(rule: WebLoginRule) -> None:
    settings = {**RIGHT, "parties__wiki__policy__web_login": rule.value}
    assert read(**settings).parties["wiki"].policy.web_login is rule


def test_a_party_can_be_told_everything(tmp_path: Path) -> None:
    keys = tmp_path / "jwks.json"
    keys.write_text('{"keys": []}')
    settings = {
        "auth_method": "private_key_jwt",
        "jwks_file": str(keys),
        "redirect_uris": "https://wiki.example.com/cb,https://wiki.example.com/cb2",
        "post_logout_redirect_uris": "https://wiki.example.com/",
        "origins": "https://wiki.example.com",
        "scopes": "openid,email",
        "grant_types": "authorization_code,refresh_token,device_code",
        "trusted": "true",
        "without_pkce": "true",
        "id_token_alg": "ES256",
        "email": "template",
        "email_template": "{userid}@corp.example",
        "email_domains": "Corp.Example",
        "disclosure": "never",
        "groups": "1,2",
        "group_names__1": "staff",
        "backchannel_logout_uri": "https://wiki.example.com/logout",
        "policy__apps": "main",
        "policy__ways": "in_app",
        "policy__web_login": "deny",
        "policy__allow_departments": "3",
        "policy__deny_userids": "LiSi",
    }
    party = read(**{f"parties__wiki__{key}": value for key, value in settings.items()}).parties["wiki"]
    assert (party.auth_method, party.jwks, party.secret_hashes) == (AuthMethod.PRIVATE_KEY_JWT, {"keys": []}, ())
    assert GrantType.DEVICE_CODE in party.grant_types
    assert party.id_token_alg is SigningAlg.ES256
    assert party.claim_rules.email is EmailSource.TEMPLATE
    assert party.claim_rules.email_domains == {"corp.example"}
    assert party.disclosure is DisclosureRule.NEVER
    assert party.claim_rules.group_ids == frozenset({1, 2})
    assert party.claim_rules.group_names == {1: "staff"}
    assert party.policy.web_login is WebLoginRule.DENY
    assert party.policy.deny_userids == {"lisi"}
    assert not party.requires_pkce


def test_two_secrets_are_alive_while_they_are_exchanged() -> None:
    party = read(**RIGHT, parties__wiki__old_client_secret=SECRET + "old").parties["wiki"]
    assert len(party.secret_hashes) == 2


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"client_secret": None}, ("client_secret", "missing")),
        ({"client_secret": "short"}, ("client_secret", "weak_secret")),
        ({"auth_method": "none"}, ("client_secret", "no_secret_wanted")),
        ({"auth_method": "none", "client_secret": None, "without_pkce": "true"}, ("without_pkce", "public_needs_pkce")),
        ({"auth_method": "password"}, ("auth_method", "not_one_of")),
        ({"auth_method": "private_key_jwt", "client_secret": None}, ("jwks_file", "missing")),
        (
            {"auth_method": "private_key_jwt", "client_secret": None, "jwks_file": "/nowhere"},
            ("jwks_file", "file_unreadable"),
        ),
        ({"redirect_uris": None}, ("redirect_uris", "missing")),
        ({"redirect_uris": "http://wiki.example.com/cb"}, ("redirect_uris", "not_a_redirect_uri")),
        ({"redirect_uris": "https://wiki.example.com/cb#x"}, ("redirect_uris", "not_a_redirect_uri")),
        ({"origins": "https://wiki.example.com/path"}, ("origins", "not_an_origin")),
        ({"scopes": "openid,everything"}, ("scopes", "not_one_of")),
        ({"grant_types": "password"}, ("grant_types", "not_one_of")),
        ({"email": "template"}, ("email_template", "missing")),
        ({"email_template": "all@corp.example"}, ("email_template", "not_a_template")),
        ({"group_names__x": "y"}, ("group_names.x", "bad_id")),
        ({"groups": "0"}, ("groups", "bad_id")),
        ({"backchannel_logout_uri": "http://wiki.example.com/"}, ("backchannel_logout_uri", "needs_https")),
        ({"policy__web_login": "shout"}, ("policy.web_login", "not_one_of")),
        ({"disclosure": "always"}, ("disclosure", "not_one_of")),
        ({"policy__corpids": "wwother"}, ("policy.corpids", "not_one_of")),
        ({"policy__allow_userids": "li si"}, ("policy.allow_userids", "bad_id")),
        ({"tust": "true"}, ("tust", "unknown_variable")),
    ],
)
def test_a_fault_of_a_party_is_named(changes: dict[str, str | None], fault: tuple[str, str]) -> None:
    given = {**RIGHT, **{f"parties__wiki__{key}": value for key, value in changes.items()}}
    assert (f"parties.wiki.{fault[0]}", fault[1]) in faults(**given)


def test_a_client_id_cannot_look_like_a_url() -> None:
    given = {key.replace("wiki", "https://wiki"): value for key, value in RIGHT.items()}
    assert ("parties.https://wiki", "bad_name") in faults(**given)


_OTHER = {"corpid": "wwffffffffffffffff", "agentid": "1000002", "corpsecret": "another-secret-of-this-test"}
_WITH_ANOTHER_CORP = {**RIGHT, **{f"apps__other__{key}": value for key, value in _OTHER.items()}}


def test_with_several_corps_a_party_names_its_own() -> None:
    assert ("parties.wiki.policy.corpids", "missing") in faults(**_WITH_ANOTHER_CORP)


def _with_template(template: str, *corpids: str) -> dict[str, str | None]:
    made = {"email": "template", "email_template": template, "policy__corpids": ",".join(corpids)}
    return {**_WITH_ANOTHER_CORP, **{f"parties__wiki__{key}": value for key, value in made.items()}}


def test_where_people_of_several_corps_may_come_an_email_names_the_corp() -> None:
    (first,) = {each.app.corpid for each in read().apps.values()}
    both, fault = (first, _OTHER["corpid"]), ("parties.wiki.email_template", "template_needs_corpid")
    assert faults(**_with_template("{userid}@corp.example", *both)) == [fault]
    for template in ("{userid}.{corpid}@corp.example", "{userid}@{corpid}.example"):
        assert read(**_with_template(template, *both)).parties["wiki"].claim_rules.email_template == template
    assert read(**_with_template("{userid}@corp.example", first)).parties["wiki"].policy.corpids == {first}


def test_a_key_file_that_is_no_key_set_is_named(tmp_path: Path) -> None:
    keys = tmp_path / "jwks.json"
    keys.write_text("[]")
    given = {**RIGHT, "parties__wiki__auth_method": "private_key_jwt", "parties__wiki__client_secret": None}
    assert ("parties.wiki.jwks_file", "wrong_type") in faults(**given, parties__wiki__jwks_file=str(keys))
