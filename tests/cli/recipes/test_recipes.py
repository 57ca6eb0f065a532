"""Every recipe: filled, parsed as what it is, and within what the gateway can do."""

import ast
import configparser
import io
import json
import re
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from gongpai.cli.language import Language
from gongpai.cli.recipes import Filling, Recipe, Snippet, UnknownRecipeError, all_recipes, find_recipe
from gongpai.cli.recipes.page import Known, add_command, party_table, render, render_index, render_list
from gongpai.cli.recipes.suitable import lacks
from gongpai.gateway.config.checking_gate import check_gate
from gongpai.gateway.config.checking_parties import read_party
from gongpai.gateway.config.source import Source
from gongpai.gateway.oidc.claims import BY_SCOPE
from gongpai.gateway.oidc.discovery import Endpoints as Paths
from gongpai.gateway.oidc.discovery import metadata
from gongpai.gateway.records_provider import RelyingParty

SECRET = "a-secret-of-this-test-alone-43-characters-x"
ISSUER = "https://sso.corp.example"
FILLING = Filling(ISSUER, "app", "https://app.corp.example", "corp.example")
RECIPES = list(all_recipes().values())
WITH_PARTY = [recipe for recipe in RECIPES if recipe.party]
PARTS = [pytest.param(recipe, part, id=f"{recipe.name}-{part.file}") for recipe in RECIPES for part in recipe.snippets]


def name_of(recipe: Recipe) -> str:
    return recipe.name


def party_of(recipe: Recipe, **changes: object) -> RelyingParty:
    """Return the party that the recipe tells to add, as the configuration reads it."""
    settings = recipe.party_settings(FILLING)
    secret = {} if settings.get("auth_method") == "none" else {"client_secret": SECRET}
    return read_party("app", {**settings, **secret, **changes}, {})


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("recipe", RECIPES, ids=name_of)
def test_a_recipe_is_filled_in_both_languages(recipe: Recipe, language: Language) -> None:
    page = render(recipe, FILLING, language)
    assert "<<" not in page.replace("<<EOF", "")
    assert recipe.source_url in page
    assert ISSUER in page or recipe.host


@pytest.mark.parametrize("recipe", RECIPES, ids=name_of)
def test_a_recipe_is_of_one_kind_and_says_as_much_in_both_languages(recipe: Recipe) -> None:
    assert bool(recipe.party) != bool(recipe.host)
    assert len(recipe.zh.notes) == len(recipe.en.notes)
    assert all(bool(part.zh) == bool(part.en) for part in recipe.snippets)
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in recipe.en.about + "".join(recipe.en.notes))


def test_no_two_recipes_answer_to_one_name() -> None:
    names = [name for recipe in RECIPES for name in (recipe.name, *recipe.also)]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("recipe", WITH_PARTY, ids=name_of)
def test_the_party_of_a_recipe_is_accepted_by_the_configuration(recipe: Recipe) -> None:
    party = party_of(recipe)
    assert party.redirect_uris
    assert lacks(party, recipe.party_settings(FILLING)) == ()


@pytest.mark.parametrize("recipe", WITH_PARTY, ids=name_of)
def test_the_table_of_a_recipe_says_the_same_as_its_settings(recipe: Recipe) -> None:
    settings = recipe.party_settings(FILLING)
    tables = tomllib.loads(party_table("app", settings))["parties"]["app"]
    tables.pop("client_secret_file", None)
    assert tables == settings


@pytest.mark.parametrize("recipe", WITH_PARTY, ids=name_of)
def test_the_command_of_a_recipe_is_one_that_a_shell_reads(recipe: Recipe, tmp_path: Path) -> None:
    script = tmp_path / "add.sh"
    script.write_text(add_command("app", recipe.party_settings(FILLING)))
    subprocess.run(["bash", "-n", str(script)], check=True)


