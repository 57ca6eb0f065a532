"""Where each case of wecom-cases.json is asked, or why it is not asked yet."""

import json
from pathlib import Path
from typing import Any, Final

CASES: Final[list[dict[str, Any]]] = json.loads(Path(__file__).with_name("wecom-cases.json").read_text("utf-8"))

# The file that asks, and its cases.
ASKED: Final = {
    "wecom/test_cases.py": """authorize-018 weblogin-001 userinfo-019 userinfo-020 userinfo-021 jsapi-001 jsapi-002
        ua-002 ua-004 ua-005""",
    "sandbox/test_cases.py": """gettoken-001 gettoken-002 gettoken-003 gettoken-004 gettoken-006 gettoken-009
        gettoken-010 gettoken-012 gettoken-013 http-002 http-003 http-005 http-006 http-007 http-012 http-013
        authorize-001 authorize-002 authorize-005 authorize-006 domain-005 domain-006 domain-007 domain-008
        authorize-011 authorize-012 authorize-014 authorize-016 qr-002 qr-003 qr-005 qr-008 weblogin-002 weblogin-004
        weblogin-005 weblogin-006 weblogin-007 weblogin-008 userinfo-001 userinfo-002 userinfo-006 userinfo-007
        userinfo-008 userinfo-009 userinfo-010 userinfo-013 userinfo-015 userinfo-016 userinfo-017 userinfo-018
        userdetail-002 userdetail-003 userdetail-005 userdetail-006 userdetail-007 userdetail-009 userdetail-010
        userdetail-011 userdetail-012 userdetail-013 user-002 user-003 user-004 user-005 user-006 user-007 user-009
        user-010 user-012 user-015 jsapi-003 jsapi-005 jsapi-006 ip-002""",
    "wecom/test_panel_cases.py": "panel-001 panel-002 panel-003 panel-004 panel-007",
    "sandbox/test_verify.py": "verify-002",
    "gateway/endpoints/test_verify_file.py": "verify-001 verify-003",
}

# Not asked yet, by reason.
LATER: Final = {
    "third-party and delegated apps (suites) have tokens and calls of their own": """suite-001 suite-002 suite-003
        suite-004 suite-006 suite-007 suite-010 suite-011 suite-013 suite-015 suite-016 suite-018 userdetail-014
        user-014""",
    "the second check (二次验证) has calls of its own": "tfa-002 tfa-003",
    "calls about linked corps; signing their members in is asked in userinfo-015": "linked-001 linked-003",
    "encrypted messages that WeCom pushes to us": """crypto-001 crypto-002 crypto-003 crypto-004 crypto-005
        crypto-006 crypto-007 crypto-009""",
}
