"""What a party knows a person by."""

from dataclasses import replace

import pytest

from gongpai.gateway.oidc.subjects import sector_of, subject_for
from gongpai.gateway.records_provider import RelyingParty, SubjectType

_KEY = b"k" * 32
_PUBLIC = RelyingParty("wiki", "Wiki", redirect_uris=("https://wiki.example/cb", "https://other.example/cb"))
_PAIRWISE = replace(_PUBLIC, subject_type=SubjectType.PAIRWISE)


def test_a_public_subject_is_the_same_everywhere() -> None:
    assert subject_for(_PUBLIC, "s", _KEY) == "s"


def test_a_pairwise_subject_is_the_sectors_own() -> None:
    here = subject_for(_PAIRWISE, "s", _KEY)
    assert here == subject_for(replace(_PAIRWISE, client_id="again"), "s", _KEY)
    there = subject_for(replace(_PAIRWISE, sector="other.example"), "s", _KEY)
    others = {subject_for(_PAIRWISE, "t", _KEY), subject_for(_PAIRWISE, "s", b"l" * 32), there, "s"}
    assert here not in others
    assert len(here) == 43


@pytest.mark.parametrize(
    ("party", "sector"),
    [
        (_PAIRWISE, "wiki.example"),
        (replace(_PAIRWISE, sector="corp.example"), "corp.example"),
        (replace(_PAIRWISE, redirect_uris=("com.example:/cb",)), "wiki"),
        (replace(_PAIRWISE, redirect_uris=()), "wiki"),
    ],
)
def test_a_sector_is_named_or_follows_from_the_redirect_uri(party: RelyingParty, sector: str) -> None:
    assert sector_of(party) == sector
