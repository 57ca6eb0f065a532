"""Which test proves each module of the OpenID Foundation's conformance suite, or why there is none."""

from typing import Final

# The tests, and the modules that each proves. Names of modules are the suite's, without their prefix "oidcc-".
BASIC_OP: Final = {
    "relying_parties/test_openid_client.py::test_it_signs_a_member_in_with_pkce_and_a_verified_id_token": """server
        idtoken-signature alternate-happy-flow ensure-request-with-valid-pkce-succeeds""",
    "attacks/test_authorize_parameters.py::test_no_implicit_and_no_hybrid": "response-type-missing",
    "conformance_suite/test_basic_op.py::test_no_party_can_be_given_an_unsigned_id_token": "idtoken-unsigned",
    "gateway/endpoints/test_userinfo.py::test_a_post_with_the_token_in_its_form_is_answered_too": """userinfo-get
        userinfo-post-header userinfo-post-body""",
    "attacks/test_tokens_and_logout.py::test_attack_080_a_nonce_that_was_not_sent_is_not_told": """
        ensure-request-without-nonce-succeeds-for-code-flow""",
    "gateway/oidc/test_claims.py::test_a_scope_tells_its_own_claims_only": """scope-profile scope-email scope-address
        scope-phone""",
    "gateway/oidc/test_claims.py::test_all_scopes_tell_all_that_is_known": "scope-all",
    "conformance_suite/test_basic_op.py::test_what_a_party_may_wish_for_beside_does_not_stop_it": """display-page
        display-popup login-hint ui-locales claims-locales ensure-request-with-acr-values-succeeds
        ensure-request-with-unknown-parameter-succeeds""",
    "gateway/flow/test_authorize.py::test_prompt_login_asks_for_a_scan_whatever_session_there_is": "prompt-login",
    "gateway/flow/test_authorize.py::test_prompt_none_is_answered_by_redirect": "prompt-none-not-logged-in",
    (
        "conformance_suite/test_basic_op.py::"
        "test_prompt_none_answers_whoever_is_signed_in_with_the_same_sub_and_auth_time"
    ): "prompt-none-logged-in",
    (
        "conformance_suite/test_basic_op.py::test_an_older_sign_in_than_max_age_is_made_anew_and_a_younger_one_is_kept"
    ): "max-age-1 max-age-10000",
    "gateway/flow/test_authorize.py::test_an_id_token_hint_of_somebody_else_is_not_answered": "id-token-hint",
    "gateway/endpoints/test_token.py::test_a_second_use_of_a_code_ends_what_the_first_one_gave": "codereuse",
    "conformance_suite/test_basic_op.py::test_a_code_used_again_later_is_refused_and_ends_the_tokens": """
        codereuse-30seconds""",
    "attacks/test_authorize_client_and_redirect_uri.py::test_attack_005_a_registered_uri_with_more_path": """
        ensure-registered-redirect-uri""",
    "gateway/flow/test_authorize.py::test_a_post_works_the_same_though_it_shows_no_cookie": """
        ensure-post-request-succeeds""",
    "conformance_suite/test_basic_op.py::test_a_secret_in_the_body_is_as_good_as_one_in_the_header": """
        server-client-secret-post""",
    "attacks/test_authorize_parameters.py::test_attack_037_request_uri_is_refused_unread": """
        request-uri-unsigned-supported-correctly-or-rejected-as-unsupported
        unsigned-request-object-supported-correctly-or-rejected-as-unsupported""",
    (
        "conformance_suite/test_basic_op.py::test_an_unsigned_request_object_is_refused_whatever_redirect_uri_it_holds"
    ): "ensure-request-object-with-redirect-uri",
    "gateway/endpoints/test_userinfo.py::test_the_claims_parameter_asks_for_single_claims": "claims-essential",
    "gateway/endpoints/test_token.py::test_a_refresh_token_comes_with_offline_access_only_and_rotates": "refresh-token",
}
CONFIG_AND_DYNAMIC: Final = {
    "conformance_suite/test_basic_op.py::test_a_request_that_does_not_say_where_to_goes_nowhere": """
        ensure-redirect-uri-in-authorization-request""",
    "gateway/oidc/test_discovery.py::test_what_is_required_is_there": "discovery-endpoint-verification",
    "attacks/test_tokens_and_logout.py::test_attack_080_an_id_token_says_all_it_must_and_is_signed": "idtoken-rs256",
    "attacks/test_authorize_client_and_redirect_uri.py::test_attack_006_a_registered_uri_with_a_query": """
        redirect-uri-query-added""",
    "gateway/oidc/test_redirect_uris.py::test_nothing_else_is": "redirect-uri-query-mismatch",
    "gateway/oidc/test_redirect_uris.py::test_an_unsafe_address_may_not": "redirect-uri-regfrag",
    "gateway/test_signing_keys.py::test_a_key_is_published_before_it_signs_and_verifies_after": "server-rotate-keys",
}
LOGOUT: Final = {
    "gateway/flow/test_end_session.py::test_a_party_with_the_persons_id_token_signs_them_out_and_gets_them_back": """
        rp-initiated-logout""",
    "gateway/flow/test_end_session.py::test_in_doubt_the_person_is_asked_and_never_sent_away": """
        rp-initiated-logout-bad-id-token-hint rp-initiated-logout-no-id-token-hint
        rp-initiated-logout-bad-post-logout-redirect-uri
        rp-initiated-logout-query-added-to-post-logout-redirect-uri""",
    "gateway/oidc/test_hints.py::test_anything_else_tells_nothing": "rp-initiated-logout-modified-id-token-hint",
    "gateway/oidc/test_end_session.py::test_a_doubtful_wish_is_asked_about_and_leads_nowhere": """
        rp-initiated-logout-no-params rp-initiated-logout-only-state""",
    "gateway/oidc/test_end_session.py::test_without_an_address_the_person_stays_here": """
        rp-initiated-logout-no-post-logout-redirect-uri""",
    "gateway/flow/test_end_session.py::test_a_post_does_the_same": "rp-initiated-logout-no-state",
    "relying_parties/test_openid_client.py::test_it_discovers_every_endpoint_under_our_issuer": """
        rp-initiated-logout-discovery-endpoint-verification backchannel-discovery-endpoint-verification""",
    "gateway/test_outbox.py::test_a_party_hears_at_once_in_a_token_that_passes_for_nothing_else": """
        backchannel-rp-initiated-logout""",
}
# What the FAPI 2.0 plans try and any provider should withstand.
FAPI2: Final = {
    "conformance_suite/test_basic_op.py::test_a_code_used_again_later_is_refused_and_ends_the_tokens": """
        attempt-reuse-authorization-code-after-one-second""",
    "gateway/endpoints/test_token.py::test_a_code_that_another_party_brings_is_burnt": """
        ensure-authorization-code-is-bound-to-client""",
    "gateway/endpoints/test_token.py::test_a_code_opens_nothing_with_anything_else_wrong": """
        ensure-pkce-code-verifier-required incorrect-pkce-code-verifier-rejected""",
    "gateway/endpoints/test_par.py::test_what_authorize_would_refuse_is_refused_as_json": "par-plain-pkce-rejected",
    "gateway/endpoints/test_par.py::test_a_pushed_request_is_answered_as_if_it_had_come_by_the_browser": """
        par-without-duplicate-parameters""",
    "gateway/endpoints/test_par.py::test_only_a_party_may_push": "par-attempt-invalid-http-method",
    "gateway/oidc/test_client_assertion.py::test_an_assertion_that_is_not_all_right_is_refused": """
        ensure-client-assertion-with-wrong-aud-fails ensure-client-assertion-with-no-sub-fails
        ensure-client-assertion-with-exp-5-minutes-in-past-fails""",
    "attacks/test_authorize_parameters.py::test_attack_039_a_nonce_and_a_state_of_kilobytes_come_back_whole": """
        ensure-authorization-request-with-long-nonce ensure-authorization-request-with-long-state""",
    "gateway/flow/test_authorize.py::test_a_no_goes_to_the_party_and_is_not_remembered": "user-rejects-authentication",
}
PROVED: Final = (BASIC_OP, CONFIG_AND_DYNAMIC, LOGOUT, FAPI2)

# Not offered, by reason.
NOT_OFFERED: Final = {
    "relying parties are registered by the operator, never over the wire": """registration-logo-uri
        registration-policy-uri registration-tos-uri registration-jwks-uri registration-sector-uri
        registration-sector-bad refresh-token-rp-key-rotation""",
    "userinfo is JSON over TLS and is not signed": "userinfo-rs256",
}
