"""WeCom (企业微信) sign-in: a typed library, a gateway, and a local WeCom to try both against."""

__version__ = "0.1.0"
