"""An example configuration, made from the reference (pure)."""

from gongpai.gateway.config.reference import REFERENCE
from gongpai.gateway.config.reference_parties import Setting
from gongpai.gateway.config.troubles import Language

# What an operator must fill in; all else has a default and is shown as a comment.
_FILLED = {
    "public_url": '"https://sso.example.com"',
    "secret_key_file": '"/etc/gongpai/secret.key"',
    "apps.main.name": '"Example"',
    "apps.main.corpid": '"ww0123456789abcdef"',
    "apps.main.agentid": "1000002",
    "apps.main.corpsecret_file": '"/etc/gongpai/main.corpsecret"',
}
_LISTS = frozenset({"trusted_proxies", "allow_departments", "deny_departments", "allow_userids", "deny_userids"})
_LISTS |= {"redirect_uris", "post_logout_redirect_uris", "origins", "email_domains", "verified_domains", "groups"}
_LISTS |= {"corpids", "apps", "rules", "ways", "private_hosts"}


def render_example(language: Language) -> str:
    """Return a ``gongpai.toml`` in which each setting has its explanation above it."""
    lines: list[str] = []
    section = ""
    for setting in REFERENCE:
        key = setting.key.replace("verify_files.NAME", 'verify_files."WW_verify_x.txt"').replace("NAME", "main")
        here, _, name = _split(key)
        if here != section:
            section = here
            lines += ["", f"[{section}]"]
        lines += [f"# {setting.zh if language == 'zh' else setting.en}", _line(key, name, setting)]
    return "\n".join(lines) + "\n"


def _split(key: str) -> tuple[str, str, str]:
    if key.startswith("verify_files."):
        return key.partition(".")
    return key.rpartition(".")


def _line(key: str, name: str, setting: Setting) -> str:
    if key in _FILLED:
        return f"{name} = {_FILLED[key]}"
    if setting.default in {"true", "false"} or setting.default.isdigit():
        return f"# {name} = {setting.default}"
    return f"# {name} = []" if name in _LISTS else f'# {name} = "{setting.default}"'