@pytest.mark.parametrize("recipe", [recipe for recipe in RECIPES if recipe.host], ids=name_of)
def test_the_host_of_a_recipe_is_accepted_by_the_configuration(recipe: Recipe) -> None:
    (table,) = re.findall(r"```toml\n(.*?)```", render(recipe, FILLING, "en"), re.DOTALL)
    source = Source(tomllib.loads(table), [])
    gate = check_gate(source, {}, has_proxies=True)
    assert source.faults == []
    assert gate is not None
    assert gate.hosts["app"].origin == FILLING.url


@pytest.mark.parametrize(("recipe", "part"), PARTS)
def test_what_is_pasted_can_be_parsed(recipe: Recipe, part: Snippet, tmp_path: Path) -> None:
    parse(part, part.fill(FILLING), tmp_path)
    assert recipe.snippet(part.file) is part


def parse(part: Snippet, text: str, folder: Path) -> None:
    """Read *text* as the program will; proxies read theirs in a test of their own."""
    match part.format:
        case "toml":
            assert tomllib.loads(text)
        case "json":
            assert json.loads(text)
        case "yaml":
            assert list(yaml.safe_load_all(text))
        case "ini":
            configparser.ConfigParser(interpolation=None).read_file(io.StringIO(text))
        case "python":
            assert ast.parse(text).body
        case "sh":
            script = folder / "part.sh"
            script.write_text(text)
            subprocess.run(["bash", "-n", str(script)], check=True)
        case "ruby" | "php":
            assert all(text.count(left) == text.count(right) for left, right in ("()", "[]", "{}"))
        case "nginx" | "caddyfile":
            assert text.count("{") == text.count("}")


@pytest.mark.parametrize(("recipe", "part"), PARTS)
def test_what_is_pasted_names_only_what_the_provider_serves(recipe: Recipe, part: Snippet) -> None:
    text = part.fill(FILLING)
    document = metadata(ISSUER, Paths(), ())
    served = {str(url).removeprefix(ISSUER) for url in document.values() if str(url).startswith(f"{ISSUER}/")}
    served |= {"", "/", "/.well-known/openid-configuration"}
    assert set(re.findall(rf"{re.escape(ISSUER)}(/?[\w./-]*)", text)) <= served
    scopes = set(re.findall(r"\b(openid|profile|email|phone|address|groups|offline_access)\b", scope_lines(text)))
    assert not recipe.party or scopes <= party_of(recipe).scopes | {"openid"}
    assert not re.search(
        r"implicit|form_post|id_token token|method\W+plain|password_grant|given_name|family_name", text
    )


@pytest.mark.parametrize(("recipe", "part"), PARTS)
def test_an_issuer_that_is_compared_is_pasted_letter_by_letter(recipe: Recipe, part: Snippet) -> None:
    text = part.fill(FILLING)
    key = r"(?:issuer(?:[-_]?url)?|SsoAddr|oidc_endpoint|PROVIDER_ENDPOINT)"
    named = re.findall(rf"(?im){key}\W+(https://[^\s\"',]+)", text)
    assert set(named) <= {ISSUER}, recipe.name


def scope_lines(text: str) -> str:
    """Return what *text* asks for: the lines that speak of scopes."""
    return "\n".join(line for line in text.splitlines() if re.search(r"scope", line, re.IGNORECASE))


@pytest.mark.parametrize("recipe", WITH_PARTY, ids=name_of)
def test_a_claim_that_a_recipe_reads_comes_with_its_scopes(recipe: Recipe) -> None:
    text = "".join(part.fill(FILLING) for part in recipe.snippets)
    scopes = party_of(recipe).scopes
    read = {claim for claims in BY_SCOPE.values() for claim in claims if re.search(rf"\b{claim}\b", text)}
    told = {claim for scope in scopes for claim in BY_SCOPE.get(scope, ())}
    assert read & {"preferred_username", "email", "groups", "picture"} <= told


