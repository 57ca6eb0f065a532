"""A right configuration for tests, and how to read a changed one."""

from pathlib import Path

import pytest

from gongpai.gateway.config import Config, ConfigError, load

SECRET_KEY = "kZc3dT6m1qk8F3kQzF1Zt5m9Yt7kq1mJr0b8m5yQx2A"  # of this test alone
RIGHT = {
    "GONGPAI_PUBLIC_URL": "https://sso.example.com",
    "GONGPAI_SECRET_KEY": SECRET_KEY,
    "GONGPAI_APPS__MAIN__CORPID": "ww0123456789abcdef",
    "GONGPAI_APPS__MAIN__AGENTID": "1000002",
    "GONGPAI_APPS__MAIN__CORPSECRET": "a-secret-that-nobody-published",
}


def read(path: Path | None = None, /, **changes: str | None) -> Config:
    """Read the right configuration with *changes*; None leaves a setting out."""
    environ = {**RIGHT, **{f"GONGPAI_{name.upper()}": value for name, value in changes.items()}}
    return load(path, {name: value for name, value in environ.items() if value is not None})


def faults(path: Path | None = None, /, **changes: str | None) -> list[tuple[str, str]]:
    """Return the key and kind of each fault of the right configuration with *changes*."""
    with pytest.raises(ConfigError) as caught:
        read(path, **changes)
    return [(fault.key, fault.kind) for fault in caught.value.faults]
