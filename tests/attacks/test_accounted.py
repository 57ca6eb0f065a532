"""Attacks on the provider that are held by a test of the room they are aimed at, by number and name."""

from pathlib import Path

import pytest

_TESTS = Path(__file__).parents[1]
HELD = {
    25: "gateway/oidc/test_scopes.py",
    30: "gateway/flow/test_authorize.py::test_prompt_none_needing_consent_says_so",
    34: "gateway/flow/test_authorize.py::test_an_id_token_hint_of_somebody_else_is_not_answered",
    45: "security/test_t05_a_repeated_callback_gets_the_same_answer.py",
    46: "gateway/flow/test_signin.py::test_what_cannot_be_meant_is_a_page_and_no_redirect",
    55: "gateway/endpoints/test_token.py::test_a_second_use_of_a_code_ends_what_the_first_one_gave",
    56: "gateway/endpoints/test_token.py::test_of_two_who_bring_a_code_at_once_one_gets_tokens",
    57: "gateway/endpoints/test_token.py::test_a_code_that_is_60_seconds_old_has_expired",
    58: "gateway/endpoints/test_token.py::test_a_code_that_another_party_brings_is_burnt",
    59: "gateway/endpoints/test_token.py::test_a_code_opens_nothing_with_anything_else_wrong",
    68: "gateway/test_parties.py::test_attack_068_an_assertion_proves_its_party_once",
    74: "gateway/endpoints/test_token.py::test_a_refresh_token_used_again_after_the_grace_revokes_its_family",
    75: "gateway/endpoints/test_token.py::test_a_grandparent_is_a_thief_even_within_the_grace",
    77: "gateway/endpoints/test_token.py::test_a_refresh_may_narrow_and_widen_back_but_not_beyond",
    78: "gateway/endpoints/test_token.py::test_a_refresh_token_has_an_idle_and_an_absolute_end",
    89: "gateway/test_portraits.py::test_attack_089_a_token_without_openid_opens_no_userinfo",
    90: "gateway/endpoints/test_introspection.py::test_all_else_is_inactive_and_nothing_more",
    91: "gateway/endpoints/test_revocation.py::test_an_unknown_token_and_another_partys_are_answered_alike",
    92: "gateway/flow/test_end_session.py::test_in_doubt_the_person_is_asked_and_never_sent_away",
    93: "gateway/flow/test_end_session.py::test_another_partys_id_token_signs_nobody_out",
    95: "gateway/test_outbox.py::test_a_party_that_fails_for_hours_is_given_up",
}


@pytest.mark.parametrize("number", HELD)
def test_the_attack_is_held_by_the_test_that_is_named(number: int) -> None:
    path, _, name = HELD[number].partition("::")
    assert f"def {name}" in (_TESTS / path).read_text(encoding="utf-8")
