"""The gateway's settings: read once from a file, the environment and secret files; every fault named at once."""

from gongpai.gateway.config.settings import Address, AppConfig, Config, Policy, SessionLimits, WebLogin

__all__ = ["Address", "AppConfig", "Config", "Policy", "SessionLimits", "WebLogin"]
