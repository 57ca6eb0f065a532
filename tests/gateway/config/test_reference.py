import dataclasses
import tomllib
from pathlib import Path

import pytest

from gongpai.gateway.config import Config, Policy, SessionLimits, TokenLimits
from gongpai.gateway.config.example import render_example
from gongpai.gateway.config.reference import REFERENCE, is_known
from gongpai.gateway.config.troubles import Language
from settings_of_tests import read

DOCS = Path(__file__).parents[3] / "docs"


def test_every_field_of_the_configuration_is_a_setting() -> None:
    keys = {setting.key for setting in REFERENCE}
    nested = {"apps", "gate", "hosts", "parties", "session", "tokens", "verify_files"}
    assert {field.name for field in dataclasses.fields(Config)} - nested <= keys
    assert {f"session.{field.name}" for field in dataclasses.fields(SessionLimits)} <= keys
    assert {f"tokens.{field.name}" for field in dataclasses.fields(TokenLimits)} <= keys
    assert {f"policy.{field.name}" for field in dataclasses.fields(Policy)} <= keys
    assert {f"apps.NAME.policy.{field.name}" for field in dataclasses.fields(Policy)} <= keys


def test_the_defaults_written_down_are_the_defaults() -> None:
    written = {setting.key: setting.default for setting in REFERENCE}
    config = read()
    assert written["storage"] == config.storage
    assert written["listen"] == str(config.listen)
    assert written["metrics_listen"] == str(config.metrics_listen)
    assert written["starts_per_minute"] == str(config.starts_per_minute)
    assert written["log_level"] == config.log_level
    assert [written[f"hosts.{name}"] for name in ("api", "oauth", "login", "qr")] == list(
        dataclasses.astuple(config.hosts)
    )
    limits = {f"session__{key}": written[f"session.{key}"] for key in ("idle", "absolute", "grace", "profile_age")}
    assert read(**limits).session == config.session == SessionLimits()
    lifetimes = {f"tokens__{key}": written[f"tokens.{key}"] for key in ("access", "refresh_idle", "refresh_absolute")}
    assert read(**lifetimes).tokens == config.tokens == TokenLimits()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_example_is_right_once_its_files_are_there(tmp_path: Path, language: Language) -> None:
    text = render_example(language)
    tree = tomllib.loads(text)
    assert tree["apps"]["main"]["agentid"] == 1000002
    for name in ("secret.key", "main.corpsecret"):
        (tmp_path / name).write_text("kZc3dT6m1qk8F3kQzF1Zt5m9Yt7kq1mJr0b8m5yQx2A")
    path = tmp_path / "gongpai.toml"
    path.write_text(text.replace("/etc/gongpai", str(tmp_path)), encoding="utf-8")
    given = {"secret_key": None, "apps__main__corpsecret": None}
    assert read(path, **given).apps["main"].title == "Example"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_reference_page_names_every_setting_with_its_words(language: Language) -> None:
    page = (DOCS / language / "configuration.md").read_text(encoding="utf-8")
    for setting in REFERENCE:
        words = setting.zh if language == "zh" else setting.en
        row = f"| `{setting.key}` | {f'`{setting.default}`' if setting.default else '–'} | {words} |"
        assert row in page


def test_names_of_the_operators_choice_stand_in_keys() -> None:
    assert is_known("apps.portal.corpid")
    assert is_known("verify_files.WW_verify_x.txt")
    assert not is_known("apps.corpid")
