"""The gateway's settings: read once from a file, the environment and secret files; every fault named at once."""

from collections.abc import Mapping
from pathlib import Path

from gongpai.gateway.config.checking import check
from gongpai.gateway.config.faults import ConfigError, Fault
from gongpai.gateway.config.settings import (
    Address,
    AppConfig,
    Config,
    GateConfig,
    GateHost,
    IdentityField,
    PathAction,
    PathRule,
    Policy,
    SessionLimits,
    TokenLimits,
    WebLogin,
)
from gongpai.gateway.config.source import Source

__all__ = [
    "Address",
    "AppConfig",
    "Config",
    "ConfigError",
    "Fault",
    "GateConfig",
    "GateHost",
    "IdentityField",
    "PathAction",
    "PathRule",
    "Policy",
    "SessionLimits",
    "TokenLimits",
    "WebLogin",
    "load",
    "named_files",
]


def load(path: Path | None, environ: Mapping[str, str]) -> Config:
    """Return the configuration of the file at *path*, if any, with the environment laid over it.

    Raises:
        ConfigError: with every fault there is; show them and stop.
    """
    source = Source.read(path, environ)
    if not source.is_whole:
        raise ConfigError(source.faults)  # what is missing now may well stand in the file
    config = check(source)
    if config is None:
        raise ConfigError(source.faults)
    return config


def named_files(path: Path | None, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the files that the settings name: secrets, keys and certificates."""
    source = Source.read(path, environ)
    return tuple(Path(source.text(key) or "") for key in source.keys("_file"))
