"""May this request pass? Pure: forward-auth's fast path and its ASGI route ask the same question, without a store.

It makes no answer where only the store can say: `endpoints/forward_auth.py` reads it then.
"""

from gongpai.gateway.gate.cookie import (
    COOKIE_LIMIT,
    DOMAIN_COOKIE_NAME,
    GATE_COOKIE_NAME,
    Ask,
    GateCookie,
    Heard,
    Pass,
    ReadStore,
    Refusal,
    Refuse,
    Verdict,
    check,
    seal_gate,
)

__all__ = [
    "COOKIE_LIMIT",
    "DOMAIN_COOKIE_NAME",
    "GATE_COOKIE_NAME",
    "Ask",
    "GateCookie",
    "Heard",
    "Pass",
    "ReadStore",
    "Refusal",
    "Refuse",
    "Verdict",
    "check",
    "seal_gate",
]
