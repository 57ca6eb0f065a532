"""Every attack of the list is a test that is named after it, or is held by a test of the room that it is aimed at."""

import re
from pathlib import Path

import pytest

_TESTS = Path(__file__).parents[1]
_LISTED = re.compile(r"^(H?\d+)\. ", re.MULTILINE)
_NAMED = re.compile(r"def test_(?:attack_)?(\d{2,3})_", re.MULTILINE)
_T13 = "security/test_t13_cookies_belong_to_our_host_alone.py"
_T21 = "security/test_t21_no_answer_carries_anothers_identity.py"
_T23 = "security/test_t23_a_refresh_token_is_repeated_for_ten_seconds_or_reused.py"
# As ``path::name``, or the path alone where the whole file is about it.
HELD = {
    "14": ("gateway/oidc/test_redirect_uris.py::test_an_unsafe_address_may_not", "cli/test_parties.py"),
    "25": ("gateway/oidc/test_scopes.py",),
    "30": ("gateway/flow/test_authorize.py::test_prompt_none_needing_consent_says_so",),
    "34": ("gateway/flow/test_authorize.py::test_an_id_token_hint_of_somebody_else_is_not_answered",),
    "45": ("security/test_t05_a_repeated_callback_gets_the_same_answer.py",),
    "46": ("gateway/flow/test_signin.py::test_what_cannot_be_meant_is_a_page_and_no_redirect",),
    "50": (f"{_T13}::test_a_sign_in_gives_a_new_id_and_ends_the_session_before",),
    "55": ("gateway/endpoints/test_token.py::test_a_second_use_of_a_code_ends_what_the_first_one_gave",),
    "56": (
        "gateway/endpoints/test_token.py::test_of_two_who_bring_a_code_at_once_one_gets_tokens",
        "conformance/test_grants_and_codes.py",
    ),
    "57": ("gateway/endpoints/test_token.py::test_a_code_that_is_60_seconds_old_has_expired",),
    "58": ("gateway/endpoints/test_token.py::test_a_code_that_another_party_brings_is_burnt",),
    "59": ("gateway/endpoints/test_token.py::test_a_code_opens_nothing_with_anything_else_wrong",),
    "74": (
        "gateway/endpoints/test_token.py::test_a_refresh_token_used_again_after_the_grace_revokes_its_family",
        f"{_T23}::test_what_comes_again_is_counted_and_written_down",
    ),
    "75": (
        "gateway/endpoints/test_token.py::test_parallel_refreshes_get_the_same_answer",
        "gateway/endpoints/test_token.py::test_a_grandparent_is_a_thief_even_within_the_grace",
    ),
    "77": ("gateway/endpoints/test_token.py::test_a_refresh_may_narrow_and_widen_back_but_not_beyond",),
    "78": ("gateway/endpoints/test_token.py::test_a_refresh_token_has_an_idle_and_an_absolute_end",),
    "82": ("gateway/oidc/test_jose.py::test_what_is_no_token_of_ours_is_refused",),
    "83": ("gateway/oidc/test_jose.py::test_what_is_no_token_of_ours_is_refused",),
    "85": ("gateway/oidc/test_jose.py::test_what_is_no_token_of_ours_is_refused",),
    "86": (
        "gateway/oidc/test_jose.py::test_claims_that_readers_would_read_differently_are_refused",
        "gateway/oidc/test_client_assertion.py",
    ),
    "90": ("gateway/endpoints/test_introspection.py::test_all_else_is_inactive_and_nothing_more",),
    "91": ("gateway/endpoints/test_revocation.py::test_an_unknown_token_and_another_partys_are_answered_alike",),
    "92": ("gateway/flow/test_end_session.py::test_in_doubt_the_person_is_asked_and_never_sent_away",),
    "93": ("gateway/flow/test_end_session.py::test_another_partys_id_token_signs_nobody_out",),
    "95": (
        "gateway/test_outbox.py::test_a_party_that_fails_for_hours_is_given_up",
        "gateway/test_outbound.py",
        "gateway/oidc/test_logout_token.py",
    ),
    "H1": ("gateway/endpoints/test_metadata.py::test_the_issuer_is_what_is_configured_whatever_the_headers_say",),
    "H2": (
        "gateway/test_protocols.py::test_a_request_that_does_not_arrive_is_hung_up_on",
        f"{_T21}::test_a_head_without_end_and_an_idle_connection_are_closed",
    ),
    "H3": ("attacks/test_hygiene.py::test_ten_thousand_names_of_nobody_leave_nothing_behind",),
    "H4": (
        "attacks/test_hygiene.py::test_nothing_that_opens_a_door_is_in_the_log",
        "gateway/test_server.py::test_a_log_at_debug_holds_no_secret",
    ),
}


def listed() -> list[str]:
    return _LISTED.findall((_TESTS / "data" / "attacks.txt").read_text(encoding="utf-8"))


def named() -> set[str]:
    """Return the numbers that stand in the names of tests: of three digits, or of two or three as on the list."""
    files = [path for path in _TESTS.rglob("test_*.py") if "node_modules" not in path.parts]
    return {number.lstrip("0") for path in files for number in _NAMED.findall(path.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("number", HELD)
def test_the_attack_is_held_by_the_tests_that_are_named(number: str) -> None:
    for held in HELD[number]:
        path, _, name = held.partition("::")
        assert f"def {name or 'test_'}" in (_TESTS / path).read_text(encoding="utf-8")


def test_every_attack_of_the_list_is_accounted_for() -> None:
    numbers = listed()
    assert len(numbers) == len(set(numbers)) > 70
    assert [number for number in numbers if number not in named() | HELD.keys()] == []
    assert sorted(HELD.keys() - set(numbers)) == []
