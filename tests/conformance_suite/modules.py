"""The modules of the OpenID Foundation's conformance suite that a provider like this one is tried by.

Each is a test of this folder named after it: ``oidcc-display-page`` is ``test_oidcc_display_page``. Those of FAPI 2.0
go without the name of their plan: ``fapi2-security-profile-final-par-plain-pkce-rejected`` is
``test_fapi2_par_plain_pkce_rejected``.
"""

from typing import Final

# Without their prefix "oidcc-".
BASIC_OP: Final = """
    server response-type-missing idtoken-signature idtoken-unsigned userinfo-get userinfo-post-header
    userinfo-post-body ensure-request-without-nonce-succeeds-for-code-flow scope-profile scope-email scope-address
    scope-phone scope-all alternate-happy-flow display-page display-popup prompt-login prompt-none-not-logged-in
    prompt-none-logged-in max-age-1 max-age-10000 ensure-request-with-unknown-parameter-succeeds id-token-hint
    login-hint ui-locales claims-locales ensure-request-with-acr-values-succeeds codereuse codereuse-30seconds
    ensure-registered-redirect-uri ensure-post-request-succeeds server-client-secret-post
    request-uri-unsigned-supported-correctly-or-rejected-as-unsupported
    unsigned-request-object-supported-correctly-or-rejected-as-unsupported claims-essential
    ensure-request-object-with-redirect-uri refresh-token ensure-request-with-valid-pkce-succeeds
"""
CONFIG_AND_DYNAMIC: Final = """
    discovery-endpoint-verification idtoken-rs256 userinfo-rs256 ensure-redirect-uri-in-authorization-request
    redirect-uri-query-mismatch redirect-uri-query-added redirect-uri-regfrag registration-logo-uri
    registration-policy-uri registration-tos-uri registration-jwks-uri registration-sector-uri
    registration-sector-bad server-rotate-keys refresh-token-rp-key-rotation
"""
LOGOUT: Final = """
    rp-initiated-logout rp-initiated-logout-bad-id-token-hint rp-initiated-logout-modified-id-token-hint
    rp-initiated-logout-no-id-token-hint rp-initiated-logout-no-params
    rp-initiated-logout-no-post-logout-redirect-uri rp-initiated-logout-bad-post-logout-redirect-uri
    rp-initiated-logout-query-added-to-post-logout-redirect-uri rp-initiated-logout-no-state
    rp-initiated-logout-only-state rp-initiated-logout-discovery-endpoint-verification
    backchannel-rp-initiated-logout backchannel-logout-discovery-endpoint-verification
"""
# What the FAPI 2.0 plans try and any provider should withstand; without their plan's name.
FAPI2: Final = """
    ensure-authorization-code-is-bound-to-client attempt-reuse-authorization-code-after-one-second
    ensure-pkce-code-verifier-required incorrect-pkce-code-verifier-rejected par-plain-pkce-rejected
    par-without-duplicate-parameters par-attempt-invalid-http-method ensure-client-assertion-with-wrong-aud-fails
    ensure-client-assertion-with-no-sub-fails ensure-client-assertion-with-exp-5-minutes-in-past-fails
    ensure-authorization-request-with-long-nonce ensure-authorization-request-with-long-state
    user-rejects-authentication
"""
MODULES: Final = (
    *(f"oidcc-{module}" for plan in (BASIC_OP, CONFIG_AND_DYNAMIC, LOGOUT) for module in plan.split()),
    *(f"fapi2-{module}" for module in FAPI2.split()),
)

_REGISTRATION = "relying parties are registered by the operator, never over the wire"
# Which of them do not apply, and why.
NOT_OFFERED: Final = {
    "oidcc-registration-logo-uri": _REGISTRATION,
    "oidcc-registration-policy-uri": _REGISTRATION,
    "oidcc-registration-tos-uri": _REGISTRATION,
    "oidcc-registration-jwks-uri": _REGISTRATION,
    "oidcc-registration-sector-uri": _REGISTRATION,
    "oidcc-registration-sector-bad": _REGISTRATION,
    "oidcc-refresh-token-rp-key-rotation": "a party's keys are a file of the operator's, and no address that we read",
    "oidcc-userinfo-rs256": "userinfo is JSON over TLS and is not signed",
}