@pytest.mark.parametrize("recipe", RECIPES, ids=name_of)
def test_no_recipe_has_a_secret_in_it(recipe: Recipe) -> None:
    text = "".join(part.fill(FILLING) for part in recipe.snippets)
    given = re.findall(r"(?i)(?:client_?secret|client-key)\"?[\"']?\s*[:=]\s*[\"']?([\w$.{}]+)", text)
    assert all(re.search(r"(?i)secret|environ|env\b|\$", each) for each in given), given


def test_a_recipe_is_found_by_another_name_and_in_any_case() -> None:
    assert find_recipe("Kubectl").name == "kubernetes"
    assert find_recipe("GRAFANA").name == "grafana"


@pytest.mark.parametrize(("given", "near"), [("grafna", "grafana"), ("jupyter", "jupyterhub"), ("argo-cd2", "argo-cd")])
def test_a_name_that_is_not_quite_right_is_answered_with_what_is_near(given: str, near: str) -> None:
    with pytest.raises(UnknownRecipeError) as refused:
        find_recipe(given)
    assert near in refused.value.near


def test_a_name_like_no_other_has_nothing_near() -> None:
    with pytest.raises(UnknownRecipeError) as refused:
        find_recipe("zzzzzzzz")
    assert refused.value.near == []


@pytest.mark.parametrize(
    ("changes", "lacking"),
    [
        ({"redirect_uris": ["https://elsewhere.example/login/generic_oauth"]}, ("redirect_uris",)),
        ({"scopes": ["openid"]}, ("scopes",)),
        ({"grant_types": ["authorization_code"]}, ("grant_types",)),
        ({"email": "none"}, ("email",)),
        ({"email": "biz_mail", "id_token_alg": "ES256"}, ("id_token_alg",)),
        ({"name": "Something else", "without_pkce": True, "claims_in_id_token": True}, ()),
    ],
)
def test_a_party_that_is_there_is_told_what_it_lacks(changes: Mapping[str, object], lacking: tuple[str, ...]) -> None:
    grafana = find_recipe("grafana")
    assert lacks(party_of(grafana, **changes), grafana.party_settings(FILLING)) == lacking


def test_a_party_that_is_there_and_suits_is_not_asked_for_again() -> None:
    page = render(find_recipe("grafana"), FILLING, "en", Known(is_configured=False, lacks=()))
    assert "in the store" in page
    assert "[parties." not in page
    assert "gongpai parties add" not in page


def test_a_party_that_lacks_something_is_shown_what_and_is_not_added_again() -> None:
    page = render(find_recipe("grafana"), FILLING, "zh", Known(is_configured=True, lacks=("scopes",)))
    assert "在配置文件中" in page
    assert "`scopes`" in page
    assert "gongpai parties add" not in page


@pytest.mark.parametrize(("name", "is_said"), [("jenkins", True), ("grafana", False), ("vault", False)])
def test_a_recipe_that_makes_people_be_asked_for_their_mail_says_so(name: str, *, is_said: bool) -> None:
    assert ("asked in WeCom for their company mail" in render(find_recipe(name), FILLING, "en")) is is_said


@pytest.mark.parametrize(
    ("registered", "url"),
    [
        (("https://a.example/login/generic_oauth",), "https://a.example"),
        (("https://b.example/other", "https://b.example/grafana/login/generic_oauth"), "https://b.example/grafana"),
        (("https://c.example/other",), None),
        ((), None),
    ],
)
def test_the_address_is_read_off_the_redirect_uri_that_is_registered(
    registered: tuple[str, ...], url: str | None
) -> None:
    assert find_recipe("grafana").url_of(registered) == url


def test_a_recipe_that_has_no_such_part_says_so() -> None:
    with pytest.raises(KeyError):
        find_recipe("grafana").snippet("grafana.yaml")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_lists_name_every_recipe(language: Language) -> None:
    index, listed = render_index(all_recipes(), language), render_list(all_recipes(), language)
    for recipe in RECIPES:
        assert f"[{recipe.name}]({recipe.name}.md)" in index
        assert recipe.title in listed
