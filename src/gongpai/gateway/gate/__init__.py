"""May this request pass? Pure: forward-auth's fast path and its ASGI route ask the same question, without a store.

It makes no answer where only the store can say: `endpoints/forward_auth.py` reads it then.
"""

from gongpai.gateway.gate.answers import (
    BEGIN_PATH,
    ENVOY_PATH,
    FAMILIES,
    Asked,
    AskStore,
    Gate,
    HostGate,
    is_page_load,
    return_path,
)
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
from gongpai.gateway.gate.forms import Answer, Family, Form, Outcome

__all__ = [
    "BEGIN_PATH",
    "COOKIE_LIMIT",
    "DOMAIN_COOKIE_NAME",
    "ENVOY_PATH",
    "FAMILIES",
    "GATE_COOKIE_NAME",
    "Answer",
    "Ask",
    "AskStore",
    "Asked",
    "Family",
    "Form",
    "Gate",
    "GateCookie",
    "Heard",
    "HostGate",
    "Outcome",
    "Pass",
    "ReadStore",
    "Refusal",
    "Refuse",
    "Verdict",
    "check",
    "is_page_load",
    "return_path",
    "seal_gate",
]
